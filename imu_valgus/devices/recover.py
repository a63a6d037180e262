"""Bring back recordings that were never finished: cut power, kill -9, a full disk."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.devices.journal import JOURNAL_FILE, Journal
from imu_valgus.devices.session_writer import RecordedSummary, write_recorded_session
from imu_valgus.errors import InputError

__all__ = ["find_orphans", "recover_recording"]

_STILL_WRITTEN_S: Final = 10.0
"""The recorder writes to its journal at least every second; an older one has no writer."""


def recover_recording(path: Path) -> RecordedSummary:
    """Turn a journal into a recorded session in its own folder, whatever state it is in.

    Parameters
    ----------
    path
        The recording's folder or its journal.

    Raises
    ------
    InputError
        If there is no journal, the session is complete already, or nothing can be recovered.
    """
    journal_file = path / JOURNAL_FILE if path.is_dir() else path
    folder = journal_file.parent
    if (folder / SESSION_FILE).exists():
        raise InputError(
            f"The recording in '{folder}' is complete: there is nothing to recover. To decode it "
            f"again, move its {SESSION_FILE} away first."
        )
    journal = Journal.read(journal_file)
    note = "The recording was not ended in order and was recovered from its journal."
    return write_recorded_session(folder, journal, notes=[note])


def find_orphans(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Find folders whose recording was never finished and is not being written now."""
    return tuple(folder for folder in dict.fromkeys(folders) if _is_orphan(folder))


def _is_orphan(folder: Path) -> bool:
    try:
        age_s = time.time() - (folder / JOURNAL_FILE).stat().st_mtime
    except OSError:
        return False
    return age_s > _STILL_WRITTEN_S and not (folder / SESSION_FILE).exists()
