"""From an analysis to a session of the store: what is kept, under which name, and if it counts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Grade, Segment, Session
from imu_valgus.model.progress import Feedback, Footwear, Purpose, SessionRecord
from imu_valgus.progress.comparability import own_reason
from imu_valgus.progress.measures import conditions_of, measures_of
from imu_valgus.store import Store


def record_of(
    analysis: Analysis,
    *,
    person: str,
    session_id: str,
    recorded_at: datetime,
    sensors: Iterable[str] = (),
    purpose: Purpose | None = None,
    feedback: Feedback = Feedback.NONE,
    footwear: Footwear = Footwear.UNKNOWN,
    pain: int | None = None,
    notes: str = "",
    raw_sha256: str = "",
) -> SessionRecord:
    """Take from an analysis, and from what only people know, the session as it is kept.

    Parameters
    ----------
    analysis
        Of the session: measures, grades, versions, step height.
    person, session_id, recorded_at
        Whose, its name in the store, and when (with time zone).
    sensors
        Serial numbers or tags, see `sensors_of`.
    purpose, feedback, footwear, pain, notes
        As in `SessionRecord` and its conditions.
    raw_sha256
        Hash of the raw files.

    Raises
    ------
    InputError
        If a name, the pain or the time cannot be kept.
    """
    versions = [summary.score_id for summary in analysis.step_up.values()]
    try:
        return SessionRecord(
            session_id=session_id,
            person=person,
            recorded_at=recorded_at,
            conditions=conditions_of(
                analysis,
                sensors=sensors,
                feedback=feedback,
                footwear=footwear,
                score_version=versions[0] if versions else None,
            ),
            measures=measures_of(analysis),
            pain=pain,
            notes=notes,
            raw_sha256=raw_sha256,
            purpose=purpose,
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def sensors_of(session: Session) -> tuple[str, ...]:
    """List the serial numbers or tags of a session's sensors, sorted, as far as they are known."""
    streams = (one for recording in session.recordings for one in recording.streams.values())
    return tuple(sorted({one.sensor_id for one in streams if one.sensor_id}))


def moment_of(recorded_at: datetime | None, *, given: str | None, now: datetime) -> datetime:
    """Say when a session was recorded.

    Parameters
    ----------
    recorded_at
        What the session's files tell; without a zone it is UTC, as everywhere in files.
    given
        What the person says, in ISO form; it goes first. Without a zone it is the time of `now`'s
        zone, as people mean it.
    now
        With time zone.

    Raises
    ------
    InputError
        If neither tells, or the time given cannot be read or lies in the future.

    Examples
    --------
    >>> moment_of(None, given="2026-03-02T09:30", now=datetime(2026, 4, 1, tzinfo=UTC)).isoformat()
    '2026-03-02T09:30:00+00:00'
    """
    if given is None:
        if recorded_at is None:
            raise InputError(
                "Expected to know when the session was recorded, but its files do not tell: say "
                "for instance --recorded-at 2026-03-02T09:30."
            )
        return recorded_at if recorded_at.tzinfo else recorded_at.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise InputError(
            f"--recorded-at {given}: expected a date and time such as 2026-03-02T09:30."
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if moment > now + timedelta(days=1):
        raise InputError(
            f"--recorded-at {given}: expected a time that has passed, found one to come; correct "
            "the date."
        )
    return moment


def names_for(recorded_at: datetime) -> Iterator[str]:
    """Propose names of a session by its date and time, without end.

    Examples
    --------
    >>> names = names_for(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    >>> next(names), next(names)
    ('2026-03-02_0930', '2026-03-02_0930_2')
    """
    name = recorded_at.strftime("%Y-%m-%d_%H%M")
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def keep(
    store: Store, record: SessionRecord, files: Mapping[str, bytes], *, again: bool, is_named: bool
) -> SessionRecord:
    """Add a session to the store.

    Parameters
    ----------
    store
        Open.
    record, files
        What is kept.
    again
        Whether a recording that the person has already may be added once more.
    is_named
        Whether its name was chosen by a person; if not, the next free one of `names_for` is taken.

    Returns
    -------
    SessionRecord
        As it was kept, with its final name.

    Raises
    ------
    InputError
        If the store does not take it.
    """
    names = names_for(record.recorded_at)
    while True:
        named = record if is_named else replace(record, session_id=next(names))
        try:
            store.add_session(named, files, once=not again)
        except InputError:
            # Another process may take the same minute's name at any moment, so trying is asking.
            if is_named or not store.has_session(named.session_id):
                raise
        else:
            return named


def why_not_counted(record: SessionRecord, analysis: Analysis | None = None) -> str:
    """Say why a session does not count, empty when it does.

    Parameters
    ----------
    record
        As kept.
    analysis
        That it was made of, where it is at hand: then also what is behind a poor calibration.
    """
    reason = own_reason(record)
    if not reason:
        return "" if record.measures else "Nothing was found in it that could be compared."
    frames = {} if analysis is None else analysis.frames
    poor = [
        f"{place.words}: {frame.reasons[0]}"
        for place, frame in frames.items()
        # Grades of other segments do not enter the measures.
        if place.segment in _LEG and frame.grade is Grade.POOR and frame.reasons
    ]
    return " ".join([reason, *poor])


_LEG: Final = (Segment.THIGH, Segment.SHANK)
