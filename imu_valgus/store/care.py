"""Look after a store: find what is wrong with it, and rebuild its index from its files."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import LITTER, make_private_folder, sync_folder
from imu_valgus.model.progress import SessionRecord
from imu_valgus.store.documents import (
    PERSON_SUFFIX,
    PersonDocument,
    read_person_document,
    read_session_document,
)
from imu_valgus.store.folder import (
    DAMAGED_FOLDER,
    INDEX_FILE,
    NAMES_FILE,
    PEOPLE_FOLDER,
    SESSIONS_FOLDER,
    read_names,
)
from imu_valgus.store.queries import pseudonyms, read_log, read_session, session_ids
from imu_valgus.store.repairs import repair_lock
from imu_valgus.store.rows import (
    insert,
    log_row,
    measure_row,
    read_programme,
    session_row,
    write_programme,
)
from imu_valgus.store.schema import index_error, open_index, writing
from imu_valgus.store.staging import begin_work

__all__ = ["Rebuilt", "check_store", "rebuild_store"]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuilt index holds.

    Parameters
    ----------
    people, sessions
        How many there are now.
    problems
        Sentences about what could not be brought back.
    old_index
        Folder that keeps the index as it was; None where there was none.
    """

    people: int
    sessions: int
    problems: tuple[str, ...]
    old_index: Path | None


def check_store(folder: Path) -> tuple[str, ...]:
    """Find what is wrong with a store, without changing anything.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    tuple of str
        A sentence for each problem; empty if all is well.
    """
    if not (folder / INDEX_FILE).is_file():
        n_lost = len(_session_folders(folder))
        lost = f" {n_lost} sessions lie beside it: run  imu-valgus store rebuild" if n_lost else ""
        return (f"There is no index in {folder}.{lost}",)
    problems: list[str] = []
    try:
        read_names(folder / NAMES_FILE)
    except InputError as error:
        problems.append(str(error))
    try:
        with _reading(folder) as index:
            problems += _index_problems(index, folder)
    except (sqlite3.Error, InputError) as error:
        problems.append(
            f"The index is damaged ({error}). The sessions lie beside it: run  imu-valgus store "
            "rebuild"
        )
    return tuple(problems)


