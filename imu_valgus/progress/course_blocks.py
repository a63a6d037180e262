"""Which sessions of a course are its baseline, its close, and its repeats.

Which sessions of a course may stand beside each other in one measure, and why others may not.
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
    find_differences,
    missing_reason,
    own_reason,
)
from imu_valgus.progress.schedule import BLOCK_SESSIONS

_REPEATS = (Purpose.REDONNING, Purpose.REPEAT)

_SAME_CAMPAIGN = timedelta(days=14)
"""Sessions of one purpose further apart may have training, or a season, between them."""

Day = tuple[SessionRecord, ...]
"""The sessions of one day: several donnings share what makes the day, so they count once."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Sessions to be compared with each other.

    Parameters
    ----------
    before, after
        Baseline and latest or closing sessions; either may be empty, none stands in both.
    words
        How they were chosen, one sentence.
    """

    before: tuple[SessionRecord, ...]
    after: tuple[SessionRecord, ...]
    words: str


NO_BLOCKS: Final = Blocks((), (), "No session counts.")


def in_order(sessions: Sequence[SessionRecord]) -> tuple[SessionRecord, ...]:
    """Sort sessions by time, those of one instant by their names."""
    return tuple(sorted(sessions, key=lambda s: (s.recorded_at, s.session_id)))


def by_day(sessions: Sequence[SessionRecord]) -> tuple[Day, ...]:
    """Group sessions by the day of where they were recorded, in order of time."""
    days = groupby(in_order(sessions), key=lambda s: s.recorded_at.date())
    return tuple(tuple(day) for _, day in days)


def choose_blocks(sessions: Sequence[SessionRecord], programme: Programme | None) -> Blocks:
    """Choose baseline and closing sessions.

    Sessions recorded *as* baseline or closing are taken where there are any, the latest lot of
    them. Else the baseline is the last three days before the programme's start, and without such
    sessions the first three days; the close is the latest three days. All sessions of a day
    go together. Sessions that do not count by themselves are passed over.

    Parameters
    ----------
    sessions
        Of one person, in any order.
    programme
        Its start ends the baseline; None where there is none.
    """
    days = by_day([s for s in sessions if not own_reason(s)])
    if not days:
        return NO_BLOCKS
    before, how_before = _baseline(days, programme)
    last_before = before[-1][-1].recorded_at
    later = [day for day in days if day[0].recorded_at > last_before]
    closing = _latest_lot(later, Purpose.CLOSING)
    after = closing or tuple(later[-BLOCK_SESSIONS:])
    if not after:
        return Blocks(_flat(before), (), f"Baseline: {how_before}; nothing was recorded since.")
    how_after = f"the {_amount(after)} recorded as closing"
    if not closing:
        how_after = f"the latest {_amount(after)}"
    return Blocks(_flat(before), _flat(after), f"Compared: {how_before} with {how_after}.")


def _baseline(days: Sequence[Day], programme: Programme | None) -> tuple[tuple[Day, ...], str]:
    marked = _latest_lot(days, Purpose.BASELINE)
    if marked:
        return marked, f"the {_amount(marked)} recorded as baseline"
    if programme is not None:
        early = tuple(day for day in days if day[0].recorded_at.date() < programme.start)
        if early:
            taken = early[-BLOCK_SESSIONS:]
            return taken, f"the last {_amount(taken)} before the programme"
    # With fewer than twice the block the first half must do, so that something is left to compare.
    first = tuple(days[: min(BLOCK_SESSIONS, max(1, len(days) // 2))])
    return first, f"the first {_amount(first)}"


def _latest_lot(days: Sequence[Day], purpose: Purpose) -> tuple[Day, ...]:
    """Sessions of a purpose from the last lot of them: an earlier programme has its own."""
    marked = [session for day in days for session in day if session.purpose is purpose]
    return by_day(_lots(marked)[-1]) if marked else ()


def _flat(days: Sequence[Day]) -> tuple[SessionRecord, ...]:
    return tuple(session for day in days for session in day)


def _amount(days: Sequence[Day]) -> str:
    n = len(_flat(days))
    sessions = "session" if n == 1 else f"{n} sessions"
    if n == len(days):
        return sessions
    return f"{sessions} on {len(days)} {'day' if len(days) == 1 else 'days'}"


def repeat_groups(sessions: Sequence[SessionRecord]) -> tuple[tuple[SessionRecord, ...], ...]:
    """Group the repeat sessions that lie within two weeks of their neighbours.

    Parameters
    ----------
    sessions
        Of one person, in any order; only those recorded as repeat or re-donning and that count.
    """
    return _lots([s for s in sessions if s.purpose in _REPEATS and not own_reason(s)])


def _lots(sessions: Sequence[SessionRecord]) -> tuple[tuple[SessionRecord, ...], ...]:
    ordered = in_order(sessions)
    lots: list[list[SessionRecord]] = [[one] for one in ordered[:1]]
    for earlier, later in pairwise(ordered):
        if later.recorded_at - earlier.recorded_at > _SAME_CAMPAIGN:
            lots.append([])
        lots[-1].append(later)
    return tuple(tuple(lot) for lot in lots)


@dataclass(frozen=True, slots=True)
class CountedSessions:
    """The sessions that one measure is followed by.

    Parameters
    ----------
    sessions
        Those that have it, count, and may stand beside each other, in order of time.
    blocks
        Baseline and close among them.
    left_out
        All others in order of time, and why.
    """

    sessions: tuple[SessionRecord, ...]
    blocks: Blocks
    left_out: tuple[LeftOut, ...]


def counted_sessions(
    key: MeasureKey, sessions: Sequence[SessionRecord], programme: Programme | None
) -> CountedSessions:
    """Keep the sessions of one kind: that which compares most before and after.

    A single training session with feedback or on a higher step must not end a course that was
    recorded alike all along. So not the latest session sets the kind but the largest baseline
    and close that it can give (up to three days each); among equals the one of the baseline,
    without feedback, with most sessions, with the latest session.

    Parameters
    ----------
    key
        Which measure.
    sessions
        Of one person, in order of time.
    programme
        Its start ends the baseline; None where there is none.
    """
    reasons = {
        s.session_id: own_reason(s) or ("" if s.measure(key) else missing_reason(s, key))
        for s in sessions
    }
    fit = [s for s in sessions if not reasons[s.session_id]]
    kinds = [
        (kind, [s for s in fit if not _forbidden(s.conditions, kind, key)])
        for kind in dict.fromkeys(s.conditions for s in fit)
    ]
    if not kinds:
        return CountedSessions((), NO_BLOCKS, _left_out(reasons))
    baseline = choose_blocks(fit, programme).before
    kind, counted = max(
        kinds, key=lambda one: _worth(one[0], choose_blocks(one[1], programme), one[1], baseline)
    )
    for session in fit:
        reasons[session.session_id] = _forbidden(session.conditions, kind, key)
    return CountedSessions(tuple(counted), choose_blocks(counted, programme), _left_out(reasons))


def _forbidden(one: Conditions, other: Conditions, key: MeasureKey) -> str:
    return " ".join(d.sentence for d in find_differences(one, other, key=key) if d.forbids)


def _worth(
    kind: Conditions,
    blocks: Blocks,
    counted: Sequence[SessionRecord],
    baseline: Sequence[SessionRecord],
) -> tuple[object, ...]:
    n_before, n_after = (
        min(len(by_day(block)), BLOCK_SESSIONS) for block in (blocks.before, blocks.after)
    )
    return (
        n_before + n_after if n_before and n_after else 0,
        any(session in baseline for session in blocks.before),
        kind.feedback is Feedback.NONE,
        len(counted),
        counted[-1].recorded_at,
        # Heights within the tolerance of each other make several kinds of the same worth.
        counted[-1].session_id,
        kind.step_height_m or 0.0,
    )


def _left_out(reasons: dict[str, str]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(name, reason) for name, reason in reasons.items() if reason)
