"""What taking out the thighs' skin does to whole simulated sessions."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from imu_valgus.model import (
    Analysis,
    FloatArray,
    Joint,
    JointAngles,
    Placement,
    Segment,
    Side,
    Task,
    samples_of_task,
)
from imu_valgus.pipeline import AngleStages, Settings, analyse
from imu_valgus.simulate import (
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    protocol_session,
)

LEFT_IN = Settings(stages=AngleStages(removes_skin=False))
SEEDS = (31, 32)


@cache
def simulated(seed: int, level: SoftTissueLevel) -> SimulatedSession:
    return protocol_session(
        seed, settings=SimulationSettings(soft_tissue=SoftTissue(level=level)), walk_s=15.0
    )


@cache
def analysed(seed: int, level: SoftTissueLevel, *, is_removed: bool) -> Analysis:
    session = simulated(seed, level).session
    return analyse(session, settings=Settings() if is_removed else LEFT_IN)


def joint(analysis: Analysis, kind: Joint, side: Side) -> JointAngles:
    return next(
        one for one in analysis.recordings[0].angles if (one.joint, one.side) == (kind, side)
    )


def excursion_errors(seed: int, level: SoftTissueLevel, *, is_removed: bool) -> FloatArray:
    """Mean error of hip internal rotation excursions of each leg, shape (2,)."""
    truth = simulated(seed, level).truth["session"]
    errors = []
    for side in Side:
        found = joint(analysed(seed, level, is_removed=is_removed), Joint.HIP, side)
        true = truth.joint(Joint.HIP, side)
        own = [
            excursion(found, rep.start_s, rep.end_s) - excursion(true, rep.start_s, rep.end_s)
            for rep in truth.repetitions
            if rep.task is Task.STEP_UP and rep.side is side
        ]
        errors.append(np.mean(own))
    return np.array(errors)


def excursion(angles: JointAngles, start_s: float, end_s: float) -> float:
    time_s, rotation = angles.time_s, angles.internal_rotation_deg
    before = (time_s >= start_s - 0.4) & (time_s < start_s)
    during = (time_s >= start_s) & (time_s <= end_s)
    return float(rotation[during].max() - rotation[before].mean())


def test_step_up_excursions_of_hip_rotation_come_nearer_to_the_truth() -> None:
    sizes = {
        is_removed: np.mean(
            [
                np.abs(excursion_errors(seed, SoftTissueLevel.MODERATE, is_removed=is_removed))
                for seed in SEEDS
            ]
        )
        for is_removed in (True, False)
    }
    assert sizes[True] < 0.75 * sizes[False]


def test_firm_skin_changes_little() -> None:
    firm = excursion_errors(SEEDS[0], SoftTissueLevel.NONE, is_removed=True)
    assert np.abs(firm).max() < 1.5


def difference_deg(without: Analysis, task: Task) -> FloatArray:
    """Return what taking out the skin changes in the left hip, while the left leg does a task."""
    with_it = analysed(SEEDS[0], SoftTissueLevel.MODERATE, is_removed=False)
    one, other = (joint(analysis, Joint.HIP, Side.LEFT) for analysis in (with_it, without))
    doing = samples_of_task(one.time_s, with_it.recordings[0].tasks, task, side=Side.LEFT)
    difference = (one.angles_deg - other.angles_deg)[doing]
    return difference[np.isfinite(difference).all(axis=1)]


def test_in_walking_a_quarter_of_the_twist_is_taken_out_and_all_of_the_constant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = analysed(SEEDS[0], SoftTissueLevel.MODERATE, is_removed=True)
    walking = difference_deg(usual, Task.WALK)
    assert np.abs(walking[:, :2]).max() < 1e-6
    assert abs(walking[:, 2].mean()) > 0.5
    monkeypatch.setattr("imu_valgus.pipeline.skin._REMOVED_IN_WALKS", 1.0)
    whole = analyse(simulated(SEEDS[0], SoftTissueLevel.MODERATE).session)
    # The ends of a walk fade into what is around it.
    every = difference_deg(whole, Task.WALK)[200:-200, 2]
    assert np.ptp(every) > 2.0
    assert np.ptp(walking[200:-200, 2]) == pytest.approx(0.25 * np.ptp(every), rel=0.02)
    assert np.ptp(difference_deg(usual, Task.STEP_UP)[:, 2]) > 1.5


def test_flexion_and_hip_adduction_are_left_alone() -> None:
    with_it, without = (
        analysed(SEEDS[0], SoftTissueLevel.MODERATE, is_removed=flag) for flag in (False, True)
    )
    tasks = with_it.recordings[0].tasks
    one, other = (joint(analysis, Joint.HIP, Side.RIGHT) for analysis in (with_it, without))
    stepping = samples_of_task(one.time_s, tasks, Task.STEP_UP, side=Side.RIGHT)
    difference = np.abs(one.angles_deg - other.angles_deg)[stepping]
    assert np.nanmax(difference[:, :2]) < 1e-6 < np.nanmax(difference[:, 2])


@pytest.mark.parametrize("level", [SoftTissueLevel.NONE, SoftTissueLevel.MODERATE])
def test_the_uncertainty_grows_where_the_leg_bends_and_with_loose_skin(
    level: SoftTissueLevel,
) -> None:
    found = joint(analysed(SEEDS[0], level, is_removed=True), Joint.HIP, Side.RIGHT)
    tasks = analysed(SEEDS[0], level, is_removed=True).recordings[0].tasks
    stepping = samples_of_task(found.time_s, tasks, Task.STEP_UP, side=Side.RIGHT)
    standing = samples_of_task(found.time_s, tasks, Task.STANDING, side=Side.RIGHT)
    sd = found.change_sd_deg[:, 2]
    assert np.nanmax(sd[stepping]) > 1.3 * np.nanmedian(sd[standing])


def test_loose_skin_is_less_certain_than_firm_skin() -> None:
    sd = {}
    for level in (SoftTissueLevel.NONE, SoftTissueLevel.MODERATE):
        found = joint(analysed(SEEDS[0], level, is_removed=True), Joint.HIP, Side.RIGHT)
        sd[level] = np.nanpercentile(found.change_sd_deg[:, 2], 90.0)
    assert sd[SoftTissueLevel.MODERATE] > 1.3 * sd[SoftTissueLevel.NONE]


def test_a_constant_error_that_is_left_in_counts_in_the_uncertainty_of_the_level() -> None:
    left, removed = (
        analysed(SEEDS[0], SoftTissueLevel.MODERATE, is_removed=is_removed)
        for is_removed in (False, True)
    )
    for side in Side:
        thigh = Placement.of(Segment.THIGH, side)
        with_it, without = (joint(one, Joint.HIP, side) for one in (left, removed))
        standing = samples_of_task(without.time_s, left.recordings[0].tasks, Task.STANDING)
        constant_deg = np.nanmean((with_it.angles_deg - without.angles_deg)[standing, 2])
        variance_deg2 = np.nanmean((with_it.sd_deg**2 - without.sd_deg**2)[standing, 2])
        assert abs(constant_deg) > 0.3
        # In a straight leg a turn of the thigh is hip rotation, one to one.
        assert variance_deg2 == pytest.approx(constant_deg**2, rel=0.15)
        assert (
            left.frames[thigh].covariance_rad2[1, 1] > removed.frames[thigh].covariance_rad2[1, 1]
        )


def test_a_gap_of_the_shank_leaves_no_hole_and_no_jump_in_the_hip() -> None:
    whole = simulated(SEEDS[0], SoftTissueLevel.MODERATE).session
    recording = whole.recordings[0]
    stream = recording.streams[Placement.SHANK_RIGHT]
    start_s = next(span.start_s for span in recording.tasks if span.task is Task.STEP_UP)
    lost = (stream.time_s > start_s + 5.0) & (stream.time_s < start_s + 6.5)
    holed = replace(
        stream,
        time_s=stream.time_s[~lost],
        acc=stream.acc[~lost],
        gyr=stream.gyr[~lost],
        mag=None if stream.mag is None else stream.mag[~lost],
    )
    streams = {**recording.streams, Placement.SHANK_RIGHT: holed}
    analysis = analyse(replace(whole, recordings=(replace(recording, streams=streams),)))
    hip = joint(analysis, Joint.HIP, Side.RIGHT)
    near = (hip.time_s > start_s + 4.0) & (hip.time_s < start_s + 7.5)
    assert np.isfinite(hip.angles_deg[near]).all()
    assert np.isfinite(hip.sd_deg[near]).all()
    assert np.isfinite(hip.change_sd_deg[near]).all()
    assert np.abs(np.diff(hip.internal_rotation_deg[near])).max() < 1.5


def test_a_finding_says_what_the_skin_hides_or_that_it_was_not_measured() -> None:
    codes = {
        one.code for one in analysed(SEEDS[0], SoftTissueLevel.MODERATE, is_removed=True).findings
    }
    assert "skin_lag_measured" in codes
    assert "skin_lag_unknown" not in codes
    unseated = protocol_session(SEEDS[0], walk_s=15.0, with_seated=False)
    codes = {one.code for one in analyse(unseated.session).findings}
    assert "skin_lag_unknown" in codes
    assert "skin_lag_measured" not in codes
