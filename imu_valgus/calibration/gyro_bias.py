"""Gyroscope bias from standing still, estimated for all recordings of a donning together.

A standing person sways, so the mean rate in a static trial is bias *and* a little true turning.
About the horizontal axes the accelerometer shows how far gravity turned, and that much is
subtracted. About the vertical nothing shows it, and the uncertainty says so.

A gyroscope's bias changes slowly, so each static trial of the donning says something about every
other moment. All of them are joined in one random walk. Its best estimate is linear between static
trials and constant outside, and its uncertainty grows with the distance from them.
"""

from collections.abc import Iterator, Mapping, Sequence
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

_BIAS_RANDOM_WALK_RAD_S_SQRT_S: Final = float(np.deg2rad(0.005))
"""Random walk of the bias: consumer parts lie between 0.002 and 0.01 (deg/s)/√s."""

_UNKNOWN_RAD_S: Final = float(np.deg2rad(3.0))
"""Spread of the bias around zero before any static trial (zero-rate level of consumer parts)."""

_CONTRADICTION: Final = 16.3
"""Squared change between two static trials over its variance; chance exceeds it once in 1000."""

_SWAY_FREEDOM: Final = 3.0
"""Degrees of freedom of Student's t for short static trials. People stir before they start, so a
short trial may be far more wrong than its own sway suggests."""

_REWEIGHTINGS: Final = 10
"""The weights of at most a few dozen short trials have settled after this many rounds."""

_REMOVED_MARK: Final = "gyro_bias"
"""Part of `SensorStream.calibration_id` once the bias is removed."""


