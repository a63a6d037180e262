"""Which sessions of a course are its baseline, its close, and its repeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from imu_valgus.model.programme import Programme
from imu_valgus.model.progress import Purpose, SessionRecord
from imu_valgus.progress.comparability import own_reason
from imu_valgus.progress.schedule import BLOCK_SESSIONS

_REPEATS = (Purpose.REDONNING, Purpose.REPEAT)
_SAME_CAMPAIGN = timedelta(days=14)
"""Repeat sessions further apart may have training, or a season, between them."""


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


def choose_blocks(sessions: Sequence[SessionRecord], programme: Programme | None) -> Blocks:
    """Choose baseline and closing sessions.

    Sessions recorded *as* baseline or closing are taken where there are any. Else the baseline is
    what was recorded before the programme's start, and without such sessions the first ones; the
    close is the latest ones. Sessions that do not count by themselves are passed over.

    Parameters
    ----------
    sessions
        Of one person, in any order.
    programme
        Its start ends the baseline; None where there is none.
    """
    counted = sorted((s for s in sessions if not own_reason(s)), key=lambda s: s.recorded_at)
    before, how_before = _baseline(counted, programme)
    last_before = max((s.recorded_at for s in before), default=None)
    later = [s for s in counted if last_before is not None and s.recorded_at > last_before]
    closing = [s for s in later if s.purpose is Purpose.CLOSING]
    after = closing or later[-BLOCK_SESSIONS:]
    how_after = "the closing sessions" if closing else f"the latest {len(after)} sessions"
    if not after:
        return Blocks(tuple(before), (), f"Baseline: {how_before}; nothing was recorded since.")
    return Blocks(tuple(before), tuple(after), f"Compared: {how_before} with {how_after}.")


def _baseline(
    counted: Sequence[SessionRecord], programme: Programme | None
) -> tuple[list[SessionRecord], str]:
    marked = [s for s in counted if s.purpose is Purpose.BASELINE]
    if marked:
        return marked, f"the {len(marked)} baseline sessions"
    if programme is not None:
        early = [s for s in counted if s.recorded_at.date() < programme.start]
        if early:
            taken = early[-BLOCK_SESSIONS:]
            return taken, f"the {len(taken)} last sessions before the programme"
    # With fewer than twice the block the first half must do, so that something is left to compare.
    n_first = min(BLOCK_SESSIONS, max(1, len(counted) // 2))
    return list(counted[:n_first]), f"the first {min(n_first, len(counted))} sessions"


def repeat_groups(sessions: Sequence[SessionRecord]) -> tuple[tuple[SessionRecord, ...], ...]:
    """Group the repeat sessions that lie within two weeks of their neighbours.

    Parameters
    ----------
    sessions
        Of one person, in any order; only those recorded as repeat or re-donning and that count.
    """
    repeats = sorted(
        (s for s in sessions if s.purpose in _REPEATS and not own_reason(s)),
        key=lambda s: s.recorded_at,
    )
    groups: list[list[SessionRecord]] = [[one] for one in repeats[:1]]
    for earlier, later in pairwise(repeats):
        if later.recorded_at - earlier.recorded_at > _SAME_CAMPAIGN:
            groups.append([])
        groups[-1].append(later)
    return tuple(tuple(group) for group in groups)
