"""The index's tables, how they grew, and opening them safely beside other processes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.store.folder import touch_private

_APPLICATION_ID: Final = 0x1A6B5A17
"""Marks the database as ours among all SQLite files."""

_BUSY_S: Final = 60.0
"""How long to wait for another process; an add takes well under a second."""

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

_NOTICED: Final = "CREATE TABLE noticed (name TEXT PRIMARY KEY) STRICT"
"""Things among the sessions that are not ours and that the user has been told of."""

MIGRATIONS: Final = (_SESSIONS, _PROGRAMME, _PURPOSE, _NOTICED)
"""What turns version i into i + 1; never changed once released, only added to."""

SCHEMA_VERSION: Final = len(MIGRATIONS)


def open_index(path: Path) -> sqlite3.Connection:
    """Open the index, making or upgrading it where needed.

    Parameters
    ----------
    path
        Path of the file.

    Returns
    -------
    sqlite3.Connection
        The index, upgraded to the present schema.

    Raises
    ------
    InputError
        If the file is not an index of imu_valgus, or one of a newer version.
    """
    try:
        touch_private(path)
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise InputError(
            f"The index of the store, '{path}', cannot be opened ({error}). Change its "
            "permissions, or choose another folder with IMU_VALGUS_HOME."
        ) from error
    try:
        _check_version(connection, path)
        _use_write_ahead_log(connection)
        # FULL: a commit is on the disk when it returns. secure_delete: forgotten means zeroed.
        # MEMORY: nothing of a person gets into temporary files elsewhere.
        for pragma in (
            "foreign_keys = ON",
            "synchronous = FULL",
            "secure_delete = ON",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _upgrade(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise index_error(error, path.parent) from error
    except InputError:
        connection.close()
        raise
    return connection


def index_error(error: sqlite3.Error, folder: Path) -> InputError:
    """Say in one sentence why the index of a store cannot be used, and what to do.

    Parameters
    ----------
    error
        What SQLite raised.
    folder
        Folder of the store.

    Returns
    -------
    InputError
        One sentence with what to do.
    """
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return InputError(
            f"The disk of the store in {folder} is full. Nothing was changed: free some space and "
            "try again."
        )
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}:
        return InputError(
            f"The store in {folder} cannot be written ({error}). Nothing was changed: change the "
            "permissions of the folder and of index.sqlite3, and try again."
        )
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return InputError(
            f"Another program has been using the store in {folder} for too long. Close it and try "
            "again."
        )
    if primary == sqlite3.SQLITE_IOERR:
        return InputError(
            f"The disk of the store in {folder} reports an error ({error}). Check that it is "
            "connected and has space, and try again."
        )
    return InputError(
        f"The index of the store in {folder} is damaged ({error}). Nothing is lost: the sessions "
        "lie beside it. Run  imu-valgus store rebuild  or restore a backup with  imu-valgus store "
        "restore FILE"
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _check_version(connection: sqlite3.Connection, path: Path) -> int:
    version = _pragma(connection, "user_version")
    application = _pragma(connection, "application_id")
    has_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    if application != _APPLICATION_ID and (application or version or has_tables):
        raise InputError(
            f"Expected the index of an imu_valgus store in {path}, found another program's "
            "database: choose another folder."
        )
    if version > SCHEMA_VERSION:
        raise InputError(
            f"The store in {path.parent} was written by a newer imu_valgus (schema {version}, "
            f"this one knows {SCHEMA_VERSION}): install the newer version to open it."
        )
    return version


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch once; the switch itself does not wait for other processes, so this does."""
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
        # Another process may have been faster while this one waited for the lock.
        version = _check_version(connection, path)
        for number in range(version, SCHEMA_VERSION):
            for statement in filter(str.strip, MIGRATIONS[number].split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the one write lock of the store; all that is done is done together or not at all.

    Parameters
    ----------
    connection
        Open index of the store.

    Yields
    ------
    None
        While it is held.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise index_error(error, _folder_of(connection)) from error
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def writing_if_free(connection: sqlite3.Connection) -> Iterator[bool]:
    """As :func:`writing`, but give False at once when another process holds the lock.

    Parameters
    ----------
    connection
        Open index of the store.

    Yields
    ------
    bool
        Whether the lock was free.
    """
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


def _folder_of(connection: sqlite3.Connection) -> Path:
    return Path(connection.execute("PRAGMA database_list").fetchone()[2]).parent
