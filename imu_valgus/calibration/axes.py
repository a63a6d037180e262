"""The medio-lateral axis of a segment in the sensor's frame, observed in a movement.

When a leg bends, "up" moves in one plane of the sensor's frame. The medio-lateral axis is
horizontal and perpendicular to that plane. Commonly the principal direction of the angular rate is
used instead. The inclination has one advantage: turning about the vertical or about the leg does
not reach it, so turning round to sit down, axial rotation and a strap that twists do no harm. On a
real walk with loose straps the two methods differed by up to 60 degrees about gravity, and the
inclination's axes from sitting and from walking agreed within 10.

How well a movement shows an axis depends on the movement and the segment (squats show the thigh,
walking both). The standard uncertainties below are our own choices, guided by simulation and by
real recordings with an optical reference. They grow when the movement leaves its plane. A movement
that bends too little, or in more than one plane, also lowers the grade of the calibration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import (
    FloatArray,
    Grade,
    Placement,
    Segment,
    Task,
    TaskSpan,
    samples_of_task,
)

_BASE_SD_DEG: Mapping[tuple[Task, Segment], float] = {
    (Task.SQUAT, Segment.PELVIS): 1.5,
    (Task.SQUAT, Segment.THIGH): 8.0,
    (Task.SQUAT, Segment.SHANK): 9.0,
    (Task.SIT, Segment.PELVIS): 5.0,
    (Task.SIT, Segment.THIGH): 8.0,
    (Task.TRUNK_BOW, Segment.PELVIS): 3.0,
    (Task.SEATED_KNEE_EXTENSION, Segment.SHANK): 6.0,
    (Task.LEG_SWING, Segment.THIGH): 4.0,
    (Task.LEG_SWING, Segment.SHANK): 6.0,
    (Task.WALK, Segment.THIGH): 4.0,
    (Task.WALK, Segment.SHANK): 4.0,
    (Task.WALK, Segment.FOOT): 5.0,
    (Task.STEP_UP, Segment.THIGH): 7.0,
    (Task.STEP_UP, Segment.SHANK): 9.0,
}
"""Standard uncertainty of the axis about the segment's long axis, for a movement in one plane."""

_LEAST_BEND_DEG: Mapping[tuple[Task, Segment], float] = {
    (Task.SQUAT, Segment.THIGH): 40.0,
    (Task.SEATED_KNEE_EXTENSION, Segment.SHANK): 40.0,
}
"""A smaller bend shows the axis less surely (own choice)."""

_LEAST_PLANARITY: Mapping[Task, float] = {Task.SQUAT: 0.95, Task.SEATED_KNEE_EXTENSION: 0.95}
"""Least share of the bend in one plane; walking and step-ups are never that clean."""

_NAMES: Mapping[Task, str] = {
    Task.SQUAT: "squats",
    Task.SEATED_KNEE_EXTENSION: "seated knee extensions",
}


@dataclass(frozen=True, slots=True)
class AxisSettings:
    """When an observed axis is usable, and how motion out of its plane adds to its uncertainty.

    Parameters
    ----------
    least_range_deg
        Least range of the inclination; a smaller bend does not show an axis.
    least_planarity
        Least share of the tipping in its main direction; below it there is no plane.
    out_of_plane_share
        Part of the out-of-plane angle that counts as uncertainty of the axis: such motion pulls
        the axis only as far as it is in step with the bend.
    largest_offset_share
        Largest distance of the plane of the bend from the standing pose, as a share of the bend's
        length. While a person sits still the thigh only rolls a little, which tips it at a right
        angle to the bend that led there.
    """

    least_range_deg: float = 12.0
    least_planarity: float = 0.75
    out_of_plane_share: float = 0.4
    largest_offset_share: float = 0.5


DEFAULT_SETTINGS = AxisSettings()


@dataclass(frozen=True, slots=True, eq=False)
class AxisObservation:
    """The medio-lateral axis of one segment observed in one kind of movement, sign not yet known.

    Parameters
    ----------
    placement, task
        Where the sensor sits, and the movement.
    axis
        Unit vector in the sensor frame, horizontal in standing, shape (3,).
    sd_rad
        Standard uncertainty about the segment's long axis.
    planarity
        Share of the tipping that lies in one plane, 0.5 to 1.
    range_deg
        Range of the inclination in that plane.
    duration_s
        Duration of the movement.
    """

    placement: Placement
    task: Task
    axis: FloatArray
    sd_rad: float
    planarity: float
    range_deg: float
    duration_s: float


