"""What the index knows, once more as files, so that a lost index can be rebuilt from the folders.

``sessions/<session>/session.json`` holds the row of the session with its measures,
``people/<pseudonym>.json`` the programme and the daily log of a person. The index is what counts;
these follow it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from imu_valgus.errors import InputError
from imu_valgus.io.regular_file import printable
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
from imu_valgus.model.progress import SessionRecord, checked_identifier
from imu_valgus.store.rows import log_of, log_row, measure_of, measure_row, session_of, session_row

__all__ = [
    "PERSON_SUFFIX",
    "SESSION_DOCUMENT",
    "PersonDocument",
    "person_document",
    "read_person_document",
    "read_session_document",
    "session_document",
]

SESSION_DOCUMENT: Final = "session.json"
PERSON_SUFFIX: Final = ".json"
_SESSION_FORMAT: Final = "imu-valgus store session 1"
_PERSON_FORMAT: Final = "imu-valgus store person 1"
_MOST_BYTES: Final = 64_000_000
"""A session of this package takes some 100 kB."""


@dataclass(frozen=True, slots=True)
class PersonDocument:
    """A person as a file holds them.

    Parameters
    ----------
    person
        Pseudonym.
    programme
        Programme; None where there is none.
    log
        Daily log in order of days.
    """

    person: str
    programme: Programme | None
    log: tuple[LogEntry, ...]


def session_document(record: SessionRecord, *, token: str = "") -> bytes:
    """Write a session as JSON; `token` marks the work that made the folder.

    Parameters
    ----------
    record
        Session to write.
    token
        Word that marks the work that made the folder; empty for none.

    Returns
    -------
    bytes
        JSON in UTF-8.
    """
    document = {
        "format": _SESSION_FORMAT,
        "token": token,
        "session": session_row(record),
        "measures": [measure_row(record.session_id, measure) for measure in record.measures],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def read_session_document(folder: Path) -> tuple[SessionRecord, str]:
    """Read the session of a folder, and the token of the work that made it.

    Parameters
    ----------
    folder
        Folder of the session.

    Returns
    -------
    tuple
        The session, and the token of the work that made its folder.

    Raises
    ------
    InputError
        If there is none, or it is damaged.
    """
    document = _loaded(folder / SESSION_DOCUMENT, _SESSION_FORMAT)
    try:
        measures = [measure_of(row) for row in document["measures"]]
        return session_of(document["session"], measures), str(document["token"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"'{folder / SESSION_DOCUMENT}' is damaged ({printable(str(error), most=200)})."
        ) from error


def person_document(person: str, programme: Programme | None, log: Iterable[LogEntry]) -> bytes:
    """Write a person's programme and log as JSON.

    Parameters
    ----------
    person
        Pseudonym.
    programme
        Programme of the person.
    log
        Daily log of the person.

    Returns
    -------
    bytes
        JSON in UTF-8.
    """
    plan = None
    if programme is not None:
        plan = {
            "start": programme.start.isoformat(),
            "phases": [
                [phase.name, phase.first_day.isoformat(), phase.last_day.isoformat()]
                for phase in programme.phases
            ],
            "plan": [[item.exercise, item.times_per_week, item.dose] for item in programme.plan],
        }
    document = {
        "format": _PERSON_FORMAT,
        "person": person,
        "programme": plan,
        "log": [log_row(person, entry) for entry in log],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def read_person_document(path: Path) -> PersonDocument:
    """Read a person's file.

    Parameters
    ----------
    path
        Path of the file.

    Returns
    -------
    PersonDocument
        The person with programme and log.

    Raises
    ------
    InputError
        If it is damaged.
    """
    document = _loaded(path, _PERSON_FORMAT)
    try:
        plan = document["programme"]
        programme = None
        if plan is not None:
            programme = Programme(
                date.fromisoformat(plan["start"]),
                tuple(
                    Phase(name, date.fromisoformat(first), date.fromisoformat(last))
                    for name, first, last in plan["phases"]
                ),
                tuple(PlannedExercise(*item) for item in plan["plan"]),
            )
        person = checked_identifier(document["person"], what="a pseudonym")
        return PersonDocument(person, programme, tuple(map(log_of, document["log"])))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"'{path}' is damaged ({printable(str(error), most=200)}).") from error


def _loaded(path: Path, format_: str) -> dict[str, Any]:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
            raise InputError(f"'{path}' is missing.")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"'{path}' cannot be read ({printable(str(error), most=200)}).") from error
    if not isinstance(document, dict) or document.get("format") != format_:
        raise InputError(f"'{path}' was not written by imu_valgus, or by a newer version.")
    return document
