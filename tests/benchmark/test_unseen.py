"""What no sensor sees: known stance and known skin of the shank, nothing else."""

import numpy as np
import pytest

from imu_valgus.benchmark.leg_errors import TASKS
from imu_valgus.benchmark.people import simulate_person
from imu_valgus.benchmark.unseen import unseen_legs
from imu_valgus.model import Joint, Placement, Segment, Task, samples_of_task
from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel, Squat, Standing, StepUp

SCRIPT = (Standing(4.0), Squat(count=2), StepUp(count=3), Standing(2.0))
ROTATION = 2


def legs(level: SoftTissueLevel):
    simulated = simulate_person(2001, level=level, law=SoftTissueLaw.LINEAR, script=SCRIPT)
    truth = simulated.truth["session"]
    return {leg.side: leg for leg in unseen_legs(truth) if leg.joint is Joint.KNEE}, truth


def test_without_soft_tissue_only_the_stance_is_unseen() -> None:
    found, truth = legs(SoftTissueLevel.NONE)
    for side, leg in found.items():
        knee = truth.joint(Joint.KNEE, side)
        standing = samples_of_task(knee.time_s, truth.tasks, Task.STANDING)
        stance = abs(knee.internal_rotation_deg[standing].mean())
        step_up = TASKS.index(Task.STEP_UP)
        if np.isfinite(leg.demeaned_deg[step_up, ROTATION]):
            assert leg.level.error_deg[step_up, ROTATION] == pytest.approx(stance, abs=1e-9)
            assert leg.demeaned_deg[step_up, ROTATION] == pytest.approx(0.0, abs=1e-9)
        excursions = leg.excursions
        np.testing.assert_allclose(excursions.found[:, ROTATION], excursions.true[:, ROTATION])


def test_skin_of_the_shank_is_unseen_and_that_of_the_thigh_is_not() -> None:
    found, truth = legs(SoftTissueLevel.MODERATE)
    step_up = TASKS.index(Task.STEP_UP)
    leg = next(one for one in found.values() if len(one.excursions.true))
    knee = truth.joint(Joint.KNEE, leg.side)
    inside = samples_of_task(knee.time_s, truth.tasks, Task.STEP_UP, side=leg.side)
    skin = truth.skin_rotation_deg[Placement.of(Segment.SHANK, leg.side)][:, 1]
    assert leg.demeaned_deg[step_up, ROTATION] == pytest.approx(skin[inside].std(), rel=1e-6)
    # Of adduction and flexion only the level is touched by what is unseen here.
    assert np.nanmax(leg.demeaned_deg[:, :ROTATION]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("kind", [Joint.HIP, Joint.KNEE])
def test_adduction_is_off_by_that_of_the_stance_and_hip_rotation_is_not(kind: Joint) -> None:
    simulated = simulate_person(
        2001, level=SoftTissueLevel.NONE, law=SoftTissueLaw.LINEAR, script=SCRIPT
    )
    truth = simulated.truth["session"]
    step_up = TASKS.index(Task.STEP_UP)
    for leg in unseen_legs(truth):
        if leg.joint is kind and np.isfinite(leg.demeaned_deg[step_up, 0]):
            joint = truth.joint(kind, leg.side)
            standing = samples_of_task(joint.time_s, truth.tasks, Task.STANDING)
            stance = joint.angles_deg[standing].mean(axis=0)
            stance[ROTATION] *= kind is Joint.KNEE
            assert leg.level.error_deg[step_up] == pytest.approx(np.abs(stance), abs=1e-9)
