"""Keeps the files of a store in step with its index, whatever was killed in between.

Every change is prepared in the staging area under the write lock, becomes true with the commit of
the index, and is then moved into place. Whoever opens the store next finishes or undoes what a
killed process left.
"""

import contextlib
import logging
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import LITTER, make_private_folder, sync_folder, write_new_file
from imu_valgus.store.documents import (
    PERSON_SUFFIX,
    SESSION_DOCUMENT,
    person_document,
    read_session_document,
    session_document,
)
from imu_valgus.store.folder import (
    DAMAGED_FOLDER,
    INDEX_FILE,
    NAMES_FILE,
    PEOPLE_FOLDER,
    SESSIONS_FOLDER,
    STAMP,
    checked_file_name,
    leftovers_of_older_versions,
    names_bytes,
    read_names,
    replaced_stores,
    touch_private,
)
from imu_valgus.store.queries import (
    has_session,
    pseudonyms,
    read_log,
    read_session,
    session_ids,
)
from imu_valgus.store.repairs import finish_repairs
from imu_valgus.store.rows import insert, read_programme
from imu_valgus.store.schema import index_error, open_index, writing, writing_if_free
from imu_valgus.store.staging import Work, abandoned_works, begin_work

_log = logging.getLogger(__name__)

_ERASE_S: Final = 10.0
"""How long to wait for other programs to let go of freed pages."""


