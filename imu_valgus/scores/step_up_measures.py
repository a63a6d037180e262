"""What is measured in each step-up: peaks, excursions, and values at matched knee flexion.

Excursions are changes from the quiet standing just before the repetition. Their standard
uncertainty is ``JointAngles.change_sd_deg``, the uncertainty of an angle relative to neutral
stance in the same donning: what is wrong with the level of an angle (how the sensor sits, what
heading it has) is the same before and during the repetition and drops out of the difference,
apart from the part that grows with the bend of the leg. What skin that moves under the sensors may
do is part of it (`imu_valgus.pipeline.skin`). All of it is systematic for a leg within a donning:
more repetitions do not make it smaller.

When one step-up was done, and when in it the leading leg was loaded.

What the pelvis does in a step-up: by how much its free side drops, and by how much it turns.

The drop is an inclination: it rests on gravity alone. The turn about the vertical comes from the
gyroscope; from the standing before a repetition to its end it drifts by less than half a degree.
Raters of the lateral step-down note a pelvis that is "not level or turned" (Piva et al. 2006,
PMC1557500) without a limit in degrees, so none is applied here.

Turns of a sideways movement: how often the knee goes in and out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, JointAngles, Side
from imu_valgus.scores.frontal_projection import frontal_projection_deg


@dataclass(frozen=True, slots=True)
class StepUpSpan:
    """One step-up in samples: half-open, with the parts in which the leading leg is loaded.

    Parameters
    ----------
    start, stop
        The repetition.
    placed, top
        From the foot on the step to standing on it.
    lower, bottom
        From leaving the stand on the step to the deepest bend before the foot comes home.
    """

    start: int
    stop: int
    placed: int
    top: int
    lower: int
    bottom: int

    @property
    def loaded(self) -> tuple[slice, slice]:
        """Samples of the way up and of the way down."""
        return slice(self.placed, self.top), slice(self.lower, self.bottom + 1)


@dataclass(frozen=True, slots=True, eq=False)
class PelvisMotion:
    """The pelvis over one recording, seen from the leading leg.

    Parameters
    ----------
    drop_deg
        Frontal inclination: positive where the side of the free leg is lower, shape (n,).
    turn_deg
        Turn about the vertical without jumps: positive where the side of the free leg comes
        forwards, shape (n,); its zero means nothing.
    """

    drop_deg: FloatArray
    turn_deg: FloatArray


def pelvis_columns(
    motion: PelvisMotion | None, before: slice, loaded: Sequence[slice]
) -> dict[str, float]:
    """Measure how far the pelvis drops and turns while the leading leg is loaded.

    Parameters
    ----------
    motion
        None without a pelvis sensor.
    before
        Quiet standing before the repetition.
    loaded
        The parts in which the leading leg carries the body.

    Returns
    -------
    dict of float
        Largest drop of the free side, and largest turn to either side with its sign; both as
        change from the standing before, NaN where not known; nothing without a pelvis sensor.

    Examples
    --------
    >>> drop = np.array([1.0, 1.0, 3.0, 6.0, 2.0])
    >>> pelvis_columns(PelvisMotion(drop, -drop), slice(0, 2), [slice(2, 5)])
    {'pelvis_drop_peak_deg': 5.0, 'pelvis_turn_peak_deg': -5.0}
    """
    if motion is None:
        return {}
    drop, turn = (
        np.concatenate([values[part] for part in loaded]) - _mean(values[before])
        for values in (motion.drop_deg, motion.turn_deg)
    )
    return {
        "pelvis_drop_peak_deg": _largest(drop, drop),
        "pelvis_turn_peak_deg": _largest(turn, np.abs(turn)),
    }


def _largest(values: FloatArray, by: FloatArray) -> float:
    known = np.isfinite(by)
    return float(values[known][np.argmax(by[known])]) if known.any() else float("nan")


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


REVERSAL_DEG = 1.5
"""A sideways movement of the knee that turns back by less is not counted (score specification)."""


def count_turns(values: FloatArray) -> int:
    """Count direction changes between swings larger than the limit.

    Parameters
    ----------
    values
        Sideways inclination in degrees without gaps, shape (n,).

    Returns
    -------
    int
        A movement out and back is one.

    Examples
    --------
    >>> count_turns(np.array([0.0, 3.0, 2.5, 4.0, 0.0]))
    1
    """
    # A loop over the few local extremes: each decides whether the last direction still holds.
    slope = np.sign(np.diff(values))
    turning = np.flatnonzero(np.diff(slope[slope != 0.0]) != 0.0) + 1
    extremes = values[
        np.concatenate([[0], np.flatnonzero(slope != 0.0)[turning], [values.size - 1]])
    ]
    count, direction = 0, 0.0
    # Until the first large swing both ends wait: it may begin at the lowest or the highest value.
    low = high = float(extremes[0])
    for extreme in extremes[1:]:
        low, high = min(low, float(extreme)), max(high, float(extreme))
        rose, fell = float(extreme) - low, high - float(extreme)
        moved = rose if rose > fell else -fell
        if abs(moved) > REVERSAL_DEG and np.sign(moved) != direction:
            count += direction != 0.0
            direction = float(np.sign(moved))
        if direction > 0.0 and extreme == high:
            low = high
        elif direction < 0.0 and extreme == low:
            high = low
    return count


BASELINE_S = 0.4
"""Quiet standing before a repetition that its baseline is the mean of."""

LARGEST_MATCHED_DEG = 45.0

MATCHED_SHARE = 0.9
"""Matched knee flexion: this share of the median peak under load, at most 45 degrees."""

INCLINATION_CHANGE_SD_DEG = 0.7
"""Standard uncertainty of a change of inclination within a repetition (from fusion in motion)."""


@dataclass(frozen=True, slots=True, eq=False)
class LegMotion:
    """Everything about one leg over one recording that step-ups are measured from.

    Parameters
    ----------
    side
        The leg.
    hip
        Hip, or femur where no pelvis sensor is worn.
    knee
        On the same clock.
    shank_medial_deg, shank_forward_deg
        Inclination of the shank against gravity: knee towards the midline, knee forwards, (n,).
    shank_axis_sd_deg
        Standard uncertainty of the shank frame about its long axis.
    pelvis
        None without a pelvis sensor.
    """

    side: Side
    hip: JointAngles
    knee: JointAngles
    shank_medial_deg: FloatArray
    shank_forward_deg: FloatArray
    shank_axis_sd_deg: float
    pelvis: PelvisMotion | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StepUpMeasures:
    """Measures of one step-up.

    Parameters
    ----------
    columns
        By column name of the outside contract, degrees and counts.
    matched
        Excursions at the matched knee flexion, by name of the measure.
    matched_sd
        Their standard uncertainty.
    standing_rotation_deg
        Internal rotation of hip and knee in the standing before, for the check of the heading.
    """

    columns: Mapping[str, float]
    matched: Mapping[str, float]
    matched_sd: Mapping[str, float]
    standing_rotation_deg: tuple[float, float]


def matched_knee_flexion_deg(motions: Sequence[tuple[LegMotion, StepUpSpan]]) -> float:
    """Knee flexion at which the repetitions of a leg are compared; NaN without any.

    Parameters
    ----------
    motions
        Each valid repetition with the motion of the recording it is in.
    """
    peaks = [_loaded_peak_deg(motion, span) for motion, span in motions]
    known = [peak for peak in peaks if np.isfinite(peak)]
    if not known:
        return float("nan")
    return float(min(LARGEST_MATCHED_DEG, MATCHED_SHARE * np.median(known)))


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    deg: FloatArray
    sd: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TracedMotion:
    """A leg's motion with everything that step-ups are measured by, over the whole recording.

    Parameters
    ----------
    motion
        Of the leg.
    traces
        Angle and its uncertainty by name.
    """

    motion: LegMotion
    traces: Mapping[str, _Trace]


def trace_motion(motion: LegMotion) -> TracedMotion:
    """Prepare a leg's motion for measuring any number of step-ups in it."""
    return TracedMotion(motion, _traces(motion))


