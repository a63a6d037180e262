"""Trust sections: fit of the sensors, completeness of the samples, drift of the headings."""

import math
from collections.abc import Sequence

import numpy as np

from imu_valgus.model import Analysis, Placement, RelativeHeading, Segment, StreamQuality
from imu_valgus.plots.angles_over_time import known_median
from imu_valgus.reports.document import Block, Cell, FoldOut, Paragraph, Section, Table
from imu_valgus.reports.wording import NOT_KNOWN, capitalised, number

__all__ = ["calibration_section", "quality_section"]


def calibration_section(analysis: Analysis) -> Section:
    """Show how well the position of each sensor on its segment is known, and why not better.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section
        Table with one row per sensor, or a sentence if no sensor was fitted.
    """
    rows = []
    for place in Placement:
        frame = analysis.frames.get(place)
        if frame is None:
            continue
        sd_deg = np.degrees(np.sqrt(np.diag(frame.covariance_rad2)))
        rows.append(
            (
                Cell(capitalised(place.words)),
                Cell(grade=frame.grade),
                Cell("; ".join(frame.evidence) or "not stated"),
                Cell(" / ".join(f"{number(sd, 1)}°" for sd in sd_deg)),
                Cell(" ".join(frame.reasons) or "no reason found"),
            )
        )
    if not rows:
        nothing = "No sensor could be fitted to its segment, so no angles can be given."
        return Section("calibration", "Sensor fit", (Paragraph(nothing),))
    table = Table(
        "How each sensor sits on its segment",
        (
            "Sensor",
            "Grade",
            "Found from",
            "± tilt sideways / turn / tilt forwards",
            "Why not better",
        ),
        tuple(rows),
        holds_sentences=True,
    )
    remark = (
        "± is one standard uncertainty of the direction of the segment: about its axis to the "
        "front (tilt sideways), along the bone (turn) and to the side (tilt forwards). An error of "
        "turn shifts the level of rotations."
    )
    return Section("calibration", "Sensor fit", (table, Paragraph(remark, is_small=True)))


def quality_section(analysis: Analysis) -> Section:
    """Show how complete the samples are, and how far the headings drifted apart.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section
        Worst values over all recordings, and each recording folded away.
    """
    blocks: list[Block] = []
    if any(recording.quality for recording in analysis.recordings):
        blocks.append(_worst_samples(analysis))
    if any(recording.headings for recording in analysis.recordings):
        blocks += [_worst_drift(analysis), Paragraph(_DRIFT_REMARK, is_small=True)]
    details = [*_sample_details(analysis), *_drift_details(analysis)]
    if details and len(analysis.recordings) > 1:
        blocks.append(FoldOut("Recording by recording", tuple(details), is_printed=False))
    return Section(
        "quality", "Quality of the data", tuple(blocks) or (Paragraph("Nothing was measured."),)
    )


_DRIFT_REMARK = (
    "The heading is the direction in which a segment faces. Drift (closure): by how much the "
    "headings of the two segments drifted apart from the first time standing still to the last. It "
    "was corrected with the times of standing still and with accelerations that both segments "
    "share. Uncertainty left: one standard uncertainty of the corrected heading, median over time. "
    "When the knee is bent, a heading error looks like knock knees or bow legs, so be careful if "
    "the drift is large."
)

_DRIFT_COLUMNS = ("Joint", "Drift (closure)", "Uncertainty left", "Times standing still")

_SAMPLE_COLUMNS = ("Received", "Longest gap", "At measuring limit")


def _sample_cells(quality: StreamQuality) -> tuple[str, str, str]:
    gap = number(quality.longest_gap_s, 2)
    return (
        _percent(quality.received_share),
        NOT_KNOWN if gap == NOT_KNOWN else f"{gap} s",
        _percent(quality.saturated_share),
    )


def _percent(share: float) -> str:
    """Write a share in percent, never rounded to 0 % or 100 % when it is not.

    Examples
    --------
    >>> _percent(0.99999), _percent(1.0), _percent(0.00001), _percent(0.9513)
    ('> 99.9 %', '100 %', '< 0.1 %', '95.1 %')
    """
    if not math.isfinite(share):
        return NOT_KNOWN
    if 0.0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 < share < 1.0:
        return "> 99.9 %"
    return f"{number(100.0 * share, 0 if share in {0.0, 1.0} else 1)} %"


