"""Gyroscope bias from standing still, for all recordings of a donning together.

A standing person sways: the mean rate of a stand is bias *and* a little true turning. About the
horizontal axes the accelerometer tells how far gravity turned, and that much is taken off; about
the vertical nothing tells, and the uncertainty says so. A gyroscope's bias wanders slowly, so every
stand of the donning says something about every other moment: all stands are joined in one random
walk, whose best estimate is linear between stands and constant outside, and whose uncertainty grows
with the distance from them.

Joins the stands of one sensor over a donning: its gyroscope bias as a random walk.

What the gyroscope bias estimate has to tell the person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from imu_valgus.errors import AlreadyCalibratedError
from imu_valgus.model import (
    AlignedRecording,
    BoolArray,
    Finding,
    FloatArray,
    GyroBias,
    Placement,
    SensorStream,
    Severity,
    Span,
)

BIAS_RANDOM_WALK_RAD_S_SQRT_S: Final = float(np.deg2rad(0.005))
"""Random walk of the bias: consumer parts lie between 0.002 and 0.01 (deg/s)/√s."""

UNKNOWN_RAD_S: Final = float(np.deg2rad(3.0))
"""Before any stand the bias is zero give or take this (zero-rate level of consumer parts)."""

CONTRADICTION: Final = 16.3
"""Squared change between two stands over its variance, passed by chance once in a thousand."""

SWAY_FREEDOM: Final = 3.0
"""Degrees of freedom of Student's t for stands shorter than wanted: people stir before they start,
so a short stand may be far more wrong than its own sway tells."""

REWEIGHTINGS: Final = 10
"""The weights of at most a few dozen short stands have settled after this many rounds."""


@dataclass(frozen=True, slots=True, eq=False)
class BiasNode:
    """A moment of the donning, and what a stand there says about the bias.

    Parameters
    ----------
    recording
        Its name.
    time_s, donning_s
        The moment on the recording's clock, and since the donning began.
    length_s
        Of the stand; 0 where the recording has none.
    rate
        Bias that the stand suggests in rad/s, shape (3,).
    information
        Inverse of its covariance, shape (3, 3); zeros without a stand.
    """

    recording: str
    time_s: float
    donning_s: float
    length_s: float
    rate: FloatArray
    information: FloatArray


def joined_bias(nodes: Sequence[BiasNode], *, good_trial_s: float) -> dict[str, GyroBias]:
    """Estimate the bias at every node from all stands together.

    Parameters
    ----------
    nodes
        In order of time, of one sensor.
    good_trial_s
        Stands this long are taken at their word; shorter ones are believed less where they
        contradict the others (Student's t, by iterated reweighting).

    Returns
    -------
    dict of str to GyroBias
        By name of the recording, one anchor per node.
    """
    information = np.array([node.information for node in nodes])
    rate = np.array([node.rate for node in nodes])
    is_short = np.array([0 < node.length_s < good_trial_s for node in nodes])
    coupling = _coupling(nodes, good_trial_s)
    weight = np.ones(len(nodes))
    for _ in range(REWEIGHTINGS if is_short.any() else 1):
        level, covariance = _solved(coupling, information * weight[:, None, None], rate)
        residual = rate - level
        squared = np.einsum("ni,nij,nj->n", residual, information, residual)
        weight = np.where(is_short, (SWAY_FREEDOM + 3.0) / (SWAY_FREEDOM + squared), 1.0)
        weight = np.minimum(weight, 1.0)
    return _by_recording(nodes, level, covariance)


def _coupling(nodes: Sequence[BiasNode], good_trial_s: float) -> FloatArray:
    """Precision of the random walk over the nodes, shape (n, n); the same for all three axes.

    Where two good stands differ by more than their uncertainty and the usual wander, the sensor
    warmed up or was switched off in between: the steps between them, and only those, are loosened.
    """
    gaps_s = np.maximum(np.diff([node.donning_s for node in nodes]), 1.0)
    variance = BIAS_RANDOM_WALK_RAD_S_SQRT_S**2 * gaps_s
    good = [index for index, node in enumerate(nodes) if node.length_s >= good_trial_s]
    for before, after in pairwise(good):
        steps = slice(before, after)
        change = nodes[after].rate - nodes[before].rate
        expected = variance[steps].sum() * np.eye(3)
        for index in (before, after):
            expected += np.linalg.inv(nodes[index].information)
        if change @ np.linalg.solve(expected, change) > CONTRADICTION:
            variance[steps] = change @ change / 3.0 * gaps_s[steps] / gaps_s[steps].sum()
    tightness = 1.0 / variance
    walk = np.diag(np.append(tightness, 0.0) + np.append(0.0, tightness))
    return np.asarray(walk - np.diag(tightness, 1) - np.diag(tightness, -1))


def _solved(
    coupling: FloatArray, information: FloatArray, rate: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Most likely bias at the nodes, shape (n, 3), and its covariance, shape (3 n, 3 n)."""
    size = rate.shape[0]
    precision = np.kron(coupling, np.eye(3))
    # One weak prior for the level: without any stand it is all there is.
    precision[:3, :3] += np.eye(3) / UNKNOWN_RAD_S**2
    for index in range(size):
        at = slice(3 * index, 3 * index + 3)
        precision[at, at] += information[index]
    covariance = np.linalg.inv(precision)
    weighted = np.einsum("nij,nj->ni", information, rate).ravel()
    return (covariance @ weighted).reshape(size, 3), np.asarray(covariance)


def _by_recording(
    nodes: Sequence[BiasNode], level: FloatArray, covariance: FloatArray
) -> dict[str, GyroBias]:
    found = {}
    for name in dict.fromkeys(node.recording for node in nodes):
        index = [i for i, node in enumerate(nodes) if node.recording == name]
        blocks = [covariance[3 * i : 3 * i + 3, 3 * i : 3 * i + 3] for i in index]
        found[name] = GyroBias(
            time_s=np.array([nodes[i].time_s for i in index]),
            bias_rad_s=level[index],
            sd_rad_s=np.sqrt([np.linalg.eigvalsh(block)[-1] for block in blocks]),
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class StaticTrialTally:
    """How long one sensor stood still at most, and its bias, by name of the recording."""

    placement: Placement
    longest_s: Mapping[str, float]
    bias: Mapping[str, GyroBias]


def bias_findings(
    tallies: Sequence[StaticTrialTally],
    *,
    wanted_s: float,
    shortest_s: float,
    large_rad_s: float,
    drift_rad_s: float,
) -> tuple[Finding, ...]:
    """Word short or missing stands, large bias and drift between stands.

    Parameters
    ----------
    tallies
        One per sensor.
    wanted_s, shortest_s
        Stand that is wanted, and the shortest that a recording's own bias is taken from.
    large_rad_s, drift_rad_s
        Bias, and change between stands of one recording, that are told.

    Returns
    -------
    tuple of Finding
        In order: stands, then sensors.
    """
    return (
        *_of_stands(tallies, wanted_s=wanted_s, shortest_s=shortest_s),
        *_large(tallies, large_rad_s),
        *_drifting(tallies, drift_rad_s),
    )


def _of_stands(
    tallies: Sequence[StaticTrialTally], *, wanted_s: float, shortest_s: float
) -> Iterable[Finding]:
    for tally in tallies:
        longest_s = max(tally.longest_s.values(), default=0.0)
        sd_deg_s = np.rad2deg(max(float(bias.sd_rad_s.max()) for bias in tally.bias.values()))
        if longest_s >= shortest_s:
            continue
        found = f"the longest was {longest_s:.1f} s" if longest_s else "there was none"
        code = "gyro_bias_short_stand" if longest_s else "gyro_bias_unknown"
        message = (
            f"Expected the {tally.placement.words} sensor to be still for {shortest_s:g} s at "
            f"least once, but {found}: its gyroscope bias is only known to {sd_deg_s:.1f} deg/s, "
            f"rotations may drift; begin with {wanted_s:g} s or more of standing still."
        )
        yield Finding(Severity.WARNING, code, message, placement=tally.placement)
    known = [tally for tally in tallies if max(tally.longest_s.values()) >= shortest_s]
    yield from _borrowed(known, shortest_s)
    yield from _short(known, wanted_s=wanted_s, shortest_s=shortest_s)


def _borrowed(tallies: Sequence[StaticTrialTally], shortest_s: float) -> Iterable[Finding]:
    worst: dict[str, float] = {}
    for tally in tallies:
        for name, longest_s in tally.longest_s.items():
            if longest_s < shortest_s:
                sd_deg_s = float(np.rad2deg(tally.bias[name].sd_rad_s.max()))
                worst[name] = max(worst.get(name, 0.0), sd_deg_s)
    for name, sd_deg_s in worst.items():
        message = (
            f"'{name}' holds no stand of {shortest_s:g} s for every sensor: the gyroscope bias "
            f"was taken from the other recordings, known to {sd_deg_s:.2f} deg/s."
        )
        yield Finding(Severity.NOTE, "gyro_bias_borrowed", message, recording=name)


def _short(
    tallies: Sequence[StaticTrialTally], *, wanted_s: float, shortest_s: float
) -> Iterable[Finding]:
    names = dict.fromkeys(name for tally in tallies for name in tally.longest_s)
    for name in names:
        longest = [tally.longest_s[name] for tally in tallies if name in tally.longest_s]
        if shortest_s <= min(longest) < wanted_s:
            message = (
                f"The longest stand in '{name}' is {min(longest):.1f} s: {wanted_s:g} s or more "
                "of standing still would make the gyroscope bias more certain."
            )
            yield Finding(Severity.NOTE, "gyro_bias_stand_below_wanted", message, recording=name)


def _large(tallies: Sequence[StaticTrialTally], large_rad_s: float) -> Iterable[Finding]:
    for tally in tallies:
        for name, bias in tally.bias.items():
            size = float(np.linalg.norm(bias.bias_rad_s, axis=1).max())
            if size > large_rad_s:
                message = (
                    f"The gyroscope of the {tally.placement.words} sensor reads "
                    f"{np.rad2deg(size):.1f} deg/s at rest (limit {np.rad2deg(large_rad_s):g}): "
                    "this was removed, but let the sensor warm up for some minutes."
                )
                yield Finding(Severity.NOTE, "gyro_bias_large", message, name, tally.placement)
                break


def _drifting(tallies: Sequence[StaticTrialTally], drift_rad_s: float) -> Iterable[Finding]:
    for tally in tallies:
        for name, bias in tally.bias.items():
            change = float(np.linalg.norm(np.ptp(bias.bias_rad_s, axis=0)))
            if change > drift_rad_s:
                message = (
                    f"The gyroscope bias of the {tally.placement.words} sensor changed by "
                    f"{np.rad2deg(change):.1f} deg/s between stands of '{name}' (limit "
                    f"{np.rad2deg(drift_rad_s):.1f}): it was taken as linear between them, let "
                    "the sensor warm up for some minutes."
                )
                yield Finding(Severity.WARNING, "gyro_bias_drift", message, name, tally.placement)


REMOVED_MARK = "gyro_bias"
"""What `SensorStream.calibration_id` holds once the bias is removed."""


@dataclass(frozen=True, slots=True)
class GyroBiasSettings:
    """Numbers of the bias estimate, with their reasons.

    Parameters
    ----------
    wanted_s
        A shorter longest stand is told: below it true turning outweighs the sensor's own noise.
    shortest_s
        Shorter stands are used only where the donning has no longer one.
    usable_s
        Shorter spans are never used.
    sway_correlation_s, tilt_correlation_s
        Time over which the angle of a swaying segment, and the direction of its specific force,
        stay correlated. Posture wanders over many seconds: with 1 s the uncertainty of simulated
        stands of 8 s was a quarter of their error.
    sway_factor
        Sway slower than the stand does not show inside it. Comparing stands of 1.5 to 3 s of one
        donning of a real person, the spread was about twice what each stand alone suggests.
    instrument_rad_s
        Uncertainty that no length of standing removes (flicker noise of consumer parts).
    pause_s
        Taken for the unknown time between two recordings.
    large_rad_s
        A larger bias is told: the sensor is warming up or ill.
    drift_rad_s
        A larger change between stands of one recording is told.
    """

    wanted_s: float = 3.0
    shortest_s: float = 1.5
    usable_s: float = 0.5
    sway_correlation_s: float = 6.0
    tilt_correlation_s: float = 0.5
    sway_factor: float = 2.0
    instrument_rad_s: float = float(np.deg2rad(0.01))
    pause_s: float = 300.0
    large_rad_s: float = float(np.deg2rad(5.0))
    drift_rad_s: float = float(np.deg2rad(0.3))


def estimate_gyro_bias(
    recordings: Sequence[AlignedRecording],
    stills: Mapping[str, Sequence[Span]],
    *,
    settings: GyroBiasSettings | None = None,
) -> tuple[Mapping[str, Mapping[Placement, GyroBias]], tuple[Finding, ...]]:
    """Estimate the gyroscope bias of every sensor in every recording of one donning.

    Parameters
    ----------
    recordings
        In the order they were made; bias still in them.
    stills
        Spans in which the person is still, by name of the recording; may be missing or empty.
    settings
        Numbers of the estimate.

    Returns
    -------
    bias
        By name of the recording and placement. Subtract with `remove_gyro_bias`. The standard
        uncertainty is that of the worst axis, which in standing is the vertical one.
    findings
        Short or missing stands, large bias, drift between stands.
    """
    settings = settings or GyroBiasSettings()
    bias: dict[str, dict[Placement, GyroBias]] = {recording.name: {} for recording in recordings}
    placements = [p for p in Placement if any(p in r.streams for r in recordings)]
    tallies = []
    for placement in placements:
        worn = [r for r in recordings if placement in r.streams]
        trials = {r.name: _usable(r, placement, stills.get(r.name, ()), settings) for r in worn}
        shortest_s = _shortest_used_s(worn, trials, settings)
        nodes = _nodes(worn, placement, trials, shortest_s, settings)
        for name, found in joined_bias(nodes, good_trial_s=settings.wanted_s).items():
            bias[name][placement] = found
        tallies.append(
            StaticTrialTally(
                placement,
                {
                    r.name: max((len(s) / r.rate_hz for s in trials[r.name]), default=0)
                    for r in worn
                },
                {r.name: bias[r.name][placement] for r in worn},
            )
        )
    findings = bias_findings(
        tallies,
        wanted_s=settings.wanted_s,
        shortest_s=settings.shortest_s,
        large_rad_s=settings.large_rad_s,
        drift_rad_s=settings.drift_rad_s,
    )
    return bias, findings


def remove_gyro_bias(stream: SensorStream, bias: GyroBias) -> SensorStream:
    """Subtract the bias, linear between its anchors and constant outside.

    Parameters
    ----------
    stream
        Samples that still carry their bias.
    bias
        As estimated for this sensor in this recording.

    Returns
    -------
    SensorStream
        The same samples without the bias; `calibration_id` tells so.

    Raises
    ------
    AlreadyCalibratedError
        If the bias was removed before.
    """
    marks = stream.calibration_id.split(" + ") if stream.calibration_id else []
    if REMOVED_MARK in marks:
        raise AlreadyCalibratedError(
            "Expected samples that still carry their gyroscope bias, but it was removed before: "
            "estimate and remove it once, on the recording as it was read."
        )
    at_samples = np.column_stack(
        [np.interp(stream.time_s, bias.time_s, axis) for axis in bias.bias_rad_s.T]
    )
    return replace(
        stream, gyr=stream.gyr - at_samples, calibration_id=" + ".join([*marks, REMOVED_MARK])
    )


def _usable(
    recording: AlignedRecording,
    placement: Placement,
    spans: Sequence[Span],
    settings: GyroBiasSettings,
) -> list[Span]:
    """Spans long enough in which this sensor has enough samples."""
    finite = _finite_rows(recording.streams[placement])
    return [
        span
        for span in spans
        if np.count_nonzero(finite[span.slice]) >= max(settings.usable_s * recording.rate_hz, 5)
    ]


def _finite_rows(stream: SensorStream) -> BoolArray:
    """Rows that are known and feel gravity (all zeros come from broken exports)."""
    finite = np.isfinite(np.hstack([stream.gyr, stream.acc])).all(axis=1)
    return np.asarray(finite & (stream.acc != 0).any(axis=1))


def _shortest_used_s(
    worn: Sequence[AlignedRecording],
    trials: Mapping[str, Sequence[Span]],
    settings: GyroBiasSettings,
) -> float:
    lengths = [len(span) / r.rate_hz for r in worn for span in trials[r.name]]
    return settings.shortest_s if max(lengths, default=0.0) >= settings.shortest_s else 0.0


def _nodes(
    worn: Sequence[AlignedRecording],
    placement: Placement,
    trials: Mapping[str, Sequence[Span]],
    shortest_s: float,
    settings: GyroBiasSettings,
) -> list[BiasNode]:
    """One node per stand, and one in the middle of each recording that has none."""
    nodes = []
    start_s = 0.0
    for recording in worn:
        clock = recording.time_s
        used = [s for s in trials[recording.name] if len(s) >= shortest_s * recording.rate_hz]
        for span in used:
            at_s = float(np.interp(span.middle, np.arange(clock.size), clock))
            found = _rate_of_stand(recording, placement, span, settings)
            length_s = len(span) / recording.rate_hz
            nodes.append(
                BiasNode(recording.name, at_s, start_s + at_s - clock[0], length_s, *found)
            )
        if not used:
            middle_s = 0.5 * clock.size / recording.rate_hz
            at_s = middle_s + (float(clock[0]) if clock.size else 0.0)
            nothing = (np.zeros(3), np.zeros((3, 3)))
            nodes.append(BiasNode(recording.name, at_s, start_s + middle_s, 0.0, *nothing))
        start_s += clock.size / recording.rate_hz + settings.pause_s
    return nodes


def _rate_of_stand(
    recording: AlignedRecording, placement: Placement, span: Span, settings: GyroBiasSettings
) -> tuple[FloatArray, FloatArray]:
    """Bias that one stand suggests, and the inverse of its covariance."""
    stream = recording.streams[placement]
    finite = _finite_rows(stream)[span.slice]
    time_s = stream.time_s[span.slice][finite]
    gyr = stream.gyr[span.slice][finite]
    acc = stream.acc[span.slice][finite]
    length_s = len(span) / recording.rate_hz
    centred_s = time_s - time_s.mean()
    direction = acc / np.linalg.norm(acc, axis=1, keepdims=True)
    turning, direction_left = _trend(centred_s, direction)
    up = direction.mean(axis=0) / np.linalg.norm(direction.mean(axis=0))
    # The slope of the angle weighs the middle of the stand most, where the person is calmest.
    steps_s = np.diff(time_s, prepend=time_s[0] - 1.0 / recording.rate_hz)
    angle = np.cumsum(gyr * steps_s[:, None], axis=0)
    rate, angle_left = _trend(centred_s, angle)
    along = angle_left @ up
    across_variance = np.mean((angle_left**2).sum(axis=1) - along**2) / 2
    sway = settings.sway_factor**2
    vertical = sway * _slope_variance(np.mean(along**2), length_s, settings.sway_correlation_s)
    by_gyro = sway * _slope_variance(across_variance, length_s, settings.sway_correlation_s)
    by_gravity = _slope_variance(
        np.mean((direction_left**2).sum(axis=1)) / 2, length_s, settings.tilt_correlation_s
    )
    # A person who leans over turns more than sway alone lets expect: gravity then counts more.
    by_gyro += max(float(turning @ turning) / 2 - by_gravity, 0.0)
    floor = settings.instrument_rad_s**2
    trust = (by_gyro + floor) / (by_gyro + by_gravity + 2 * floor)
    horizontal = trust * (by_gravity + floor)
    upright = np.outer(up, up)
    information = (np.eye(3) - upright) / (horizontal + floor) + upright / (vertical + floor)
    # A direction d fixed in space turns in the sensor as d' = −ω × d, hence ω = d' × d.
    return rate - trust * np.cross(turning, up), information


def _trend(centred_s: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope of each column over time, and what is left of it."""
    slope = centred_s @ values / (centred_s @ centred_s)
    return slope, values - values.mean(axis=0) - centred_s[:, None] * slope


def _slope_variance(variance: float, length_s: float, correlation_s: float) -> float:
    """Variance of the slope of a line through correlated samples of the given variance."""
    independent = max(length_s / correlation_s, 1.0)
    return float(12.0 * variance / (length_s**2 * independent))
