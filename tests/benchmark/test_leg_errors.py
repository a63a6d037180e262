"""Errors of known size come out as that size, level and change apart."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.benchmark.accuracy import AccuracyRow, measure_accuracy
from imu_valgus.benchmark.leg_errors import TASKS, leg_errors
from imu_valgus.benchmark.people import Worn, simulate_person
from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES
from imu_valgus.model import Joint, JointAngles, Side, Task, samples_of_task
from imu_valgus.pipeline import AngleStages, Settings
from imu_valgus.simulate import (
    RecordingTruth,
    SoftTissueLaw,
    SoftTissueLevel,
    Squat,
    Standing,
    StepUp,
    Walk,
)
from imu_valgus.simulate.parallel import work_through

SHORT = (
    Standing(4.0),
    Squat(count=3),
    Standing(2.0),
    Walk(duration_s=12.0),
    Standing(3.0),
    StepUp(side=Side.RIGHT, count=2, hip_internal_rotation_deg=3.0),
    StepUp(side=Side.LEFT, count=2, hip_internal_rotation_deg=9.0),
    Standing(3.0),
)


@pytest.fixture(scope="module")
def truth() -> RecordingTruth:
    none, linear = SoftTissueLevel.NONE, SoftTissueLaw.LINEAR
    return simulate_person(7, level=none, law=linear, script=SHORT).truth["session"]


def stated(true: JointAngles, error: np.ndarray, *, sd: float, change_sd: float) -> JointAngles:
    """Return the true angles with an error and a stated uncertainty."""
    like = np.ones_like(true.angles_deg)
    return replace(
        true,
        angles_deg=true.angles_deg + error,
        sd_deg=sd * like,
        change_sd_deg=change_sd * like,
    )


def test_a_constant_error_is_one_of_the_level_and_none_of_change(truth: RecordingTruth) -> None:
    true = truth.joint(Joint.HIP, Side.RIGHT)
    found = stated(true, np.full_like(true.angles_deg, 4.0), sd=5.0, change_sd=0.1)
    errors = leg_errors(found, truth)
    np.testing.assert_allclose(errors.level.error_deg, 4.0)
    np.testing.assert_allclose(errors.demeaned_deg, 0.0, atol=1e-9)
    np.testing.assert_allclose(errors.change.error_deg, 0.0, atol=1e-9)
    assert (errors.level.share == 1.0).all()
    assert (errors.change.share == 1.0).all()
    assert (errors.change.is_mean_held == 1.0).all()
    np.testing.assert_allclose(errors.excursions.found, errors.excursions.true)
    small = leg_errors(stated(true, np.full_like(true.angles_deg, 4.0), sd=3.0, change_sd=1), truth)
    assert (small.level.share == 0.0).all()
    assert (small.level.is_mean_held == 0.0).all()


def test_change_counts_from_the_static_trials_of_the_donning(truth: RecordingTruth) -> None:
    true = truth.joint(Joint.KNEE, Side.LEFT)
    walking = samples_of_task(true.time_s, truth.tasks, Task.WALK)
    error = np.where(walking[:, None], 7.0, 5.0) * np.ones((1, 3))
    errors = leg_errors(stated(true, error, sd=6.0, change_sd=1.9), truth)
    walk = TASKS.index(Task.WALK)
    np.testing.assert_allclose(errors.level.error_deg[walk], 7.0)
    np.testing.assert_allclose(errors.change.error_deg[walk], 2.0)
    assert (errors.change.share[walk] == 0.0).all()
    assert (leg_errors(stated(true, error, sd=6, change_sd=2.1), truth).change.share == 1.0).all()


def test_errors_that_cancel_in_the_mean_are_seen_in_samples_alone(truth: RecordingTruth) -> None:
    true = truth.joint(Joint.HIP, Side.LEFT)
    walking = samples_of_task(true.time_s, truth.tasks, Task.WALK)
    up_and_down = np.where(np.arange(true.time_s.size) % 2 == 0, 3.0, -3.0)
    error = (up_and_down * walking)[:, None] * np.ones((1, 3))
    errors = leg_errors(stated(true, error, sd=1.0, change_sd=1.0), truth)
    walk = TASKS.index(Task.WALK)
    assert (errors.level.share[walk] == 0.0).all()
    assert (errors.level.is_mean_held[walk] == 1.0).all()
    np.testing.assert_allclose(errors.demeaned_deg[walk], 3.0, rtol=1e-3)


def test_excursions_are_those_of_the_leading_leg(truth: RecordingTruth) -> None:
    rotation = 2
    for side, planned in ((Side.RIGHT, 3.0), (Side.LEFT, 9.0)):
        true = truth.joint(Joint.HIP, side)
        halved = 0.5 * true.angles_deg - true.angles_deg
        excursions = leg_errors(stated(true, halved, sd=1, change_sd=2.5), truth).excursions
        assert excursions.true.shape == (2, 3)
        assert excursions.true[:, rotation].mean() == pytest.approx(planned, abs=2.5)
        np.testing.assert_allclose(excursions.found, 0.5 * excursions.true, atol=1e-9)
        np.testing.assert_allclose(excursions.sd, 2.5)


def test_a_halved_excursion_has_a_slope_of_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    def halved(found: JointAngles, truth: RecordingTruth) -> object:
        true = truth.joint(found.joint, found.side)
        return leg_errors(stated(true, -0.5 * true.angles_deg, sd=1.0, change_sd=1.0), truth)

    monkeypatch.setattr("imu_valgus.benchmark.people.protocol_script", lambda _seed: SHORT)
    monkeypatch.setattr("imu_valgus.benchmark.accuracy.leg_errors", halved)
    rows = measure_accuracy(seeds=[2001], levels=[SoftTissueLevel.NONE], variants=[DEFAULT])
    (row,) = (r for r in rows if (r.joint, r.motion) == (Joint.HIP, "internal_rotation"))
    assert row.excursion.slope == pytest.approx(0.5)
    assert row.excursion.intercept_deg == pytest.approx(0.0, abs=1e-6)
    assert row.excursion.bias_deg < -1.0
    assert row.excursion.n == 4


@pytest.mark.slow
def test_the_number_of_processes_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[int] = []

    def counted(*arguments: object, jobs: int, **rest: object) -> object:
        shared.append(jobs)
        return work_through(*arguments, jobs=jobs, **rest)

    monkeypatch.setattr("imu_valgus.benchmark.accuracy.work_through", counted)

    def rows(jobs: int) -> tuple[AccuracyRow, ...]:
        return measure_accuracy(
            seeds=[2001, 2002], levels=[SoftTissueLevel.NONE], variants=[DEFAULT], jobs=jobs
        )

    assert rows(1) == rows(2)
    assert shared == [1, 2]


def test_two_sensors_give_the_knee_and_the_femur() -> None:
    rows = measure_accuracy(
        seeds=[2001], levels=[SoftTissueLevel.MODERATE], variants=[DEFAULT], worn=Worn.TWO
    )
    assert {row.joint for row in rows} == {Joint.FEMUR, Joint.KNEE}
    assert all(row.n_legs == 2 for row in rows)
    assert all(np.isfinite([*row.rmse_deg, row.excursion.mae_deg]).all() for row in rows)


def test_stages_are_switched_on_one_after_another_up_to_the_default() -> None:
    switched = [
        sum(getattr(settings.stages, name) for name in AngleStages.__slots__)
        for _, settings in OWN_STAGES
    ]
    until_default = switched[: OWN_STAGES.index(DEFAULT) + 1]
    assert until_default == list(range(len(until_default)))
    assert DEFAULT[1] == Settings()
