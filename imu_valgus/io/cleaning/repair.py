"""From what a file holds to samples that can be trusted, with every repair told."""

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
"""A resting sensor that reads less has had gravity removed: nothing can be found from it."""

LARGEST_READING: Final = 1e6
"""No sensor reads more in any unit (200 g are 200 000 mg); such numbers are broken transfers."""

LATE_START_S: Final = 1.0
"""Sensors that start or stop this much apart are told; less is the usual start of an app."""

NOTABLE_SATURATION: Final = 0.001
"""One sample in a thousand at the end of the range is worth telling."""


def repair_streams(
    raws: Mapping[K, RawSamples],
) -> tuple[dict[K, SensorStream], dict[K, tuple[Finding, ...]]]:
    """Repair all sensors of a session together, since units are told from all of them.

    Parameters
    ----------
    raws
        Samples as read, by any key (say, recording and placement).

    Returns
    -------
    dict of SensorStream
        Repaired samples by the same keys.
    dict of tuple of Finding
        What was repaired or is doubtful, by the same keys.

    Raises
    ------
    InputError
        If a sensor's samples cannot be used; the sentence names its file.
    """
    ordered: dict[K, RawSamples] = {}
    findings: dict[K, tuple[Finding, ...]] = {}
    for key, raw in raws.items():
        samples, told = order_samples(raw)
        samples, holes = _with_holes_as_gaps(samples)
        _check_alive(samples)
        ordered[key], findings[key] = samples, (*told, *holes)
    units = estimate_units(ordered)
    streams = {}
    for key, samples in ordered.items():
        converted, told = _in_si_units(samples, units[key])
        streams[key] = SensorStream(
            converted.time_s, converted.acc, converted.gyr, converted.mag, converted.sensor_id
        )
        findings[key] = (*findings[key], *told)
    return streams, findings


def repaired_stream(raw: RawSamples) -> tuple[SensorStream, tuple[Finding, ...]]:
    """Repair one sensor on its own; see :func:`repair_streams`.

    Examples
    --------
    >>> import numpy as np
    >>> time_s = np.arange(100) * 0.01
    >>> acc = np.tile([0.0, 0.0, 1.0], (100, 1)) + 1e-3 * np.sin(time_s)[:, None]
    >>> gyr = np.full((100, 3), 0.01)
    >>> stream, findings = repaired_stream(RawSamples("thigh_right.csv", time_s, acc, gyr))
    >>> findings[0].code, round(float(stream.acc[0, 2]), 2)
    ('acc_unit', 9.81)
    """
    streams, findings = repair_streams({"": raw})
    return streams[""], findings[""]


