"""Sets of the programme's exercises and mobility checks: one table, and what is to be known."""

from collections.abc import Sequence

from imu_valgus.model import ExerciseSet
from imu_valgus.reports.document import Block, Bullets, Cell, Group, Item, Table
from imu_valgus.reports.wording import capitalised, measure_words, number

__all__ = ["programme_blocks"]

_ELSEWHERE = frozenset({"step_up", "squat", "calf_raise"})
"""Shown with their repetitions."""


def programme_blocks(sets: Sequence[ExerciseSet]) -> tuple[Block, ...]:
    """Show what else of the programme was done; nothing where nothing was."""
    own = [one for one in sets if one.exercise not in _ELSEWHERE]
    if not own:
        return ()
    rows = tuple(
        (
            Cell(one.name),
            Cell(capitalised(one.side) if one.side else "–"),
            Cell(str(len(one.repetitions)) if one.repetitions else "–"),
            Cell("; ".join(f"{measure_words(k)} {number(v, 1)}" for k, v in one.measures.items())),
        )
        for one in own
    )
    table = Table(
        "", ("Exercise", "Side", "Repetitions", "Mean figures"), rows, holds_sentences=True
    )
    notes = dict.fromkeys((one.name, note) for one in own for note in one.notes)
    bullets = tuple(Item(note, name) for name, note in notes)
    return (Group("Exercises and checks", (table, *((Bullets(bullets),) if bullets else ()))),)
