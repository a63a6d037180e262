"""What no sensor sees: posture in stance and skin of the shank, nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.benchmark.leg_errors import TASKS, LegErrors
from imu_valgus.benchmark.unseen import unseen_legs
from imu_valgus.model import Joint, Placement, Segment, Side, Task, samples_of_task
from imu_valgus.simulate import (
    LegPosture,
    Person,
    RecordingTruth,
    SimulationSettings,
    SoftTissue,
    SoftTissueLaw,
    SoftTissueLevel,
    Squat,
    Standing,
    StepUp,
    simulate_session,
)

SCRIPT = (Standing(4.0), Squat(count=2), StepUp(count=3), Standing(2.0))
STEP_UP = TASKS.index(Task.STEP_UP)
ADDUCTION, ROTATION = 1, 2


def truth_of(posture: LegPosture, level: SoftTissueLevel, *, script=SCRIPT) -> RecordingTruth:
    person = Person(right=posture, left=posture, sway_sd_deg=0.0)
    simulated = simulate_session(
        person,
        {"session": script},
        seed=5,
        settings=SimulationSettings(soft_tissue=SoftTissue(SoftTissueLaw.LINEAR, level)),
    )
    return simulated.truth["session"]


def leading(truth: RecordingTruth, joint: Joint) -> LegErrors:
    return next(leg for leg in unseen_legs(truth) if leg.joint is joint and leg.side is Side.RIGHT)


UPRIGHT = LegPosture(
    hip_adduction=0.0, hip_rotation=0.0, knee_flexion=0.5, knee_adduction=0.0, knee_rotation=0.0
)


@pytest.mark.parametrize("joint", [Joint.HIP, Joint.KNEE])
def test_nothing_is_unseen_of_a_leg_that_stands_straight_without_soft_tissue(joint: Joint) -> None:
    leg = leading(truth_of(UPRIGHT, SoftTissueLevel.NONE), joint)
    assert np.nanmax(leg.level.error_deg[STEP_UP, [ADDUCTION, ROTATION]]) < 0.2
    assert np.abs(leg.excursions.found - leg.excursions.true)[:, ADDUCTION:].max() < 0.2


def test_a_turned_shank_is_lost_as_a_constant_and_a_turned_thigh_is_not_lost() -> None:
    posture = replace(UPRIGHT, knee_rotation=-5.0, hip_rotation=6.0)
    truth = truth_of(posture, SoftTissueLevel.NONE)
    knee, hip = leading(truth, Joint.KNEE), leading(truth, Joint.HIP)
    assert knee.level.error_deg[STEP_UP, ROTATION] == pytest.approx(5.0, abs=0.2)
    assert knee.demeaned_deg[STEP_UP, ROTATION] < 0.1
    assert hip.level.error_deg[STEP_UP, ROTATION] < 0.2


def test_a_thigh_that_leans_shows_as_tibial_rotation_by_the_sine_of_flexion() -> None:
    lean_deg = 4.0
    posture = replace(UPRIGHT, hip_adduction=lean_deg, knee_adduction=-lean_deg)
    truth = truth_of(posture, SoftTissueLevel.NONE)
    knee = leading(truth, Joint.KNEE)
    flexion = truth.joint(Joint.KNEE, Side.RIGHT).flexion_deg
    inside = samples_of_task(truth.time_s, truth.tasks, Task.STEP_UP, side=Side.RIGHT)
    expected = lean_deg * np.sin(np.radians(flexion[inside]))
    assert knee.level.error_deg[STEP_UP, ADDUCTION] == pytest.approx(lean_deg, rel=0.2)
    assert knee.demeaned_deg[STEP_UP, ROTATION] == pytest.approx(expected.std(), rel=0.1)
    assert np.abs(knee.excursions.found - knee.excursions.true)[:, ROTATION].max() > 0.5


def test_skin_of_the_shank_is_unseen_and_that_of_the_thigh_is_not() -> None:
    truth = truth_of(UPRIGHT, SoftTissueLevel.MODERATE)
    inside = samples_of_task(truth.time_s, truth.tasks, Task.STEP_UP, side=Side.RIGHT)
    skin = truth.skin_rotation_deg[Placement.of(Segment.SHANK, Side.RIGHT)][:, 1]
    knee, hip = leading(truth, Joint.KNEE), leading(truth, Joint.HIP)
    assert skin[inside].std() > 0.1
    assert knee.demeaned_deg[STEP_UP, ROTATION] == pytest.approx(skin[inside].std(), abs=0.05)
    assert hip.level.error_deg[STEP_UP, ROTATION] < 0.2


def test_without_a_static_trial_there_is_no_zero() -> None:
    assert unseen_legs(truth_of(UPRIGHT, SoftTissueLevel.NONE, script=SCRIPT[1:3])) == ()
