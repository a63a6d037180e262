"""Whether the calibration movements were what they should be: far enough, and in one plane."""

from collections.abc import Mapping, Sequence

from imu_valgus.calibration.axes import AxisObservation
from imu_valgus.model import Grade, Placement, Segment, Task

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
