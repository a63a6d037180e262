"""Tables that may leave the house: no names, addresses, serials, free text or true dates."""

import math
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from imu_valgus.model.progress import SessionRecord
from imu_valgus.store.export import Row, csv_bytes
from imu_valgus.store.store import Store

_SHORTEST_SHIFT_DAYS: Final = 365
_SHIFT_RANGE_DAYS: Final = 3650

_SESSION_COLUMNS: Final = (
    "person", "session", "day", "weeks_since_first", "calibration", "software_version",
    "science_version", "score_version", "fusion", "feedback", "step_height_m", "footwear",
    "n_sensors", "pain", "is_set_aside", "purpose",
)  # fmt: skip
_MEASURE_COLUMNS: Final = (
    "person", "session", "task", "side", "measure", "value", "sd", "n", "repetitions",
)  # fmt: skip
_LOG_COLUMNS: Final = ("person", "day", "exercise", "pain")


def shared_of(store: Store, people: Iterable[str]) -> dict[str, bytes | Path]:
    """Gather sessions, measures and log of some people without what identifies them.

    People and sessions are numbered anew; all days of a person are moved by one random number of
    days, drawn for this export and kept nowhere, so that distances stay true. Times of day,
    notes, reasons, phases' names, doses, sensors, hashes and result files stay behind. The way a
    person moves may still tell who it is: share with care.

    Parameters
    ----------
    store
        Where they are.
    people
        Pseudonyms.

    Returns
    -------
    dict of str to bytes or Path
        Content of ``sessions.csv``, ``measures.csv`` and ``log.csv`` by name.

    Raises
    ------
    InputError
        If a person is unknown.
    """
    sessions: list[Row] = []
    measures: list[Row] = []
    log: list[Row] = []
    # The order given could follow the pseudonyms; a shuffled one tells nothing.
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
    tables = (
        ("sessions.csv", _SESSION_COLUMNS, sessions),
        ("measures.csv", _MEASURE_COLUMNS, measures),
        ("log.csv", _LOG_COLUMNS, log),
    )
    return {name: csv_bytes(columns, rows) for name, columns, rows in tables}


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
            sd = None if math.isnan(measure.sd) else measure.sd
            yield (
                label, number, key.task, key.side, key.name, measure.value, sd, measure.n, values,
            )  # fmt: skip
