"""Recovers recordings that were never finished, after a power cut, kill -9 or a full disk."""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal
from imu_valgus.recorder.session_writer import RecordedSummary, write_recorded_session

__all__ = ["OpenRecordings", "find_orphans", "recover_recording"]

_log = logging.getLogger(__name__)

_STILL_WRITTEN_S: Final = 10.0
"""The recorder writes to its journal at least every second; an older one has no recorder."""


def recover_recording(path: Path) -> RecordedSummary:
    """Turn a journal into a recorded session in the same folder, whatever state it is in.

    Parameters
    ----------
    path
        Folder of the recording, or its journal.

    Returns
    -------
    RecordedSummary
        What could be recovered.

    Raises
    ------
    InputError
        If there is no journal, the session is already complete, or nothing can be recovered.
    """
    journal_file = path / JOURNAL_FILE if path.is_dir() else path
    folder = journal_file.parent
    if (folder / SESSION_FILE).exists():
        raise InputError(
            f"The recording in '{folder}' is complete, so there is nothing to recover. To decode "
            f"it again, first move its {SESSION_FILE} away."
        )
    journal = Journal.read(journal_file)
    _log.info("recovering %s: %d packets, %d events, %d damaged places", folder,
              len(journal.packets), len(journal.events), len(journal.damage))  # fmt: skip
    note = "The recording did not end properly and was recovered from its journal."
    return write_recorded_session(folder, journal, notes=[note])


def find_orphans(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Find recordings that were never finished and are not being written now.

    Parameters
    ----------
    folders
        Folders to look into.

    Returns
    -------
    tuple of Path
        Folders to recover, each once.
    """
    return tuple(folder for folder in dict.fromkeys(folders) if _is_orphan(folder))


def _is_orphan(folder: Path) -> bool:
    try:
        age_s = time.time() - (folder / JOURNAL_FILE).stat().st_mtime
    except (OSError, ValueError):
        return False
    return age_s > _STILL_WRITTEN_S and not (folder / SESSION_FILE).exists()


@dataclass(frozen=True, slots=True)
class OpenRecordings:
    """Keeps a list of running recordings, so that the next start finds those that died.

    Parameters
    ----------
    home
        Data folder of the program.
    """

    home: Path

    def add(self, folder: Path) -> None:
        """Add a recording that begins; does nothing if the data folder cannot be written."""
        with contextlib.suppress(OSError):
            make_private_folder(self._notes)
            write_whole(self._note(folder), os.fsencode(folder.absolute()))

    def remove(self, folder: Path) -> None:
        """Remove a recording that has ended properly or was recovered."""
        with contextlib.suppress(OSError):
            self._note(folder).unlink()

    def folders(self) -> tuple[Path, ...]:
        """Return the folders on the list."""
        with contextlib.suppress(OSError, ValueError):
            notes = sorted(path for path in self._notes.iterdir() if path.suffix != ".partial")
            return tuple(Path(os.fsdecode(note.read_bytes())) for note in notes)
        return ()

    @property
    def _notes(self) -> Path:
        return self.home / "open_recordings"

    def _note(self, folder: Path) -> Path:
        name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
        return self._notes / name
