"""Questions to the index that more than one part of the store asks."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry
from imu_valgus.model.progress import SessionRecord
from imu_valgus.store.rows import log_of, measure_of, session_of

T = TypeVar("T")
R = TypeVar("R")


def pseudonyms(index: sqlite3.Connection) -> tuple[str, ...]:
    """List the people of the store in order.

    Parameters
    ----------
    index
        Open index of the store; rows are `sqlite3.Row`.

    Returns
    -------
    tuple of str
        Pseudonyms in order.
    """
    rows = index.execute("SELECT pseudonym FROM person ORDER BY pseudonym")
    return tuple(row["pseudonym"] for row in rows)


def session_ids(index: sqlite3.Connection) -> set[str]:
    """List all sessions, whoever's they are.

    Parameters
    ----------
    index
        Open index of the store; rows are `sqlite3.Row`.

    Returns
    -------
    set
        Names of all sessions.
    """
    return {row["session_id"] for row in index.execute("SELECT session_id FROM session")}


def has_session(index: sqlite3.Connection, session_id: str) -> bool:
    """Whether there is a session of that name.

    Parameters
    ----------
    index
        Open index of the store; rows are `sqlite3.Row`.
    session_id
        Name of the session.

    Returns
    -------
    bool
        True if the index lists it.
    """
    query = "SELECT 1 FROM session WHERE session_id = ?"
    return index.execute(query, (session_id,)).fetchone() is not None


def read_session(index: sqlite3.Connection, session_id: str) -> SessionRecord:
    """Read one session that is there.

    Parameters
    ----------
    index
        Open index of the store; rows are `sqlite3.Row`.
    session_id
        Name of the session.

    Returns
    -------
    SessionRecord
        The session with its measures.

    Raises
    ------
    InputError
        If its rows are damaged.
    """
    row = index.execute("SELECT * FROM session WHERE session_id = ?", (session_id,)).fetchone()
    query = "SELECT * FROM measure WHERE session_id = ? ORDER BY rowid"
    measures = [checked(measure_of, row) for row in index.execute(query, (session_id,))]
    return checked(lambda row: session_of(row, measures), row)


def read_log(index: sqlite3.Connection, person: str) -> tuple[LogEntry, ...]:
    """Read a person's daily log in order of days.

    Parameters
    ----------
    index
        Open index of the store; rows are `sqlite3.Row`.
    person
        Pseudonym.

    Returns
    -------
    tuple
        Lines of the log.

    Raises
    ------
    InputError
        If a row is damaged.
    """
    rows = index.execute("SELECT * FROM log WHERE person = ? ORDER BY day, number", (person,))
    return tuple(checked(log_of, row) for row in rows)


def checked(read: Callable[[T], R], row: T) -> R:
    """Read a row; one that holds what no version has written is damaged.

    Parameters
    ----------
    read
        Function that turns the row into a value.
    row
        Row of the index, or a mapping with the same keys.

    Returns
    -------
    R
        What `read` returns.

    Raises
    ------
    InputError
        If it is.
    """
    try:
        return read(row)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"The index of the store holds a damaged entry ({error}). Run  imu-valgus store check  "
            "to see what is affected; nothing is lost, the sessions lie beside it."
        ) from error
