"""A person's programme in the index: start, phases, plan."""

import sqlite3
from datetime import date

from imu_valgus.model.programme import Phase, PlannedExercise, Programme
from imu_valgus.store.rows import Cell, insert


def write_programme(connection: sqlite3.Connection, person: str, programme: Programme) -> None:
    """Replace the programme of a person; the caller holds the write lock."""
    for table in ("programme", "phase", "planned"):
        connection.execute(f"DELETE FROM {table} WHERE person = ?", (person,))
    start: dict[str, Cell] = {"person": person, "start": programme.start.isoformat()}
    insert(connection, "programme", start)
    for position, phase in enumerate(programme.phases):
        phase_row: dict[str, Cell] = {
            "person": person,
            "position": position,
            "name": phase.name,
            "first_day": phase.first_day.isoformat(),
            "last_day": phase.last_day.isoformat(),
        }
        insert(connection, "phase", phase_row)
    for position, item in enumerate(programme.plan):
        item_row: dict[str, Cell] = {
            "person": person,
            "position": position,
            "exercise": item.exercise,
            "times_per_week": item.times_per_week,
            "dose": item.dose,
        }
        insert(connection, "planned", item_row)


def read_programme(connection: sqlite3.Connection, person: str) -> Programme | None:
    """Read the programme of a person, None where there is none."""
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