def measure_step_up(
    traced: TracedMotion, span: StepUpSpan, *, matched_deg: float
) -> StepUpMeasures:
    """Measure one step-up.

    Parameters
    ----------
    traced
        Motion of the leading leg, from `trace_motion`.
    span
        The repetition.
    matched_deg
        Knee flexion at which it is compared with the others.

    Returns
    -------
    StepUpMeasures
        What is not known is NaN.
    """
    motion, traces = traced.motion, traced.traces
    first = max(span.start - round(BASELINE_S * _rate_hz(motion)), 0)
    before = slice(first, max(span.start, first + 1))
    inside = slice(span.start, span.stop)
    base = {name: _mean(trace.deg[before]) for name, trace in traces.items()}
    crossings = _crossings(motion.knee.flexion_deg, span, matched_deg)
    matched = {
        name: _mean(np.array([np.interp(at, _indices(trace.deg), trace.deg) for at in crossings]))
        - base[name]
        for name, trace in traces.items()
    }
    sd = {
        name: _mean(np.array([trace.sd[round(at)] for at in crossings]))
        for name, trace in traces.items()
    }
    reversals = _reversals(motion.shank_medial_deg, span)
    columns: dict[str, float] = {}
    for name in _WITH_PEAK:
        column = name.replace("hip", str(motion.hip.joint))
        peak = _max(traces[name].deg[inside])
        columns[f"{column}_excursion_deg"] = peak - base[name]
        columns[f"{column}_peak_deg"] = peak
    columns |= {
        f"{name.replace('hip', str(motion.hip.joint))}_matched_deg": matched[name]
        for name in (*_WITH_PEAK, "frontal_projection")
    }
    columns["shank_medial_tilt_deg"] = matched["shank_medial_tilt"]
    columns["knee_flexion_loaded_peak_deg"] = _loaded_peak_deg(motion, span)
    columns["sideways_reversals"] = reversals
    columns |= pelvis_columns(motion.pelvis, before, span.loaded)
    return StepUpMeasures(
        columns,
        {**matched, "reversals": reversals},
        {**sd, "reversals": float("nan")},
        (base["hip_internal_rotation"], -base["tibial_external_rotation"]),
    )


