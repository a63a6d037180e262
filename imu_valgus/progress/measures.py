"""The part of an analysis that is stored to compare weeks: its measures, its conditions."""

from collections.abc import Iterable, Sequence

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import (
    Analysis,
    GaitCurve,
    MeanSd,
    Repetition,
    Segment,
    Side,
    Task,
    WalkSummary,
    worst_grade,
)
from imu_valgus.model.progress import Conditions, Feedback, Footwear, Measure, MeasureKey

FEWEST_REPETITIONS = 3
"""The median of two is no better than their mean, and one may be a stumble."""


def measures_of(analysis: Analysis) -> tuple[Measure, ...]:
    """Extract the measures of a session that weeks are compared by.

    Every exercise gives the median over its valid repetitions, by leg. The walk gives its timing
    and, from the mean gait curves, the range and the mean level of every angle. The range does
    not depend on where zero lies, so it is the better one to compare.

    Parameters
    ----------
    analysis
        Analysis of one session.

    Returns
    -------
    tuple of Measure
        One per measure, task and leg; those with fewer than three repetitions are left out.
    """
    repetitions = (rep for recording in analysis.recordings for rep in recording.repetitions)
    found = list(_of_repetitions([rep for rep in repetitions if rep.is_valid]))
    if analysis.walk is not None:
        found.extend(_of_walk(analysis.walk))
    return tuple(sorted(found, key=lambda m: (m.key.task, m.key.name, m.key.side or "")))


def _of_repetitions(repetitions: Sequence[Repetition]) -> Iterable[Measure]:
    values: dict[MeasureKey, list[float]] = {}
    for rep in repetitions:
        for name, value in rep.measures.items():
            if np.isfinite(value):
                values.setdefault(MeasureKey(name, rep.task, rep.side), []).append(float(value))
    for key, column in values.items():
        if len(column) >= FEWEST_REPETITIONS:
            yield Measure(
                key=key,
                value=float(np.median(column)),
                sd=float(np.std(column, ddof=1)),
                repetitions=tuple(column),
                n=len(column),
            )


def _of_walk(walk: WalkSummary) -> Iterable[Measure]:
    for side, gait in walk.sides.items():
        yield from _of_figure("stride_time_s", side, gait.stride_time_s)
        if gait.is_toe_off_reliable:
            yield from _of_figure("stance_share", side, gait.stance_share)
        if gait.step_time_s is not None:
            yield from _of_figure("step_time_s", side, gait.step_time_s)
    strides = min((gait.n_strides_found for gait in walk.sides.values()), default=0)
    yield from _of_figure("cadence_per_min", None, MeanSd(walk.cadence_per_min, np.nan, strides))
    if (ratio := walk.step_time_ratio) is not None:
        yield from _of_figure("step_time_ratio", None, MeanSd(ratio, np.nan, strides))
    for curve in walk.curves:
        yield from _of_curve(curve)


def _of_figure(name: str, side: Side | None, figure: MeanSd) -> Iterable[Measure]:
    if np.isfinite(figure.mean) and figure.n >= FEWEST_REPETITIONS:
        key = MeasureKey(name, Task.WALK, side)
        yield Measure(key=key, value=figure.mean, sd=figure.sd, repetitions=(), n=figure.n)


def _of_curve(curve: GaitCurve) -> Iterable[Measure]:
    mean = curve.mean_deg
    if curve.motion not in MOTIONS or not np.isfinite(mean).all():
        return
    spread = float(np.sqrt(np.mean(curve.sd_deg**2)))
    name = f"{curve.joint}_{curve.motion}"
    for suffix, value in (("range_deg", np.ptp(mean)), ("level_deg", mean[:-1].mean())):
        figure = MeanSd(float(value), spread, curve.n_strides)
        yield from _of_figure(f"{name}_{suffix}", curve.side, figure)


def conditions_of(
    analysis: Analysis,
    *,
    sensors: Iterable[str] = (),
    feedback: Feedback = Feedback.NONE,
    footwear: Footwear = Footwear.UNKNOWN,
    score_version: str | None = None,
) -> Conditions:
    """Put together the conditions of a session, which decide what it may be compared with.

    Parameters
    ----------
    analysis
        Analysis of the session. The grade is the worst of the frames of thighs and shanks, which
        every measure rests on.
    sensors
        Serial numbers or tags of the sensors, in any order.
    feedback, footwear
        What was shown to the person while moving, and what was on the feet.
    score_version
        Version of the score; None where nothing was scored.

    Returns
    -------
    Conditions
        Conditions of the session.
    """
    leg_grades = [
        frame.grade
        for placement, frame in analysis.frames.items()
        if placement.segment in (Segment.THIGH, Segment.SHANK)
    ]
    return Conditions(
        calibration=worst_grade(leg_grades),
        software_version=analysis.software_version,
        score_version=score_version,
        fusion=analysis.fusion,
        feedback=feedback,
        step_height_m=analysis.info.step_height_m,
        footwear=footwear,
        sensors=tuple(sorted(sensors)),
    )
