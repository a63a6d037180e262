"""Tables for sharing, without names, addresses, serial numbers, free text or true dates."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from imu_valgus.io.atomic import make_private_folder, write_new_file
from imu_valgus.model.progress import SessionRecord
from imu_valgus.store.export import MEASURE_COLUMNS, Row, csv_bytes
from imu_valgus.store.folder import check_new_or_empty
from imu_valgus.store.store import Store

_SHORTEST_SHIFT_DAYS: Final = 365
_SHIFT_RANGE_DAYS: Final = 3650

_SESSION_COLUMNS: Final = (
    "person", "session", "day", "weeks_since_first", "calibration", "software_version",
    "science_version", "score_version", "fusion", "feedback", "step_height_m", "footwear",
    "n_sensors", "pain", "is_set_aside", "purpose",
)  # fmt: skip


def export_share(store: Store, people: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Write sessions, measures and log of some people without what identifies them.

    People and sessions are numbered anew. All days of a person are moved by one random number of
    days, drawn for this export and stored nowhere, so that the time between sessions stays true.
    Left out are times of day, notes, reasons, names of phases, doses, sensors, hashes and result
    files. The way a person moves may still reveal who it is: share with care.

    Parameters
    ----------
    store
        The open store.
    people
        Pseudonyms of the people.
    folder
        New or empty folder for ``sessions.csv``, ``measures.csv`` and ``log.csv``.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        If a person is unknown or the folder is not empty.
    """
    check_new_or_empty(folder)
    sessions: list[Row] = []
    measures: list[Row] = []
    log: list[Row] = []
    # The given order could follow the pseudonyms; a random one reveals nothing.
    shuffled = secrets.SystemRandom().sample(sorted(set(people)), k=len(set(people)))
    for number, person in enumerate(shuffled, start=1):
        label = f"person_{number}"
        shift = timedelta(days=_SHORTEST_SHIFT_DAYS + secrets.randbelow(_SHIFT_RANGE_DAYS))
        records = store.sessions(person)
        sessions.extend(_session_rows(label, records, shift))
        measures.extend(_measure_rows(label, records))
        log.extend(
            (label, _moved(entry.day, shift), entry.exercise, entry.pain)
            for entry in store.log(person)
        )
    make_private_folder(folder)
    tables = {
        "sessions.csv": csv_bytes(_SESSION_COLUMNS, sessions),
        "measures.csv": csv_bytes(MEASURE_COLUMNS, measures),
        "log.csv": csv_bytes(("person", "day", "exercise", "pain"), log),
    }
    for name, content in tables.items():
        write_new_file(folder / name, content)
    return tuple(folder / name for name in tables)


def _moved(day: date, shift: timedelta) -> str:
    return (day - shift).isoformat()


def _session_rows(label: str, records: Sequence[SessionRecord], shift: timedelta) -> Iterable[Row]:
    for number, record in enumerate(records, start=1):
        conditions = record.conditions
        weeks = (record.recorded_at - records[0].recorded_at) / timedelta(weeks=1)
        yield (
            label, number, _moved(record.recorded_at.date(), shift), f"{weeks:.3f}",
            conditions.calibration, conditions.software_version, conditions.science_version,
            conditions.score_version, conditions.fusion, conditions.feedback,
            conditions.step_height_m, conditions.footwear, len(conditions.sensors),
            record.pain, bool(record.set_aside), record.purpose,
        )  # fmt: skip


def _measure_rows(label: str, records: Sequence[SessionRecord]) -> Iterable[Row]:
    for number, record in enumerate(records, start=1):
        for measure in record.measures:
            key = measure.key
            values = " ".join(f"{value:.6g}" for value in measure.repetitions)
            yield (
                label, number, key.task, key.side, key.name, measure.value, measure.sd,
                measure.n, values,
            )  # fmt: skip