def check_together(recording: Recording) -> tuple[Finding, ...]:
    """Compare the sensors of a recording: a late start, an early stop, gaps, saturation.

    Parameters
    ----------
    recording
        Repaired streams on one clock.

    Returns
    -------
    tuple of Finding
        One sentence per sensor and trouble.

    Raises
    ------
    InputError
        If two sensors have no time in common: they do not share a clock.
    """
    starts = {place: float(s.time_s[0]) for place, s in recording.streams.items()}
    ends = {place: float(s.time_s[-1]) for place, s in recording.streams.items()}
    latest, earliest = max(starts, key=starts.__getitem__), min(ends, key=ends.__getitem__)
    if starts[latest] >= ends[earliest]:
        raise InputError(
            f"Recording '{recording.name}': expected sensors on one clock, found that the "
            f"{earliest.words} ends at {ends[earliest]:.2f} s before the {latest.words} starts at "
            f"{starts[latest]:.2f} s; bring the time columns onto one clock."
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
    told = []
    if late_s > LATE_START_S:
        told.append(("sensor_starts_late", f"starts {late_s:.1f} s after the first sensor"))
    if early_s > LATE_START_S:
        told.append(("sensor_stops_early", f"stops {early_s:.1f} s before the last sensor"))
    return [
        Finding(
            Severity.WARNING,
            code,
            f"The {place.words} sensor {what}; nothing is given for its joints there.",
            name,
            place,
        )
        for code, what in told
    ]


def _completeness_findings(
    name: str, place: Placement, stream: SensorStream, start_s: float, end_s: float
) -> list[Finding]:
    own = measure_quality(stream, start_s=float(stream.time_s[0]), end_s=float(stream.time_s[-1]))
    saturated = measure_quality(stream, start_s=start_s, end_s=end_s).saturated_share
    findings = []
    if own.longest_gap_s > 0.1 or own.received_share < 0.95:
        findings.append(
            Finding(
                Severity.WARNING if own.received_share < 0.95 else Severity.NOTE,
                "samples_missing",
                f"The {place.words} sensor lacks {100.0 * (1.0 - own.received_share):.1f} % of its "
                f"samples (longest gap {own.longest_gap_s:.2f} s); gaps stay empty.",
                name,
                place,
            )
        )
    if saturated > NOTABLE_SATURATION:
        findings.append(
            Finding(
                Severity.WARNING,
                "saturation",
                f"The {place.words} sensor is at the end of its range in {100 * saturated:.1f} % "
                f"of its samples; choose a larger range.",
                name,
                place,
            )
        )
    return findings


def _with_holes_as_gaps(raw: RawSamples) -> tuple[RawSamples, tuple[Finding, ...]]:
    """Make a three-vector that is not known in full a row of NaN."""
    channels = {"accelerometer": raw.acc, "gyroscope": raw.gyr}
    cleaned = {name: _without_partial_rows(values) for name, values in channels.items()}
    findings = []
    for name, values in cleaned.items():
        n_lost = int(np.count_nonzero(np.isnan(values[:, 0])))
        if n_lost == len(values):
            findings.append(_channel_missing(raw, name))
        elif n_lost:
            findings.append(
                Finding(
                    Severity.NOTE,
                    "rows_without_numbers",
                    f"{raw.source}: {n_lost} of {len(values)} rows hold no usable {name} reading; "
                    f"they are treated as gaps.",
                )
            )
    mag = None if raw.mag is None else _without_partial_rows(raw.mag)
    samples = replace(raw, acc=cleaned["accelerometer"], gyr=cleaned["gyroscope"], mag=mag)
    return samples, tuple(findings)


def _without_partial_rows(values: FloatArray) -> FloatArray:
    is_known = np.asarray((np.abs(values) <= LARGEST_READING).all(axis=1))
    return values if is_known.all() else np.where(is_known[:, None], values, np.nan)


def _channel_missing(raw: RawSamples, name: str) -> Finding:
    if name == "accelerometer":
        raise InputError(
            f"{raw.source}: expected accelerometer readings, found none in any row; "
            f"export the file again with acceleration."
        )
    return Finding(
        Severity.WARNING,
        "no_gyroscope",
        f"{raw.source}: holds no gyroscope readings, so turning cannot be followed; "
        f"export it again with angular velocity.",
    )


def _check_alive(raw: RawSamples) -> None:
    """Raise for a sensor that reads zero, or the same, from beginning to end."""
    for name, values in (("accelerometer", raw.acc), ("gyroscope", raw.gyr)):
        known = values[~np.isnan(values[:, 0])]
        if known.size and not known.any():
            raise InputError(
                f"{raw.source}: expected readings of a worn sensor, found an {name} that "
                f"reads zero throughout; check the sensor or the export."
                if name == "accelerometer"
                else f"{raw.source}: expected readings of a worn sensor, found a {name} that "
                f"reads zero throughout; check the sensor or the export."
            )
    known = raw.acc[~np.isnan(raw.acc[:, 0])]
    if known.size and not np.ptp(known, axis=0).any() and not np.ptp(raw.gyr, axis=0).any():
        raise InputError(
            f"{raw.source}: expected readings that change, found the same values in every row; "
            f"check the sensor or the export."
        )


def _in_si_units(raw: RawSamples, units: Units) -> tuple[RawSamples, tuple[Finding, ...]]:
    level = resting_level(raw.acc, raw.time_s)
    if level * ACC_UNITS[units.acc] < LEAST_GRAVITY_M_S2:
        raise InputError(
            f"{raw.source}: expected about {GRAVITY_M_S2} m/s² at rest, found {level:.2g}; the "
            f"acceleration seems to be without gravity, so export the raw acceleration."
        )
    findings = []
    if units.acc != "m/s²":
        text = f"the acceleration is in {units.acc} by its level at rest and was turned into m/s²"
        findings.append(Finding(Severity.WARNING, "acc_unit", f"{raw.source}: {text}."))
    if units.is_acc_doubtful:
        text = f"reads {level:.3g} m/s² at rest instead of {GRAVITY_M_S2}; check unit and range"
        findings.append(Finding(Severity.WARNING, "acc_unit_doubtful", f"{raw.source}: {text}."))
    if units.gyr != "rad/s":
        text = "the angular velocity is in deg/s by its magnitude and was turned into rad/s"
        findings.append(Finding(Severity.WARNING, "gyr_unit", f"{raw.source}: {text}."))
    if units.is_gyr_doubtful:
        text = "the angular velocity may be in deg/s, too little movement to tell; rad/s was taken"
        findings.append(Finding(Severity.WARNING, "gyr_unit_doubtful", f"{raw.source}: {text}."))
    converted = replace(raw, acc=raw.acc * ACC_UNITS[units.acc], gyr=raw.gyr * GYR_UNITS[units.gyr])
    return converted, tuple(findings)
