"""Remarks of the report: what was withheld or is doubtful, and how to read the report."""

from collections.abc import Sequence

from imu_valgus.model import Analysis, Finding, Placement, Severity
from imu_valgus.reports.document import Block, Bullets, FoldOut, Group, Item, Paragraph, Section
from imu_valgus.reports.wording import counted, enumerated, places

__all__ = ["findings_section", "reading_section", "withheld_section"]

_MANY = 6
_MOST_NAMES = 4


def withheld_section(analysis: Analysis) -> Section | None:
    """List the results that are withheld, with the reasons.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section or None
        None if nothing was withheld.
    """
    items = _items(analysis.findings, Severity.WITHHELD)
    if not items:
        return None
    intro = "These results are not given, because they would not be good enough to rely on:"
    return Section("withheld", "What was withheld", (Paragraph(intro), Bullets(items)))


def findings_section(analysis: Analysis) -> Section:
    """List warnings and notes on the data.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section
        A sentence that holds for several sensors appears once.
    """
    warnings = _items(analysis.findings, Severity.WARNING)
    notes = _items(analysis.findings, Severity.NOTE)
    blocks: list[Block] = []
    if not _items(analysis.findings, Severity.WITHHELD):
        blocks.append(Paragraph("Nothing was withheld."))
    if warnings:
        blocks.append(Group("Doubtful", (Bullets(warnings),)))
    if notes:
        title = f"Repaired or good to know ({len(notes)})"
        listed = Bullets(notes)
        blocks.append(FoldOut(title, (listed,)) if len(notes) > _MANY else Group(title, (listed,)))
    if not warnings and not notes:
        blocks.append(Paragraph("Nothing had to be repaired, and nothing is doubtful."))
    return Section("remarks", "Remarks on the data", tuple(blocks))


def _items(findings: Sequence[Finding], severity: Severity) -> tuple[Item, ...]:
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity is severity:
            by_message.setdefault(finding.message, []).append(finding)
    return tuple(Item(message, _where(findings)) for message, findings in by_message.items())


def _where(findings: Sequence[Finding]) -> str:
    """Name recordings and sensors; a finding without a name holds for all, so none is named."""
    parts = []
    recordings = list(dict.fromkeys(finding.recording for finding in findings))
    named = [name for name in recordings if name is not None]
    if len(named) == len(recordings):
        parts.append(_shortened(named))
    placements = {finding.placement for finding in findings}
    sensors: set[Placement] = {place for place in placements if place is not None}
    if len(sensors) == len(placements):
        parts.append(places(sensors))
    return ": ".join(parts)


def _shortened(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMES:
        return enumerated(names)
    rest = counted(len(names) - _MOST_NAMES + 1, "other recording")
    return f"{', '.join(names[: _MOST_NAMES - 1])} and {rest}"


def reading_section() -> Section:
    """Explain signs, uncertainty and grades to first-time readers.

    Returns
    -------
    Section
        Points that are the same in every report, folded away.
    """
    points = (
        Item(
            "Signs are the same for both legs. Up is flexion, adduction (at the knee: varus, knee "
            "outwards) and internal rotation (toes or front of the thigh inwards); down is "
            "extension, abduction (at the knee: valgus, knee inwards) and external rotation."
        ),
        Item(
            "Tibial rotation is the rotation of the lower leg relative to the thigh. Thigh "
            "(femur) angles are given if no pelvis sensor was worn. They are relative to the "
            "walking direction or to quiet standing, so they are not the same as hip angles."
        ),
        Item(
            "The number after ± is one standard deviation or standard error. The value meant "
            "lies within it about two times in three, and within twice as much about nineteen "
            "times in twenty."
        ),
        Item(
            "The level is the mean of a curve. If a sensor is put on differently or its heading "
            "(the direction in which it faces) drifts, the whole curve shifts, while its shape "
            "hardly changes. Trust ranges and shapes more than levels."
        ),
        Item(
            "Skin and muscle move under the sensors. Knee adduction and rotation are only a few "
            "degrees, so part of what they show is movement of soft tissue, and part is knee "
            "bending that leaks into them (cross-talk)."
        ),
        Item(
            "The grades good (circle), fair (diamond) and poor (triangle) say how well the "
            "position of a sensor on its segment is known. They say nothing about the person."
        ),
    )
    details = FoldOut("Signs, ± and grades", (Bullets(points),))
    return Section("reading", "How to read this", (details,))
