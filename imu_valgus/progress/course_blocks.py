"""Which sessions of a course are its baseline, its close and its repeats.

A *stratum* is a set of sessions whose conditions allow one measure to be compared. A *campaign*
is a run of sessions of one purpose, each recorded within two weeks of the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Final

from imu_valgus.model.programme import Programme
from imu_valgus.model.progress import Conditions, Feedback, MeasureKey, Purpose, SessionRecord
from imu_valgus.progress.comparability import (
    LeftOut,
    own_reason,
    reason_not_comparable,
    reason_not_counted,
)
from imu_valgus.progress.schedule import BLOCK_SESSIONS

_SAME_CAMPAIGN: Final = timedelta(days=14)
"""Between sessions of one purpose further apart there may be training, or a season."""

Day = tuple[SessionRecord, ...]
"""The sessions of one day: several donnings share the effects of the day, so they count once."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Sessions to be compared with each other.

    Parameters
    ----------
    before, after
        Baseline, and closing or latest sessions. Either may be empty; no session is in both.
    words
        How they were chosen, in one sentence.
    """

    before: tuple[SessionRecord, ...]
    after: tuple[SessionRecord, ...]
    words: str


NO_BLOCKS: Final = Blocks((), (), "No session counts.")


def in_order(sessions: Sequence[SessionRecord]) -> tuple[SessionRecord, ...]:
    """Sort sessions by time, those of the same instant by name.

    Parameters
    ----------
    sessions
        Sessions in any order.

    Returns
    -------
    tuple of SessionRecord
        The sorted sessions.
    """
    return tuple(sorted(sessions, key=lambda s: (s.recorded_at, s.session_id)))


def by_day(sessions: Sequence[SessionRecord]) -> tuple[Day, ...]:
    """Group sessions by their local day of recording.

    Parameters
    ----------
    sessions
        Sessions in any order.

    Returns
    -------
    tuple of Day
        Sessions of each day, both in order of time.
    """
    days = groupby(in_order(sessions), key=lambda s: s.recorded_at.date())
    return tuple(tuple(day) for _, day in days)


def choose_blocks(sessions: Sequence[SessionRecord], programme: Programme | None) -> Blocks:
    """Choose baseline and closing sessions.

    Where sessions were recorded *as* baseline or closing, the latest campaign of them is taken.
    Otherwise the baseline is the last three days before the programme's start, or, without such
    days, the first three; the close is the latest three days. All sessions of a day go together.
    Sessions that were set aside or poorly calibrated are ignored.

    Parameters
    ----------
    sessions
        Sessions of one person, in any order.
    programme
        Programme whose start ends the baseline; None where there is none.

    Returns
    -------
    Blocks
        The two blocks, with a sentence that says how they were chosen.
    """
    days = by_day([s for s in sessions if not own_reason(s)])
    if not days:
        return NO_BLOCKS
    before, how_before = _baseline(days, programme)
    last_before = before[-1][-1].recorded_at
    later = [day for day in days if day[0].recorded_at > last_before]
    closing = _latest_campaign(later, Purpose.CLOSING)
    after = closing or tuple(later[-BLOCK_SESSIONS:])
    if not after:
        return Blocks(_flat(before), (), f"Baseline: {how_before}; nothing was recorded since.")
    how_after = f"the {_amount(after)} recorded as closing"
    if not closing:
        how_after = f"the latest {_amount(after)}"
    return Blocks(_flat(before), _flat(after), f"Compared: {how_before} with {how_after}.")


def repeat_groups(sessions: Sequence[SessionRecord]) -> tuple[tuple[SessionRecord, ...], ...]:
    """Group repeat sessions and re-donnings that count into campaigns.

    Parameters
    ----------
    sessions
        Sessions of one person, of any purpose and in any order.

    Returns
    -------
    tuple of tuple of SessionRecord
        Campaigns in order of time.
    """
    repeats = (Purpose.REDONNING, Purpose.REPEAT)
    return _campaigns([s for s in sessions if s.purpose in repeats and not own_reason(s)])


@dataclass(frozen=True, slots=True)
class CountedSessions:
    """The sessions that count for one measure.

    Parameters
    ----------
    sessions
        Comparable sessions that have the measure and count, in order of time.
    blocks
        Baseline and close among them.
    left_out
        All other sessions in order of time, with the reason.
    """

    sessions: tuple[SessionRecord, ...]
    blocks: Blocks
    left_out: tuple[LeftOut, ...]


def counted_sessions(
    key: MeasureKey, sessions: Sequence[SessionRecord], programme: Programme | None
) -> CountedSessions:
    """Choose the stratum that compares most before and after, and keep its sessions.

    A single training session with feedback or on a higher step must not end a course that was
    otherwise recorded under the same conditions. So it is not the latest session that sets the
    stratum, but the largest baseline and close that a stratum offers (up to three days each).
    Among equals the order of preference is: the stratum of the baseline, without feedback, with
    most sessions, with the latest session.

    Parameters
    ----------
    key
        Measure, task and leg.
    sessions
        Sessions of one person, in order of time.
    programme
        Programme whose start ends the baseline; None where there is none.

    Returns
    -------
    CountedSessions
        Sessions of that stratum with their blocks, and the others with the reason.
    """
    reasons = {s.session_id: reason_not_counted(s, key) for s in sessions}
    fit = [s for s in sessions if not reasons[s.session_id]]
    strata = {
        conditions: [s for s in fit if not reason_not_comparable(s.conditions, conditions, key=key)]
        for conditions in dict.fromkeys(s.conditions for s in fit)
    }
    if not strata:
        return CountedSessions((), NO_BLOCKS, _left_out(reasons))
    baseline = choose_blocks(fit, programme).before
    conditions, counted = max(
        strata.items(), key=lambda item: _preference(item[0], item[1], programme, baseline)
    )
    for session in fit:
        reasons[session.session_id] = reason_not_comparable(session.conditions, conditions, key=key)
    return CountedSessions(tuple(counted), choose_blocks(counted, programme), _left_out(reasons))


def _baseline(days: Sequence[Day], programme: Programme | None) -> tuple[tuple[Day, ...], str]:
    marked = _latest_campaign(days, Purpose.BASELINE)
    if marked:
        return marked, f"the {_amount(marked)} recorded as baseline"
    if programme is not None:
        early = tuple(day for day in days if day[0].recorded_at.date() < programme.start)
        if early:
            taken = early[-BLOCK_SESSIONS:]
            return taken, f"the last {_amount(taken)} before the programme"
    # With less than two full blocks the first half is the baseline, to leave days to compare with.
    first = tuple(days[: min(BLOCK_SESSIONS, max(1, len(days) // 2))])
    return first, f"the first {_amount(first)}"


def _latest_campaign(days: Sequence[Day], purpose: Purpose) -> tuple[Day, ...]:
    """Return the days of the latest campaign: an earlier programme had campaigns of its own."""
    marked = [session for day in days for session in day if session.purpose is purpose]
    return by_day(_campaigns(marked)[-1]) if marked else ()


def _campaigns(sessions: Sequence[SessionRecord]) -> tuple[tuple[SessionRecord, ...], ...]:
    ordered = in_order(sessions)
    campaigns = [[session] for session in ordered[:1]]
    for earlier, later in pairwise(ordered):
        if later.recorded_at - earlier.recorded_at > _SAME_CAMPAIGN:
            campaigns.append([])
        campaigns[-1].append(later)
    return tuple(tuple(campaign) for campaign in campaigns)


def _flat(days: Sequence[Day]) -> tuple[SessionRecord, ...]:
    return tuple(session for day in days for session in day)


def _amount(days: Sequence[Day]) -> str:
    n = len(_flat(days))
    sessions = "session" if n == 1 else f"{n} sessions"
    if n == len(days):
        return sessions
    return f"{sessions} on {len(days)} {'day' if len(days) == 1 else 'days'}"


def _preference(
    conditions: Conditions,
    counted: Sequence[SessionRecord],
    programme: Programme | None,
    baseline: Sequence[SessionRecord],
) -> tuple[object, ...]:
    """Return a sort key of strata, larger for the better one."""
    blocks = choose_blocks(counted, programme)
    n_before, n_after = (
        min(len(by_day(block)), BLOCK_SESSIONS) for block in (blocks.before, blocks.after)
    )
    return (
        n_before + n_after if n_before and n_after else 0,
        any(session in baseline for session in blocks.before),
        conditions.feedback is Feedback.NONE,
        len(counted),
        counted[-1].recorded_at,
        # Step heights within the tolerance can make several strata equal up to here.
        counted[-1].session_id,
        conditions.step_height_m or 0.0,
    )


def _left_out(reasons: dict[str, str]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason)
