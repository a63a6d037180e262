"""The medio-lateral axis of a segment, seen in a movement, in the sensor's frame.

A leg that bends tips up and down in one plane: the direction in which "up" moves in the sensor's
frame. The medio-lateral axis is horizontal and square to it. Other than the principal direction of
the angular rate, which is what is commonly used, the inclination knows nothing of turning about
the vertical or about the leg: turning round to sit down, axial rotation and a strap that twists do
not reach it. On a real walk with loose straps the two differed by up to 60 degrees about gravity,
and the inclination's axes from sitting and from walking agreed within 10.

How well an axis is seen depends on the movement and the segment (squats show the thigh, walking
both); the standard uncertainties below are own choices guided by simulation and by real recordings
with optical reference, and grow when the movement leaves its plane.

Whether the calibration movements were what they should be: far enough, and in one plane.
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


@dataclass(frozen=True, slots=True)
class AxisSettings:
    """When an observed axis is usable and how doubt adds to its uncertainty.

    Parameters
    ----------
    least_range_deg
        A smaller bend does not show an axis.
    least_planarity
        Share of the tipping in its main direction below which there is no plane.
    out_of_plane_share
        Part of the angle that the out-of-plane motion subtends which counts as uncertainty of
        the axis: it pulls the axis only as far as it moves in step with the bend.
    largest_offset_share
        How far beside standing the plane of the bend may pass, as a share of its length. Somebody
        who sits still only rolls the lying thigh a little, which tips it at a right angle to the
        bend that led there.
    """

    least_range_deg: float = 12.0
    least_planarity: float = 0.75
    out_of_plane_share: float = 0.4
    largest_offset_share: float = 0.5


DEFAULT_SETTINGS = AxisSettings()


@dataclass(frozen=True, slots=True, eq=False)
class AxisObservation:
    """The medio-lateral axis of one segment seen in one movement; its sign is not yet known.

    Parameters
    ----------
    placement, task
        Whose axis, seen in what.
    axis
        Unit vector in the sensor frame, horizontal in standing, shape (3,).
    sd_rad
        Standard uncertainty about the segment's long axis.
    planarity
        Share of the tipping that lies in one plane, 0.5 to 1.
    range_deg
        Range of the inclination in that plane.
    duration_s
        How long the movement lasted.
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
    """See the medio-lateral axes of all sensors in the movements of a recording.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    ups
        Up over time in each sensor's frame, shape (n, 3), NaN where not known.
    up
        Up in each sensor's frame in standing, shape (3,).
    movements
        What was done when.
    settings
        See `AxisSettings`.

    Returns
    -------
    tuple of AxisObservation
        One for each sensor and kind of movement that shows an axis.
    """
    seen: list[AxisObservation] = []
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
                seen.append(observation)
    return tuple(seen)


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
    """Whether the line along which up tips goes through standing, nearly.

    The inclination cannot tell: seen from a plane beside standing, it turns at will.
    """
    across = np.cross(up, forwards)
    length = float(np.ptp(np.percentile(tipping @ forwards, [2.0, 98.0])))
    return abs(float(np.mean(tipping @ across))) <= share * length


_LEAST_BEND_DEG: Mapping[tuple[Task, Segment], float] = {
    (Task.SQUAT, Segment.THIGH): 40.0,
    (Task.SEATED_KNEE_EXTENSION, Segment.SHANK): 40.0,
}
"""A smaller bend shows the axis less surely (own choice)."""

_LEAST_PLANARITY: Mapping[Task, float] = {Task.SQUAT: 0.95, Task.SEATED_KNEE_EXTENSION: 0.95}
"""Share of the bend that lies in one plane; walking and step-ups are never that clean."""

_NAMES: Mapping[Task, str] = {
    Task.SQUAT: "squats",
    Task.SEATED_KNEE_EXTENSION: "seated knee extensions",
}


def bend_checks(
    placement: Placement, observations: Sequence[AxisObservation]
) -> list[tuple[Grade, str]]:
    """Grade the calibration movements of one sensor, with a sentence each.

    Parameters
    ----------
    placement
        Where the sensor sits.
    observations
        Its axes; several of one movement are judged by the best.
    """
    checks: list[tuple[Grade, str]] = []
    for task, name in _NAMES.items():
        own = [seen for seen in observations if seen.task is task]
        least = _LEAST_BEND_DEG.get((task, placement.segment))
        if not own or least is None:
            continue
        bend_deg = max(seen.range_deg for seen in own)
        if bend_deg < least:
            reason = f"The {name} bent the {placement.words} by only {bend_deg:.0f}°: bend further."
            checks.append((Grade.FAIR, reason))
        if max(seen.planarity for seen in own) < _LEAST_PLANARITY[task]:
            reason = (
                f"The {name} were no clean bend of the {placement.words}: keep it in one plane."
            )
            checks.append((Grade.FAIR, reason))
    return checks