class Upkeep:
    """The folder and the index of a store, opened and settled.

    Parameters
    ----------
    folder
        Folder of the store, made when absent.

    Attributes
    ----------
    folder, sessions, people, names
        Folder of the store, its two sub-folders and its file of names.
    index
        The open index.
    notices
        Sentences about things in the folder that the store does not know, each told once.

    Raises
    ------
    InputError
        If the folder or its index cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sessions = folder / SESSIONS_FOLDER
        self.people = folder / PEOPLE_FOLDER
        self.names = folder / NAMES_FILE
        self.notices: tuple[str, ...] = ()
        try:
            make_private_folder(folder)
            finish_repairs(folder)
        except OSError as error:
            raise InputError(
                f"The store in {folder} cannot be opened ({error.strerror}). Choose another folder "
                "with IMU_VALGUS_HOME."
            ) from error
        self.index = open_index(folder / INDEX_FILE)
        self.index.row_factory = sqlite3.Row
        try:
            with self.in_words():
                make_private_folder(self.sessions)
                make_private_folder(self.people)
                self._settle()
        except BaseException:
            self.index.close()
            raise

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Turn whatever disk and index raise into one sentence; the store stays as it was."""
        try:
            yield
        except sqlite3.Error as error:
            raise index_error(error, self.folder) from error
        except OSError as error:
            raise InputError(
                f"The store in {self.folder} could not be used ({error.strerror or error}). "
                "Nothing was changed. Free some space or change the permissions, and try again."
            ) from error

    def _settle(self) -> None:
        """Finish or undo what a killed process left, and notice what the store did not make."""
        with writing_if_free(self.index) as is_free:
            if not is_free:
                return
            works = abandoned_works(self.folder)
            for work in works:
                self._finish(work)
            self._write_missing_documents()
            self.notices = self._new_strangers()
        for notice in self.notices:
            _log.warning(notice)
        for work in works:
            if work.kind == "forget" and work.folder.exists():
                self._erase_traces(work, wait_s=0.0)

    @contextmanager
    def changing(self, kind: str, **details: object) -> Iterator[Work]:
        """Change the store: prepared in the staging area, true with the commit, then in place."""
        work = None
        try:
            with writing(self.index):
                work = begin_work(self.folder, kind, **details)
                yield work
        finally:
            # Done or undone, the index says which. Whatever fails here, say for want of space, is
            # made up for when the store is opened next.
            with contextlib.suppress(OSError, sqlite3.Error, InputError), writing(self.index):
                if work is not None and work.folder.exists():
                    self._finish(work)

    def _finish(self, work: Work) -> None:
        """Bring the files to what the index says; with the write lock held, as often as needed."""
        person, session = str(work.details.get("person")), str(work.details.get("session"))
        match work.kind:
            case "add":
                if not has_session(self.index, session):
                    self._remove_made_by(work, self.sessions / session)
            case "person":
                self._mirror_person(work, person)
            case "session":
                self._mirror_session(work, session)
            case "export":
                path = Path(str(work.details.get("path")))
                if path.name.endswith(f".{work.token}.partial") and not path.is_symlink():
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            case "forget" if person not in pseudonyms(self.index):
                self._remove_files_of(work, person)
                return  # it ends when its traces are erased
            case "forget":
                pass  # nothing was removed yet
            case _:
                return  # a repair, or a newer version began it
        work.end()

    def _remove_made_by(self, work: Work, folder: Path) -> None:
        """Remove a session's folder if this very work has made it."""
        with contextlib.suppress(InputError):
            if read_session_document(folder)[1] == work.token:
                shutil.rmtree(folder)

    def _place(self, work: Work, content: bytes, target: Path) -> None:
        staged = work.folder / "document"
        staged.unlink(missing_ok=True)
        write_new_file(staged, content)
        staged.replace(target)
        sync_folder(target.parent)

    def _mirror_person(self, work: Work, person: str) -> None:
        if person in pseudonyms(self.index):
            staged_names = work.folder / NAMES_FILE
            if staged_names.exists():
                staged_names.replace(self.names)
            programme, log = read_programme(self.index, person), read_log(self.index, person)
            target = self.people / f"{person}{PERSON_SUFFIX}"
            self._place(work, person_document(person, programme, log), target)

    def _mirror_session(self, work: Work, session_id: str) -> None:
        folder = self.sessions / session_id
        if has_session(self.index, session_id) and folder.is_dir():
            document = session_document(read_session(self.index, session_id))
            self._place(work, document, folder / SESSION_DOCUMENT)

    def _write_missing_documents(self) -> None:
        """Write what versions before 0.2 did not write beside the index."""
        sessions = [
            session_id
            for session_id in session_ids(self.index)
            if (self.sessions / session_id).is_dir()
            and not (self.sessions / session_id / SESSION_DOCUMENT).exists()
        ]
        people = [
            person
            for person in pseudonyms(self.index)
            if not (self.people / f"{person}{PERSON_SUFFIX}").exists()
        ]
        if not sessions and not people:
            return
        work = begin_work(self.folder, "session")
        with contextlib.suppress(InputError):  # a damaged row; `store check` names it
            for session_id in sessions:
                self._mirror_session(work, session_id)
            for person in people:
                self._mirror_person(work, person)
        work.end()

    def _new_strangers(self) -> tuple[str, ...]:
        """Name what lies among the sessions without being listed; each thing once."""
        known = session_ids(self.index) | LITTER
        known |= {row["name"] for row in self.index.execute("SELECT name FROM noticed")}
        new = [path for path in sorted(self.sessions.iterdir()) if path.name not in known]
        for path in new:
            insert(self.index, "noticed", {"name": path.name})
        sessions = [path for path in new if (path / SESSION_DOCUMENT).is_file()]
        others = [path for path in new if path not in sessions]
        notices = []
        if sessions:
            what = f"{len(sessions)} sessions" if len(sessions) > 1 else f"'{sessions[0].name}'"
            notices.append(
                f"The index does not list {what} in '{self.sessions}'. To bring lost sessions "
                "back, run  imu-valgus store rebuild"
            )
        if others:
            names = ", ".join(f"'{path.name}'" for path in others[:5])
            more = f" and {len(others) - 5} more" if len(others) > 5 else ""
            notices.append(
                f"{names}{more} in '{self.sessions}' was not made by imu_valgus. It is left alone; "
                "keep your own files outside of the store."
            )
        return tuple(notices)

    def forget(self, person: str) -> None:
        """Remove everything of a person: rows, result files, programme, log and name.

        Freed pages of the index are overwritten and it is rebuilt. What a disk or its backups
        keep of deleted files is out of reach of any program.

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
        sessions = self._sessions_of(person)
        if not (sessions or person in pseudonyms(self.index) or self._has_remains(person)):
            raise InputError(f"There is no {person} in the store.")
        with self.changing("forget", person=person, sessions=sessions) as work:
            self.index.execute("DELETE FROM person WHERE pseudonym = ?", (person,))
            self.index.executemany("DELETE FROM noticed WHERE name = ?", [(s,) for s in sessions])
        if not self._erase_traces(work, wait_s=_ERASE_S):
            raise InputError(
                f"{person} is removed, but another program has the store open and still holds "
                "traces in the log of the index. Close it; the next imu-valgus command erases them."
            )

    def _sessions_of(self, person: str) -> list[str]:
        """List sessions by the index, and by folders that no row mentions any more."""
        query = "SELECT session_id FROM session WHERE person = ?"
        found = {row["session_id"] for row in self.index.execute(query, (person,))}
        for folder in self.sessions.iterdir():
            with contextlib.suppress(InputError):
                if read_session_document(folder)[0].person == person:
                    found.add(folder.name)
        return sorted(found)

    def _has_remains(self, person: str) -> bool:
        document = self.people / f"{person}{PERSON_SUFFIX}"
        return document.exists() or person in read_names(self.names)

    def _remove_files_of(self, work: Work, person: str) -> None:
        for session_id in work.details.get("sessions", []):
            folder = self.sessions / str(checked_file_name(session_id))
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)
        (self.people / f"{person}{PERSON_SUFFIX}").unlink(missing_ok=True)
        for path in leftovers_of_older_versions(self.folder):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._forget_in_older_copies(person)
        names = read_names(self.names)
        if names.pop(person, None) is not None:
            self._place(work, names_bytes(names), self.names)

    def _forget_in_older_copies(self, person: str) -> None:
        """Remove a person from what repairs have put aside; damaged indexes go as a whole.

        A rebuild has taken everything from a damaged index that can be read, and nobody can remove
        one person from a damaged file.
        """
        damaged = self.folder / DAMAGED_FOLDER
        for path in damaged.iterdir() if damaged.is_dir() and not damaged.is_symlink() else ():
            if re.fullmatch(STAMP, path.name) and path.is_dir():
                shutil.rmtree(path)
        for copy in replaced_stores(self.folder):
            try:
                older = Upkeep(copy)
            except InputError:
                for path in copy.glob(f"{INDEX_FILE}*"):
                    path.unlink()
                older = Upkeep(copy)
            with contextlib.closing(older.index), contextlib.suppress(InputError):
                older.forget(person)

    def _erase_traces(self, work: Work, *, wait_s: float) -> bool:
        """Empty the write-ahead log; False while another program keeps it in use."""
        with contextlib.suppress(sqlite3.OperationalError):
            # Deleted rows are zeroed anyway (secure_delete); rebuilding also hides their number.
            self.index.execute("VACUUM")
        give_up = time.monotonic() + wait_s
        while self.index.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() >= give_up:
                return False
            time.sleep(0.05)
        work.end()
        return True

    @contextmanager
    def writing_outside(self, target: Path) -> Iterator[tuple[Path, Path]]:
        """Give a name beside `target` for a file or folder, which is renamed to it at the end.

        Nobody else writes to the store meanwhile. The second path is a place for temporary files
        inside the store. What a killed process left of both is removed when the store is opened.
        """
        final = target.resolve()
        with writing(self.index):
            work = begin_work(self.folder, "export")
            try:
                staged = final.with_name(f".{final.name}.{work.token}.partial")
                work.note(path=str(staged))
                make_private_folder(staged.parent)
                yield staged, work.folder
                if final.is_dir():
                    final.rmdir()
                staged.rename(final)
                sync_folder(final.parent)
            finally:
                self._finish(work)

    def copy_index(self, target: Path) -> None:
        """Copy the whole index into one file, from inside a change or outside."""
        touch_private(target)
        source = sqlite3.connect(self.folder / INDEX_FILE)
        with contextlib.closing(source), contextlib.closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
