"""Head of the report, and its summary in three sentences."""

from collections import Counter

from imu_valgus.conventions import SOFTWARE_NAME
from imu_valgus.model import Analysis, Grade, Placement, Severity, Side, Task
from imu_valgus.reports.document import Bullets, Facts, Item, Section
from imu_valgus.reports.wording import (
    counted,
    enumerated,
    fusion_words,
    number,
    places,
    task_words,
)

__all__ = ["NOTICE", "head_facts", "summary_section"]

NOTICE = (
    "This is a movement summary for exercise training, teaching and research. It was made by "
    "software that is not a medical device: its figures describe how body segments moved during "
    "these recordings, and decisions about health or care must not rest on them alone."
)


_SOURCES = {
    "plain session": "session folder with one table per sensor (plain session)",
    "simulation": "simulated sensors (simulation)",
}


def head_facts(analysis: Analysis) -> Facts:
    """List when, from which files and with which software the report was made.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Facts
        Pairs of name and text; what is not known is left out.
    """
    info = analysis.info
    worn = _worn_placements(analysis)
    when = info.recorded_at
    pairs = [
        ("Recorded", when and f"{when:%Y-%m-%d, %H:%M}" + (f" ({when:%Z})" if when.tzinfo else "")),
        ("Body height", info.height_m and f"{info.height_m:.2f} m"),
        ("Step height", info.step_height_m and f"{100.0 * info.step_height_m:.0f} cm"),
        ("Source", _SOURCES.get(analysis.source_format, analysis.source_format)),
        ("Sensors", f"{len(worn)}: {places(worn)}" if worn else None),
        ("Software", f"{SOFTWARE_NAME} {analysis.software_version}"),
        ("Sensor fusion", fusion_words(analysis.fusion)),
    ]
    return Facts(tuple((name, text) for name, text in pairs if text))


def summary_section(analysis: Analysis) -> Section:
    """Say in three sentences what was done, how sure it is, and what it cannot say.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section
        Three points at the top of the report.
    """
    sentences = (_what_was_done(analysis), _how_sure(analysis), _what_it_cannot_say(analysis))
    return Section("summary", "In short", (Bullets(tuple(Item(text) for text in sentences)),))


def _what_was_done(analysis: Analysis) -> str:
    movements = _walking_words(analysis) + _repetition_words(analysis)
    n = len(analysis.recordings)
    verb, contain = ("was", "contains") if n == 1 else ("were", "contain")
    contents = f" and {contain} {enumerated(movements)}" if movements else ""
    return (
        f"{counted(n, 'recording')} with {counted(len(_worn_placements(analysis)), 'sensor')} "
        f"{verb} analysed{contents}."
    )


def _worn_placements(analysis: Analysis) -> tuple[Placement, ...]:
    """Return where sensors were worn, in the order of the body."""
    worn = set(analysis.frames).union(*(recording.quality for recording in analysis.recordings))
    return tuple(place for place in Placement if place in worn)


def _walking_words(analysis: Analysis) -> list[str]:
    strides = [stride for recording in analysis.recordings for stride in recording.strides]
    counts = [
        f"{sum(stride.side is side and stride.is_valid for stride in strides)} {side}"
        for side in Side
        if any(stride.side is side for stride in strides)
    ]
    return [f"walking with {enumerated(counts)} strides that count"] if counts else []


def _repetition_words(analysis: Analysis) -> list[str]:
    valid = Counter(
        repetition.task
        for recording in analysis.recordings
        for repetition in recording.repetitions
        if repetition.is_valid
    )
    return [f"{valid[task]} {task_words(task, valid[task])}" for task in Task if valid[task]]


def _how_sure(analysis: Analysis) -> str:
    grades = Counter(frame.grade for frame in analysis.frames.values())
    parts = [f"{grade} for {counted(grades[grade], 'sensor')}" for grade in Grade if grades[grade]]
    calibration = (
        f"The fit of the sensors to the body segments is graded {enumerated(parts)}"
        if parts
        else "No sensor could be fitted to its body segment"
    )
    return f"{calibration}, {_closure_words(analysis)}{_withheld_words(analysis)}."


def _closure_words(analysis: Analysis) -> str:
    closures = [
        abs(heading.closure_deg)
        for recording in analysis.recordings
        for heading in recording.headings
        if heading.closure_deg is not None
    ]
    if not closures:
        return (
            "and no recording holds two moments of standing still, so drift of the headings (the "
            "directions in which segments face) could not be checked"
        )
    return (
        "and the headings of neighbouring segments (the directions in which they face) drifted "
        f"apart by at most {number(max(closures), 1)}° between two moments of standing still, "
        "which was corrected"
    )


def _withheld_words(analysis: Analysis) -> str:
    n = sum(finding.severity is Severity.WITHHELD for finding in analysis.findings)
    if not n:
        return ""
    reasons = "with the reason" if n == 1 else "with the reasons"
    return f"; {counted(n, 'result')} {'is' if n == 1 else 'are'} withheld, {reasons} below"


def _what_it_cannot_say(analysis: Analysis) -> str:
    hip = (
        ""
        if Placement.PELVIS in _worn_placements(analysis)
        else "; without a pelvis sensor, the figures are of the thigh and not of the hip"
    )
    return (
        "What cannot be concluded: one session cannot show a change over weeks, the absolute level "
        "of rotations cannot be compared between days or people because it depends on how the "
        f"sensors were put on, and the figures cannot say why somebody moves this way{hip}."
    )
