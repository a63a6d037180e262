"""All that is kept of some people, gathered and written as tables, in a folder or encrypted."""

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyrage

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.model.progress import SessionRecord
from imu_valgus.store.folder import check_new_or_empty, write_files
from imu_valgus.store.store import Store

Row = Sequence[object]


def csv_bytes(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    r"""Write a table with its head; what is None stays empty.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    Parameters
    ----------
    columns
        Head of the table.
    rows
        Cells of each row; None stays empty.

    Returns
    -------
    bytes
        The table in UTF-8, lines ended by a line feed.

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


def everything_of(store: Store, people: Iterable[str]) -> dict[str, bytes | Path]:
    """Gather everything that is kept of some people, with names, notes, true dates and files.

    Parameters
    ----------
    store
        Where they are.
    people
        Pseudonyms.

    Returns
    -------
    dict of str to bytes or Path
        Content, or a file to copy, by name: ``people.csv``, ``sessions.csv``, ``measures.csv``,
        ``programme.csv``, ``phases.csv``, ``plan.csv``, ``log.csv`` and the result files as
        ``sessions/<session>/<file>``.

    Raises
    ------
    InputError
        If a person is unknown.
    """
    records = {person: store.sessions(person) for person in sorted(set(people))}
    files: dict[str, bytes | Path] = dict(_tables(store, records))
    for record in (record for sessions in records.values() for record in sessions):
        for path in store.files_of(record.session_id):
            files[path.relative_to(store.folder).as_posix()] = path
    return files


def export_files(store: Store, files: Mapping[str, bytes | Path], folder: Path) -> tuple[Path, ...]:
    """Write gathered files to a new folder, for their owner only, wholly or not at all.

    Parameters
    ----------
    store
        Store that they come from.
    files
        What :func:`everything_of` or :func:`~imu_valgus.store.share.shared_of` gathered.
    folder
        New or empty folder.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        If the folder is not empty or the disk does not take the files.
    """
    check_new_or_empty(folder)
    with store.exporting(folder) as staged:
        write_files(staged, files)
    return tuple(folder.joinpath(*name.split("/")) for name in files)


def export_encrypted(
    files: Mapping[str, bytes | Path], file: Path, *, recipients: Sequence[str]
) -> Path:
    """Write gathered files as one ZIP archive that only the recipients can open.

    Nothing is on the disk in the clear at any time.

    Parameters
    ----------
    files
        What :func:`everything_of` or :func:`~imu_valgus.store.share.shared_of` gathered.
    file
        File to write; must not exist. ``.zip.age`` is a good ending.
    recipients
        Public keys: ``age1...`` of age, or ``ssh-ed25519 ...`` and ``ssh-rsa ...`` of SSH.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If a key is none, the file exists or the disk does not take it.
    """
    if file.exists():
        raise InputError(f"{file} exists already. Choose another name.")
    keys = [_recipient(text) for text in recipients]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            if isinstance(content, Path):
                packed.write(content, name)
            else:
                packed.writestr(name, content)
    try:
        make_private_folder(file.resolve().parent)
        write_whole(file.resolve(), pyrage.encrypt(archive.getvalue(), keys))
    except OSError as error:
        raise InputError(
            f"{file} cannot be written ({error.strerror or error}). Free some space or choose "
            "another folder."
        ) from error
    return file


def _recipient(text: str) -> Any:
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise InputError(
            f"{text!r} is no public key ({error}). Give one that begins with age1, as age-keygen "
            "prints it, or one of SSH (ssh-ed25519 or ssh-rsa)."
        ) from error


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
