"""People, their sessions, programmes and logs: one folder, one index, safe to share and to kill.

Layout::

    <folder>/index.sqlite3         what there is; a session exists when its row does
    <folder>/names.json            pseudonym to name, the only place where names stand
    <folder>/people/<person>.json  programme and log once more, to rebuild a lost index from
    <folder>/sessions/<id>/        result files of one session, and its row as session.json
    <folder>/.staging/             work that is being done, see `imu_valgus.store.staging`

Every change is prepared in the staging area under the index's write lock, becomes true with the
commit of the index, and is then moved into place. Whoever opens the store next finishes or undoes
what a killed process left. Anything that the store did not make is left alone.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, sync_folder, write_new_file
from imu_valgus.io.home import data_home
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import Measure, SessionRecord, checked_identifier
from imu_valgus.store.documents import SESSION_DOCUMENT, session_document
from imu_valgus.store.folder import (
    INDEX_FILE,
    NAMES_FILE,
    check_files,
    names_bytes,
    read_names,
    write_files,
)
from imu_valgus.store.queries import checked, has_session, pseudonyms, read_log
from imu_valgus.store.rows import (
    insert,
    log_row,
    measure_of,
    measure_row,
    read_programme,
    session_of,
    session_row,
    write_programme,
)
from imu_valgus.store.upkeep import Upkeep

P = ParamSpec("P")
R = TypeVar("R")


def _in_words(
    method: "Callable[Concatenate[Store, P], R]",
) -> "Callable[Concatenate[Store, P], R]":
    """Turn whatever disk and index raise into one sentence; the store stays as it was."""

    @functools.wraps(method)
    def wrapped(store: "Store", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with store._upkeep.in_words():
            return method(store, *args, **kwargs)

    return wrapped


class Store:
    """An open store; use it in a ``with`` statement, one per thread.

    Parameters
    ----------
    folder
        Folder of the store, made when absent; None for :func:`~imu_valgus.io.home.data_home`. Not
        on a network drive: the index's write-ahead log needs shared memory.

    Attributes
    ----------
    folder
        Folder of the store.
    notices
        Sentences about things in the folder that the store does not know, each told once.

    Raises
    ------
    InputError
        If the index is damaged, another program's, or of a newer version.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._upkeep = Upkeep(folder or data_home())
        self.folder = self._upkeep.folder
        self.notices = self._upkeep.notices
        self._index = self._upkeep.index

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

    @_in_words
    def people(self) -> tuple[str, ...]:
        """List all pseudonyms in order."""
        return pseudonyms(self._index)

    @_in_words
    def add_person(self, person: str, *, name: str | None = None) -> None:
        """Add a person; a name, where one is given, goes to the separate file.

        Raises
        ------
        InputError
            If the pseudonym is taken or not of letters, digits, - and _.
        """
        try:
            checked_identifier(person, what="a pseudonym")
        except ValueError as error:
            raise InputError(str(error)) from error
        with self._upkeep.changing("person", person=person) as work:
            # Some file systems take P1 and p1 for the same file.
            taken = {other.casefold(): other for other in pseudonyms(self._index)}
            if person.casefold() in taken:
                raise InputError(
                    f"{taken[person.casefold()]} is already in the store. Choose another pseudonym."
                )
            if name:
                names = read_names(self._upkeep.names) | {person: name}
                write_new_file(work.folder / NAMES_FILE, names_bytes(names))
            insert(self._index, "person", {"pseudonym": person})

    @_in_words
    def name_of(self, person: str) -> str | None:
        """Return the name behind a pseudonym, None where none was given."""
        return read_names(self._upkeep.names).get(person)

    @_in_words
    def forget(self, person: str) -> None:
        """Remove everything of a person: rows, result files, programme, log and name.

        Freed pages of the index are overwritten. What a disk or its backups keep of deleted files
        is out of reach of any program.

        Parameters
        ----------
        person
            Pseudonym. It is enough that anything of the person is left, such as a name or a
            session's folder without a row.

        Raises
        ------
        InputError
            If nothing of that person is in the store, or traces cannot be erased yet.
        """
        self._upkeep.forget(person)

    @_in_words
    def add_session(
        self,
        record: SessionRecord,
        files: Mapping[str, bytes | Path] | None = None,
        *,
        once: bool = False,
    ) -> None:
        """Add a session and its result files, wholly or not at all.

        Parameters
        ----------
        record
            The session; its person must be there already.
        files
            Content, or a file to copy, by name inside the session's folder.
        once
            Refuse a recording that the person has already, by its ``raw_sha256``.

        Raises
        ------
        InputError
            If the person is unknown, the session is there already, or a file cannot be kept.
        """
        files = files or {}
        check_files(files)
        final = self._upkeep.sessions / record.session_id
        with self._upkeep.changing("add", session=record.session_id) as work:
            self._check_person(record.person)
            if once:
                self.check_new_recording(record.person, record.raw_sha256)
            if has_session(self._index, record.session_id):
                raise InputError(f"Session {record.session_id} is already in the store.")
            if final.exists() or final.is_symlink():
                raise InputError(
                    f"'{final}' is in the way and not listed in the index. To bring a lost session "
                    "back, run  imu-valgus store rebuild  or choose another name with --id."
                )
            content = work.folder / "session"
            write_files(content, files)
            document = session_document(record, token=work.token)
            write_new_file(content / SESSION_DOCUMENT, document)
            sync_folder(content)
            content.rename(final)
            sync_folder(self._upkeep.sessions)
            self._insert(record)

    @contextmanager
    def exporting(self, folder: Path) -> Iterator[Path]:
        """Give a temporary folder that becomes `folder` when the block ends well.

        Other processes wait meanwhile. If this one is killed, the next one to open the store
        removes the temporary folder: it may hold personal data.
        """
        with (
            self._upkeep.in_words(),
            _outside(folder),
            self._upkeep.writing_outside(folder) as (staged, _),
        ):
            make_private_folder(staged)
            yield staged

    @contextmanager
    def frozen(self, file: Path) -> Iterator[tuple[Path, Path]]:
        """Give a temporary name that becomes `file`, and a whole copy of the index to put into it.

        As with `exporting`, nobody else writes meanwhile and nothing is left if this process is
        killed.
        """
        with (
            self._upkeep.in_words(),
            _outside(file),
            self._upkeep.writing_outside(file) as (staged, inside),
        ):
            self._upkeep.copy_index(inside / INDEX_FILE)
            yield staged, inside / INDEX_FILE

    @_in_words
    def check_new_recording(self, person: str, raw_sha256: str) -> None:
        """Raise InputError when a person has a session of the same raw recording."""
        query = "SELECT session_id FROM session WHERE person = ? AND raw_sha256 = ?"
        found = self._index.execute(query, (person, raw_sha256)).fetchone()
        if raw_sha256 and found:
            raise InputError(
                f"{person} already has this recording as session {found['session_id']}. Use "
                "--again to add it a second time."
            )

    @_in_words
    def sessions(self, person: str) -> tuple[SessionRecord, ...]:
        """Read all sessions of a person in order of time.

        Raises
        ------
        InputError
            If there is no such person, or a row is damaged.
        """
        # One transaction, so that sessions and measures are of the same moment.
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
                measures[row["session_id"]].append(checked(measure_of, row))
        finally:
            if self._index.in_transaction:
                self._index.execute("COMMIT")
        return tuple(
            checked(functools.partial(session_of, measures=measures[row["session_id"]]), row)
            for row in rows
        )

    @_in_words
    def files_of(self, session_id: str) -> tuple[Path, ...]:
        """List the result files of a session in order of name.

        Raises
        ------
        InputError
            If there is no such session.
        """
        if not has_session(self._index, session_id):
            raise InputError(f"There is no session {session_id} in the store.")
        folder = self._upkeep.sessions / session_id
        inner = (path for path in folder.rglob("*") if path.is_file())
        return tuple(sorted(path for path in inner if path != folder / SESSION_DOCUMENT))

    @_in_words
    def set_aside(self, session_id: str, *, reason: str) -> None:
        """Say why a session does not count; an empty reason makes it count again.

        Raises
        ------
        InputError
            If there is no such session.
        """
        with self._upkeep.changing("session", session=session_id):
            query = "UPDATE session SET set_aside = ? WHERE session_id = ?"
            if not self._index.execute(query, (reason, session_id)).rowcount:
                raise InputError(f"There is no session {session_id} in the store.")

    @_in_words
    def set_programme(self, person: str, programme: Programme) -> None:
        """Replace a person's programme."""
        with self._upkeep.changing("person", person=person):
            self._check_person(person)
            write_programme(self._index, person, programme)

    @_in_words
    def programme(self, person: str) -> Programme | None:
        """Read a person's programme, None where there is none."""
        self._check_person(person)
        return checked(lambda _: read_programme(self._index, person), None)

    @_in_words
    def add_log(self, person: str, entries: Iterable[LogEntry]) -> None:
        """Add lines to the daily log, all or none."""
        with self._upkeep.changing("person", person=person):
            self._check_person(person)
            for entry in entries:
                insert(self._index, "log", log_row(person, entry))

    @_in_words
    def log(self, person: str) -> tuple[LogEntry, ...]:
        """Read the daily log in order of days."""
        self._check_person(person)
        return read_log(self._index, person)

    @_in_words
    def has_session(self, session_id: str) -> bool:
        """Whether there is a session of that name, whoever's it is."""
        return has_session(self._index, session_id)

    def _check_person(self, person: str) -> None:
        if person not in pseudonyms(self._index):
            raise InputError(
                f"There is no {person} in the store. Add the person first with  "
                f"imu-valgus person add {person}"
            )

    def _insert(self, record: SessionRecord) -> None:
        insert(self._index, "session", session_row(record))
        for measure in record.measures:
            insert(self._index, "measure", measure_row(record.session_id, measure))


@contextmanager
def _outside(target: Path) -> Iterator[None]:
    """Say which place outside of the store refuses to be written."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"'{target}' cannot be written ({error.strerror or error}). Nothing was left there: "
            "free some space, change the permissions or choose another place."
        ) from error