@dataclass(frozen=True, slots=True)
class GyroBiasSettings:
    """Limits and noise levels of the bias estimate.

    Parameters
    ----------
    wanted_s
        Length of a good static trial: below it true turning outweighs the sensor's own noise. A
        finding reports a recording whose longest one is shorter.
    shortest_s
        Shorter static trials are used only if the donning has none of this length.
    usable_s
        Shorter spans are never used.
    sway_correlation_s, tilt_correlation_s
        Time over which the angle of a swaying segment, and the direction of its specific force,
        stay correlated. Posture drifts over many seconds: with 1 s the uncertainty of simulated
        static trials of 8 s was a quarter of their error.
    sway_factor
        Factor on the standard deviation of sway, because sway slower than the static trial does
        not show inside it. Between static trials of 1.5 to 3 s of one donning of a real person,
        the spread was about twice what each one alone suggests.
    instrument_rad_s
        Uncertainty that no length of standing removes (flicker noise of consumer parts).
    pause_s
        Assumed length of the unknown time between two recordings.
    large_rad_s
        Bias above which a finding reports that the sensor is warming up or defective.
    drift_rad_s
        Change between static trials of one recording above which a finding reports it.
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


DEFAULT_SETTINGS = GyroBiasSettings()


def estimate_gyro_bias(
    recordings: Sequence[AlignedRecording],
    stills: Mapping[str, Sequence[Span]],
    *,
    settings: GyroBiasSettings = DEFAULT_SETTINGS,
) -> tuple[Mapping[str, Mapping[Placement, GyroBias]], tuple[Finding, ...]]:
    """Estimate the gyroscope bias of every sensor in every recording of one donning.

    Parameters
    ----------
    recordings
        Recordings in the order they were made, gyroscope bias not yet removed.
    stills
        Spans in which the person stands still, by name of the recording; may be missing or empty.
    settings
        See `GyroBiasSettings`.

    Returns
    -------
    bias
        Bias by name of the recording and placement, to be subtracted with `remove_gyro_bias`. Its
        standard uncertainty is that of the worst axis, which in standing is the vertical one.
    findings
        Short or missing static trials, large bias, drift between static trials.
    """
    bias: dict[str, dict[Placement, GyroBias]] = {recording.name: {} for recording in recordings}
    summaries = []
    for placement in Placement:
        worn = [recording for recording in recordings if placement in recording.streams]
        if not worn:
            continue
        trials = {r.name: _usable(r, placement, stills.get(r.name, ()), settings) for r in worn}
        longest_s = {
            r.name: max((len(span) / r.rate_hz for span in trials[r.name]), default=0.0)
            for r in worn
        }
        has_one = max(longest_s.values()) >= settings.shortest_s
        shortest_s = settings.shortest_s if has_one else 0.0
        nodes = _nodes(worn, placement, trials, shortest_s, settings)
        of_sensor = _joined_bias(nodes, good_trial_s=settings.wanted_s)
        for name, bias_of_recording in of_sensor.items():
            bias[name][placement] = bias_of_recording
        summaries.append(_SensorSummary(placement, longest_s, of_sensor))
    findings = (
        *_trial_findings(summaries, settings),
        *_large_bias_findings(summaries, settings.large_rad_s),
        *_drift_findings(summaries, settings.drift_rad_s),
    )
    return bias, findings


def remove_gyro_bias(stream: SensorStream, bias: GyroBias) -> SensorStream:
    """Subtract the bias, linear between its anchors and constant outside.

    Parameters
    ----------
    stream
        Samples that still carry their bias.
    bias
        Bias estimated for this sensor in this recording.

    Returns
    -------
    SensorStream
        The same samples without the bias, with a mark of that in `calibration_id`.

    Raises
    ------
    AlreadyCalibratedError
        If the bias was removed before.
    """
    marks = stream.calibration_id.split(" + ") if stream.calibration_id else []
    if _REMOVED_MARK in marks:
        raise AlreadyCalibratedError(
            "The gyroscope bias of these samples was already removed. Estimate and remove it once, "
            "on the recording as it was read."
        )
    at_samples = np.column_stack(
        [np.interp(stream.time_s, bias.time_s, axis) for axis in bias.bias_rad_s.T]
    )
    return replace(
        stream, gyr=stream.gyr - at_samples, calibration_id=" + ".join([*marks, _REMOVED_MARK])
    )


@dataclass(frozen=True, slots=True, eq=False)
class _BiasNode:
    """A moment of the donning, and what a static trial there says about the bias.

    `time_s` is on the recording's clock, `donning_s` since the donning began. Without a static
    trial `length_s` and `information` (inverse covariance, shape (3, 3)) are zero.
    """

    recording: str
    time_s: float
    donning_s: float
    length_s: float
    rate_rad_s: FloatArray
    information: FloatArray


def _usable(
    recording: AlignedRecording,
    placement: Placement,
    spans: Sequence[Span],
    settings: GyroBiasSettings,
) -> list[Span]:
    """Select the spans that are long enough and hold enough samples of this sensor."""
    known = _known_rows(recording.streams[placement])
    fewest = max(settings.usable_s * recording.rate_hz, 5)
    return [span for span in spans if np.count_nonzero(known[span.slice]) >= fewest]


def _known_rows(stream: SensorStream) -> BoolArray:
    """Rows without gaps that feel gravity (rows of zeros come from broken exports)."""
    finite = np.isfinite(np.hstack([stream.gyr, stream.acc])).all(axis=1)
    return np.asarray(finite & (stream.acc != 0).any(axis=1))


def _nodes(
    worn: Sequence[AlignedRecording],
    placement: Placement,
    trials: Mapping[str, Sequence[Span]],
    shortest_s: float,
    settings: GyroBiasSettings,
) -> list[_BiasNode]:
    """One node per static trial, and one in the middle of each recording that has none."""
    nodes = []
    start_s = 0.0
    for recording in worn:
        clock = recording.time_s
        used = [s for s in trials[recording.name] if len(s) >= shortest_s * recording.rate_hz]
        for span in used:
            at_s = float(np.interp(span.middle, np.arange(clock.size), clock))
            bias = _bias_in_trial(recording, placement, span, settings)
            length_s = len(span) / recording.rate_hz
            nodes.append(
                _BiasNode(recording.name, at_s, start_s + at_s - clock[0], length_s, *bias)
            )
        if not used:
            middle_s = 0.5 * clock.size / recording.rate_hz
            at_s = middle_s + (float(clock[0]) if clock.size else 0.0)
            nothing = (np.zeros(3), np.zeros((3, 3)))
            nodes.append(_BiasNode(recording.name, at_s, start_s + middle_s, 0.0, *nothing))
        start_s += clock.size / recording.rate_hz + settings.pause_s
    return nodes


def _bias_in_trial(
    recording: AlignedRecording, placement: Placement, span: Span, settings: GyroBiasSettings
) -> tuple[FloatArray, FloatArray]:
    """Bias that one static trial suggests, and the inverse of its covariance."""
    stream = recording.streams[placement]
    known = _known_rows(stream)[span.slice]
    time_s = stream.time_s[span.slice][known]
    gyr = stream.gyr[span.slice][known]
    acc = stream.acc[span.slice][known]
    length_s = len(span) / recording.rate_hz
    centred_s = time_s - time_s.mean()
    direction = acc / np.linalg.norm(acc, axis=1, keepdims=True)
    turning, direction_residual = _trend(centred_s, direction)
    up = direction.mean(axis=0) / np.linalg.norm(direction.mean(axis=0))
    # The slope of the angle weighs the middle of the trial most, where the person is calmest.
    steps_s = np.diff(time_s, prepend=time_s[0] - 1.0 / recording.rate_hz)
    angle = np.cumsum(gyr * steps_s[:, None], axis=0)
    rate, angle_residual = _trend(centred_s, angle)
    along = angle_residual @ up
    across_variance = np.mean((angle_residual**2).sum(axis=1) - along**2) / 2
    sway = settings.sway_factor**2
    vertical = sway * _slope_variance(np.mean(along**2), length_s, settings.sway_correlation_s)
    by_gyro = sway * _slope_variance(across_variance, length_s, settings.sway_correlation_s)
    by_gravity = _slope_variance(
        np.mean((direction_residual**2).sum(axis=1)) / 2, length_s, settings.tilt_correlation_s
    )
    # A person who leans over turns more than sway alone explains: gravity then counts more.
    by_gyro += max(float(turning @ turning) / 2 - by_gravity, 0.0)
    floor = settings.instrument_rad_s**2
    trust = (by_gyro + floor) / (by_gyro + by_gravity + 2 * floor)
    horizontal = trust * (by_gravity + floor)
    upright = np.outer(up, up)
    information = (np.eye(3) - upright) / (horizontal + floor) + upright / (vertical + floor)
    # A direction d fixed in space turns in the sensor as d' = −ω × d, hence ω = d' × d.
    return rate - trust * np.cross(turning, up), information


def _trend(centred_s: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope of each column over time, and the residual of the fitted line."""
    slope = centred_s @ values / (centred_s @ centred_s)
    return slope, values - values.mean(axis=0) - centred_s[:, None] * slope


