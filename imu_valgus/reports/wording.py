"""Numbers, counts and names as words, alike in all reports."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.model import Placement, Task

__all__ = [
    "NOT_KNOWN",
    "Estimate",
    "capitalised",
    "counted",
    "enumerated",
    "fusion_words",
    "measure_words",
    "number",
    "places",
    "task_words",
]

NOT_KNOWN: Final = "not known"


def number(value: float, decimals: int) -> str:
    """Write a number with a true minus sign and never a negative zero.

    Parameters
    ----------
    value
        Number to write.
    decimals
        Number of decimals.

    Returns
    -------
    str
        The number, or "not known" if it is not finite.

    Examples
    --------
    >>> number(-3.14159, 1), number(-0.01, 1), number(float("nan"), 1)
    ('−3.1', '0.0', 'not known')
    """
    if not math.isfinite(value):
        return NOT_KNOWN
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Value with its uncertainty.

    Parameters
    ----------
    value
        The value.
    uncertainty
        One standard deviation or standard error, in the unit of the value.
    decimals
        Number of decimals to write.

    Examples
    --------
    >>> Estimate(12.345, 0.67, 1).text
    '12.3 ± 0.7'
    >>> Estimate(12.345, float("nan"), 1).text
    '12.3 (± not known)'
    """

    value: float
    uncertainty: float
    decimals: int

    @property
    def text(self) -> str:
        """Value and uncertainty as text, ready for a table."""
        if not math.isfinite(self.value):
            return NOT_KNOWN
        if not math.isfinite(self.uncertainty):
            return f"{number(self.value, self.decimals)} (± not known)"
        # An uncertainty that rounds to zero is written as a bound, not as certainty.
        least = 10.0**-self.decimals
        sign = "<" if 0.0 < self.uncertainty < 0.5 * least else ""
        shown = least if sign else self.uncertainty
        return f"{number(self.value, self.decimals)} ± {sign}{number(shown, self.decimals)}"


def counted(n: int, singular: str, plural: str | None = None) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    n
        The count.
    singular
        Noun for one.
    plural
        Noun for several; None to append "s" to `singular`.

    Returns
    -------
    str
        Count and noun.

    Examples
    --------
    >>> counted(1, "stride"), counted(0, "stride"), counted(2, "squat")
    ('1 stride', '0 strides', '2 squats')
    """
    return f"{n} {singular if n == 1 else plural or singular + 's'}"


def enumerated(words: Sequence[str]) -> str:
    """Join words with commas and "and".

    Parameters
    ----------
    words
        Words in order; may be empty.

    Returns
    -------
    str
        The list in words.

    Examples
    --------
    >>> enumerated(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def capitalised(text: str) -> str:
    """Make the first letter a capital and leave the rest as it is.

    Parameters
    ----------
    text
        Text; may be empty.

    Returns
    -------
    str
        Text that can begin a sentence.
    """
    return text[:1].upper() + text[1:]


def places(placements: Iterable[Placement]) -> str:
    """List sensor placements in words.

    Parameters
    ----------
    placements
        Placements in any order; repeats count once.

    Returns
    -------
    str
        Names, proximal to distal and right before left.
    """
    order = list(Placement)
    return enumerated([place.words for place in sorted(set(placements), key=order.index)])


_TASKS: Final = {
    Task.STANDING: ("standing", "standing"),
    Task.SIT: ("sitting", "sitting"),
    Task.STEP_UP: ("step-up", "step-ups"),
    Task.OTHER: ("other movement", "other movements"),
}


def task_words(task: Task, n: int) -> str:
    """Name a task with a noun that fits a count.

    Parameters
    ----------
    task
        Task of a recording or measure.
    n
        The count.

    Returns
    -------
    str
        Name in lower case, in the plural unless `n` is 1.
    """
    name = task.replace("_", " ")
    singular, plural = _TASKS.get(task, (name, f"{name}s"))
    return singular if n == 1 else plural


_FILTERS: Final = {"vqf": "VQF", "ahrs-madgwick": "Madgwick", "ahrs-mahony": "Mahony"}


def fusion_words(fusion: str) -> str:
    """Name the filter that computes orientation, with the name that ``--fusion`` takes.

    Parameters
    ----------
    fusion
        Name that ``--fusion`` takes.

    Returns
    -------
    str
        Name of the filter and that name; the given name if it is another filter.

    Examples
    --------
    >>> fusion_words("vqf"), fusion_words("another")
    ('VQF filter (vqf)', 'another')
    """
    return f"{_FILTERS[fusion]} filter ({fusion})" if fusion in _FILTERS else fusion


_UNITS: Final = (("_deg_s", "deg/s"), ("_deg", "deg"), ("_percent", "%"), ("_s", "s"), ("_m", "m"))

# Without a pelvis sensor the thigh takes the place of the hip, and the name says so.
_WORDS: Final = (
    ("femur ", "thigh (femur) "),
    ("excursion", "excursion from standing"),
    ("shank medial tilt", "shank tilt towards the midline"),
)


def measure_words(column: str) -> str:
    """Turn the column name of a measure into words.

    Parameters
    ----------
    column
        Column name that ends in its unit, such as "_deg".

    Returns
    -------
    str
        Words with the unit in brackets.

    Examples
    --------
    >>> measure_words("femur_internal_rotation_peak_deg")
    'Thigh (femur) internal rotation peak (deg)'
    >>> measure_words("score")
    'Score (0 to 100)'
    """
    if column == "score":
        return "Score (0 to 100)"
    suffix, unit = next(((s, u) for s, u in _UNITS if column.endswith(s)), ("", ""))
    words = column.removesuffix(suffix).replace("_", " ")
    for old, new in _WORDS:
        words = words.replace(old, new)
    return capitalised(words) + (f" ({unit})" if unit else "")
