"""The result files that are kept of a session, and what reports of weeks read from them.

How well a kept session was recorded, read from its ``summary.json``.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imu_valgus.errors import InputError
from imu_valgus.io.curves_file import CURVES_FILE, decode_curves, encode_curves
from imu_valgus.io.results import SUMMARY_FILE
from imu_valgus.io.step_up_document import decode_step_ups
from imu_valgus.io.summary import summary_document
from imu_valgus.model import Analysis, Joint, RepetitionCurves, Side, StepUpSummary, Task
from imu_valgus.model.session_results import OVERLAID_ANGLES, SessionCurves, SessionTrust
from imu_valgus.segmentation.curves import repetition_curves

__all__ = ["read_session_trust"]

ResultFiles = Mapping[str, bytes] | Iterable[Path]
"""As `session_files` gives them, or as ``Store.files_of`` lists them."""


def session_files(analysis: Analysis) -> Mapping[str, bytes]:
    """Give what ``Store.add_session`` keeps beside the measures of a session.

    Parameters
    ----------
    analysis
        Of the session.

    Returns
    -------
    mapping of str to bytes
        ``summary.json``, the document that ``analyse`` writes, and ``curves.parquet``. The same
        analysis gives the same bytes.
    """
    document = summary_document(analysis)
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return {
        SUMMARY_FILE: f"{text}\n".encode(),
        CURVES_FILE: encode_curves(curves_of(analysis)),
    }


def curves_of(analysis: Analysis) -> SessionCurves:
    """Take from an analysis the curves that are kept.

    Parameters
    ----------
    analysis
        Of the session.

    Returns
    -------
    SessionCurves
        All mean gait curves; of the step-ups `OVERLAID_ANGLES` of the leading leg.
    """
    step_ups = (
        _step_up_curves(analysis, joint, motion, side)
        for side in Side
        for joint, motion in OVERLAID_ANGLES
    )
    return SessionCurves(
        gait=() if analysis.walk is None else tuple(analysis.walk.curves),
        step_ups=tuple(one for one in step_ups if one is not None and len(one.curves_deg)),
    )


def _step_up_curves(
    analysis: Analysis, joint: Joint, motion: str, side: Side
) -> RepetitionCurves | None:
    pairs = [
        (angles, one)
        for recording in analysis.recordings
        for one in recording.repetitions
        if one.task is Task.STEP_UP and one.side is side
        for angles in recording.angles
        if angles.joint is joint and angles.side is side
    ]
    return repetition_curves(pairs, motion=motion) if pairs else None


def read_session_curves(files: ResultFiles) -> SessionCurves:
    """Read the curves of a session from its result files.

    Parameters
    ----------
    files
        As ``Store.files_of`` lists them, or their content by name.

    Returns
    -------
    SessionCurves
        Exactly what was kept; empty where the session was kept without curves.

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
        As ``Store.files_of`` lists them, or their content by name.

    Returns
    -------
    mapping of Side to StepUpSummary
        By leading leg, as analysed: score and interval or why it is withheld, components with
        value, uncertainty and share, angles, items. Empty where there were no step-ups or the
        session was kept without its summary.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    name, content = _found(files, SUMMARY_FILE)
    return {} if content is None else decode_step_ups(content, name=name)


def _found(files: ResultFiles, name: str) -> tuple[str, bytes | None]:
    """Find a file by its name; the words for it and its content."""
    if isinstance(files, Mapping):
        return name, files.get(name)
    path = next((one for one in files if one.name == name), None)
    if path is None:
        return name, None
    try:
        return str(path), path.read_bytes()
    except OSError as error:
        raise InputError(f"Expected to read {path}, but: {error.strerror}.") from error


def read_session_trust(files: Iterable[Path]) -> SessionTrust:
    """Read loss and drift of a session from its result files.

    Parameters
    ----------
    files
        As ``Store.files_of`` lists them.

    Returns
    -------
    SessionTrust
        The worst of all recordings; nothing known where the session was kept without a summary.
        Clock errors stand in no summary.

    Raises
    ------
    InputError
        If the summary cannot be read.
    """
    path = next((one for one in files if one.name == SUMMARY_FILE), None)
    if path is None:
        return SessionTrust()
    try:
        quality = json.loads(path.read_text(encoding="utf-8"))["quality"].values()
        received = [
            share for one in quality for share in _numbers(one["sensors"], "received_share")
        ]
        drifts = [
            abs(drift)
            for one in quality
            for drift in _numbers(one["joints"], "heading_closure_deg")
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"Expected the summary of a session in {path}, found something else: analyse and add "
            "the recording again."
        ) from error
    return SessionTrust(
        lost_share=max(0.0, 1.0 - min(received)) if received else None,
        drift_deg=max(drifts, default=None),
    )


def _numbers(places: dict[str, dict[str, Any]], name: str) -> Iterator[float]:
    for one in places.values():
        value = one[name]
        if value is not None and math.isfinite(value):
            yield float(value)
