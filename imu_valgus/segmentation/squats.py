"""Squats as repetitions, with what their angles say."""

from collections.abc import Sequence

import numpy as np

from imu_valgus.model import FloatArray, Joint, JointAngles, Repetition, Task, TaskSpan
from imu_valgus.segmentation.movements import squat_bottoms


def find_squats(
    time_s: FloatArray,
    *,
    thigh_tilt_deg: FloatArray,
    shank_tilt_deg: FloatArray,
    movements: Sequence[TaskSpan],
    angles: Sequence[JointAngles],
) -> tuple[Repetition, ...]:
    """Count squats inside the spans that hold them and measure each.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    thigh_tilt_deg, shank_tilt_deg
        Tilt from neutral standing of one leg (the right where both are worn), shape (n,).
    movements
        What was done when; only spans of `Task.SQUAT` are searched.
    angles
        Of all joints; knees are measured.

    Returns
    -------
    tuple of Repetition
        A squat turns round at its lowest point.
    """
    spans = [movement for movement in movements if movement.task is Task.SQUAT]
    found = [
        squat
        for squat in squat_bottoms(time_s, thigh_tilt_deg, shank_tilt_deg)
        if any(span.start_s <= time_s[squat[1]] < span.end_s for span in spans)
    ]
    return tuple(
        Repetition(
            Task.SQUAT,
            None,
            number,
            float(time_s[start]),
            float(time_s[bottom]),
            float(time_s[end - 1]),
            measures=_measures(angles, start, end),
        )
        for number, (start, bottom, end) in enumerate(found, start=1)
    )


def _measures(angles: Sequence[JointAngles], start: int, end: int) -> dict[str, float]:
    measures: dict[str, float] = {}
    for joint in angles:
        flexion = joint.flexion_deg[start:end]
        if joint.joint is Joint.KNEE and np.isfinite(flexion).any():
            measures[f"knee_flexion_peak_{joint.side}_deg"] = float(np.nanmax(flexion))
    return measures
