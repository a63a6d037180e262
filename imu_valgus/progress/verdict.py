"""Verdicts on a change, from too few sessions to beyond measurement noise, in plain words."""

from enum import StrEnum

from imu_valgus.progress.repeatability import Z95


class Verdict(StrEnum):
    """How a change compares with the measurement noise."""

    TOO_FEW = "not enough sessions"
    NOISE_UNKNOWN = "measurement noise not known"
    BELOW = "below measurement noise"
    """Smaller than two blocks typically differ by when nothing has changed (one standard error)."""
    WITHIN = "within measurement noise"
    BEYOND = "beyond measurement noise"
    """Larger than the MDC, and the interval excludes zero."""


def judge(change: float, *, low: float, high: float, mdc: float | None) -> Verdict:
    """Return the verdict on a change.

    Parameters
    ----------
    change, low, high
        The change and its 95 % interval.
    mdc
        Minimal detectable change of the comparison; None where the spread is not known.

    Returns
    -------
    Verdict
        Beyond noise only where the change exceeds the MDC and the interval excludes zero.

    Examples
    --------
    >>> judge(6.0, low=2.0, high=10.0, mdc=4.8)
    <Verdict.BEYOND: 'beyond measurement noise'>
    >>> judge(6.0, low=-1.0, high=13.0, mdc=4.8)
    <Verdict.WITHIN: 'within measurement noise'>
    """
    if mdc is None:
        return Verdict.NOISE_UNKNOWN
    if abs(change) > mdc and (low > 0.0 or high < 0.0):
        return Verdict.BEYOND
    return Verdict.BELOW if abs(change) <= mdc / Z95 else Verdict.WITHIN


_UNITS = {"deg": "°", "points": " points", "per_min": " per minute", "ratio": "", "share": ""}


def with_unit(value: float, unit: str) -> str:
    """Write a value with its unit, with more digits for units whose values are small.

    Parameters
    ----------
    value
        The value, in the unit.
    unit
        Unit as in ``MeasureKey.unit``; empty for counts, whose means get one digit.

    Returns
    -------
    str
        The rounded value followed by its unit.

    Examples
    --------
    >>> with_unit(4.25, "deg"), with_unit(0.031, "share"), with_unit(0.542, "")
    ('4.2°', '0.031', '0.5')
    """
    digits = 1 if unit in ("deg", "points", "per_min", "cm", "") else 3
    return f"{value:.{digits}f}{_UNITS.get(unit, f' {unit}'.rstrip())}"


def sentence(verdict: Verdict, *, words: str, change: float, mdc: float | None, unit: str) -> str:
    """Put the verdict into one sentence that claims no more than the numbers do.

    Parameters
    ----------
    verdict
        Verdict from :func:`judge`.
    words
        The measure in plain words.
    change, mdc
        Change and minimal detectable change in the measure's unit.
    unit
        Unit as in ``MeasureKey.unit``.

    Returns
    -------
    str
        The sentence, beginning with the measure.
    """
    name = words[:1].upper() + words[1:]
    size = with_unit(abs(change), unit)
    direction = "larger" if change > 0 else "smaller"
    noise = "" if mdc is None else with_unit(mdc, unit)
    texts = {
        Verdict.TOO_FEW: f"{name}: not enough sessions to speak of a change.",
        Verdict.NOISE_UNKNOWN: (
            f"{name} is {size} {direction}; whether that is more than measurement noise is not "
            "known until repeat sessions have been recorded."
        ),
        Verdict.BELOW: (
            f"{name}: no change beyond measurement noise (a difference of {size}; "
            f"it takes more than {noise})."
        ),
        Verdict.WITHIN: (
            f"{name} is {size} {direction}, within measurement noise: not distinguishable from "
            f"day-to-day variation (it takes more than {noise} and an interval without zero)."
        ),
        Verdict.BEYOND: f"{name} is {size} {direction}, beyond measurement noise ({noise}).",
    }
    return texts[verdict]