def observe_axes(
    time_s: FloatArray,
    ups: Mapping[Placement, FloatArray],
    *,
    up: Mapping[Placement, FloatArray],
    movements: Sequence[TaskSpan],
    settings: AxisSettings = DEFAULT_SETTINGS,
) -> tuple[AxisObservation, ...]:
    """Observe the medio-lateral axes of all sensors in the movements of a recording.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    ups
        Up over time in each sensor's frame, unit vectors, shape (n, 3), NaN where not known.
    up
        Up in each sensor's frame in standing, unit vector, shape (3,).
    movements
        Movements with their times.
    settings
        See `AxisSettings`.

    Returns
    -------
    tuple of AxisObservation
        One for each sensor and kind of movement that shows an axis.
    """
    observations: list[AxisObservation] = []
    step_s = float(np.median(np.diff(time_s))) if time_s.size > 1 else 0.0
    for placement, over_time in ups.items():
        if placement not in up:
            continue
        for task in sorted({movement.task for movement in movements}):
            base_deg = _BASE_SD_DEG.get((task, placement.segment))
            if base_deg is None:
                continue
            inside = samples_of_task(time_s, movements, task, side=placement.side) & np.isfinite(
                over_time[:, 0]
            )
            observation = _observe(
                over_time[inside],
                up=up[placement],
                placement=placement,
                task=task,
                base_deg=base_deg,
                step_s=step_s,
                settings=settings,
            )
            if observation is not None:
                observations.append(observation)
    return tuple(observations)


def bend_checks(
    placement: Placement, observations: Sequence[AxisObservation]
) -> list[tuple[Grade, str]]:
    """Grade the calibration movements of one sensor, with a sentence each.

    Parameters
    ----------
    placement
        Where the sensor sits.
    observations
        Axes of this sensor; of several from one movement the best counts.

    Returns
    -------
    list of (Grade, str)
        Empty without reason for doubt.
    """
    checks: list[tuple[Grade, str]] = []
    for task, name in _NAMES.items():
        of_task = [observation for observation in observations if observation.task is task]
        least = _LEAST_BEND_DEG.get((task, placement.segment))
        if not of_task or least is None:
            continue
        bend_deg = max(observation.range_deg for observation in of_task)
        if bend_deg < least:
            reason = f"The {name} bent the {placement.words} by only {bend_deg:.0f}°. Bend further."
            checks.append((Grade.FAIR, reason))
        if max(observation.planarity for observation in of_task) < _LEAST_PLANARITY[task]:
            reason = f"The {name} bent the {placement.words} in more than one plane. Do not sway."
            checks.append((Grade.FAIR, reason))
    return checks


def _observe(
    ups: FloatArray,
    *,
    up: FloatArray,
    placement: Placement,
    task: Task,
    base_deg: float,
    step_s: float,
    settings: AxisSettings,
) -> AxisObservation | None:
    if len(ups) < 50:
        return None
    tipping = ups - np.outer(ups @ up, up)
    centred = tipping - tipping.mean(axis=0)
    power, directions = np.linalg.eigh(centred.T @ centred)
    # The smallest of the three is the vertical itself, along which nothing tips.
    main, across = max(float(power[2]), 0.0), max(float(power[1]), 0.0)
    planarity = main / max(main + across, 1e-12)
    forwards = directions[:, 2]
    if not _passes_standing(tipping, forwards, up, settings.largest_offset_share):
        return None
    inclination = np.degrees(np.arctan2(ups @ forwards, ups @ up))
    range_deg = float(np.ptp(np.percentile(inclination, [2.0, 98.0])))
    if range_deg < settings.least_range_deg or planarity < settings.least_planarity:
        return None
    out_of_plane_deg = np.degrees(np.arctan(np.sqrt(across / main)))
    sd_deg = np.hypot(base_deg, settings.out_of_plane_share * out_of_plane_deg)
    axis = np.cross(forwards, up)
    return AxisObservation(
        placement,
        task,
        axis / np.linalg.norm(axis),
        float(np.radians(sd_deg)),
        planarity,
        range_deg,
        len(ups) * step_s,
    )


def _passes_standing(
    tipping: FloatArray, forwards: FloatArray, up: FloatArray, share: float
) -> bool:
    """Whether the line along which up tips passes near the standing pose.

    The inclination does not show this: in a plane away from standing it takes any value.
    """
    across = np.cross(up, forwards)
    length = float(np.ptp(np.percentile(tipping @ forwards, [2.0, 98.0])))
    return abs(float(np.mean(tipping @ across))) <= share * length
