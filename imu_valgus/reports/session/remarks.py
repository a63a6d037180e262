"""What was withheld, what is doubtful, what is good to know, and how to read the report."""

from collections.abc import Sequence

from imu_valgus.model import Analysis, Finding, Placement, Severity
from imu_valgus.reports.document import Block, Bullets, FoldOut, Group, Item, Paragraph, Section
from imu_valgus.reports.wording import counted, enumerated, places

__all__ = ["findings_section", "reading_section", "withheld_section"]

_MANY = 6
_MOST_NAMES = 4


def withheld_section(analysis: Analysis) -> Section | None:
    """Tell what is not given, and why; None where nothing was withheld."""
    items = _items(analysis.findings, Severity.WITHHELD)
    if not items:
        return None
    intro = "These results are not given, because they would not be good enough to rely on:"
    return Section("withheld", "What was withheld", (Paragraph(intro), Bullets(items)))


def findings_section(analysis: Analysis) -> Section:
    """Group warnings and notes; the same sentence about several sensors is told once."""
    warnings = _items(analysis.findings, Severity.WARNING)
    notes = _items(analysis.findings, Severity.NOTE)
    blocks: list[Block] = []
    if not any(one.severity is Severity.WITHHELD for one in analysis.findings):
        blocks.append(Paragraph("Nothing was withheld."))
    if warnings:
        blocks.append(Group("Doubtful", (Bullets(warnings),)))
    if notes:
        title = f"Repaired or good to know ({len(notes)})"
        listed = Bullets(notes)
        blocks.append(FoldOut(title, (listed,)) if len(notes) > _MANY else Group(title, (listed,)))
    if not warnings and not notes:
        blocks.append(Paragraph("Nothing was found that had to be repaired or is doubtful."))
    return Section("remarks", "Remarks on the data", tuple(blocks))


def _items(findings: Sequence[Finding], severity: Severity) -> tuple[Item, ...]:
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity is severity:
            by_message.setdefault(finding.message, []).append(finding)
    return tuple(Item(message, _where(found)) for message, found in by_message.items())


def _where(found: Sequence[Finding]) -> str:
    """Name recordings and sensors; an unnamed one means all, so nothing is named then."""
    parts = []
    recordings = list(dict.fromkeys(one.recording for one in found))
    named = [name for name in recordings if name is not None]
    if len(named) == len(recordings):
        parts.append(_shortened(named))
    placements = {one.placement for one in found}
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
    """Explain signs and uncertainty shortly, for whoever sees such a report the first time."""
    points = (
        Item(
            "Signs are the same for both legs. Up is flexion, adduction (at the knee: varus, knee "
            "outwards) and internal rotation (toes or front of the thigh inwards); down is "
            "extension, abduction (at the knee: valgus, knee inwards) and external rotation."
        ),
        Item(
            "Tibial rotation is how the lower leg is turned against the thigh. Thigh (femur) "
            "angles are given where no pelvis sensor was worn: the thigh against the walking "
            "direction or the quiet stance, which is not the same as the hip."
        ),
        Item(
            "A figure after ± is one standard deviation or standard error: about two times in "
            "three the value meant lies within it, about nineteen times in twenty within twice as "
            "much."
        ),
        Item(
            "The level of a curve moves as a whole when a sensor sits differently or its heading "
            "drifts; its shape hardly does. Trust ranges and shapes before levels."
        ),
        Item(
            "Skin and muscle move under the sensors. Knee adduction and rotation are a few "
            "degrees large, so part of what they show is movement of soft tissue and bent-knee "
            "cross-talk."
        ),
        Item(
            "Grades: good (circle), fair (diamond), poor (triangle) tell how well a sensor's "
            "place on its segment is known, nothing about the person."
        ),
    )
    listed = Bullets(points)
    return Section("reading", "How to read this", (FoldOut("Signs, ± and grades", (listed,)),))