def _slope_variance(variance: float, length_s: float, correlation_s: float) -> float:
    """Variance of the slope of a line through correlated samples of the given variance."""
    independent = max(length_s / correlation_s, 1.0)
    return float(12.0 * variance / (length_s**2 * independent))


def _joined_bias(nodes: Sequence[_BiasNode], *, good_trial_s: float) -> dict[str, GyroBias]:
    """Estimate one sensor's bias at every node, in order of time, by name of the recording.

    Static trials of at least `good_trial_s` keep their full weight. Shorter ones lose weight where
    they contradict the others (Student's t, by iterated reweighting).
    """
    information = np.array([node.information for node in nodes])
    rate = np.array([node.rate_rad_s for node in nodes])
    is_short = np.array([0 < node.length_s < good_trial_s for node in nodes])
    coupling = _coupling(nodes, good_trial_s)
    weight = np.ones(len(nodes))
    for _ in range(_REWEIGHTINGS if is_short.any() else 1):
        level, covariance = _solved(coupling, information * weight[:, None, None], rate)
        residual = rate - level
        squared = np.einsum("ni,nij,nj->n", residual, information, residual)
        weight = np.where(is_short, (_SWAY_FREEDOM + 3.0) / (_SWAY_FREEDOM + squared), 1.0)
        weight = np.minimum(weight, 1.0)
    joined = {}
    for name in dict.fromkeys(node.recording for node in nodes):
        index = [i for i, node in enumerate(nodes) if node.recording == name]
        blocks = [covariance[3 * i : 3 * i + 3, 3 * i : 3 * i + 3] for i in index]
        joined[name] = GyroBias(
            time_s=np.array([nodes[i].time_s for i in index]),
            bias_rad_s=level[index],
            sd_rad_s=np.sqrt([np.linalg.eigvalsh(block)[-1] for block in blocks]),
        )
    return joined


def _coupling(nodes: Sequence[_BiasNode], good_trial_s: float) -> FloatArray:
    """Precision of the random walk over the nodes, shape (n, n); the same for all three axes.

    Where two good static trials differ by more than their uncertainty and the usual random walk,
    the sensor warmed up or was switched off: only the steps between those two are loosened.
    """
    gaps_s = np.maximum(np.diff([node.donning_s for node in nodes]), 1.0)
    variance = _BIAS_RANDOM_WALK_RAD_S_SQRT_S**2 * gaps_s
    good = [index for index, node in enumerate(nodes) if node.length_s >= good_trial_s]
    for before, after in pairwise(good):
        steps = slice(before, after)
        change = nodes[after].rate_rad_s - nodes[before].rate_rad_s
        expected = variance[steps].sum() * np.eye(3)
        for index in (before, after):
            expected += np.linalg.inv(nodes[index].information)
        if change @ np.linalg.solve(expected, change) > _CONTRADICTION:
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
    # One weak prior for the level; without any static trial nothing else determines it.
    precision[:3, :3] += np.eye(3) / _UNKNOWN_RAD_S**2
    for index in range(size):
        at = slice(3 * index, 3 * index + 3)
        precision[at, at] += information[index]
    covariance = np.linalg.inv(precision)
    weighted = np.einsum("nij,nj->ni", information, rate).ravel()
    return (covariance @ weighted).reshape(size, 3), np.asarray(covariance)


