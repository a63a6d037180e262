"""Reports a finished recording as printed lines and as a JSON document."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from imu_valgus.model.recorded import SensorRecord
from imu_valgus.recorder.session_writer import RecordedSummary
from imu_valgus.signals.taps import TapCheck, TapTiming

__all__ = ["summary_document", "summary_lines"]


def summary_lines(summary: RecordedSummary) -> list[str]:
    """Make the lines that are printed after a recording or a recovery.

    Parameters
    ----------
    summary
        Summary of the recorded session.

    Returns
    -------
    list of str
        Sensors, tasks, tap check, notes and the next command to run.
    """
    lines = [f"{summary.duration_s:.1f} s recorded into {summary.folder}", ""]
    lines.append(f"{'sensor':<12} {'Hz':>6} {'received':>9} {'lost':>6} {'gap':>6}  synchronised")
    lines += [_sensor_line(record) for record in summary.sensors]
    if summary.tasks:
        lines += ["", "tasks"]
    for task in summary.tasks:
        words = f"{task.task}".replace("_", " ") + (f" {task.side}" if task.side else "")
        lines.append(f"  {words:<28} {task.start_s:7.1f} to {task.end_s:7.1f} s")
    if summary.tap_check is not None:
        lines += ["", *_tap_lines(summary.tap_check)]
    lines += [f"note: {note}" for note in summary.notes]
    lines += ["", f"next:  imu-valgus analyse {summary.folder} --out {summary.folder}-results"]
    return lines


def _sensor_line(record: SensorRecord) -> str:
    is_countable = record.loss_accounting != "not_detectable"
    received = f"{100.0 * record.received_share:.2f} %" if is_countable else "not known"
    lost = str(record.lost) if is_countable else "-"
    longest = f"{record.longest_gap_s:.2f} s" if record.gaps else "-"
    # Host time stamps are themselves no better than a tenth of a millisecond.
    error_ms = max(0.1, 1e3 * record.clock.sync_error_s)
    return (
        f"{record.placement.words:<12} {record.rate_hz:6.1f} {received:>9} {lost:>6} {longest:>6}  "
        f"to ±{error_ms:.1f} ms ({record.clock.method})"
    )


def _tap_lines(check: TapCheck) -> list[str]:
    lines = [f"{'tap check':<12} {'start':>15} {'end':>15}  {'drift':>14}"]
    for sensor in check.sensors:
        start, end = (_offset(timing) for timing in (sensor.start, sensor.end))
        is_known = math.isfinite(sensor.drift_ppm)
        drift = f"{sensor.drift_ppm:+z.0f} ± {sensor.drift_sd_ppm:.0f} ppm" if is_known else "-"
        lines.append(f"{sensor.placement.words:<12} {start:>15} {end:>15}  {drift:>14}")
    return [*lines, *check.sentences]


def _offset(timing: TapTiming | None) -> str:
    return "-" if timing is None else f"{1e3 * timing.offset_s:+z.1f} ± {1e3 * timing.sd_s:.1f} ms"


def summary_document(summary: RecordedSummary) -> Mapping[str, Any]:
    """Make the JSON document of a recording.

    Parameters
    ----------
    summary
        Summary of the recorded session.

    Returns
    -------
    mapping
        Ready for JSON; NaN has become None.
    """
    return {
        "folder": str(summary.folder),
        "duration_s": round(summary.duration_s, 3),
        "sensors": [_sensor_document(record) for record in summary.sensors],
        "tasks": [
            {
                "name": str(task.task),
                "side": task.side and str(task.side),
                "start_s": round(task.start_s, 3),
                "end_s": round(task.end_s, 3),
            }
            for task in summary.tasks
        ],
        "notes": list(summary.notes),
        "tap_check": summary.tap_check and _tap_document(summary.tap_check),
    }


def _tap_document(check: TapCheck) -> Mapping[str, Any]:
    return {
        "is_consistent": check.is_consistent,
        "sentences": list(check.sentences),
        "sensors": [
            {
                "placement": str(sensor.placement),
                "agrees": sensor.agrees,
                "start": sensor.start and asdict(sensor.start),
                "end": sensor.end and asdict(sensor.end),
                "drift_ppm": sensor.drift_ppm if math.isfinite(sensor.drift_ppm) else None,
            }
            for sensor in check.sensors
        ],
    }


def _sensor_document(record: SensorRecord) -> dict[str, Any]:
    values = asdict(record)
    clock = values.pop("clock")
    if math.isnan(clock["rate_error_ppm"]):
        clock["rate_error_ppm"] = None
    return {
        **values,
        "placement": str(record.placement),
        "received_share": record.received_share,
        "longest_gap_s": record.longest_gap_s,
        "gaps": [[gap.start_s, gap.end_s, gap.lost, gap.is_counted] for gap in record.gaps],
        "clock": clock,
    }
