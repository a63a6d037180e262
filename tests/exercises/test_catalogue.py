"""The catalogue is complete, unique and says what is measured."""

import pytest

from imu_valgus.exercises import CATALOGUE, entry_named, side_named
from imu_valgus.exercises.catalogue import COMPARED, COUNTED
from imu_valgus.model import ExerciseKind, Side

PROGRAMME = {
    "adductor_ball", "tfl_ball", "side_lunge", "crossed_lunge", "butterfly", "clam_shell",
    "wall_slide", "lateral_hamstring_ball", "straight_leg_raise", "seated_tibial_rotation",
    "calf_roller", "calf_stretch", "plunge", "short_foot", "wall_push", "step_up",
}  # fmt: skip


def test_every_exercise_of_the_programme_is_there_once():
    keys = [entry.exercise.key for entry in CATALOGUE]
    assert set(keys) >= PROGRAMME
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.exercise.key)
def test_what_claims_to_be_measured_has_an_analyser_and_nothing_else_has(entry):
    has_analyser = entry.analyser is not None or entry.exercise.key in COUNTED | COMPARED
    assert entry.exercise.is_measured is has_analyser
    assert entry.exercise.dose
    assert entry.exercise.cue


def test_releases_and_stretches_are_timed_only():
    for entry in CATALOGUE:
        if entry.exercise.kind in {ExerciseKind.RELEASE, ExerciseKind.STRETCH}:
            assert not entry.exercise.is_measured


@pytest.mark.parametrize(
    ("name", "key", "side"),
    [
        ("clam_shell", "clam_shell", None),
        ("Clam-Shell left", "clam_shell", Side.LEFT),
        ("02_wall_push_right", "wall_push", Side.RIGHT),
        ("popliteus_left", "seated_tibial_rotation", Side.LEFT),
        ("walk", None, None),
    ],
)
def test_a_folder_name_tells_exercise_and_side(name, key, side):
    entry = entry_named(name)
    assert (entry.exercise.key if entry else None) == key
    assert side_named(name) is side
