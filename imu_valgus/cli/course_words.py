"""Changes, spreads and left-out sessions in words and as JSON, alike for all commands."""

import math
from collections.abc import Iterable, Mapping, Sequence

from imu_valgus.model.progress import MeasureKey
from imu_valgus.plots.labels import measure_label, signed, task_words
from imu_valgus.progress.comparability import LeftOut
from imu_valgus.progress.repeatability import Repeatability
from imu_valgus.progress.verdict import Verdict

NOT_KNOWN = "not known"
ASSUMED = (
    "* Assumed: the own spread of this person has not been measured yet; see  "
    "imu-valgus repeatability"
)
LIMITS = "This tells how movement was measured to differ, not why, and is no diagnosis."


SHORT_VERDICTS = {
    Verdict.TOO_FEW: "too few sessions",
    Verdict.NOISE_UNKNOWN: "noise not known",
    Verdict.BELOW: "below noise",
    Verdict.WITHIN: "within noise",
    Verdict.BEYOND: "beyond noise",
}
"""For the last column of a table that the whole sentences follow."""


def name_words(key: MeasureKey) -> str:
    """Name a measure with its leg, task and unit."""
    label = measure_label(key)
    leg = str(key.side).capitalize() if key.side else "Both"
    unit = f" ({label.unit})" if label.unit else ""
    return f"{leg}: {label.name}, {task_words(key.task)}{unit}"


def number(value: float, unit: str) -> str:
    """Write a value without its unit, with a true minus sign.

    Examples
    --------
    >>> number(-4.21, "deg"), number(float("nan"), "deg")
    ('−4.2', 'not known')
    """
    return change_number(value, unit).removeprefix("+")


def change_number(value: float, unit: str) -> str:
    """Write a change with its sign and without its unit.

    Examples
    --------
    >>> change_number(1.46, "points"), change_number(0.01, "deg")
    ('+1.5', '0.0')
    """
    if not math.isfinite(value):
        return NOT_KNOWN
    return "".join(letter for letter in signed(value, unit) if letter in "+−.0123456789")


def interval_words(low: float, high: float, unit: str) -> str:
    """Write an interval with its signs and without its unit."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_KNOWN
    return f"{change_number(low, unit)} to {change_number(high, unit)}"


def mdc_words(mdc: float | None, unit: str, *, is_assumed: bool) -> str:
    """Write the minimal detectable change, with a star where it rests on a default."""
    return NOT_KNOWN if mdc is None else number(mdc, unit) + ("*" if is_assumed else "")


def left_out_lines(left_out: Mapping[MeasureKey, Iterable[LeftOut]]) -> list[str]:
    """Say once per session and reason what was left out, and of which measures if not of all."""
    measures: dict[LeftOut, list[MeasureKey]] = {}
    for key, sessions in left_out.items():
        for one in sessions:
            measures.setdefault(one, []).append(key)
    lines = []
    for one, keys in measures.items():
        only = f" ({len(keys)} of {len(left_out)} measures)" if len(keys) < len(left_out) else ""
        lines.append(f"  {one.session_id}: {one.reason}{only}")
    return ["Left out:", *lines] if lines else []


def reservation_lines(reservations: Mapping[MeasureKey, Iterable[str]]) -> list[str]:
    """List every reservation once."""
    found = dict.fromkeys(words for told in reservations.values() for words in told)
    return ["To be kept in mind:", *(f"  {words}" for words in found)] if found else []


def many_measures_line(n: int) -> list[str]:
    """Warn of looking at many measures at once."""
    if n < 4:
        return []
    expected = f"{n} measures are shown: of 20 that have not changed, one may well look changed."
    return [f"{expected} Choose the one or two that matter beforehand."]


def key_document(key: MeasureKey) -> dict[str, object]:
    """Give a key as JSON."""
    return {"measure": key.name, "task": key.task, "side": key.side, "unit": key.unit}


def left_out_document(left_out: Sequence[LeftOut]) -> list[dict[str, str]]:
    """Give what was left out as JSON."""
    return [{"session": one.session_id, "reason": one.reason} for one in left_out]


def repeatability_document(spread: Repeatability | None) -> dict[str, object] | None:
    """Give a person's spread, or the default, as JSON."""
    if spread is None:
        return None
    return {
        "sem": spread.sem,
        "interval_95": None if spread.is_assumed else [spread.low, spread.high],
        "df": spread.df,
        "is_assumed": spread.is_assumed,
        "mdc_single": spread.mdc_single,
        "mdc_3_against_3": spread.mdc_blocks(3, 3),
    }
