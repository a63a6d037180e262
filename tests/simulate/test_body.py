"""People are plausible, different from each other, and the same for the same seed."""

import numpy as np
import pytest

from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.simulate import LegPosture, Person, random_person

SEEDS = range(40)


def test_the_same_seed_draws_the_same_person_and_others_differ():
    assert random_person(7) == random_person(7)
    assert len({random_person(seed).height_m for seed in SEEDS}) == len(SEEDS)


def test_drawn_people_are_adults_who_stand_away_from_zero():
    people = [random_person(seed) for seed in SEEDS]
    assert all(1.4 <= p.height_m <= 2.05 for p in people)
    assert {p.sex for p in people} == {"female", "male"}
    rotations = np.array([p.posture(side).hip_rotation for p in people for side in Side])
    assert 2.0 < rotations.std() < 8.0
    assert all(p.right != p.left for p in people)


def test_segments_make_up_the_leg():
    person = Person(height_m=2.0)
    assert person.leg_length_m == pytest.approx(person.thigh_length_m + person.shank_length_m)
    assert person.thigh_length_m == pytest.approx(0.49)


def test_mirroring_exchanges_the_legs_and_twice_is_nothing():
    person = random_person(3)
    assert person.mirrored().right == person.left
    assert person.mirrored().mirrored() == person


def test_valgus_is_asked_for_in_clinical_words():
    person = Person(right=LegPosture(knee_adduction=3.0)).with_valgus(8.0)
    assert person.right.knee_adduction == person.left.knee_adduction == -8.0


@pytest.mark.parametrize("height_m", [172.0, 0.2, float("nan")])
def test_a_height_in_the_wrong_unit_is_refused(height_m):
    with pytest.raises(InputError, match="give the height in metres"):
        Person(height_m=height_m)
