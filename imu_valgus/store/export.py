"""All that is kept of some people, for themselves: tables, names and result files.

Tables that leave the store, as comma-separated text.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from imu_valgus.model.progress import SessionRecord
from imu_valgus.store.folder import check_new_or_empty, write_files
from imu_valgus.store.store import Store

Row = Sequence[object]


def csv_bytes(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    r"""Write a table with its head; what is None stays empty.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    Examples
    --------
    >>> csv_bytes(("side", "value"), [("left", 1.5), (None, 2)])
    b'side,value\nleft,1.5\n,2\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_as_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


_NUMBERS: Final = re.compile(r"[-+0-9.eE, ]*")


def _as_text(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell[:1] in set("=+-@\t\r")
    return f"'{cell}" if is_formula and not _NUMBERS.fullmatch(str(cell)) else cell


_SESSION_COLUMNS: Final = (
    "person", "session", "recorded_at", "purpose", "calibration", "software_version",
    "science_version", "score_version", "fusion", "feedback", "step_height_m", "footwear",
    "sensors", "pain", "notes", "set_aside", "raw_sha256",
)  # fmt: skip

_MEASURE_COLUMNS: Final = (
    "person", "session", "task", "side", "measure", "value", "sd", "n", "repetitions",
)  # fmt: skip


def export_everything(store: Store, people: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Write everything that is kept of some people, with names, notes, true dates and files.

    Parameters
    ----------
    store
        Where they are.
    people
        Pseudonyms.
    folder
        New or empty folder. It gets ``people.csv``, ``sessions.csv``, ``measures.csv``,
        ``programme.csv``, ``phases.csv``, ``plan.csv``, ``log.csv`` and the result files as
        ``sessions/<session>/<file>``, readable by their owner only; wholly or not at all.

    Returns
    -------
    tuple of Path
        The files written, tables first.

    Raises
    ------
    InputError
        If a person is unknown, the folder is not empty or the disk does not take the files.
    """
    check_new_or_empty(folder)
    wanted = sorted(set(people))
    records = {person: store.sessions(person) for person in wanted}
    files: dict[str, bytes | Path] = dict(_tables(store, records))
    for record in (one for own in records.values() for one in own):
        for path in store.files_of(record.session_id):
            inner = path.relative_to(store.folder).as_posix()
            files[inner] = path
    with store.exporting(folder) as staged:
        write_files(staged, files)
    return tuple(folder.joinpath(*name.split("/")) for name in files)


def _tables(
    store: Store, records: Mapping[str, Sequence[SessionRecord]]
) -> Iterator[tuple[str, bytes]]:
    people = tuple(records)
    names = [(person, store.name_of(person)) for person in people]
    yield "people.csv", csv_bytes(("person", "name"), names)
    everyone = [record for own in records.values() for record in own]
    yield "sessions.csv", csv_bytes(_SESSION_COLUMNS, map(_session_row, everyone))
    measures = (row for record in everyone for row in _measure_rows(record))
    yield "measures.csv", csv_bytes(_MEASURE_COLUMNS, measures)
    plans = [(person, plan) for person in people if (plan := store.programme(person)) is not None]
    starts = [(person, plan.start) for person, plan in plans]
    yield "programme.csv", csv_bytes(("person", "start"), starts)
    phases = [
        (person, phase.name, phase.first_day, phase.last_day)
        for person, plan in plans
        for phase in plan.phases
    ]
    yield "phases.csv", csv_bytes(("person", "phase", "first_day", "last_day"), phases)
    planned = [
        (person, item.exercise, item.times_per_week, item.dose)
        for person, plan in plans
        for item in plan.plan
    ]
    yield "plan.csv", csv_bytes(("person", "exercise", "times_per_week", "dose"), planned)
    log = [
        (person, entry.day, entry.exercise, entry.pain, entry.notes)
        for person in people
        for entry in store.log(person)
    ]
    yield "log.csv", csv_bytes(("person", "day", "exercise", "pain", "notes"), log)


def _session_row(record: SessionRecord) -> Row:
    conditions = record.conditions
    return (
        record.person, record.session_id, record.recorded_at.isoformat(), record.purpose,
        conditions.calibration, conditions.software_version, conditions.science_version,
        conditions.score_version, conditions.fusion, conditions.feedback,
        conditions.step_height_m, conditions.footwear, json.dumps(conditions.sensors),
        record.pain, record.notes, record.set_aside, record.raw_sha256,
    )  # fmt: skip


def _measure_rows(record: SessionRecord) -> Iterator[Row]:
    for measure in record.measures:
        key = measure.key
        yield (
            record.person, record.session_id, key.task, key.side, key.name, measure.value,
            None if math.isnan(measure.sd) else measure.sd, measure.n,
            " ".join(map(repr, measure.repetitions)),
        )  # fmt: skip
