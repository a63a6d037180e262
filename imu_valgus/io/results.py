"""What ``analyse`` writes: a folder of tables, a summary and the report, all or nothing."""

import json
from pathlib import Path
from typing import Final

import pandas as pd

from imu_valgus.io.atomic import staged_folder
from imu_valgus.io.number_table import write_number_table
from imu_valgus.io.summary import summary_document
from imu_valgus.io.tables import angle_columns, events_table, repetitions_table
from imu_valgus.model import Analysis, RecordingAnalysis

SUMMARY_FILE: Final = "summary.json"
REPORT_FILE: Final = "report.html"
ANGLES_FILE: Final = "angles.csv"
EVENTS_FILE: Final = "events.csv"
REPETITIONS_FILE: Final = "repetitions.csv"

DECIMALS: Final = 4
"""A ten-thousandth of a degree or of a second is far below any uncertainty here."""

_OUR_FILES: Final = frozenset({SUMMARY_FILE, REPORT_FILE})
_OUR_TABLES: Final = frozenset({ANGLES_FILE, EVENTS_FILE, REPETITIONS_FILE})


def write_results(analysis: Analysis, out: Path | str, *, report_html: str | None) -> None:
    """Write an analysis to a folder, replacing earlier results only as a whole.

    Parameters
    ----------
    analysis
        The result.
    out
        The folder; created, or replaced where it holds nothing but earlier results.
    report_html
        The report, None for none.

    Raises
    ------
    InputError
        If the folder holds files of others, or the disk does not take the results; then what was
        there before is untouched.
    """
    with staged_folder(Path(out), is_ours=is_result_file) as stage:
        for recording in analysis.recordings:
            _write_recording(recording, stage / recording.name)
        document = summary_document(analysis)
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        (stage / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")
        if report_html is not None:
            (stage / REPORT_FILE).write_text(report_html, encoding="utf-8")


def is_result_file(inner: Path) -> bool:
    """Whether a file, relative to the results folder, is one that this module writes.

    Examples
    --------
    >>> is_result_file(Path("walk/angles.csv")), is_result_file(Path("walk/thigh_right.csv"))
    (True, False)
    """
    return inner.name in (_OUR_FILES if len(inner.parts) == 1 else _OUR_TABLES)


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table of events or repetitions: fixed decimals, empty cells for what is not known.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    table.to_csv(file, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")


def _write_recording(recording: RecordingAnalysis, folder: Path) -> None:
    folder.mkdir(parents=True)
    columns = angle_columns(recording.angles, with_sd=True)
    write_number_table(folder / ANGLES_FILE, columns, decimals=DECIMALS)
    write_table(events_table(recording.events), folder / EVENTS_FILE)
    if recording.repetitions:
        write_table(repetitions_table(recording.repetitions), folder / REPETITIONS_FILE)
