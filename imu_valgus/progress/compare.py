"""Before and after: the means of two blocks of sessions, the session being the unit.

Repetitions of one session are not independent of each other: testing 15 against 15 of them finds
a change where there is none in most cases. So only one value per session enters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, stdtrit

from imu_valgus.errors import NotComparableError
from imu_valgus.model import FloatArray
from imu_valgus.model.progress import MeasureKey, SessionRecord
from imu_valgus.progress.comparability import (
    LeftOut,
    check_comparable,
    missing_reason,
    own_reason,
)
from imu_valgus.progress.repeatability import Repeatability, assumed_repeatability
from imu_valgus.progress.verdict import Verdict, judge, sentence

EFFECT_SIZE_LABEL = "standardised by your own session-to-session spread"
"""What Hedges' g here is: not comparable with effect sizes between people."""


@dataclass(frozen=True, slots=True)
class BlockComparison:
    """Change of one measure between two blocks of sessions.

    Parameters
    ----------
    key
        The measure.
    before, after
        The values of the sessions, in the order given.
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
        Minimal detectable change of these blocks, None where the repeatability is not known.
    is_mdc_assumed
        Whether it rests on a default.
    hedges_g
        The change over the spread, corrected for few sessions; None where there is no spread.
        Its label is :data:`EFFECT_SIZE_LABEL`.
    verdict
        On the ladder.
    reservations
        What differed but does not forbid the comparison.
    left_out
        Sessions that do not count, and why.
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
            self.verdict,
            words=self.key.words,
            change=self.change,
            mdc=self.mdc,
            unit=self.key.unit,
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
        The blocks; three sessions each are advised, one each is allowed and nearly blind.
    key
        Which measure, task and leg.
    repeatability
        The person's own, None for the marked default of the unit.

    Raises
    ------
    NotComparableError
        If the sessions are of different people, conditions or legs, or none of a block counts.
    """
    spread = repeatability or assumed_repeatability(key.unit)
    counted_before, left_before = _counted(before, key=key, block="first")
    counted_after, left_after = _counted(after, key=key, block="second")
    reservations = check_comparable([*counted_before, *counted_after], key=key)
    shared = {s.session_id for s in counted_before} & {s.session_id for s in counted_after}
    if shared:
        reservations += (f"In both blocks stands: {', '.join(sorted(shared))}.",)
    return _compare(
        key,
        _values(counted_before, key),
        _values(counted_after, key),
        spread,
        reservations=reservations,
        left_out=left_before + left_after,
    )


def _counted(
    sessions: Sequence[SessionRecord], *, key: MeasureKey, block: str
) -> tuple[list[SessionRecord], tuple[LeftOut, ...]]:
    reasons = {
        session.session_id: own_reason(session)
        or ("" if session.measure(key) else missing_reason(session, key))
        for session in sessions
    }
    counted = [session for session in sessions if not reasons[session.session_id]]
    left_out = tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason)
    if not counted:
        why = " ".join(dict.fromkeys(left.reason for left in left_out)) or "It is empty."
        raise NotComparableError(
            f"Expected at least one session with {key.words} in the {block} block, "
            f"found none that counts: {why}"
        )
    return counted, left_out


def _values(sessions: Sequence[SessionRecord], key: MeasureKey) -> FloatArray:
    measures = (session.measure(key) for session in sessions)
    return np.array([measure.value for measure in measures if measure], dtype=np.float64)


def _compare(
    key: MeasureKey,
    before: FloatArray,
    after: FloatArray,
    repeatability: Repeatability | None,
    *,
    reservations: tuple[str, ...],
    left_out: tuple[LeftOut, ...],
) -> BlockComparison:
    change = float(after.mean() - before.mean())
    spread, df = pooled_spread(before, after)
    half, interval_from = _half_width(before.size, after.size, spread, df, repeatability)
    mdc = repeatability.mdc_blocks(before.size, after.size) if repeatability else None
    low, high = change - half, change + half
    return BlockComparison(
        key=key,
        before=tuple(before.tolist()),
        after=tuple(after.tolist()),
        change=change,
        low=low,
        high=high,
        spread=spread,
        df=df,
        interval_from=interval_from,
        mdc=mdc,
        is_mdc_assumed=bool(repeatability and repeatability.is_assumed),
        hedges_g=hedges_g(change, spread, df) if df and spread > 0.0 else None,
        verdict=judge(change, low=low, high=high, mdc=mdc),
        reservations=reservations,
        left_out=left_out,
    )


def pooled_spread(before: FloatArray, after: FloatArray) -> tuple[float, int]:
    """Pool the standard deviation within two blocks; NaN and 0 when one is a single session."""
    if min(before.size, after.size) < 2:
        return math.nan, 0
    df = before.size + after.size - 2
    squares = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    return math.sqrt(squares / df), df


def _half_width(
    n_before: int,
    n_after: int,
    spread: float,
    df: int,
    repeatability: Repeatability | None,
) -> tuple[float, str]:
    if df:
        scale = math.sqrt(1.0 / n_before + 1.0 / n_after)
        return float(stdtrit(df, 0.975)) * spread * scale, "the sessions of both blocks"
    if repeatability is None:
        return math.nan, "nothing: single sessions and no repeat sessions"
    if repeatability.is_assumed:
        return repeatability.half_width(n_before, n_after), "an assumed repeatability"
    return repeatability.half_width(n_before, n_after), "the person's own repeatability"


def small_sample_factor(df: int) -> float:
    """Exact factor J that takes the bias from a standardised difference.

    ``J = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2))`` (Hedges 1981, doi:10.3102/10769986006002107);
    zero at one degree of freedom, where the bias is infinite.

    Examples
    --------
    >>> round(small_sample_factor(4), 3)
    0.798
    """
    if df == 1:
        return 0.0
    return math.exp(float(gammaln(df / 2) - gammaln((df - 1) / 2))) / math.sqrt(df / 2)


def hedges_g(change: float, spread: float, df: int) -> float:
    """Divide a change by the pooled spread and take away the bias of few sessions."""
    return small_sample_factor(df) * change / spread
