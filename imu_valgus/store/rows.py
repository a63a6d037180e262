"""Rows of the index, from value types to SQL and back."""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
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
"""Type of a value in a column."""


def session_row(record: SessionRecord) -> dict[str, Cell]:
    """Make the row of a session for table ``session``.

    Parameters
    ----------
    record
        Session to write.

    Returns
    -------
    dict
        Cell by column name.
    """
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
    """Make a session from its row and its measures.

    Parameters
    ----------
    row
        Row of the index, or a mapping with the same keys.
    measures
        Measures of the session.

    Returns
    -------
    SessionRecord
        The session.
    """
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
    """Make the row of a measure for table ``measure``.

    Parameters
    ----------
    session_id
        Name of the session.
    measure
        Measure to write.

    Returns
    -------
    dict
        Cell by column name.
    """
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
    """Make a measure from its row.

    Parameters
    ----------
    row
        Row of the index, or a mapping with the same keys.

    Returns
    -------
    Measure
        The measure.
    """
    side = Side(row["side"]) if row["side"] else None
    return Measure(
        key=MeasureKey(row["name"], Task(row["task"]), side),
        value=row["value"],
        sd=math.nan if row["sd"] is None else row["sd"],
        repetitions=tuple(json.loads(row["repetitions"])),
        n=row["n"],
    )


def log_row(person: str, entry: LogEntry) -> dict[str, Cell]:
    """Make the row of a log entry for table ``log``.

    Parameters
    ----------
    person
        Pseudonym.
    entry
        Line of the daily log.

    Returns
    -------
    dict
        Cell by column name.
    """
    return {
        "person": person,
        "day": entry.day.isoformat(),
        "exercise": entry.exercise,
        "pain": entry.pain,
        "notes": entry.notes,
    }


def log_of(row: sqlite3.Row) -> LogEntry:
    """Make a log entry from its row.

    Parameters
    ----------
    row
        Row of the index, or a mapping with the same keys.

    Returns
    -------
    LogEntry
        The line of the log.
    """
    return LogEntry(
        day=date.fromisoformat(row["day"]),
        exercise=row["exercise"],
        pain=row["pain"],
        notes=row["notes"],
    )


def write_programme(connection: sqlite3.Connection, person: str, programme: Programme) -> None:
    """Replace a person's programme; the caller must hold the write lock.

    Parameters
    ----------
    connection
        Open index of the store.
    person
        Pseudonym.
    programme
        Programme of the person.
    """
    for table in ("programme", "phase", "planned"):
        connection.execute(f"DELETE FROM {table} WHERE person = ?", (person,))
    insert(connection, "programme", {"person": person, "start": programme.start.isoformat()})
    for position, phase in enumerate(programme.phases):
        row: dict[str, Cell] = {
            "person": person,
            "position": position,
            "name": phase.name,
            "first_day": phase.first_day.isoformat(),
            "last_day": phase.last_day.isoformat(),
        }
        insert(connection, "phase", row)
    for position, item in enumerate(programme.plan):
        row = {
            "person": person,
            "position": position,
            "exercise": item.exercise,
            "times_per_week": item.times_per_week,
            "dose": item.dose,
        }
        insert(connection, "planned", row)


def read_programme(connection: sqlite3.Connection, person: str) -> Programme | None:
    """Read a person's programme, None if there is none.

    Parameters
    ----------
    connection
        Open index of the store.
    person
        Pseudonym.

    Returns
    -------
    Programme, optional
        The programme; None where there is none.
    """
    start = connection.execute("SELECT start FROM programme WHERE person = ?", (person,)).fetchone()
    if start is None:
        return None
    phases = connection.execute("SELECT * FROM phase WHERE person = ? ORDER BY position", (person,))
    plan = connection.execute("SELECT * FROM planned WHERE person = ? ORDER BY position", (person,))
    return Programme(
        start=date.fromisoformat(start["start"]),
        phases=tuple(
            Phase(
                row["name"],
                date.fromisoformat(row["first_day"]),
                date.fromisoformat(row["last_day"]),
            )
            for row in phases
        ),
        plan=tuple(
            PlannedExercise(row["exercise"], row["times_per_week"], row["dose"]) for row in plan
        ),
    )


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Cell]) -> None:
    """Insert a row; the names of table and columns must come from this package.

    Parameters
    ----------
    connection
        Open index of the store.
    table
        Name of the table.
    row
        Row of the index, or a mapping with the same keys.
    """
    columns = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", dict(row))
