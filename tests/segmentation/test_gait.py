"""Events, strides and curves on known signals."""

import numpy as np
import pytest

from imu_valgus.model import EventKind, GaitEvent, Joint, JointAngles, Side, Task, TaskSpan
from imu_valgus.segmentation.curves import mean_curves, stride_curves
from imu_valgus.segmentation.gait import find_gait_events
from imu_valgus.segmentation.strides import find_strides, side_gait

RATE_HZ = 100.0


def events_every(stride_s: float, n: int, *, stance: float = 0.62) -> list[GaitEvent]:
    events = []
    for index in range(n):
        at_s = 1.0 + index * stride_s
        events.append(GaitEvent(at_s, Side.RIGHT, EventKind.INITIAL_CONTACT))
        events.append(GaitEvent(at_s + stance * stride_s, Side.RIGHT, EventKind.TOE_OFF))
    return events


def strides_of(events: list[GaitEvent], turn_rate: np.ndarray | None = None) -> list:
    time_s = np.arange(4000) / RATE_HZ
    rate = np.zeros(4000) if turn_rate is None else turn_rate
    walk = TaskSpan(Task.WALK, 0.0, 40.0)
    return list(
        find_strides(events, side=Side.RIGHT, walks=[walk], time_s=time_s, turn_rate_rad_s=rate)
    )


def test_regular_events_give_strides_with_first_and_last_left_out() -> None:
    strides = strides_of(events_every(1.1, 20))
    assert len(strides) == 19
    assert [stride.is_valid for stride in strides] == [False, *[True] * 17, False]
    assert all(stride.stance_share == pytest.approx(0.62) for stride in strides)


def test_a_turn_is_left_out_with_its_reason() -> None:
    turn_rate = np.zeros(4000)
    turn_rate[1000:1200] = np.radians(90.0)
    strides = strides_of(events_every(1.1, 25), turn_rate)
    turning = [stride for stride in strides if stride.reason == "turn"]
    assert 2 <= len(turning) <= 4
    assert all(stride.start_s < 12.0 and stride.end_s > 10.0 for stride in turning)


def test_a_missed_contact_makes_no_valid_stride() -> None:
    events = events_every(1.1, 20)
    del events[20]  # an initial contact
    strides = strides_of(events)
    double = [stride for stride in strides if stride.duration_s > 2.0]
    assert len(double) == 1
    assert not double[0].is_valid


def test_strides_do_not_reach_over_the_end_of_a_bout() -> None:
    time_s = np.arange(4000) / RATE_HZ
    bouts = [TaskSpan(Task.WALK, 0.0, 10.0), TaskSpan(Task.WALK, 10.5, 40.0)]
    strides = find_strides(
        events_every(1.1, 20),
        side=Side.RIGHT,
        walks=bouts,
        time_s=time_s,
        turn_rate_rad_s=np.zeros(4000),
    )
    assert not any(stride.start_s < 10.0 < stride.end_s for stride in strides)


def test_step_times_and_pooled_figures() -> None:
    right = events_every(1.2, 15)
    left = [GaitEvent(event.time_s + 0.5, Side.LEFT, event.kind) for event in right]
    gait = side_gait(strides_of(right), side=Side.RIGHT, events=[*right, *left])
    assert gait is not None
    assert gait.stride_time_s.mean == pytest.approx(1.2)
    assert gait.stride_time_s.sd == pytest.approx(0.0, abs=1e-9)
    assert gait.step_time_s is not None
    assert gait.step_time_s.mean == pytest.approx(0.7)


def test_without_strides_there_are_no_figures() -> None:
    assert side_gait([], side=Side.LEFT, events=[]) is None


def angles_with(values: np.ndarray) -> JointAngles:
    time_s = np.arange(values.size) / RATE_HZ
    columns = np.stack([values, values, values], axis=-1)
    return JointAngles(Joint.KNEE, Side.RIGHT, time_s, columns, np.full_like(columns, 2.0))


def test_curves_repeat_the_stride_from_0_to_100_percent() -> None:
    time_s = np.arange(4000) / RATE_HZ
    angles = angles_with(10.0 * np.sin(2.0 * np.pi * (time_s - 1.0) / 1.1))
    strides = strides_of(events_every(1.1, 20))
    curves = mean_curves([angles], [strides], side=Side.RIGHT)
    assert [curve.n_strides for curve in curves] == [17, 17, 17]
    expected = 10.0 * np.sin(2.0 * np.pi * np.linspace(0.0, 1.0, 101))
    np.testing.assert_allclose(curves[0].mean_deg, expected, atol=0.05)
    assert curves[0].sd_deg.max() < 0.05
    assert curves[0].offset_sd_deg == pytest.approx(2.0)


def test_a_stride_with_a_gap_is_left_out() -> None:
    values = np.zeros(4000)
    values[1010:1025] = np.nan
    found, _ = stride_curves(angles_with(values), strides_of(events_every(1.1, 20)))
    assert len(found) == 16


def test_nothing_is_found_without_a_walk_or_in_silence() -> None:
    time_s = np.arange(2000) / RATE_HZ
    acc = np.tile([0.0, 9.81, 0.0], (2000, 1))
    silent = np.zeros(2000)
    assert find_gait_events(time_s, silent, acc, side=Side.LEFT, walks=[]) == ()
    whole = [TaskSpan(Task.WALK, 0.0, 20.0)]
    assert find_gait_events(time_s, silent, acc, side=Side.LEFT, walks=whole) == ()
    missing = np.full(2000, np.nan)
    assert find_gait_events(time_s, missing, acc, side=Side.LEFT, walks=whole) == ()
