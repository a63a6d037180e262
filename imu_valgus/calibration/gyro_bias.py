"""Gyroscope bias from standing still, for all recordings of a donning together.

A standing person sways: the mean rate of a stand is bias *and* a little true turning. About the
horizontal axes the accelerometer tells how far gravity turned, and that much is taken off; about
the vertical nothing tells, and the uncertainty says so. A gyroscope's bias wanders slowly, so every
stand of the donning says something about every other moment: all stands are joined in one random
walk, whose best estimate is linear between stands and constant outside, and whose uncertainty grows
with the distance from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.calibration.gyro_bias_chain import BiasNode, joined_bias
from imu_valgus.calibration.gyro_bias_findings import StandTally, bias_findings
from imu_valgus.errors import AlreadyCalibratedError
from imu_valgus.model import (
    AlignedRecording,
    BoolArray,
    Finding,
    FloatArray,
    GyroBias,
    Placement,
    SensorStream,
    Span,
)

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
        stands = {r.name: _usable(r, placement, stills.get(r.name, ()), settings) for r in worn}
        shortest_s = _shortest_used_s(worn, stands, settings)
        nodes = _nodes(worn, placement, stands, shortest_s, settings)
        for name, found in joined_bias(nodes, good_stand_s=settings.wanted_s).items():
            bias[name][placement] = found
        tallies.append(
            StandTally(
                placement,
                {
                    r.name: max((len(s) / r.rate_hz for s in stands[r.name]), default=0)
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
    stands: Mapping[str, Sequence[Span]],
    settings: GyroBiasSettings,
) -> float:
    lengths = [len(span) / r.rate_hz for r in worn for span in stands[r.name]]
    return settings.shortest_s if max(lengths, default=0.0) >= settings.shortest_s else 0.0


def _nodes(
    worn: Sequence[AlignedRecording],
    placement: Placement,
    stands: Mapping[str, Sequence[Span]],
    shortest_s: float,
    settings: GyroBiasSettings,
) -> list[BiasNode]:
    """One node per stand, and one in the middle of each recording that has none."""
    nodes = []
    start_s = 0.0
    for recording in worn:
        clock = recording.time_s
        used = [s for s in stands[recording.name] if len(s) >= shortest_s * recording.rate_hz]
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
