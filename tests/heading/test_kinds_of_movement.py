"""Windows of one kind of movement err together: they are weighed by how good a witness it is."""

import numpy as np

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.anchors import StandingAnchor
from imu_valgus.heading.smoother import SmoothedHeading, smooth_heading

TIME_S = np.arange(0.0, 120.0, 0.1)
WALK_S, SQUAT_S = np.arange(10.0, 50.0, 2.0), np.arange(60.0, 110.0, 2.0)
SQUATS_ERR_RAD = np.radians(8.0)


def smoothed(*, told_apart: bool, anchors: tuple[StandingAnchor, ...] = ()) -> SmoothedHeading:
    """Return a heading of zero that walking sees rightly and squats see eight degrees off."""
    offset = np.concatenate([np.zeros(WALK_S.size), np.full(SQUAT_S.size, SQUATS_ERR_RAD)])
    group = np.concatenate([np.zeros(WALK_S.size), np.ones(SQUAT_S.size)]).astype(np.intp)
    seen = HeadingObservations(
        np.concatenate([WALK_S, SQUAT_S]),
        offset,
        np.full(offset.size, np.radians(3.0)),
        group=group if told_apart else None,
        group_bias_sd_rad=tuple(np.radians([0.5, 6.0])) if told_apart else (),
    )
    is_known = np.ones(TIME_S.size, dtype=np.bool_)
    return smooth_heading(TIME_S, anchors=anchors, observations=seen, is_known=is_known)


def test_squats_do_not_pull_a_heading_that_walking_shows() -> None:
    together = np.degrees(np.abs(smoothed(told_apart=False).offset_rad).max())
    apart = np.degrees(np.abs(smoothed(told_apart=True).offset_rad).max())
    assert together > 4.0
    assert apart < 2.5


def test_squats_alone_leave_the_heading_uncertain() -> None:
    time_s = np.arange(10.0, 60.0, 2.0)
    is_known = np.ones(TIME_S.size, dtype=np.bool_)
    sds = []
    for bias_deg in (0.5, 6.0):
        seen = HeadingObservations(
            time_s,
            np.zeros(time_s.size),
            np.full(time_s.size, np.radians(3.0)),
            group=np.zeros(time_s.size, dtype=np.intp),
            group_bias_sd_rad=(float(np.radians(bias_deg)),),
        )
        found = smooth_heading(TIME_S, anchors=(), observations=seen, is_known=is_known)
        sds.append(np.degrees(found.sd_rad[300]))
    assert sds[0] < 2.0
    assert sds[1] > 5.5


def test_stands_reveal_the_error_of_a_movement_and_lose_nothing_by_it() -> None:
    anchors = tuple(StandingAnchor(at, 0.0) for at in (3.0, 55.0, 115.0))
    found = smoothed(told_apart=True, anchors=anchors)
    assert np.degrees(np.abs(found.offset_rad).max()) < 1.0
    assert abs(np.degrees(found.pose_offset_rad)) < 1.0
