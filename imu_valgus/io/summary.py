"""``summary.json``: the figures of an analysis, for other programs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from imu_valgus.conventions import RESULT_SCHEMA, SOFTWARE_NAME
from imu_valgus.io.step_up_document import exercises_document, step_up_document
from imu_valgus.model import (
    Analysis,
    Finding,
    GaitCurve,
    Joint,
    MeanSd,
    RecordingAnalysis,
    RelativeHeading,
    Repetition,
    SegmentFrame,
    Severity,
    Side,
    SideGait,
    StreamQuality,
    Task,
    WalkSummary,
)

Json = Any
"""Anything that the json module can write."""


def summary_document(analysis: Analysis) -> dict[str, Json]:
    """Return the figures of an analysis as plain dictionaries, lists, numbers and texts.

    Parameters
    ----------
    analysis
        Result to describe.

    Returns
    -------
    dict
        Ready for ``json.dumps(..., allow_nan=False)``; unknown values are None.
    """
    info = analysis.info
    document = {
        "schema": RESULT_SCHEMA,
        "software": {"name": SOFTWARE_NAME, "version": analysis.software_version},
        "fusion": analysis.fusion,
        "source_format": analysis.source_format,
        "subject": info.subject,
        "recorded_at": info.recorded_at.isoformat() if info.recorded_at else None,
        "calibration": {str(p): _calibration(frame) for p, frame in analysis.frames.items()},
        "quality": {recording.name: _quality(recording) for recording in analysis.recordings},
        "walk": None if analysis.walk is None else _walk(analysis.walk),
        "step_up": _step_up(analysis),
        "exercises": exercises_document(analysis),
        "reasons": [f.message for f in analysis.findings if f.severity is Severity.WITHHELD],
        "findings": [_finding(finding) for finding in analysis.findings],
    }
    cleaned: dict[str, Json] = without_nan(document)
    return cleaned


def without_nan(value: Json) -> Json:
    """Replace NaN and infinity, which JSON lacks, by None, and numpy numbers by Python's.

    Parameters
    ----------
    value
        Mappings, sequences, numbers and texts, nested as you like.

    Returns
    -------
    Any
        Dictionaries, lists, numbers and texts that JSON can hold.

    Examples
    --------
    >>> without_nan({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, np.generic):
        return without_nan(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _joint_of_heading(heading: RelativeHeading) -> str:
    """Name the joint of a relative heading, such as ``knee_right``."""
    proximal = None if heading.proximal is None else heading.proximal.segment
    segments = (proximal, heading.distal.segment)
    joint = next((str(joint) for joint in Joint if joint.segments == segments), None)
    name = joint or f"{heading.proximal or 'world'}_to_{heading.distal.segment}"
    return f"{name}_{heading.distal.side}" if heading.distal.side else name


def _calibration(frame: SegmentFrame) -> Json:
    return {
        "grade": str(frame.grade),
        "reasons": list(frame.reasons),
        "evidence": list(frame.evidence),
        "axis_sd_deg": np.degrees(np.sqrt(np.diag(frame.covariance_rad2))).tolist(),
    }


def _quality(recording: RecordingAnalysis) -> Json:
    return {
        "sensors": {str(place): _sensor(quality) for place, quality in recording.quality.items()},
        "joints": {_joint_of_heading(heading): _heading(heading) for heading in recording.headings},
    }


def _sensor(quality: StreamQuality) -> Json:
    return {
        "rate_hz": round(quality.rate_hz, 3),
        "received_share": quality.received_share,
        "longest_gap_s": round(quality.longest_gap_s, 6),
        "saturated_share": quality.saturated_share,
    }


def _heading(heading: RelativeHeading) -> Json:
    known = heading.sd_rad[np.isfinite(heading.sd_rad)]
    return {
        "heading_closure_deg": heading.closure_deg,
        "heading_sd_deg": float(np.degrees(np.median(known))) if known.size else None,
        "standing_anchors": heading.n_anchors,
    }


def _walk(walk: WalkSummary) -> Json:
    return {
        "cadence_per_min": walk.cadence_per_min,
        "step_time_ratio": walk.step_time_ratio,
        "walking_s": walk.walking_s,
        "turns": walk.n_turns,
        "sides": {str(side): _side_gait(gait) for side, gait in walk.sides.items()},
        "curves": [_curve(curve) for curve in walk.curves],
    }


def _side_gait(gait: SideGait) -> Json:
    return {
        "stride_time_s": _mean_sd(gait.stride_time_s),
        "stance_share": _mean_sd(gait.stance_share),
        "step_time_s": None if gait.step_time_s is None else _mean_sd(gait.step_time_s),
        "strides_found": gait.n_strides_found,
        "strides_used": gait.stride_time_s.n,
        "toe_off_reliable": gait.is_toe_off_reliable,
    }


def _mean_sd(figure: MeanSd) -> Json:
    return {"mean": figure.mean, "sd": figure.sd, "n": figure.n}


def _curve(curve: GaitCurve) -> Json:
    known = np.isfinite(curve.mean_deg)
    mean = curve.mean_deg[known]
    percent = np.flatnonzero(known)
    return {
        "joint": str(curve.joint),
        "motion": curve.motion,
        "side": str(curve.side),
        "strides": curve.n_strides,
        "level_sd_deg": curve.offset_sd_deg,
        "initial_contact_deg": curve.mean_deg[0],
        "smallest_deg": mean.min() if mean.size else None,
        "smallest_at_percent": percent[mean.argmin()] if mean.size else None,
        "largest_deg": mean.max() if mean.size else None,
        "largest_at_percent": percent[mean.argmax()] if mean.size else None,
        "range_deg": np.ptp(mean) if mean.size else None,
        "stride_sd_deg": np.mean(curve.sd_deg[known]) if mean.size else None,
    }


def _step_up(analysis: Analysis) -> Json:
    """Per leading leg: repetitions, mean and SD of each measure, and how the score is made."""
    document = {}
    for side in Side:
        repetitions = [
            repetition
            for recording in analysis.recordings
            for repetition in recording.repetitions
            if repetition.task is Task.STEP_UP and repetition.side is side
        ]
        if repetitions:
            document[str(side)] = _repetitions(repetitions)
        if side in analysis.step_up:
            document[str(side)]["alignment_score"] = step_up_document(analysis.step_up[side])
    return document or None


def _repetitions(repetitions: Sequence[Repetition]) -> Json:
    valid = [rep.measures for rep in repetitions if rep.is_valid]
    names = dict.fromkeys(name for measures in valid for name in measures)
    spreads = {name: _spread(measures.get(name, math.nan) for measures in valid) for name in names}
    return {
        "repetitions": len(repetitions),
        "valid": len(valid),
        "score": spreads.pop("score", None),
        "components": spreads,
    }


def _spread(values: Iterable[float]) -> Json:
    known = np.array([value for value in values if math.isfinite(value)])
    return {
        "mean": known.mean() if known.size else None,
        "sd": known.std(ddof=1) if known.size > 1 else None,
        "n": known.size,
    }


def _finding(finding: Finding) -> Json:
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "message": finding.message,
        "recording": finding.recording,
        "placement": None if finding.placement is None else str(finding.placement),
    }