_WITH_PEAK = (
    "hip_internal_rotation",
    "hip_adduction",
    "tibial_external_rotation",
    "knee_abduction",
)


def _traces(motion: LegMotion) -> dict[str, _Trace]:
    hip, knee = motion.hip, motion.knee
    hip_sd, knee_sd = hip.change_sd_deg, knee.change_sd_deg
    forward = np.radians(motion.shank_forward_deg - np.nanmedian(motion.shank_forward_deg))
    tilt_sd = np.hypot(INCLINATION_CHANGE_SD_DEG, motion.shank_axis_sd_deg * np.sin(forward))
    return {
        "hip_internal_rotation": _Trace(hip.internal_rotation_deg, hip_sd[:, 2]),
        "hip_adduction": _Trace(hip.adduction_deg, hip_sd[:, 1]),
        "tibial_external_rotation": _Trace(-knee.internal_rotation_deg, knee_sd[:, 2]),
        "knee_abduction": _Trace(knee.valgus_deg, knee_sd[:, 1]),
        "frontal_projection": _projection(motion, hip_sd, knee_sd),
        "shank_medial_tilt": _Trace(motion.shank_medial_deg, np.asarray(tilt_sd)),
    }


def _projection(motion: LegMotion, hip_sd: FloatArray, knee_sd: FloatArray) -> _Trace:
    """Projection angle, and its uncertainty from those of the six angles as if independent."""

    def project(hip_deg: FloatArray, knee_deg: FloatArray) -> FloatArray:
        return frontal_projection_deg(hip_deg, knee_deg, joint=motion.hip.joint, side=motion.side)

    hip, knee = motion.hip.angles_deg, motion.knee.angles_deg
    value = project(hip, knee)
    variance = np.zeros_like(value)
    for axis in range(3):
        nudge = np.eye(3)[axis]
        variance += ((project(hip + nudge, knee) - value) * hip_sd[:, axis]) ** 2
        variance += ((project(hip, knee + nudge) - value) * knee_sd[:, axis]) ** 2
    return _Trace(value, np.sqrt(variance))


def _loaded_peak_deg(motion: LegMotion, span: StepUpSpan) -> float:
    flexion = motion.knee.flexion_deg
    rising = flexion[span.placed : span.top]
    lowering = flexion[span.lower : span.bottom + 1]
    return float(np.nanmin([_max(rising), _max(lowering)]))


def _crossings(flexion: FloatArray, span: StepUpSpan, level: float) -> list[float]:
    """Where the loaded knee passes the level: last time on the way up, first on the way down."""
    found = []
    rising = flexion[span.placed : span.top + 1]
    below = np.flatnonzero((rising[:-1] >= level) & (rising[1:] < level))
    if below.size:
        found.append(span.placed + _between(rising, int(below[-1]), level))
    lowering = flexion[span.lower : span.bottom + 1]
    above = np.flatnonzero((lowering[:-1] < level) & (lowering[1:] >= level))
    if above.size:
        found.append(span.lower + _between(lowering, int(above[0]), level))
    return found


def _between(values: FloatArray, at: int, level: float) -> float:
    return at + float((level - values[at]) / (values[at + 1] - values[at]))


def _reversals(medial_deg: FloatArray, span: StepUpSpan) -> float:
    """Count turns from medial to lateral or back of more than the limit while loaded."""
    parts = (medial_deg[span.placed : span.top], medial_deg[span.lower : span.bottom])
    if not all(np.isfinite(part).any() for part in parts):
        return float("nan")
    return float(sum(count_turns(part[np.isfinite(part)]) for part in parts))


def _rate_hz(motion: LegMotion) -> float:
    time_s = motion.knee.time_s
    return float((time_s.size - 1) / (time_s[-1] - time_s[0]))


def _indices(values: FloatArray) -> FloatArray:
    return np.arange(values.size, dtype=np.float64)


def _max(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if known.size else float("nan")