def _worst_samples(analysis: Analysis) -> Table:
    """Show the worst value of every sensor over all recordings."""
    rows = []
    for place in Placement:
        streams = [each.quality[place] for each in analysis.recordings if place in each.quality]
        if not streams:
            continue
        worst = StreamQuality(
            rate_hz=min(stream.rate_hz for stream in streams),
            received_share=min(stream.received_share for stream in streams),
            longest_gap_s=max(stream.longest_gap_s for stream in streams),
            saturated_share=max(stream.saturated_share for stream in streams),
        )
        rows.append(_row(capitalised(place.words), _rates(streams), *_sample_cells(worst)))
    return Table(
        f"Samples of each sensor{_worst_of(analysis)}",
        ("Sensor", "Rate", *_SAMPLE_COLUMNS),
        tuple(rows),
    )


def _worst_of(analysis: Analysis) -> str:
    return ", worst of all recordings" if len(analysis.recordings) > 1 else ""


def _rates(streams: Sequence[StreamQuality]) -> str:
    rates = [stream.rate_hz for stream in streams]
    low, high = min(rates), max(rates)
    if number(low, 0) == number(high, 0):
        return f"{number(low, 0)} Hz"
    return f"{number(low, 0)} to {number(high, 0)} Hz"


def _row(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


_JOINT_ABOVE = {Segment.THIGH: "hip", Segment.SHANK: "knee", Segment.FOOT: "ankle"}


def _pair_words(heading: RelativeHeading) -> str:
    """Name a pair of segments, the joint between them first."""
    distal = heading.distal
    # Without a pelvis sensor the heading of the thigh is relative to stance or walking direction.
    if heading.proximal is None:
        return f"{capitalised(distal.words)} alone"
    joint = _JOINT_ABOVE.get(distal.segment, "joint")
    pair = f"{heading.proximal.segment} to {distal.segment}"
    return f"{capitalised(str(distal.side))} {joint} ({pair})"


def _worst_drift(analysis: Analysis) -> Table:
    by_pair: dict[str, list[RelativeHeading]] = {}
    for recording in analysis.recordings:
        for heading in recording.headings:
            by_pair.setdefault(_pair_words(heading), []).append(heading)
    rows = tuple(_drift_row(words, headings) for words, headings in by_pair.items())
    return Table(f"Drift of the headings{_worst_of(analysis)}", _DRIFT_COLUMNS, rows)


def _drift_row(words: str, headings: Sequence[RelativeHeading]) -> tuple[Cell, ...]:
    closures = [abs(each.closure_deg) for each in headings if each.closure_deg is not None]
    spread = max((math.degrees(known_median(each.sd_rad)) for each in headings), default=math.nan)
    anchors = [each.n_anchors for each in headings]
    fewest, most = min(anchors), max(anchors)
    return _row(
        words,
        f"{number(max(closures), 1)}°" if closures else "not checked (stood still less than twice)",
        f"± {number(spread, 1)}°",
        str(fewest) if fewest == most else f"{fewest} to {most}",
    )


def _sample_details(analysis: Analysis) -> list[Block]:
    rows = [
        _row(
            recording.name, place.words, f"{number(quality.rate_hz, 0)} Hz", *_sample_cells(quality)
        )
        for recording in analysis.recordings
        for place, quality in recording.quality.items()
    ]
    columns = ("Recording", "Sensor", "Rate", *_SAMPLE_COLUMNS)
    return [Table("Samples", columns, tuple(rows))] if rows else []


def _drift_details(analysis: Analysis) -> list[Block]:
    rows = [
        (Cell(recording.name), *_drift_row(_pair_words(heading), [heading]))
        for recording in analysis.recordings
        for heading in recording.headings
    ]
    columns = ("Recording", *_DRIFT_COLUMNS)
    return [Table("Drift of the headings", columns, tuple(rows))] if rows else []
