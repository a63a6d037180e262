"""Repairs samples as read from files, and reports every repair and every doubt."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.time_order import order_samples
from imu_valgus.io.cleaning.units import (
    ACC_UNITS,
    GYR_UNITS,
    Units,
    estimate_units,
    resting_level,
)
from imu_valgus.model import Finding, FloatArray, Placement, Recording, SensorStream, Severity
from imu_valgus.signals.quality import measure_quality

K = TypeVar("K", bound=Hashable)

LEAST_GRAVITY_M_S2: Final = 3.0
"""A resting sensor that reads less has had gravity removed, so it cannot be used."""

LARGEST_READING: Final = 1e6
"""No sensor reads more in any unit (200 g are 200 000 mg); larger numbers are transfer errors."""

LATE_START_S: Final = 1.0
"""Sensors that start or stop further apart are reported; less is usual for an app."""

NOTABLE_SATURATION: Final = 0.001
"""Share of samples at the end of the range above which a warning says so."""


def repair_streams(
    raws: Mapping[K, RawSamples],
) -> tuple[dict[K, SensorStream], dict[K, tuple[Finding, ...]]]:
    """Repair all sensors of a session together, since units are estimated from all of them.

    Parameters
    ----------
    raws
        Samples as read, by any key (such as recording and placement).

    Returns
    -------
    dict of SensorStream
        Repaired samples by the same keys.
    dict of tuple of Finding
        What was repaired or is doubtful, by the same keys.

    Raises
    ------
    InputError
        If the samples of a sensor cannot be used; the message names the file.
    """
    ordered: dict[K, RawSamples] = {}
    findings: dict[K, tuple[Finding, ...]] = {}
    for key, raw in raws.items():
        samples, order_findings = order_samples(raw)
        samples, hole_findings = _with_holes_as_gaps(samples)
        _check_alive(samples)
        ordered[key], findings[key] = samples, (*order_findings, *hole_findings)
    units = estimate_units(ordered)
    streams = {}
    for key, samples in ordered.items():
        converted, unit_findings = _in_si_units(samples, units[key])
        streams[key] = SensorStream(
            converted.time_s, converted.acc, converted.gyr, converted.mag, converted.sensor_id
        )
        findings[key] = (*findings[key], *unit_findings)
    return streams, findings


def check_together(recording: Recording) -> tuple[Finding, ...]:
    """Compare the sensors of a recording: a late start, an early stop, gaps, saturation.

    Parameters
    ----------
    recording
        Repaired streams on one clock.

    Returns
    -------
    tuple of Finding
        One finding per sensor and problem.

    Raises
    ------
    InputError
        If two sensors have no time in common, so that they cannot share a clock.
    """
    starts = {place: float(s.time_s[0]) for place, s in recording.streams.items()}
    ends = {place: float(s.time_s[-1]) for place, s in recording.streams.items()}
    latest, earliest = max(starts, key=starts.__getitem__), min(ends, key=ends.__getitem__)
    if starts[latest] >= ends[earliest]:
        raise InputError(
            f"Recording '{recording.name}': the sensors are not on one clock: the "
            f"{earliest.words} ends at {ends[earliest]:.2f} s, before the {latest.words} starts at "
            f"{starts[latest]:.2f} s. Bring the time columns onto one clock."
        )
    start_s, end_s = min(starts.values()), max(ends.values())
    findings: list[Finding] = []
    for place, stream in recording.streams.items():
        findings += _span_findings(recording.name, place, stream, start_s, end_s)
        findings += _completeness_findings(recording.name, place, stream, start_s, end_s)
    return tuple(findings)


def _span_findings(
    name: str, place: Placement, stream: SensorStream, start_s: float, end_s: float
) -> list[Finding]:
    late_s, early_s = float(stream.time_s[0]) - start_s, end_s - float(stream.time_s[-1])
    problems = []
    if late_s > LATE_START_S:
        problems.append(("sensor_starts_late", f"starts {late_s:.1f} s after the first sensor"))
    if early_s > LATE_START_S:
        problems.append(("sensor_stops_early", f"stops {early_s:.1f} s before the last sensor"))
    return [
        Finding(
            Severity.WARNING,
            code,
            f"The {place.words} sensor {what}; there are no results for its joints in this time.",
            name,
            place,
        )
        for code, what in problems
    ]


def _completeness_findings(
    name: str, place: Placement, stream: SensorStream, start_s: float, end_s: float
) -> list[Finding]:
    first_s, last_s = float(stream.time_s[0]), float(stream.time_s[-1])
    quality = measure_quality(stream, start_s=first_s, end_s=last_s)
    saturated = measure_quality(stream, start_s=start_s, end_s=end_s).saturated_share
    findings = []
    if quality.longest_gap_s > 0.1 or quality.received_share < 0.95:
        severity = Severity.WARNING if quality.received_share < 0.95 else Severity.NOTE
        message = (
            f"The {place.words} sensor lacks {100.0 * (1.0 - quality.received_share):.1f} % of its "
            f"samples (longest gap {quality.longest_gap_s:.2f} s); gaps stay empty."
        )
        findings.append(Finding(severity, "samples_missing", message, name, place))
    if saturated > NOTABLE_SATURATION:
        message = (
            f"The {place.words} sensor is at the end of its range in {100 * saturated:.1f} % of "
            "its samples. Choose a larger range."
        )
        findings.append(Finding(Severity.WARNING, "saturation", message, name, place))
    return findings


def _with_holes_as_gaps(raw: RawSamples) -> tuple[RawSamples, tuple[Finding, ...]]:
    """Turn every vector that is not completely known into a row of NaN."""
    channels = {"accelerometer": raw.acc, "gyroscope": raw.gyr}
    cleaned = {name: _without_partial_rows(values) for name, values in channels.items()}
    findings = []
    for name, values in cleaned.items():
        n_lost = int(np.count_nonzero(np.isnan(values[:, 0])))
        if n_lost == len(values):
            findings.append(_missing_channel(raw, name))
        elif n_lost:
            message = (
                f"{raw.source}: {n_lost} of {len(values)} rows hold no usable {name} reading; "
                "they are treated as gaps."
            )
            findings.append(Finding(Severity.NOTE, "rows_without_numbers", message))
    mag = None if raw.mag is None else _without_partial_rows(raw.mag)
    samples = replace(raw, acc=cleaned["accelerometer"], gyr=cleaned["gyroscope"], mag=mag)
    return samples, tuple(findings)


def _without_partial_rows(values: FloatArray) -> FloatArray:
    is_known = np.asarray((np.abs(values) <= LARGEST_READING).all(axis=1))
    return values if is_known.all() else np.where(is_known[:, None], values, np.nan)


def _missing_channel(raw: RawSamples, name: str) -> Finding:
    """Report a file without gyroscope; raise for one without accelerometer."""
    if name == "accelerometer":
        raise InputError(
            f"{raw.source}: no row holds an accelerometer reading. Export the file again with "
            "acceleration."
        )
    return Finding(
        Severity.WARNING,
        "no_gyroscope",
        f"{raw.source}: there are no gyroscope readings, so rotations cannot be followed. Export "
        "it again with angular velocity.",
    )


def _check_alive(raw: RawSamples) -> None:
    """Raise for a sensor that reads zero, or the same values, from beginning to end."""
    for name, values in (("accelerometer", raw.acc), ("gyroscope", raw.gyr)):
        known = values[~np.isnan(values[:, 0])]
        if known.size and not known.any():
            raise InputError(
                f"{raw.source}: the {name} reads zero throughout. Check the sensor or the export."
            )
    known = raw.acc[~np.isnan(raw.acc[:, 0])]
    if known.size and not np.ptp(known, axis=0).any() and not np.ptp(raw.gyr, axis=0).any():
        raise InputError(
            f"{raw.source}: every row holds the same values. Check the sensor or the export."
        )


def _in_si_units(raw: RawSamples, units: Units) -> tuple[RawSamples, tuple[Finding, ...]]:
    level = resting_level(raw.acc, raw.time_s)
    if level * ACC_UNITS[units.acc] < LEAST_GRAVITY_M_S2:
        raise InputError(
            f"{raw.source}: the acceleration at rest is {level:.2g} instead of about "
            f"{GRAVITY_M_S2} m/s², so gravity seems to have been removed. Export the raw "
            "acceleration."
        )
    findings = []
    if units.acc != "m/s²":
        text = f"the level at rest shows acceleration in {units.acc}; it was converted to m/s²"
        findings.append(Finding(Severity.WARNING, "acc_unit", f"{raw.source}: {text}."))
    if units.is_acc_doubtful:
        text = f"the level at rest is {level:.3g} m/s², not {GRAVITY_M_S2}; check unit and range"
        findings.append(Finding(Severity.WARNING, "acc_unit_doubtful", f"{raw.source}: {text}."))
    if units.gyr != "rad/s":
        text = "the movement shows angular velocity in deg/s; it was converted to rad/s"
        findings.append(Finding(Severity.WARNING, "gyr_unit", f"{raw.source}: {text}."))
    if units.is_gyr_doubtful:
        text = "there is too little movement to tell deg/s from rad/s; rad/s was assumed"
        findings.append(Finding(Severity.WARNING, "gyr_unit_doubtful", f"{raw.source}: {text}."))
    converted = replace(raw, acc=raw.acc * ACC_UNITS[units.acc], gyr=raw.gyr * GYR_UNITS[units.gyr])
    return converted, tuple(findings)