@dataclass(frozen=True, slots=True, eq=False)
class _SensorSummary:
    """Longest static trial and bias of one sensor, by name of the recording."""

    placement: Placement
    longest_s: Mapping[str, float]
    bias: Mapping[str, GyroBias]


def _trial_findings(
    summaries: Sequence[_SensorSummary], settings: GyroBiasSettings
) -> Iterator[Finding]:
    """Report static trials that are short or missing: by sensor, then by recording."""
    known = []
    for sensor in summaries:
        longest_s = max(sensor.longest_s.values())
        if longest_s >= settings.shortest_s:
            known.append(sensor)
            continue
        sd_deg_s = np.rad2deg(max(float(bias.sd_rad_s.max()) for bias in sensor.bias.values()))
        longest = f"{longest_s:.1f} s at most" if longest_s else "not at all"
        code = "gyro_bias_short_stand" if longest_s else "gyro_bias_unknown"
        message = (
            f"The {sensor.placement.words} sensor was never still for {settings.shortest_s:g} s "
            f"({longest}). Its gyroscope bias is only known to {sd_deg_s:.1f} deg/s, so rotations "
            f"may drift. Begin with {settings.wanted_s:g} s or more of standing still."
        )
        yield Finding(Severity.WARNING, code, message, placement=sensor.placement)
    borrowed: dict[str, float] = {}
    for sensor in known:
        for name, longest_s in sensor.longest_s.items():
            if longest_s < settings.shortest_s:
                sd_deg_s = float(np.rad2deg(sensor.bias[name].sd_rad_s.max()))
                borrowed[name] = max(borrowed.get(name, 0.0), sd_deg_s)
    for name, sd_deg_s in borrowed.items():
        message = (
            f"In '{name}' not every sensor was still for {settings.shortest_s:g} s. The gyroscope "
            f"bias was taken from the other recordings and is known to {sd_deg_s:.2f} deg/s."
        )
        yield Finding(Severity.NOTE, "gyro_bias_borrowed", message, recording=name)
    for name in dict.fromkeys(name for sensor in known for name in sensor.longest_s):
        least_s = min(s.longest_s[name] for s in known if name in s.longest_s)
        if settings.shortest_s <= least_s < settings.wanted_s:
            message = (
                f"The longest time of standing still in '{name}' is {least_s:.1f} s. With "
                f"{settings.wanted_s:g} s or more the gyroscope bias would be more certain."
            )
            yield Finding(Severity.NOTE, "gyro_bias_stand_below_wanted", message, recording=name)


def _large_bias_findings(
    summaries: Sequence[_SensorSummary], large_rad_s: float
) -> Iterator[Finding]:
    for sensor in summaries:
        for name, bias in sensor.bias.items():
            size = float(np.linalg.norm(bias.bias_rad_s, axis=1).max())
            if size > large_rad_s:
                message = (
                    f"The gyroscope of the {sensor.placement.words} sensor reads "
                    f"{np.rad2deg(size):.1f} deg/s at rest (limit {np.rad2deg(large_rad_s):g}). "
                    "This bias was removed. Next time let the sensor warm up for a few minutes."
                )
                yield Finding(Severity.NOTE, "gyro_bias_large", message, name, sensor.placement)
                break


def _drift_findings(summaries: Sequence[_SensorSummary], drift_rad_s: float) -> Iterator[Finding]:
    for sensor in summaries:
        for name, bias in sensor.bias.items():
            change = float(np.linalg.norm(np.ptp(bias.bias_rad_s, axis=0)))
            if change > drift_rad_s:
                message = (
                    f"In '{name}' the gyroscope bias of the {sensor.placement.words} sensor "
                    f"changed by {np.rad2deg(change):.1f} deg/s from one time of standing still to "
                    f"another (limit {np.rad2deg(drift_rad_s):.1f}). It was taken as linear in "
                    "between. Next time let the sensor warm up for a few minutes."
                )
                yield Finding(Severity.WARNING, "gyro_bias_drift", message, name, sensor.placement)
