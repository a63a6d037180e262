"""Which sessions of a course may stand beside each other in one measure, and why others may not."""

from collections.abc import Sequence
from dataclasses import dataclass

from imu_valgus.model.programme import Programme
from imu_valgus.model.progress import Conditions, Feedback, MeasureKey, SessionRecord
from imu_valgus.pipeline.course_blocks import NO_BLOCKS, Blocks, by_day, choose_blocks
from imu_valgus.progress.comparability import (
    LeftOut,
    find_differences,
    missing_reason,
    own_reason,
)
from imu_valgus.progress.schedule import BLOCK_SESSIONS


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
