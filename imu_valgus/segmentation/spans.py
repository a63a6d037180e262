"""Join, cut and compare spans of tasks."""

from collections.abc import Sequence

from imu_valgus.model import TaskSpan

LONGEST_PAUSE_S = 2.0
"""Spans of one task with a shorter pause between them are joined."""


def overlaps(span: TaskSpan, others: Sequence[TaskSpan]) -> bool:
    """Return whether a span shares time with any other.

    Parameters
    ----------
    span
        Span to test.
    others
        Spans on the same clock.

    Returns
    -------
    bool
        True if they share time; spans that only touch do not.

    Examples
    --------
    >>> from imu_valgus.model import Task
    >>> overlaps(TaskSpan(Task.WALK, 0.0, 2.0), [TaskSpan(Task.SQUAT, 2.0, 3.0)])
    False
    """
    return any(span.start_s < other.end_s and other.start_s < span.end_s for other in others)


def cut_out(
    span: TaskSpan, others: Sequence[TaskSpan], *, shortest_s: float = 0.0
) -> list[TaskSpan]:
    """Return the parts of a span that no other span covers.

    Parameters
    ----------
    span
        Span to cut.
    others
        Spans to cut out of it.
    shortest_s
        Parts that are not longer than this are dropped.

    Returns
    -------
    list of TaskSpan
        In order of time.

    Examples
    --------
    >>> from imu_valgus.model import Task
    >>> trial = TaskSpan(Task.STANDING, 0.0, 9.0)
    >>> parts = cut_out(trial, [TaskSpan(Task.SQUAT, 2.0, 5.0), TaskSpan(Task.WALK, 8.5, 20.0)])
    >>> [(part.start_s, part.end_s) for part in parts]
    [(0.0, 2.0), (5.0, 8.5)]
    """
    parts: list[TaskSpan] = []
    start_s = span.start_s
    for other in sorted(others, key=lambda item: item.start_s):
        if other.end_s <= start_s or other.start_s >= span.end_s:
            continue
        parts.append(TaskSpan(span.task, start_s, max(other.start_s, start_s), span.side))
        start_s = other.end_s
    parts.append(TaskSpan(span.task, start_s, max(span.end_s, start_s), span.side))
    return [part for part in parts if part.end_s - part.start_s > shortest_s]


def merged(spans: Sequence[TaskSpan], *, pause_s: float = LONGEST_PAUSE_S) -> list[TaskSpan]:
    """Join neighbouring spans of the same task and side.

    Parameters
    ----------
    spans
        Spans in any order.
    pause_s
        Longest time between two spans that are joined.

    Returns
    -------
    list of TaskSpan
        In order of task, side and time.
    """
    joined: list[TaskSpan] = []
    for span in sorted(spans, key=lambda item: (item.task, item.side or "", item.start_s)):
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.task, last.side) == (span.task, span.side)
            and span.start_s <= last.end_s + pause_s
        ):
            end_s = max(last.end_s, span.end_s)
            joined[-1] = TaskSpan(last.task, last.start_s, end_s, last.side)
        else:
            joined.append(span)
    return joined