def _index_problems(index: sqlite3.Connection, folder: Path) -> Iterator[str]:
    for row in index.execute("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield f"The index is damaged ({row[0]}): run  imu-valgus store rebuild"
    listed = session_ids(index)
    for session_id in sorted(listed):
        yield from _session_problems(index, session_id, folder / SESSIONS_FOLDER / session_id)
    for person in pseudonyms(index):
        try:
            read_programme(index, person)
            read_log(index, person)
        except (InputError, ValueError) as error:
            yield f"The programme or log of {person} is damaged ({error})."
    lost = _session_folders(folder)
    for path in sorted((folder / SESSIONS_FOLDER).iterdir()):
        if path.name in listed | LITTER:
            continue
        if path in lost:
            yield f"The index does not list the session '{path}': run  imu-valgus store rebuild"
        else:
            yield f"'{path}' was not made by imu_valgus and is left alone."


def _session_problems(
    index: sqlite3.Connection, session_id: str, session_folder: Path
) -> Iterator[str]:
    try:
        record = read_session(index, session_id)
        if not session_folder.is_dir():
            yield f"Session {session_id} has lost its files: '{session_folder}' is missing."
            return
        kept, _ = read_session_document(session_folder)
    except InputError as error:
        yield f"Session {session_id}: {error}"
        return
    if session_row(kept) != session_row(record):
        yield f"Session {session_id} is not the same in the index and in its folder."


def rebuild_store(folder: Path) -> Rebuilt:
    """Make a new index from the folders of sessions and people; the old one is kept aside.

    What can still be read from the old index is taken over too. Result files are not touched.

    Parameters
    ----------
    folder
        Folder of the store. Close other programs that use it.

    Returns
    -------
    Rebuilt
        What the new index holds.

    Raises
    ------
    InputError
        If the folder holds no store, or the disk refuses.
    """
    if not (folder / SESSIONS_FOLDER).is_dir():
        raise InputError(f"There is no store in {folder}, so there is nothing to rebuild.")
    problems: list[str] = []
    sessions = _sessions_in_folders(folder, problems)
    people = _people_in_folders(folder, problems)
    _take_from_old_index(folder, sessions, people, problems)
    with contextlib.suppress(InputError):
        for person in read_names(folder / NAMES_FILE):
            people.setdefault(person, PersonDocument(person, None, ()))
    for record in sessions.values():
        people.setdefault(record.person, PersonDocument(record.person, None, ()))
    try:
        with repair_lock(folder), _nobody_writing(folder):
            work = begin_work(folder, "rebuild")
            try:
                new = work.folder / INDEX_FILE
                _write_index(new, sessions.values(), people.values())
                old_index = _put_aside(folder)
                new.replace(folder / INDEX_FILE)
                sync_folder(folder)
            finally:
                work.end()
    except OSError as error:
        raise InputError(
            f"The index in {folder} could not be rebuilt ({error.strerror or error}). Free some "
            "space or change the permissions, and try again."
        ) from error
    return Rebuilt(len(people), len(sessions), tuple(problems), old_index)


def _session_folders(folder: Path) -> tuple[Path, ...]:
    found = []
    sessions = folder / SESSIONS_FOLDER
    for path in sorted(sessions.iterdir()) if sessions.is_dir() else ():
        with contextlib.suppress(InputError):
            read_session_document(path)
            found.append(path)
    return tuple(found)


def _sessions_in_folders(folder: Path, problems: list[str]) -> dict[str, SessionRecord]:
    sessions = {}
    for path in sorted((folder / SESSIONS_FOLDER).iterdir()):
        if path.name in LITTER:
            continue
        try:
            record, _ = read_session_document(path)
        except InputError as error:
            problems.append(str(error))
            continue
        if record.session_id == path.name:
            sessions[record.session_id] = record
        else:
            problems.append(f"'{path}' says that it is session {record.session_id}.")
    return sessions


def _people_in_folders(folder: Path, problems: list[str]) -> dict[str, PersonDocument]:
    people = {}
    for path in sorted((folder / PEOPLE_FOLDER).glob(f"*{PERSON_SUFFIX}")):
        try:
            document = read_person_document(path)
        except InputError as error:
            problems.append(str(error))
        else:
            people[document.person] = document
    return people


def _take_from_old_index(
    folder: Path,
    sessions: dict[str, SessionRecord],
    people: dict[str, PersonDocument],
    problems: list[str],
) -> None:
    """Add what only the old index knows; it may be damaged anywhere."""
    if not (folder / INDEX_FILE).is_file():
        return
    try:
        with _reading(folder) as index:
            for session_id in session_ids(index) - set(sessions):
                with contextlib.suppress(InputError, sqlite3.Error):
                    sessions[session_id] = read_session(index, session_id)
            for person in pseudonyms(index):
                with contextlib.suppress(InputError, sqlite3.Error, ValueError):
                    programme, log = read_programme(index, person), read_log(index, person)
                    people.setdefault(person, PersonDocument(person, programme, log))
    except sqlite3.Error as error:
        problems.append(f"The old index could not be read ({error}).")


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    path = (folder / INDEX_FILE).resolve()
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as index:
        index.row_factory = sqlite3.Row
        yield index


@contextlib.contextmanager
def _nobody_writing(folder: Path) -> Iterator[None]:
    """Hold the write lock of the old index, where it is whole enough to have one."""
    path = folder / INDEX_FILE
    if not path.is_file():
        yield
        return
    with contextlib.closing(sqlite3.connect(path, timeout=5.0, isolation_level=None)) as index:
        try:
            index.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise index_error(error, folder) from error
        except sqlite3.DatabaseError:
            pass  # too damaged for anybody to write to it
        yield


def _write_index(
    path: Path, sessions: Iterable[SessionRecord], people: Iterable[PersonDocument]
) -> None:
    with contextlib.closing(open_index(path)) as index:
        with writing(index):
            for document in people:
                insert(index, "person", {"pseudonym": document.person})
                if document.programme is not None:
                    write_programme(index, document.person, document.programme)
                for entry in document.log:
                    insert(index, "log", log_row(document.person, entry))
            for record in sessions:
                insert(index, "session", session_row(record))
                for measure in record.measures:
                    insert(index, "measure", measure_row(record.session_id, measure))
        # Everything into the one file that is going to be renamed.
        index.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        index.execute("PRAGMA journal_mode = DELETE").fetchall()


def _put_aside(folder: Path) -> Path | None:
    """Keep the old index under ``damaged/``; its log must not stay beside a new index."""
    if not (folder / INDEX_FILE).exists():
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = folder / DAMAGED_FOLDER / stamp
    number = 1
    while aside.exists():
        number += 1
        aside = folder / DAMAGED_FOLDER / f"{stamp}-{number}"
    make_private_folder(aside)
    shutil.copy2(folder / INDEX_FILE, aside / INDEX_FILE)
    for suffix in ("-wal", "-shm"):
        log = folder / f"{INDEX_FILE}{suffix}"
        if log.exists():
            log.replace(aside / log.name)
    sync_folder(aside)
    return aside
