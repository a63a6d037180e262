"""Measure each step-up: peaks, excursions, and values at matched knee flexion.

Excursions are changes from the quiet standing just before the repetition. Their standard
uncertainty is ``JointAngles.change_sd_deg``, the uncertainty of an angle relative to neutral stance
in the same donning. Errors in the level of an angle (from how the sensor sits, or from its heading)
are the same before and during the repetition and drop out of the difference, apart from the part
that grows with the bend of the leg. The effect of moving skin is included
(`imu_valgus.pipeline.skin`). All of it is systematic for a leg within a donning, so more
repetitions do not make it smaller.

The drop of the pelvis is an inclination and depends on gravity alone. Its turn about the vertical
comes from the gyroscope; from the standing before a repetition to its end it drifts by less than
half a degree. Raters of the lateral step-down note a pelvis that is "not level or turned" (Piva et
al. 2006, PMC1557500) without a limit in degrees, so none is applied here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, JointAngles, Side
from imu_valgus.scores.frontal_projection import frontal_projection_deg

REVERSAL_DEG = 1.5
"""Minimum sideways movement of the knee that counts as a reversal (score specification)."""

BASELINE_S = 0.4
"""Duration of the quiet standing before a repetition whose mean is the baseline."""

LARGEST_MATCHED_DEG = 45.0

MATCHED_SHARE = 0.9
"""Matched knee flexion: this share of the median peak under load, at most 45 degrees."""

INCLINATION_CHANGE_SD_DEG = 0.7
"""Standard uncertainty of a change of inclination within a repetition (from fusion in motion)."""

_WITH_PEAK = (
    "hip_internal_rotation",
    "hip_adduction",
    "tibial_external_rotation",
    "knee_abduction",
)


@dataclass(frozen=True, slots=True)
class StepUpSpan:
    """One step-up in samples, half-open, with the parts in which the leading leg is loaded.

    Parameters
    ----------
    start, stop
        First sample of the repetition, and first sample after it.
    placed, top
        Foot placed on the step, and standing on it: the way up lies between them.
    lower, bottom
        Beginning to step down, and deepest bend before the foot returns to the floor: the way down
        lies between them.
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
        Frontal inclination, positive where the side of the free leg is lower, shape (n,).
    turn_deg
        Turn about the vertical without jumps, positive where the side of the free leg comes
        forwards, shape (n,); only its changes have a meaning.
    """

    drop_deg: FloatArray
    turn_deg: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LegMotion:
    """Motion of one leg over one recording, from which step-ups are measured.

    Parameters
    ----------
    side
        Side of the leg.
    hip
        Angles of the hip, or of the femur where no pelvis sensor is worn.
    knee
        Angles of the knee on the same clock.
    shank_medial_deg, shank_forward_deg
        Inclination of the shank against gravity, positive with the knee towards the midline and
        with the knee forwards, shape (n,).
    shank_axis_sd_deg
        Standard uncertainty of the shank frame about its long axis.
    pelvis
        Motion of the pelvis; None without a pelvis sensor.
    """

    side: Side
    hip: JointAngles
    knee: JointAngles
    shank_medial_deg: FloatArray
    shank_forward_deg: FloatArray
    shank_axis_sd_deg: float
    pelvis: PelvisMotion | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    deg: FloatArray
    sd: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class TracedMotion:
    """A leg's motion with all measured signals over the whole recording.

    Parameters
    ----------
    motion
        Motion of the leg.
    traces
        Signal and its standard uncertainty by name of the measure.
    """

    motion: LegMotion
    traces: Mapping[str, _Trace]


@dataclass(frozen=True, slots=True, eq=False)
class StepUpMeasures:
    """Measures of one step-up; values that are not known are NaN.

    Parameters
    ----------
    columns
        Degrees and counts by column name, as written to the repetitions table.
    matched
        Excursion at the matched knee flexion, by name of the measure.
    matched_sd
        Standard uncertainty of `matched`.
    standing_rotation_deg
        Internal rotation of hip and knee in the standing before, for the check of the heading.
    """

    columns: Mapping[str, float]
    matched: Mapping[str, float]
    matched_sd: Mapping[str, float]
    standing_rotation_deg: tuple[float, float]


def matched_knee_flexion_deg(motions: Sequence[tuple[LegMotion, StepUpSpan]]) -> float:
    """Return the knee flexion at which the repetitions of a leg are compared.

    Parameters
    ----------
    motions
        Each valid repetition with the motion of its recording.

    Returns
    -------
    float
        Degrees; NaN where no repetition has known angles.
    """
    peaks = [_loaded_peak_deg(motion, span) for motion, span in motions]
    known = [peak for peak in peaks if np.isfinite(peak)]
    if not known:
        return float("nan")
    return float(min(LARGEST_MATCHED_DEG, MATCHED_SHARE * np.median(known)))


def trace_motion(motion: LegMotion) -> TracedMotion:
    """Prepare a leg's motion for measuring any number of step-ups in it.

    Parameters
    ----------
    motion
        Motion of the leg.

    Returns
    -------
    TracedMotion
        The motion with all measured signals over the whole recording.
    """
    hip, knee = motion.hip, motion.knee
    hip_sd, knee_sd = hip.change_sd_deg, knee.change_sd_deg
    forward = np.radians(motion.shank_forward_deg - np.nanmedian(motion.shank_forward_deg))
    tilt_sd = np.hypot(INCLINATION_CHANGE_SD_DEG, motion.shank_axis_sd_deg * np.sin(forward))
    traces = {
        "hip_internal_rotation": _Trace(hip.internal_rotation_deg, hip_sd[:, 2]),
        "hip_adduction": _Trace(hip.adduction_deg, hip_sd[:, 1]),
        "tibial_external_rotation": _Trace(-knee.internal_rotation_deg, knee_sd[:, 2]),
        "knee_abduction": _Trace(knee.valgus_deg, knee_sd[:, 1]),
        "frontal_projection": _projection(motion, hip_sd, knee_sd),
        "shank_medial_tilt": _Trace(motion.shank_medial_deg, np.asarray(tilt_sd)),
    }
    return TracedMotion(motion, traces)


def measure_step_up(
    traced: TracedMotion, span: StepUpSpan, *, matched_deg: float
) -> StepUpMeasures:
    """Measure one step-up.

    Parameters
    ----------
    traced
        Motion of the leading leg, from `trace_motion`.
    span
        Samples of the repetition.
    matched_deg
        Knee flexion at which it is compared with the others, from `matched_knee_flexion_deg`.

    Returns
    -------
    StepUpMeasures
        Values that are not known are NaN.
    """
    motion, traces = traced.motion, traced.traces
    time_s = motion.knee.time_s
    rate_hz = float((time_s.size - 1) / (time_s[-1] - time_s[0]))
    first = max(span.start - round(BASELINE_S * rate_hz), 0)
    before = slice(first, max(span.start, first + 1))
    base = {name: mean_of_known(trace.deg[before]) for name, trace in traces.items()}
    crossings = _crossings(motion.knee.flexion_deg, span, matched_deg)
    sample = np.arange(time_s.size, dtype=np.float64)
    matched = {
        name: mean_of_known(np.array([np.interp(at, sample, trace.deg) for at in crossings]))
        - base[name]
        for name, trace in traces.items()
    }
    sd = {
        name: mean_of_known(np.array([trace.sd[round(at)] for at in crossings]))
        for name, trace in traces.items()
    }
    hip = str(motion.hip.joint)
    columns: dict[str, float] = {}
    for name in _WITH_PEAK:
        column = name.replace("hip", hip)
        peak = _max(traces[name].deg[span.start : span.stop])
        columns[f"{column}_excursion_deg"] = peak - base[name]
        columns[f"{column}_peak_deg"] = peak
    for name in (*_WITH_PEAK, "frontal_projection"):
        columns[f"{name.replace('hip', hip)}_matched_deg"] = matched[name]
    columns["shank_medial_tilt_deg"] = matched["shank_medial_tilt"]
    columns["knee_flexion_loaded_peak_deg"] = _loaded_peak_deg(motion, span)
    columns["sideways_reversals"] = _reversals(motion.shank_medial_deg, span)
    columns |= pelvis_columns(motion.pelvis, before, span.loaded)
    return StepUpMeasures(
        columns,
        {**matched, "reversals": columns["sideways_reversals"]},
        {**sd, "reversals": float("nan")},
        (base["hip_internal_rotation"], -base["tibial_external_rotation"]),
    )


def pelvis_columns(
    motion: PelvisMotion | None, before: slice, loaded: Sequence[slice]
) -> dict[str, float]:
    """Measure how far the pelvis drops and turns while the leading leg is loaded.

    Parameters
    ----------
    motion
        Motion of the pelvis; None without a pelvis sensor.
    before
        Samples of quiet standing before the repetition.
    loaded
        Samples in which the leading leg carries the body.

    Returns
    -------
    dict of float
        Largest drop of the free side, and largest turn to either side with its sign, in degrees of
        change from the standing before, NaN where not known. Empty without a pelvis sensor.

    Examples
    --------
    >>> drop = np.array([1.0, 1.0, 3.0, 6.0, 2.0])
    >>> pelvis_columns(PelvisMotion(drop, -drop), slice(0, 2), [slice(2, 5)])
    {'pelvis_drop_peak_deg': 5.0, 'pelvis_turn_peak_deg': -5.0}
    """
    if motion is None:
        return {}
    drop, turn = (
        np.concatenate([values[part] for part in loaded]) - mean_of_known(values[before])
        for values in (motion.drop_deg, motion.turn_deg)
    )
    known_turn = turn[np.isfinite(turn)]
    return {
        "pelvis_drop_peak_deg": _max(drop),
        "pelvis_turn_peak_deg": (
            float(known_turn[np.argmax(np.abs(known_turn))]) if known_turn.size else float("nan")
        ),
    }


def count_turns(values: FloatArray) -> int:
    """Count the direction changes between swings larger than `REVERSAL_DEG`.

    Parameters
    ----------
    values
        Sideways inclination in degrees without gaps, shape (n,).

    Returns
    -------
    int
        A movement out and back counts once.

    Examples
    --------
    >>> count_turns(np.array([0.0, 3.0, 2.5, 4.0, 0.0]))
    1
    """
    # A loop over the few local extremes; each decides whether the last direction still holds.
    slope = np.sign(np.diff(values))
    turning = np.flatnonzero(np.diff(slope[slope != 0.0]) != 0.0) + 1
    extremes = values[
        np.concatenate([[0], np.flatnonzero(slope != 0.0)[turning], [values.size - 1]])
    ]
    count, direction = 0, 0.0
    # The first large swing may begin at the lowest or at the highest value so far.
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


def _projection(motion: LegMotion, hip_sd: FloatArray, knee_sd: FloatArray) -> _Trace:
    """Compute the projection angle, with the uncertainties of the six angles as independent."""

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
    return float(np.nanmin([_max(flexion[part]) for part in span.loaded]))


def _crossings(flexion: FloatArray, span: StepUpSpan, level: float) -> list[float]:
    """Find where the loaded knee passes the level: last on the way up, first on the way down."""
    crossings = []
    rising = flexion[span.placed : span.top + 1]
    below = np.flatnonzero((rising[:-1] >= level) & (rising[1:] < level))
    if below.size:
        crossings.append(span.placed + _between(rising, int(below[-1]), level))
    lowering = flexion[span.lower : span.bottom + 1]
    above = np.flatnonzero((lowering[:-1] < level) & (lowering[1:] >= level))
    if above.size:
        crossings.append(span.lower + _between(lowering, int(above[0]), level))
    return crossings


def _between(values: FloatArray, at: int, level: float) -> float:
    return at + float((level - values[at]) / (values[at + 1] - values[at]))


def _reversals(medial_deg: FloatArray, span: StepUpSpan) -> float:
    """Count the turns from medial to lateral or back while the leg is loaded."""
    parts = (medial_deg[span.placed : span.top], medial_deg[span.lower : span.bottom])
    if not all(np.isfinite(part).any() for part in parts):
        return float("nan")
    return float(sum(count_turns(part[np.isfinite(part)]) for part in parts))


def mean_of_known(values: FloatArray) -> float:
    """Return the mean of the finite values.

    Parameters
    ----------
    values
        Values, NaN where not known.

    Returns
    -------
    float
        The mean; NaN without a finite value.
    """
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _max(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if known.size else float("nan")
