"""Before and after: the means of two blocks of sessions, with the session as the unit.

Repetitions within a session are not independent: a test of 15 against 15 of them usually finds a
change where there is none. So each session enters with one value.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, stdtrit

from imu_valgus.errors import NotComparableError
from imu_valgus.model import FloatArray
from imu_valgus.model.progress import MeasureKey, SessionRecord
from imu_valgus.progress.comparability import LeftOut, check_comparable, reason_not_counted
from imu_valgus.progress.repeatability import Repeatability, assumed_repeatability
from imu_valgus.progress.verdict import Verdict, judge, sentence

EFFECT_SIZE_LABEL = "standardised by your own session-to-session spread"
"""Label of Hedges' g, which is not comparable here with effect sizes between people."""


@dataclass(frozen=True, slots=True)
class BlockComparison:
    """Change of one measure between two blocks of sessions.

    Parameters
    ----------
    key
        The measure.
    before, after
        Values of the sessions, in the order given.
    change
        Mean after minus mean before.
    low, high
        95 % interval of the change; NaN where no spread is known.
    spread, df
        Standard deviation between sessions within the blocks and its degrees of freedom;
        NaN and 0 with single sessions.
    interval_from
        What the interval rests on, in words.
    mdc
        Minimal detectable change of these blocks; None where the repeatability is not known.
    is_mdc_assumed
        Whether the MDC rests on a default.
    hedges_g
        The change over the spread, corrected for few sessions; None where there is no spread.
        Its label is :data:`EFFECT_SIZE_LABEL`.
    verdict
        Verdict on the change.
    reservations
        Differences that do not forbid the comparison, one sentence each.
    left_out
        Sessions that do not count, with reasons.
    """

    key: MeasureKey
    before: tuple[float, ...]
    after: tuple[float, ...]
    change: float
    low: float
    high: float
    spread: float
    df: int
    interval_from: str
    mdc: float | None
    is_mdc_assumed: bool
    hedges_g: float | None
    verdict: Verdict
    reservations: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return sentence(
            self.verdict, words=self.key.words, change=self.change, mdc=self.mdc, unit=self.key.unit
        )


def compare_blocks(
    before: Sequence[SessionRecord],
    after: Sequence[SessionRecord],
    *,
    key: MeasureKey,
    repeatability: Repeatability | None = None,
) -> BlockComparison:
    """Compare two blocks of sessions of one person in one measure.

    Parameters
    ----------
    before, after
        Sessions of the two blocks. Three each are advised; one each is allowed but shows only
        large changes.
    key
        Measure, task and leg.
    repeatability
        The person's own repeatability; None for the default of the unit, which is marked as
        assumed.

    Returns
    -------
    BlockComparison
        The change with its interval, MDC and verdict.

    Raises
    ------
    NotComparableError
        If the sessions are of different people, conditions or legs, or none of a block counts.
    """
    known = repeatability or assumed_repeatability(key.unit)
    counted_before, left_before = _counted(before, key=key, block="first")
    counted_after, left_after = _counted(after, key=key, block="second")
    reservations = check_comparable([*counted_before, *counted_after], key=key)
    shared = {s.session_id for s in counted_before} & {s.session_id for s in counted_after}
    if shared:
        reservations += (f"In both blocks: {', '.join(sorted(shared))}.",)
    first, second = _values(counted_before, key), _values(counted_after, key)
    change = float(second.mean() - first.mean())
    spread, df = _pooled_spread(first, second)
    half, interval_from = _half_width(first.size, second.size, spread, df, known)
    low, high = change - half, change + half
    mdc = known.mdc_blocks(first.size, second.size) if known else None
    return BlockComparison(
        key=key,
        before=tuple(first.tolist()),
        after=tuple(second.tolist()),
        change=change,
        low=low,
        high=high,
        spread=spread,
        df=df,
        interval_from=interval_from,
        mdc=mdc,
        is_mdc_assumed=bool(known and known.is_assumed),
        hedges_g=hedges_g(change, spread, df) if df and spread > 0.0 else None,
        verdict=judge(change, low=low, high=high, mdc=mdc),
        reservations=reservations,
        left_out=left_before + left_after,
    )


def _counted(
    sessions: Sequence[SessionRecord], *, key: MeasureKey, block: str
) -> tuple[list[SessionRecord], tuple[LeftOut, ...]]:
    reasons = {session.session_id: reason_not_counted(session, key) for session in sessions}
    counted = [session for session in sessions if not reasons[session.session_id]]
    left_out = tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason)
    if not counted:
        why = " ".join(dict.fromkeys(left.reason for left in left_out)) or "It is empty."
        raise NotComparableError(f"No session with {key.words} counts in the {block} block. {why}")
    return counted, left_out


def _values(sessions: Sequence[SessionRecord], key: MeasureKey) -> FloatArray:
    return np.array([measure.value for s in sessions if (measure := s.measure(key))], np.float64)


def _pooled_spread(before: FloatArray, after: FloatArray) -> tuple[float, int]:
    """Pool the standard deviation within two blocks; NaN and 0 when one is a single session."""
    if min(before.size, after.size) < 2:
        return math.nan, 0
    df = before.size + after.size - 2
    squares = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    return math.sqrt(squares / df), df


def _half_width(
    n_before: int, n_after: int, spread: float, df: int, repeatability: Repeatability | None
) -> tuple[float, str]:
    if df:
        scale = math.sqrt(1.0 / n_before + 1.0 / n_after)
        return float(stdtrit(df, 0.975)) * spread * scale, "the sessions of both blocks"
    if repeatability is None:
        return math.nan, "nothing: single sessions and no repeat sessions"
    whose = "an assumed" if repeatability.is_assumed else "the person's own"
    return repeatability.half_width(n_before, n_after), f"{whose} repeatability"


def small_sample_factor(df: int) -> float:
    """Return the exact factor J that removes the bias of a standardised difference.

    ``J = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2))`` (Hedges 1981, doi:10.3102/10769986006002107);
    zero at one degree of freedom, where the bias is infinite.

    Parameters
    ----------
    df
        Degrees of freedom, at least one.

    Returns
    -------
    float
        The factor, 0 to 1.

    Examples
    --------
    >>> round(small_sample_factor(4), 3)
    0.798
    """
    if df == 1:
        return 0.0
    return math.exp(float(gammaln(df / 2) - gammaln((df - 1) / 2))) / math.sqrt(df / 2)


def hedges_g(change: float, spread: float, df: int) -> float:
    """Return a change over the pooled spread, with the bias of few sessions removed.

    Parameters
    ----------
    change
        Difference of the two means.
    spread
        Pooled standard deviation within the blocks, in the same unit.
    df
        Degrees of freedom of the spread.

    Returns
    -------
    float
        Standardised difference, with the sign of the change.
    """
    return small_sample_factor(df) * change / spread
