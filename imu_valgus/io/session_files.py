"""The result files that are stored with a session, and what progress reports read from them."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from imu_valgus.errors import InputError
from imu_valgus.io.curves_file import CURVES_FILE, decode_curves, encode_curves
from imu_valgus.io.regular_file import read_regular, shown_path
from imu_valgus.io.results import SUMMARY_FILE
from imu_valgus.io.step_up_document import decode_step_ups
from imu_valgus.io.summary import summary_document
from imu_valgus.model import Analysis, Joint, RepetitionCurves, Side, StepUpSummary, Task
from imu_valgus.model.session_results import OVERLAID_ANGLES, SessionCurves, SessionTrust
from imu_valgus.segmentation.curves import repetition_curves

__all__ = [
    "ResultFiles",
    "curves_of",
    "read_session_curves",
    "read_session_trust",
    "read_step_ups",
    "session_files",
]

_MOST_BYTES: Final = 64_000_000
"""The results of a session take some 100 kB."""

ResultFiles = Mapping[str, bytes] | Iterable[Path]
"""Content by name, as from `session_files`, or paths, as from ``Store.files_of``."""


def session_files(analysis: Analysis) -> Mapping[str, bytes]:
    """Make the files that ``Store.add_session`` stores beside the measures of a session.

    Parameters
    ----------
    analysis
        Analysis of the session.

    Returns
    -------
    mapping of str to bytes
        ``summary.json``, as ``analyse`` writes it, and ``curves.parquet``. The same analysis gives
        the same bytes.
    """
    document = summary_document(analysis)
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return {
        SUMMARY_FILE: f"{text}\n".encode(),
        CURVES_FILE: encode_curves(curves_of(analysis)),
    }


def curves_of(analysis: Analysis) -> SessionCurves:
    """Select the curves of an analysis that are stored.

    Parameters
    ----------
    analysis
        Analysis of the session.

    Returns
    -------
    SessionCurves
        All mean gait curves, and the `OVERLAID_ANGLES` of the leading leg in step-ups.
    """
    step_ups = (
        _step_up_curves(analysis, joint, motion, side)
        for side in Side
        for joint, motion in OVERLAID_ANGLES
    )
    return SessionCurves(
        gait=() if analysis.walk is None else tuple(analysis.walk.curves),
        step_ups=tuple(curves for curves in step_ups if curves and len(curves.curves_deg)),
    )


def _step_up_curves(
    analysis: Analysis, joint: Joint, motion: str, side: Side
) -> RepetitionCurves | None:
    pairs = [
        (angles, repetition)
        for recording in analysis.recordings
        for repetition in recording.repetitions
        if repetition.task is Task.STEP_UP and repetition.side is side
        for angles in recording.angles
        if angles.joint is joint and angles.side is side
    ]
    return repetition_curves(pairs, motion=motion) if pairs else None


def read_session_curves(files: ResultFiles) -> SessionCurves:
    """Read the curves of a session from its result files.

    Parameters
    ----------
    files
        Result files of the session.

    Returns
    -------
    SessionCurves
        Exactly as stored; empty if the session was stored without curves.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    name, content = _found(files, CURVES_FILE)
    return SessionCurves() if content is None else decode_curves(content, name=name)


def read_step_ups(files: ResultFiles) -> Mapping[Side, StepUpSummary]:
    """Read the step-up summaries of a session from its result files.

    Parameters
    ----------
    files
        Result files of the session.

    Returns
    -------
    mapping of Side to StepUpSummary
        Summary by leading leg, exactly as analysed. Empty if there were no step-ups, or if the
        session was stored without its summary.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    name, content = _found(files, SUMMARY_FILE)
    return {} if content is None else decode_step_ups(content, name=name)


def _found(files: ResultFiles, name: str) -> tuple[str, bytes | None]:
    """Find a file by its name; return how messages name it, and its content."""
    if isinstance(files, Mapping):
        return name, files.get(name)
    path = next((file for file in files if file.name == name), None)
    if path is None:
        return name, None
    try:
        return str(path), read_regular(path, most_bytes=_MOST_BYTES)
    except OSError as error:
        raise InputError(
            f"{shown_path(path)} cannot be read ({error.strerror}). Check its permissions."
        ) from error


def read_session_trust(files: Iterable[Path]) -> SessionTrust:
    """Read from its result files how well a session was recorded.

    Parameters
    ----------
    files
        Result files of the session.

    Returns
    -------
    SessionTrust
        Largest loss and drift of all recordings; None if the session was stored without a
        summary. No summary holds clock errors.

    Raises
    ------
    InputError
        If the summary cannot be read.
    """
    path = next((file for file in files if file.name == SUMMARY_FILE), None)
    if path is None:
        return SessionTrust()
    try:
        quality = json.loads(read_regular(path, most_bytes=_MOST_BYTES))["quality"].values()
        received = [
            share for part in quality for share in _numbers(part["sensors"], "received_share")
        ]
        drifts = [
            abs(drift)
            for part in quality
            for drift in _numbers(part["joints"], "heading_closure_deg")
        ]
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise InputError(
            f"{shown_path(path)} is no summary of a session, or is damaged. Analyse and add the "
            "recording again."
        ) from error
    return SessionTrust(
        lost_share=max(0.0, 1.0 - min(received)) if received else None,
        drift_deg=max(drifts, default=None),
    )


def _numbers(places: dict[str, dict[str, Any]], name: str) -> Iterator[float]:
    for figures in places.values():
        value = figures[name]
        if value is not None and math.isfinite(value):
            yield float(value)
