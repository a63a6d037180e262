"""The index: its tables in every version, safely opened beside other processes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.store.folder import touch_private

_APPLICATION_ID: Final = 0x1A6B5A17
"""Marks an SQLite file as the index of a store."""

_BUSY_S: Final = 60.0
"""How long to wait for another process; adding a session takes well under a second."""

_SESSIONS: Final = """
CREATE TABLE person (pseudonym TEXT PRIMARY KEY) STRICT;
CREATE TABLE session (
  session_id TEXT PRIMARY KEY,
  person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
  recorded_at TEXT NOT NULL,
  recorded_utc_s REAL NOT NULL,
  calibration TEXT NOT NULL,
  software_version TEXT NOT NULL,
  science_version TEXT NOT NULL,
  score_version TEXT,
  fusion TEXT NOT NULL,
  feedback TEXT NOT NULL,
  step_height_m REAL,
  footwear TEXT NOT NULL,
  sensors TEXT NOT NULL,
  pain INTEGER,
  notes TEXT NOT NULL,
  set_aside TEXT NOT NULL,
  raw_sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_person ON session (person, recorded_utc_s);
CREATE TABLE measure (
  session_id TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
  task TEXT NOT NULL,
  side TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  sd REAL,
  n INTEGER NOT NULL,
  repetitions TEXT NOT NULL,
  PRIMARY KEY (session_id, task, side, name)
) STRICT;
"""

_PROGRAMME: Final = """
CREATE TABLE programme (
  person TEXT PRIMARY KEY REFERENCES person ON DELETE CASCADE,
  start TEXT NOT NULL
) STRICT;
CREATE TABLE phase (
  person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  PRIMARY KEY (person, position)
) STRICT;
CREATE TABLE planned (
  person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
  position INTEGER NOT NULL,
  exercise TEXT NOT NULL,
  times_per_week INTEGER NOT NULL,
  dose TEXT NOT NULL,
  PRIMARY KEY (person, position)
) STRICT;
CREATE TABLE log (
  number INTEGER PRIMARY KEY,
  person TEXT NOT NULL REFERENCES person ON DELETE CASCADE,
  day TEXT NOT NULL,
  exercise TEXT,
  pain INTEGER,
  notes TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_person ON log (person, day);
"""

_PURPOSE: Final = "ALTER TABLE session ADD COLUMN purpose TEXT"

MIGRATIONS: Final = (_SESSIONS, _PROGRAMME, _PURPOSE)
"""Statements that turn version i into i + 1. Once released they never change; new ones follow."""

SCHEMA_VERSION: Final = len(MIGRATIONS)


def open_index(path: Path) -> sqlite3.Connection:
    """Open the index; make or upgrade it if necessary.

    Parameters
    ----------
    path
        File of the index.

    Returns
    -------
    sqlite3.Connection
        Connection in autocommit mode, with write-ahead log and secure deletion.

    Raises
    ------
    InputError
        If the file is damaged, belongs to another program, or has a newer version.
    """
    touch_private(path)
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        _check_version(connection, path)
        _use_write_ahead_log(connection)
        # FULL: a finished commit is on the disk. secure_delete: deleted rows are overwritten.
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        _upgrade(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise InputError(
            f"The index of the store cannot be used: {path} ({error}). Put back a copy of it, or "
            "move the file away to start a new one."
        ) from error
    except InputError:
        connection.close()
        raise
    return connection


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _check_version(connection: sqlite3.Connection, path: Path) -> int:
    version = _pragma(connection, "user_version")
    application = _pragma(connection, "application_id")
    has_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    if application != _APPLICATION_ID and (application or version or has_tables):
        raise InputError(
            f"{path} is another program's database, not the index of an imu_valgus store. Choose "
            "another folder."
        )
    if version > SCHEMA_VERSION:
        raise InputError(
            f"The store in {path.parent} was written by a newer imu_valgus (schema {version}, "
            f"this one knows {SCHEMA_VERSION}). To open it, install the newer version."
        )
    return version


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the index to its write-ahead log; SQLite does not wait for other processes here."""
    give_up = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "user_version") == SCHEMA_VERSION:
        return
    with writing(connection):
        # Another process may have upgraded it while this one waited for the lock.
        version = _check_version(connection, path)
        for number in range(version, SCHEMA_VERSION):
            for statement in filter(str.strip, MIGRATIONS[number].split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the only write lock of the store; everything inside happens together or not at all.

    Raises
    ------
    InputError
        If another program keeps the lock.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise InputError(
            f"The store could not be written within {_BUSY_S:.0f} s ({error}). Close the other "
            "program that uses it and try again."
        ) from error
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def writing_if_free(connection: sqlite3.Connection) -> Iterator[bool]:
    """Do the same as :func:`writing`, but yield False at once if another process has the lock."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            yield False
            return
        try:
            yield True
        finally:
            connection.execute("COMMIT")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(1000 * _BUSY_S)}")
