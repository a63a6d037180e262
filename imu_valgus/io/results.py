"""Writes result tables: the folder that ``analyse`` makes, and the known truth of a recording."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import staged_folder
from imu_valgus.io.plain_session import TRUE_ANGLES_FILE, TRUE_EVENTS_FILE, TRUE_REPETITIONS_FILE
from imu_valgus.io.regular_file import read_regular
from imu_valgus.io.summary import summary_document
from imu_valgus.io.tables import angle_columns, events_table, repetitions_table
from imu_valgus.io.text_table import write_number_table
from imu_valgus.model import Analysis, GaitEvent, JointAngles, Repetition

SUMMARY_FILE: Final = "summary.json"
REPORT_FILE: Final = "report.html"
ANGLES_FILE: Final = "angles.csv"
EVENTS_FILE: Final = "events.csv"
REPETITIONS_FILE: Final = "repetitions.csv"

DECIMALS: Final = 4
"""A ten-thousandth of a degree or a second is far below any uncertainty here."""

_LARGEST_SUMMARY: Final = 64_000_000
"""A summary takes some 100 kB, also of a day of recordings."""

_OUR_FILES: Final = frozenset({SUMMARY_FILE, REPORT_FILE})
_OUR_TABLES: Final = frozenset({ANGLES_FILE, EVENTS_FILE, REPETITIONS_FILE})


def write_results(
    analysis: Analysis,
    out: Path | str,
    *,
    report_html: str | None,
    source: Mapping[str, str] | None = None,
) -> None:
    """Write an analysis to a folder, completely or not at all.

    Parameters
    ----------
    analysis
        Result to write.
    out
        Folder to create. It is replaced if it holds nothing but earlier results.
    report_html
        Report page, None for no report.
    source
        What identifies the session (see :func:`source_of`), None to write nothing about it.

    Raises
    ------
    InputError
        If the folder holds other files or cannot be written; nothing in it has changed then.
    """
    with staged_folder(Path(out), is_ours=is_result_file) as stage:
        for recording in analysis.recordings:
            folder = stage / recording.name
            folder.mkdir(parents=True)
            columns = angle_columns(recording.angles, with_sd=True)
            write_number_table(folder / ANGLES_FILE, columns, decimals=DECIMALS)
            _write_table(events_table(recording.events), folder / EVENTS_FILE)
            if recording.repetitions:
                table = repetitions_table(recording.repetitions)
                _write_table(table, folder / REPETITIONS_FILE)
        document = summary_document(analysis)
        if source is not None:
            document["source"] = dict(source)
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        (stage / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")
        if report_html is not None:
            (stage / REPORT_FILE).write_text(report_html, encoding="utf-8")


def source_of(session: Path, content_sha256: str) -> dict[str, str]:
    """Identify a session by its content and by its place, the place as a hash that tells nothing.

    Parameters
    ----------
    session
        Folder of the session.
    content_sha256
        Hash of its files.

    Returns
    -------
    dict
        Hash of the content and hash of the place, by key of ``summary.json``.
    """
    place = hashlib.sha256(os.fsencode(session.resolve())).hexdigest()
    return {"content_sha256": content_sha256, "folder_sha256": place}


def check_same_source(out: Path, source: Mapping[str, str]) -> None:
    """Raise unless a folder is free for the results of a session.

    Parameters
    ----------
    out
        Folder for the results.
    source
        What identifies the session; results of the same files, or of the same folder after its
        files were changed, may be replaced.

    Raises
    ------
    InputError
        If the folder holds results of another session, or of one that cannot be told.
    """
    try:
        content = read_regular(out / SUMMARY_FILE, most_bytes=_LARGEST_SUMMARY)
        summary = json.loads(content)
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError):
        summary = None
    earlier = summary.get("source") if isinstance(summary, dict) else None
    if not isinstance(earlier, dict) or not earlier.items() & source.items():
        raise InputError(
            f"{out} holds the results of another session. Choose another folder, or say "
            "--overwrite to replace them."
        )


def write_truth(
    folder: Path | str,
    *,
    angles: Sequence[JointAngles],
    events: Iterable[GaitEvent] = (),
    repetitions: Iterable[Repetition] = (),
) -> None:
    """Write the true values of a simulated or measured recording beside its sensor files.

    Parameters
    ----------
    folder
        Folder of the recording; created if it is missing.
    angles
        True joint angles on one clock; columns as in ``angles.csv``, without uncertainties.
    events, repetitions
        True gait events and repetitions; no file is written for an empty list.

    Raises
    ------
    OSError
        If the files cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    columns = angle_columns(angles, with_sd=False)
    write_number_table(folder / TRUE_ANGLES_FILE, columns, decimals=DECIMALS)
    if events := tuple(events):
        _write_table(events_table(events), folder / TRUE_EVENTS_FILE)
    if repetitions := tuple(repetitions):
        _write_table(repetitions_table(repetitions), folder / TRUE_REPETITIONS_FILE)


def is_result_file(inner: Path) -> bool:
    """Whether a file, relative to the results folder, is one that `write_results` writes.

    Parameters
    ----------
    inner
        Path relative to the folder of results.

    Returns
    -------
    bool
        True if `analyse` writes files of that name.

    Examples
    --------
    >>> is_result_file(Path("walk/angles.csv")), is_result_file(Path("walk/thigh_right.csv"))
    (True, False)
    """
    return inner.name in (_OUR_FILES if len(inner.parts) == 1 else _OUR_TABLES)


def _write_table(table: pd.DataFrame, file: Path) -> None:
    """Write events or repetitions with fixed decimals; unknown values become empty cells."""
    table.to_csv(file, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
