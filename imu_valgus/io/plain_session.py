"""The plain session format, which anyone can write: one CSV per sensor (contract, section 1)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from imu_valgus.conventions import ACC_COLUMNS, GYR_COLUMNS, MAG_COLUMNS, SESSION_FILE, TIME_COLUMN
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import staged_folder
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.places import file_stem
from imu_valgus.io.regular_file import shown
from imu_valgus.io.sensor_file import SensorFileFormat, check_columns, skipped_rows
from imu_valgus.io.session_toml import RecordingEntry, write_session_toml
from imu_valgus.io.text_table import read_head, read_numbers, write_number_table
from imu_valgus.model import Finding, FloatArray, Placement, SensorStream, Session

TRUE_ANGLES_FILE: Final = "true_angles.csv.gz"
TRUE_EVENTS_FILE: Final = "true_events.csv"
TRUE_REPETITIONS_FILE: Final = "true_repetitions.csv"
TRUTH_FILES: Final = frozenset({TRUE_ANGLES_FILE, TRUE_EVENTS_FILE, TRUE_REPETITIONS_FILE})
"""Files that may lie beside sensor files and are never read as such."""

NEEDED_COLUMNS: Final = (TIME_COLUMN, *ACC_COLUMNS, *GYR_COLUMNS)


def write_plain_session(
    session: Session, folder: Path | str, *, decimals: int = 6, suffix: str = ".csv.gz"
) -> None:
    """Write a session as a plain session folder, completely or not at all.

    Parameters
    ----------
    session
        Session to write. Streams keep their sample times; rows of NaN become empty cells.
    folder
        Folder to write; must be new, empty, or hold nothing but an earlier plain session.
    decimals
        Number of decimals in every column.
    suffix
        ``.csv.gz``, which is compressed reproducibly, or ``.csv``.

    Raises
    ------
    InputError
        If the folder holds other files or cannot be written.
    """
    sensors: dict[Placement, str] = {}
    with staged_folder(Path(folder), is_ours=_is_session_file) as stage:
        for recording in session.recordings:
            (stage / recording.name).mkdir(parents=True)
            for place, stream in recording.streams.items():
                file = stage / recording.name / f"{place}{suffix}"
                write_number_table(file, stream_columns(stream), decimals=decimals)
                if stream.sensor_id is not None:
                    sensors[place] = stream.sensor_id
        entries = [
            RecordingEntry(recording.name, recording.tasks) for recording in session.recordings
        ]
        content = write_session_toml(session.info, entries, sensors=sensors)
        (stage / SESSION_FILE).write_bytes(content)


def stream_columns(stream: SensorStream) -> dict[str, FloatArray]:
    """Lay out the samples of a sensor as named columns.

    Parameters
    ----------
    stream
        Samples of one sensor.

    Returns
    -------
    dict of FloatArray
        Columns of the plain session format, shape (n,) each; no magnetometer if there is none.
    """
    columns = {TIME_COLUMN: stream.time_s}
    columns |= dict(zip(ACC_COLUMNS, stream.acc.T, strict=True))
    columns |= dict(zip(GYR_COLUMNS, stream.gyr.T, strict=True))
    if stream.mag is not None:
        columns |= dict(zip(MAG_COLUMNS, stream.mag.T, strict=True))
    return columns


def _is_session_file(inner: Path) -> bool:
    is_sensor = file_stem(inner) in list(Placement) and inner.name.endswith((".csv", ".csv.gz"))
    return inner.name == SESSION_FILE or is_sensor or inner.name in TRUTH_FILES


def _is_column_line(line: str) -> bool:
    """Whether this is the first line with content; spreadsheets write ``sep=;`` above it."""
    text = line.strip()
    return bool(text) and not text.startswith(("#", "sep="))


def _matches(file: Path) -> bool:
    if file_stem(file) in list(Placement):
        return True
    try:
        head = read_head(file, is_column_line=_is_column_line)
    except InputError:
        return False
    return head is not None and sum(name in head.columns for name in NEEDED_COLUMNS) >= 4


def _read(
    files: Mapping[Placement, Path],
) -> tuple[dict[Placement, RawSamples], tuple[Finding, ...]]:
    raws: dict[Placement, RawSamples] = {}
    findings: tuple[Finding, ...] = ()
    for place, file in files.items():
        raws[place], file_findings = _read_file(file)
        findings += file_findings
    return raws, findings


def _read_file(file: Path) -> tuple[RawSamples, tuple[Finding, ...]]:
    """Read one sensor file, plain or gzipped; additional columns are ignored."""
    head = read_head(file, is_column_line=_is_column_line)
    if head is None:
        raise InputError(
            f"{shown(file)}: the file is empty. Its first line must hold the column names "
            f"({TIME_COLUMN}, {ACC_COLUMNS[0]}, ...). Export it again."
        )
    check_columns(file, head, NEEDED_COLUMNS, advice="Rename the columns or export them.")
    has_mag = all(name in head.columns for name in MAG_COLUMNS)
    columns = (*NEEDED_COLUMNS, *(MAG_COLUMNS if has_mag else ()))
    body, n_skipped = read_numbers(file, head, columns)
    raw = RawSamples(
        source=shown(file),
        time_s=np.ascontiguousarray(body[:, 0]),
        acc=body[:, 1:4],
        gyr=body[:, 4:7],
        mag=body[:, 7:10] if has_mag else None,
    )
    return raw, skipped_rows(file, n_skipped)


PLAIN_SESSION: Final = SensorFileFormat(
    name="plain session",
    suffixes=(".csv", ".csv.gz"),
    matches=_matches,
    read=_read,
    tag=lambda _: None,
)
