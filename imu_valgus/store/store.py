"""The store of people, sessions, programmes and logs; several processes may use it at once.

Layout::

    <folder>/index.sqlite3      what there is; a session exists if its row does
    <folder>/names.json         names behind pseudonyms; names are nowhere else
    <folder>/sessions/<id>/     result files of one session

Adding a session holds the index's write lock, writes the files under a temporary name, renames
their folder, and inserts the row last. A process that is killed meanwhile leaves only files
without a row, and the next process that gets the lock removes them.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder
from imu_valgus.io.home import data_home
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import Measure, SessionRecord, checked_identifier
from imu_valgus.store.folder import checked_file_name, place_files, read_names, write_names
from imu_valgus.store.rows import (
    insert,
    log_of,
    log_row,
    measure_of,
    measure_row,
    read_programme,
    session_of,
    session_row,
    write_programme,
)
from imu_valgus.store.schema import open_index, writing, writing_if_free


class Store:
    """An open store; use it in a ``with`` statement, one per thread.

    Parameters
    ----------
    folder
        Folder of the store, made if absent; None for :func:`~imu_valgus.io.home.data_home`. It
        must not be on a network drive, because the index's write-ahead log needs shared memory.

    Raises
    ------
    InputError
        If the folder cannot be written, or the index is damaged, belongs to another program or
        has a newer version.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_home()
        self._sessions = self.folder / "sessions"
        self._names = self.folder / "names.json"
        try:
            make_private_folder(self._sessions)
        except OSError as error:
            raise InputError(
                f"The store cannot use the folder {self.folder} ({error.strerror}). Choose "
                "another folder with IMU_VALGUS_HOME."
            ) from error
        self._index = open_index(self.folder / "index.sqlite3")
        self._index.row_factory = sqlite3.Row
        with writing_if_free(self._index) as is_free:
            swept = is_free and self._sweep()
        if swept:
            self._erase_traces()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def people(self) -> tuple[str, ...]:
        """List all pseudonyms, sorted."""
        rows = self._index.execute("SELECT pseudonym FROM person ORDER BY pseudonym")
        return tuple(row["pseudonym"] for row in rows)

    def add_person(self, person: str, *, name: str | None = None) -> None:
        """Add a person.

        Parameters
        ----------
        person
            Pseudonym: letters, digits, - and _.
        name
            Real name, which goes to a separate file; None or empty for no name.

        Raises
        ------
        InputError
            If the pseudonym is taken or not allowed.
        """
        try:
            checked_identifier(person, what="a pseudonym")
        except ValueError as error:
            raise InputError(str(error)) from error
        with writing(self._index):
            if person in self.people():
                raise InputError(f"{person} is already in the store. Choose another pseudonym.")
            insert(self._index, "person", {"pseudonym": person})
            if name:
                write_names(self._names, read_names(self._names) | {person: name})

    def name_of(self, person: str) -> str | None:
        """Return the name behind a pseudonym, None if none was given."""
        return read_names(self._names).get(person)

    def forget(self, person: str) -> None:
        """Remove everything about a person: rows, result files, programme, log and name.

        The index is rebuilt and its freed pages are overwritten. No program can reach what a disk
        or its backups keep of deleted files.

        Parameters
        ----------
        person
            Pseudonym of the person.

        Raises
        ------
        InputError
            If there is no such person.
        """
        with writing(self._index):
            self._check_person(person)
            names = read_names(self._names)
            if names.pop(person, None) is not None:
                write_names(self._names, names)
            self._index.execute("DELETE FROM person WHERE pseudonym = ?", (person,))
        with writing(self._index):
            self._sweep()
        self._erase_traces()

    def add_session(
        self,
        record: SessionRecord,
        files: Mapping[str, bytes | Path] | None = None,
        *,
        once: bool = False,
    ) -> None:
        """Add a session with its result files, completely or not at all.

        Parameters
        ----------
        record
            The session; its person must be in the store.
        files
            Content, or a file to copy, by name inside the session's folder.
        once
            Whether to refuse a recording that the person already has, known by ``raw_sha256``.

        Raises
        ------
        InputError
            If the person is unknown, the session exists already, or a file cannot be stored.
        """
        for name in files or {}:
            checked_file_name(name)
        final = self._sessions / record.session_id
        with writing(self._index):
            self._check_person(record.person)
            if once:
                self.check_new_recording(record.person, record.raw_sha256)
            if self.has_session(record.session_id):
                raise InputError(f"Session {record.session_id} is already in the store.")
            self._sweep()
            try:
                place_files(final, files or {})
                insert(self._index, "session", session_row(record))
                for measure in record.measures:
                    insert(self._index, "measure", measure_row(record.session_id, measure))
            except BaseException:
                shutil.rmtree(final, ignore_errors=True)
                raise

    def check_new_recording(self, person: str, raw_sha256: str) -> None:
        """Check that a person has no session from the same raw recording.

        Parameters
        ----------
        person
            Pseudonym of the person.
        raw_sha256
            Hash of the raw files; empty if it is not known, which passes.

        Raises
        ------
        InputError
            If there is such a session.
        """
        query = "SELECT session_id FROM session WHERE person = ? AND raw_sha256 = ?"
        found = self._index.execute(query, (person, raw_sha256)).fetchone()
        if raw_sha256 and found:
            raise InputError(
                f"{person} already has this recording as session {found['session_id']}. Use "
                "--again to add it a second time."
            )

    def sessions(self, person: str) -> tuple[SessionRecord, ...]:
        """Read all sessions of a person in order of time.

        Parameters
        ----------
        person
            Pseudonym of the person.

        Returns
        -------
        tuple of SessionRecord
            Sessions with their measures.

        Raises
        ------
        InputError
            If there is no such person.
        """
        # One transaction, so that no other process writes between sessions and measures.
        self._index.execute("BEGIN")
        try:
            self._check_person(person)
            rows = self._index.execute(
                "SELECT * FROM session WHERE person = ? ORDER BY recorded_utc_s, session_id",
                (person,),
            ).fetchall()
            measures: dict[str, list[Measure]] = {row["session_id"]: [] for row in rows}
            for row in self._index.execute(
                "SELECT measure.* FROM measure JOIN session USING (session_id) WHERE person = ? "
                "ORDER BY measure.rowid",
                (person,),
            ):
                measures[row["session_id"]].append(measure_of(row))
        finally:
            self._index.execute("COMMIT")
        return tuple(session_of(row, measures[row["session_id"]]) for row in rows)

    def files_of(self, session_id: str) -> tuple[Path, ...]:
        """List the result files of a session, sorted by name.

        Raises
        ------
        InputError
            If there is no such session.
        """
        if not self.has_session(session_id):
            raise InputError(f"There is no session {session_id} in the store.")
        folder = self._sessions / session_id
        return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))

    def set_aside(self, session_id: str, *, reason: str) -> None:
        """Set a session aside, so that it does not count.

        Parameters
        ----------
        session_id
            Name of the session.
        reason
            Why it does not count; an empty reason makes it count again.

        Raises
        ------
        InputError
            If there is no such session.
        """
        with writing(self._index):
            query = "UPDATE session SET set_aside = ? WHERE session_id = ?"
            changed = self._index.execute(query, (reason, session_id))
            if not changed.rowcount:
                raise InputError(f"There is no session {session_id} in the store.")

    def set_programme(self, person: str, programme: Programme) -> None:
        """Replace a person's programme; InputError if there is no such person."""
        with writing(self._index):
            self._check_person(person)
            write_programme(self._index, person, programme)

    def programme(self, person: str) -> Programme | None:
        """Read a person's programme, None if there is none."""
        self._check_person(person)
        return read_programme(self._index, person)

    def add_log(self, person: str, entries: Iterable[LogEntry]) -> None:
        """Add entries to a person's daily log, all of them or none."""
        with writing(self._index):
            self._check_person(person)
            for entry in entries:
                insert(self._index, "log", log_row(person, entry))

    def log(self, person: str) -> tuple[LogEntry, ...]:
        """Read a person's daily log in order of days."""
        self._check_person(person)
        rows = self._index.execute(
            "SELECT * FROM log WHERE person = ? ORDER BY day, number", (person,)
        )
        return tuple(log_of(row) for row in rows)

    def _check_person(self, person: str) -> None:
        if person not in self.people():
            raise InputError(f"There is no {person} in the store. Add the person first.")

    def has_session(self, session_id: str) -> bool:
        """Return whether any person has a session of that name."""
        query = "SELECT 1 FROM session WHERE session_id = ?"
        return self._index.execute(query, (session_id,)).fetchone() is not None

    def _sweep(self) -> bool:
        """Remove session folders without a row; the caller must hold the write lock."""
        known = {row["session_id"] for row in self._index.execute("SELECT session_id FROM session")}
        orphans = [path for path in self._sessions.iterdir() if path.name not in known]
        for path in orphans:
            shutil.rmtree(path)
        return bool(orphans)

    def _erase_traces(self) -> None:
        """Rebuild the index without its freed pages and empty the write-ahead log."""
        self._index.execute("VACUUM")
        self._index.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
