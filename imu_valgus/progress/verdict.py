"""The ladder of verdicts on a change, and its plain words."""

from enum import StrEnum

from imu_valgus.progress.repeatability import Z95


class Verdict(StrEnum):
    """Where a change stands beside the measurement noise."""

    TOO_FEW = "not enough sessions"
    NOISE_UNKNOWN = "measurement noise not known"
    BELOW = "below measurement noise"
    """Smaller than two blocks typically differ by when nothing has changed (one standard error)."""
    WITHIN = "within measurement noise"
    BEYOND = "beyond measurement noise"
    """Larger than the MDC, and the interval excludes zero."""


def judge(change: float, *, low: float, high: float, mdc: float | None) -> Verdict:
    """Place a change on the ladder.

    Parameters
    ----------
    change, low, high
        The change and its 95 % interval.
    mdc
        Minimal detectable change of the comparison, None where the spread is not known.

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
    """Write a size with its unit, with more digits where its values are small.

    Parameters
    ----------
    value
        Of the size.
    unit
        As ``MeasureKey.unit``; empty for counts, which have one digit as means of sessions.

    Examples
    --------
    >>> with_unit(4.25, "deg"), with_unit(0.031, "share"), with_unit(0.542, "")
    ('4.2°', '0.031', '0.5')
    """
    digits = 1 if unit in ("deg", "points", "per_min", "cm", "") else 3
    return f"{value:.{digits}f}{_UNITS.get(unit, f' {unit}'.rstrip())}"


def sentence(verdict: Verdict, *, words: str, change: float, mdc: float | None, unit: str) -> str:
    """Say the verdict in one sentence that claims no more than the numbers do.

    Parameters
    ----------
    verdict
        From :func:`judge`.
    words
        The measure in plain words.
    change, mdc
        In the measure's unit.
    unit
        As ``MeasureKey.unit``.
    """
    name = words[:1].upper() + words[1:]
    size = with_unit(abs(change), unit)
    way = "larger" if change > 0 else "smaller"
    noise = "" if mdc is None else with_unit(mdc, unit)
    texts = {
        Verdict.TOO_FEW: f"{name}: not enough sessions to speak of a change.",
        Verdict.NOISE_UNKNOWN: (
            f"{name} is {size} {way}; whether that is more than measurement noise is not known "
            "until repeat sessions have been recorded."
        ),
        Verdict.BELOW: (
            f"{name}: no change beyond measurement noise (a difference of {size}; "
            f"it takes more than {noise})."
        ),
        Verdict.WITHIN: (
            f"{name} is {size} {way}, within measurement noise: not distinguishable from "
            f"day-to-day variation (it takes more than {noise} and an interval without zero)."
        ),
        Verdict.BEYOND: f"{name} is {size} {way}, beyond measurement noise ({noise}).",
    }
    return texts[verdict]
