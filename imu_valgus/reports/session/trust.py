"""How far the figures can be trusted: calibration grades, samples received, heading closure."""

import math
from collections.abc import Sequence

import numpy as np

from imu_valgus.model import Analysis, Placement, RelativeHeading, Segment, StreamQuality
from imu_valgus.plots.angles_over_time import known_median
from imu_valgus.reports.document import Block, Cell, FoldOut, Paragraph, Section, Table
from imu_valgus.reports.wording import NOT_KNOWN, capitalised, number

__all__ = ["calibration_section", "quality_section"]


def calibration_section(analysis: Analysis) -> Section:
    """Tell for each sensor how well its place on the segment is known, and why not better."""
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
                Cell("; ".join(frame.evidence) or "not told"),
                Cell(" / ".join(f"{number(sd, 1)}°" for sd in sd_deg)),
                Cell(" ".join(frame.reasons) or "nothing found against it"),
            )
        )
    if not rows:
        nothing = "No sensor could be fitted to its segment, so no angles can be given."
        return Section("calibration", "Sensor fit", (Paragraph(nothing),))
    table = Table(
        "How each sensor sits on its segment",
        ("Sensor", "Grade", "Found from", "± front / long / side axis", "Why not better"),
        tuple(rows),
        holds_sentences=True,
    )
    remark = (
        "± is one standard uncertainty of the segment's direction about its axis to the front, "
        "along the bone and to the side. The one along the bone moves the level of rotations."
    )
    return Section("calibration", "Sensor fit", (table, Paragraph(remark, is_small=True)))


def quality_section(analysis: Analysis) -> Section:
    """Tell how complete the samples are, and how well headings close."""
    blocks: list[Block] = []
    if any(one.quality for one in analysis.recordings):
        blocks.append(_worst_samples(analysis))
    if any(one.headings for one in analysis.recordings):
        blocks += [_worst_closures(analysis), Paragraph(_CLOSURE_REMARK, is_small=True)]
    details = [*_sample_details(analysis), *_closure_details(analysis)]
    if details and len(analysis.recordings) > 1:
        blocks.append(FoldOut("Each recording on its own", tuple(details), is_printed=False))
    return Section(
        "quality", "Quality of the data", tuple(blocks) or (Paragraph("Nothing was measured."),)
    )


_CLOSURE_REMARK = (
    "Closure: by how much the headings of the two segments drifted apart from the first stand to "
    "the last. It was corrected by stands and shared accelerations; what may be left is in the "
    "uncertainty (±, one standard uncertainty of the heading, median over time). A heading error "
    "looks like knock knees or bow legs when the knee is bent, so a large closure calls for care."
)

_SAMPLE_COLUMNS = ("Received", "Longest gap", "At range limit")


def _sample_cells(quality: StreamQuality) -> tuple[str, str, str]:
    gap = number(quality.longest_gap_s, 2)
    return (
        _percent(quality.received_share),
        NOT_KNOWN if gap == NOT_KNOWN else f"{gap} s",
        _percent(quality.saturated_share),
    )


def _percent(share: float) -> str:
    """Write a share in percent, never rounded to "all" or "none" when it is not.

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
    """Show of every sensor the worst value over all recordings."""
    rows = []
    for place in Placement:
        found = [one.quality[place] for one in analysis.recordings if place in one.quality]
        if not found:
            continue
        worst = StreamQuality(
            rate_hz=min(one.rate_hz for one in found),
            received_share=min(one.received_share for one in found),
            longest_gap_s=max(one.longest_gap_s for one in found),
            saturated_share=max(one.saturated_share for one in found),
        )
        rows.append(_row(capitalised(place.words), _rates(found), *_sample_cells(worst)))
    many = len(analysis.recordings) > 1
    return Table(
        "Samples of each sensor" + (", worst of all recordings" if many else ""),
        ("Sensor", "Rate", *_SAMPLE_COLUMNS),
        tuple(rows),
    )


def _rates(found: Sequence[StreamQuality]) -> str:
    low, high = min(one.rate_hz for one in found), max(one.rate_hz for one in found)
    if number(low, 0) == number(high, 0):
        return f"{number(low, 0)} Hz"
    return f"{number(low, 0)} to {number(high, 0)} Hz"


def _row(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


_JOINT_ABOVE = {Segment.THIGH: "hip", Segment.SHANK: "knee", Segment.FOOT: "ankle"}


def _pair_words(heading: RelativeHeading) -> str:
    """Name a pair of segments, the joint between them first.

    A heading without a proximal sensor is that of the thigh alone, relative to the stance or the
    walking direction.
    """
    distal = heading.distal
    if heading.proximal is None:
        return f"{capitalised(distal.words)} alone"
    joint = _JOINT_ABOVE.get(distal.segment, "joint")
    pair = f"{heading.proximal.segment} to {distal.segment}"
    return f"{capitalised(str(distal.side))} {joint} ({pair})"


def _worst_closures(analysis: Analysis) -> Table:
    by_pair: dict[str, list[RelativeHeading]] = {}
    for recording in analysis.recordings:
        for heading in recording.headings:
            by_pair.setdefault(_pair_words(heading), []).append(heading)
    rows = [_closure_row(words, found) for words, found in by_pair.items()]
    many = len(analysis.recordings) > 1
    return Table(
        "Closure of the headings" + (", worst of all recordings" if many else ""),
        ("Joint", "Closure", "Heading", "Stands used"),
        tuple(rows),
    )


def _closure_row(words: str, found: Sequence[RelativeHeading]) -> tuple[Cell, ...]:
    closures = [abs(one.closure_deg) for one in found if one.closure_deg is not None]
    spread = max((math.degrees(known_median(one.sd_rad)) for one in found), default=math.nan)
    fewest, most = min(one.n_anchors for one in found), max(one.n_anchors for one in found)
    return _row(
        words,
        f"{number(max(closures), 1)}°" if closures else "not checked (fewer than two stands)",
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


def _closure_details(analysis: Analysis) -> list[Block]:
    rows = [
        (Cell(recording.name), *_closure_row(_pair_words(heading), [heading]))
        for recording in analysis.recordings
        for heading in recording.headings
    ]
    columns = ("Recording", "Joint", "Closure", "Heading", "Stands used")
    return [Table("Headings", columns, tuple(rows))] if rows else []
