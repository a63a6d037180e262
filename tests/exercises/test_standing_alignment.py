"""Standing alignment: changes between two static trials are measured, the stance itself is not."""

import numpy as np
import pytest
from support.exercise_truth import bone_motion

from imu_valgus.exercises.standing_alignment import compare_static_trials
from imu_valgus.model import ExerciseSet, Placement, Segment, Side
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import (
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    Squat,
    Standing,
    Walk,
    random_person,
    simulate_session,
)
from imu_valgus.simulate.exercises import StandingEffort

CALIBRATION = [Standing(6.0), Squat(count=4), Standing(3.0), Walk(duration_s=15.0), Standing(3.0)]
NAME = "standing_alignment"


def made_with(script: list, *, labelled: bool, seed: int = 6) -> SimulatedSession:
    settings = SimulationSettings(
        labelled=labelled, soft_tissue=SoftTissue(level=SoftTissueLevel.NONE)
    )
    return simulate_session(
        random_person(seed), {"calibration": CALIBRATION, NAME: script}, seed=seed,
        settings=settings,
    )  # fmt: skip


def sets_of(made: SimulatedSession) -> list[ExerciseSet]:
    return [leg_set for leg_set in analyse(made.session).exercises if leg_set.exercise == NAME]


@pytest.mark.parametrize("labelled", [True, False])
def test_the_change_from_usual_to_best_stance_is_that_of_the_bones(labelled):
    made = made_with([Standing(5.0), StandingEffort(5.0)], labelled=labelled)
    bones = bone_motion(made, NAME)
    before, after = slice(100, 400), slice(-350, -50)
    found = sets_of(made)
    assert [leg_set.side for leg_set in found] == list(Side)
    for leg_set in found:
        for segment in (Segment.THIGH, Segment.SHANK):
            tilt = bones.medial_deg(segment, leg_set.side)
            true = tilt[after].mean() - tilt[before].mean()
            measured = leg_set.measures[f"{segment}_medial_tilt_change_deg"]
            assert measured == pytest.approx(true, abs=1.0)
        # Two degrees towards varus were simulated: the knee moves outwards.
        assert leg_set.measures["knee_inwards_change_deg"] == pytest.approx(-2.0, abs=1.0)
        assert leg_set.measures["hip_internal_rotation_change_deg"] == pytest.approx(-6.0, abs=2.0)
        assert "functional" in leg_set.notes[1]
        assert "not measured" in leg_set.notes[0]


def test_the_same_stance_twice_shows_no_change():
    made = made_with([Standing(5.0), Squat(count=1), Standing(5.0)], labelled=False)
    for leg_set in sets_of(made):
        changes = {name: abs(value) for name, value in leg_set.measures.items() if "tilt" in name}
        assert changes
        assert max(changes.values()) < 1.5


def test_one_static_trial_cannot_be_compared_and_says_what_is_needed():
    for leg_set in sets_of(made_with([Standing(6.0)], labelled=True)):
        assert set(leg_set.measures) == {"duration_s"}
        assert "Stand still twice" in leg_set.notes[1]
        assert not any("degree" in note for note in leg_set.notes)


def test_a_leg_without_sensors_or_not_asked_for_is_left_out():
    made = made_with([Standing(3.0), StandingEffort(3.0)], labelled=True)
    bones = bone_motion(made, NAME)
    trials = [slice(100, 200), slice(600, 700)]
    only = compare_static_trials(bones, trials, recording=NAME, side=Side.LEFT)
    assert [leg_set.side for leg_set in only] == [Side.LEFT]
    gap = dict(bones.ups)
    gap[Placement.THIGH_LEFT] = np.full_like(gap[Placement.THIGH_LEFT], np.nan)
    lost = type(bones)(bones.time_s, gap, {})
    (leg_set,) = compare_static_trials(lost, trials, recording=NAME, side=Side.LEFT)
    assert set(leg_set.measures) == {"shank_medial_tilt_change_deg"}
