"""Value types to rows of the index and back."""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.programme import LogEntry
from imu_valgus.model.progress import (
    Conditions,
    Feedback,
    Footwear,
    Measure,
    MeasureKey,
    Purpose,
    SessionRecord,
)

Cell = str | int | float | None
"""What a column holds."""


def session_row(record: SessionRecord) -> dict[str, Cell]:
    """Columns of table ``session``."""
    conditions = record.conditions
    return {
        "session_id": record.session_id,
        "person": record.person,
        "recorded_at": record.recorded_at.isoformat(),
        "recorded_utc_s": record.recorded_at.timestamp(),
        "calibration": conditions.calibration,
        "software_version": conditions.software_version,
        "science_version": conditions.science_version,
        "score_version": conditions.score_version,
        "fusion": conditions.fusion,
        "feedback": conditions.feedback,
        "step_height_m": conditions.step_height_m,
        "footwear": conditions.footwear,
        "sensors": json.dumps(conditions.sensors),
        "pain": record.pain,
        "notes": record.notes,
        "set_aside": record.set_aside,
        "raw_sha256": record.raw_sha256,
        "purpose": record.purpose,
    }


def session_of(row: sqlite3.Row, measures: Iterable[Measure]) -> SessionRecord:
    """Read a row of table ``session`` with its measures."""
    return SessionRecord(
        session_id=row["session_id"],
        person=row["person"],
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        conditions=Conditions(
            calibration=Grade(row["calibration"]),
            software_version=row["software_version"],
            science_version=row["science_version"],
            score_version=row["score_version"],
            fusion=row["fusion"],
            feedback=Feedback(row["feedback"]),
            step_height_m=row["step_height_m"],
            footwear=Footwear(row["footwear"]),
            sensors=tuple(json.loads(row["sensors"])),
        ),
        measures=tuple(measures),
        pain=row["pain"],
        notes=row["notes"],
        set_aside=row["set_aside"],
        raw_sha256=row["raw_sha256"],
        purpose=Purpose(row["purpose"]) if row["purpose"] else None,
    )


def measure_row(session_id: str, measure: Measure) -> dict[str, Cell]:
    """Columns of table ``measure``."""
    return {
        "session_id": session_id,
        "task": measure.key.task,
        "side": measure.key.side or "",
        "name": measure.key.name,
        "value": measure.value,
        "sd": None if math.isnan(measure.sd) else measure.sd,
        "n": measure.n,
        "repetitions": json.dumps(measure.repetitions),
    }


def measure_of(row: sqlite3.Row) -> Measure:
    """Read a row of table ``measure``."""
    side = Side(row["side"]) if row["side"] else None
    return Measure(
        key=MeasureKey(row["name"], Task(row["task"]), side),
        value=row["value"],
        sd=math.nan if row["sd"] is None else row["sd"],
        repetitions=tuple(json.loads(row["repetitions"])),
        n=row["n"],
    )


def log_row(person: str, entry: LogEntry) -> dict[str, Cell]:
    """Columns of table ``log``."""
    return {
        "person": person,
        "day": entry.day.isoformat(),
        "exercise": entry.exercise,
        "pain": entry.pain,
        "notes": entry.notes,
    }


def log_of(row: sqlite3.Row) -> LogEntry:
    """Read a row of table ``log``."""
    return LogEntry(
        day=date.fromisoformat(row["day"]),
        exercise=row["exercise"],
        pain=row["pain"],
        notes=row["notes"],
    )


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Cell]) -> None:
    """Insert a row; table and column names come from this package only."""
    columns = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", dict(row))
