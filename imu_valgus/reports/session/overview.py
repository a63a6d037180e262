"""The head of the report and its three sentences: what was done, how sure, what it cannot say."""

from collections import Counter

from imu_valgus.conventions import SOFTWARE_NAME
from imu_valgus.model import Analysis, Grade, Placement, Severity, Side, Task
from imu_valgus.reports.document import Bullets, Facts, Item, Section
from imu_valgus.reports.wording import counted, enumerated, number, places, task_words

__all__ = ["NOTICE", "head_facts", "summary_section", "worn_placements"]

NOTICE = (
    "This is a movement summary for exercise training, teaching and research. It was made by "
    "software that is not a medical device: its figures describe how body segments moved during "
    "these recordings, and decisions about health or care must not rest on them alone."
)


def worn_placements(analysis: Analysis) -> tuple[Placement, ...]:
    """Return every place a sensor was worn, in the order of the body."""
    worn = set(analysis.frames).union(*(one.quality for one in analysis.recordings))
    return tuple(place for place in Placement if place in worn)


def head_facts(analysis: Analysis) -> Facts:
    """Say when, from what and by what the report was made; leave out what is not known."""
    info = analysis.info
    worn = worn_placements(analysis)
    when = info.recorded_at
    pairs = [
        ("Recorded", when and f"{when:%Y-%m-%d, %H:%M}" + (f" ({when:%Z})" if when.tzinfo else "")),
        ("Body height", info.height_m and f"{info.height_m:.2f} m"),
        ("Step height", info.step_height_m and f"{100.0 * info.step_height_m:.0f} cm"),
        ("Source", analysis.source_format),
        ("Sensors", f"{len(worn)}: {places(worn)}" if worn else None),
        ("Software", f"{SOFTWARE_NAME} {analysis.software_version}"),
        ("Fusion engine", analysis.fusion),
    ]
    return Facts(tuple((name, text) for name, text in pairs if text))


def summary_section(analysis: Analysis) -> Section:
    """Three sentences that somebody can take away."""
    sentences = (_what_was_done(analysis), _how_sure(analysis), _what_it_cannot_say(analysis))
    return Section("summary", "In short", (Bullets(tuple(Item(text) for text in sentences)),))


def _what_was_done(analysis: Analysis) -> str:
    movements = _walking_words(analysis) + _repetition_words(analysis)
    found = f" and hold {enumerated(movements)}" if movements else ""
    n = len(analysis.recordings)
    verb = "was" if n == 1 else "were"
    if n == 1 and movements:
        found = f" and holds {enumerated(movements)}"
    return (
        f"{counted(n, 'recording')} of {counted(len(worn_placements(analysis)), 'sensor')} "
        f"{verb} analysed{found}."
    )


def _walking_words(analysis: Analysis) -> list[str]:
    strides = [one for recording in analysis.recordings for one in recording.strides]
    counts = [
        f"{sum(one.side is side and one.is_valid for one in strides)} {side}"
        for side in Side
        if any(one.side is side for one in strides)
    ]
    return [f"walking with {enumerated(counts)} strides that count"] if counts else []


def _repetition_words(analysis: Analysis) -> list[str]:
    valid = Counter(
        one.task
        for recording in analysis.recordings
        for one in recording.repetitions
        if one.is_valid
    )
    return [f"{valid[task]} {task_words(task, valid[task])}" for task in Task if valid[task]]


def _how_sure(analysis: Analysis) -> str:
    grades = Counter(frame.grade for frame in analysis.frames.values())
    parts = [f"{grades[grade]} {grade}" for grade in Grade if grades[grade]]
    calibration = (
        f"The fit of sensors to body segments is graded {enumerated(parts)}"
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
        return "and no recording stands still twice, so drift of the headings could not be checked"
    return (
        "and the headings of neighbouring segments drifted apart by "
        f"{number(max(closures), 1)}° at most between stands, which was corrected"
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
        if Placement.PELVIS in worn_placements(analysis)
        else ("; without a pelvis sensor it speaks of the thigh, not of the hip")
    )
    return (
        "What cannot be concluded: one session cannot show a change over weeks, the absolute level "
        "of rotations cannot be compared between days or people because it depends on how the "
        f"sensors sat, and the figures cannot say why somebody moves this way{hip}."
    )
