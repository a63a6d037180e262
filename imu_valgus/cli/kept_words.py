"""Sessions of the store in words and as JSON, the same wherever a command shows them."""

import math
from collections.abc import Sequence

from imu_valgus.cli.adding import why_not_counted
from imu_valgus.model import Side, Task
from imu_valgus.model.progress import Measure, MeasureKey, SessionRecord

_NOT_KNOWN = "–"


def session_document(record: SessionRecord) -> dict[str, object]:
    """Give a session of the store as JSON: conditions, measures, whether and why it counts."""
    conditions = record.conditions
    reason = why_not_counted(record)
    return {
        "session": record.session_id,
        "person": record.person,
        "recorded_at": record.recorded_at.isoformat(),
        "purpose": record.purpose,
        "calibration": conditions.calibration,
        "score": {str(side): score_of(record, side) for side in Side},
        "score_version": conditions.score_version,
        "step_height_m": conditions.step_height_m,
        "feedback": conditions.feedback,
        "footwear": conditions.footwear,
        "fusion": conditions.fusion,
        "software_version": conditions.software_version,
        "science_version": conditions.science_version,
        "sensors": list(conditions.sensors),
        "pain": record.pain,
        "notes": record.notes,
        "counts": not reason,
        "why_not": reason,
        "raw_sha256": record.raw_sha256,
        "measures": [_measure(one) for one in record.measures],
    }


def score_of(record: SessionRecord, side: Side) -> float | None:
    """Return the step-up score of a leg, None where there is none."""
    measure = record.measure(MeasureKey("score", Task.STEP_UP, side))
    return None if measure is None else measure.value


def score_words(record: SessionRecord, side: Side) -> str:
    """Write the score of a leg in whole points."""
    score = score_of(record, side)
    return _NOT_KNOWN if score is None else f"{score:.0f}"


def purpose_words(record: SessionRecord) -> str:
    """Write the purpose of a session, or that nobody said."""
    return record.purpose or _NOT_KNOWN


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Put cells below each other, two spaces apart.

    Examples
    --------
    >>> aligned([("a", "bcd", "e"), ("long", "b", "")])
    ['a     bcd  e', 'long  b']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _measure(measure: Measure) -> dict[str, object]:
    key = measure.key
    return {
        "measure": key.name,
        "task": key.task,
        "side": key.side,
        "value": measure.value,
        "sd": None if math.isnan(measure.sd) else measure.sd,
        "n": measure.n,
        "repetitions": list(measure.repetitions),
    }
