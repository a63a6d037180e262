"""The medio-lateral axis of a segment, seen in a movement, in the sensor's frame.

A leg that bends turns mostly about its medio-lateral axis: the first principal direction of the
angular rate. How well depends on the movement and on the segment (squats show the thigh, walking
the shank); the standard uncertainties below are own choices guided by simulation and by real
recordings with optical reference, and grow with every sign that the movement was not a clean bend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfiltfilt

from imu_valgus.model import (
    AlignedRecording,
    BoolArray,
    FloatArray,
    Placement,
    Segment,
    Task,
    TaskSpan,
)

_BASE_SD_DEG: Mapping[tuple[Task, Segment], float] = {
    (Task.SQUAT, Segment.PELVIS): 6.0,
    (Task.SQUAT, Segment.THIGH): 6.0,
    (Task.SQUAT, Segment.SHANK): 9.0,
    (Task.SIT, Segment.PELVIS): 8.0,
    (Task.SIT, Segment.THIGH): 8.0,
    (Task.TRUNK_BOW, Segment.PELVIS): 4.0,
    (Task.SEATED_KNEE_EXTENSION, Segment.SHANK): 5.0,
    (Task.LEG_SWING, Segment.THIGH): 5.0,
    (Task.LEG_SWING, Segment.SHANK): 6.0,
    (Task.WALK, Segment.THIGH): 7.0,
    (Task.WALK, Segment.SHANK): 4.0,
    (Task.WALK, Segment.FOOT): 5.0,
    (Task.STEP_UP, Segment.THIGH): 9.0,
    (Task.STEP_UP, Segment.SHANK): 9.0,
}
"""Standard uncertainty of the axis about the segment's long axis, for a clean movement."""


@dataclass(frozen=True, slots=True)
class AxisSettings:
    """When an observed axis is usable and how doubt adds to its uncertainty.

    Parameters
    ----------
    low_pass_hz
        Impacts and soft-tissue wobble lie above it.
    least_range_deg
        A smaller bend does not show an axis.
    least_share
        Explained share of the angular rate below which there is no axis.
    walking_thigh_gravity_deg
        The thigh's axis from walking is used only when it is this close to horizontal: it told
        a good axis (88 to 90 degrees from gravity) from a useless one (142 to 149).
    largest_gravity_error_deg
        Any axis further from horizontal is refused.
    """

    low_pass_hz: float = 6.0
    least_range_deg: float = 12.0
    least_share: float = 0.5
    walking_thigh_gravity_deg: float = 10.0
    largest_gravity_error_deg: float = 30.0


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
    explained_share
        Share of the angular rate's power about the axis.
    gravity_angle_deg
        Angle of the raw axis to the standing vertical; 90 for a clean bend.
    range_deg
        Range of the turn about the axis.
    duration_s
        How long the movement lasted.
    """

    placement: Placement
    task: Task
    axis: FloatArray
    sd_rad: float
    explained_share: float
    gravity_angle_deg: float
    range_deg: float
    duration_s: float


def observe_axes(
    recording: AlignedRecording,
    *,
    up: Mapping[Placement, FloatArray],
    movements: Sequence[TaskSpan],
    settings: AxisSettings = DEFAULT_SETTINGS,
) -> tuple[AxisObservation, ...]:
    """See the medio-lateral axes of all sensors in the movements of a recording.

    Parameters
    ----------
    recording
        With the gyroscope bias removed.
    up
        Up in each sensor's frame in standing, shape (3,).
    movements
        What was done when.
    settings
        See `AxisSettings`.

    Returns
    -------
    tuple of AxisObservation
        One for each sensor and movement that shows an axis.
    """
    seen: list[AxisObservation] = []
    tasks = sorted({movement.task for movement in movements})
    for placement, stream in recording.streams.items():
        if placement not in up:
            continue
        is_known = stream.is_known
        gyr = _low_passed(stream.gyr, is_known, recording.rate_hz, settings.low_pass_hz)
        for task in tasks:
            base_deg = _BASE_SD_DEG.get((task, placement.segment))
            chosen = [
                movement
                for movement in movements
                if movement.task is task and movement.side in (None, placement.side)
            ]
            if base_deg is None or not chosen:
                continue
            inside = _inside(recording.time_s, chosen) & is_known
            observation = _observe(
                gyr[inside],
                up=up[placement],
                placement=placement,
                task=task,
                rate_hz=recording.rate_hz,
                base_deg=base_deg,
            )
            if observation is not None and _is_usable(observation, settings):
                seen.append(observation)
    return tuple(seen)


def _low_passed(gyr: FloatArray, is_known: BoolArray, rate_hz: float, cut_hz: float) -> FloatArray:
    filled = np.where(is_known[:, None], gyr, 0.0)
    if len(gyr) < 30:
        return filled
    sections = butter(2, min(cut_hz, 0.45 * rate_hz), fs=rate_hz, output="sos")
    return np.asarray(sosfiltfilt(sections, filled, axis=0))


def _inside(time_s: FloatArray, spans: Sequence[TaskSpan]) -> BoolArray:
    inside = np.zeros(time_s.size, dtype=np.bool_)
    for span in spans:
        inside |= (time_s >= span.start_s) & (time_s < span.end_s)
    return inside


def _observe(
    gyr: FloatArray,
    *,
    up: FloatArray,
    placement: Placement,
    task: Task,
    rate_hz: float,
    base_deg: float,
) -> AxisObservation | None:
    if len(gyr) < rate_hz:
        return None
    power, directions = np.linalg.eigh(gyr.T @ gyr)
    axis = directions[:, 2]
    share = float(power[2] / max(power.sum(), 1e-12))
    turned = np.cumsum(gyr @ axis) / rate_hz
    low, high = np.percentile(turned - np.linspace(0.0, turned[-1], turned.size), [2.0, 98.0])
    gravity_deg = float(np.degrees(np.arccos(np.clip(axis @ up, -1.0, 1.0))))
    horizontal = axis - (axis @ up) * up
    norm = float(np.linalg.norm(horizontal))
    if norm < 0.1:
        return None
    doubt_deg = np.hypot(0.5 * abs(gravity_deg - 90.0), 15.0 * (1.0 - share))
    return AxisObservation(
        placement,
        task,
        horizontal / norm,
        float(np.radians(np.hypot(base_deg, doubt_deg))),
        share,
        gravity_deg,
        float(np.degrees(high - low)),
        len(gyr) / rate_hz,
    )


def _is_usable(observation: AxisObservation, settings: AxisSettings) -> bool:
    off_horizontal = abs(observation.gravity_angle_deg - 90.0)
    limit = settings.largest_gravity_error_deg
    if observation.task is Task.WALK and observation.placement.segment is Segment.THIGH:
        limit = settings.walking_thigh_gravity_deg
    return (
        off_horizontal <= limit
        and observation.range_deg >= settings.least_range_deg
        and observation.explained_share >= settings.least_share
    )
