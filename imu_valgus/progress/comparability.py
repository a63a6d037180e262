"""Which sessions may be compared with each other, and why others may not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import NotComparableError
from imu_valgus.model import Grade, Task
from imu_valgus.model.progress import Conditions, MeasureKey, SessionRecord

STEP_HEIGHT_TOLERANCE_M: Final = 0.005
"""Steps are built in whole centimetres; half of one is reading error."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two sessions differ.

    Parameters
    ----------
    sentence
        What differs and what follows.
    forbids
        Whether the numbers must not be compared; otherwise the comparison carries a reservation.
    """

    sentence: str
    forbids: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A session that does not count.

    Parameters
    ----------
    session_id
        Name of the session.
    reason
        Why it does not count, in one sentence.
    """

    session_id: str
    reason: str


def own_reason(session: SessionRecord) -> str:
    """Return why a session does not count whatever the measure.

    Parameters
    ----------
    session
        The session.

    Returns
    -------
    str
        The reason in one sentence; empty when the session counts.
    """
    if session.set_aside:
        return session.set_aside
    if session.conditions.calibration is Grade.POOR:
        return "The calibration of the session was poor."
    return ""


def reason_not_counted(session: SessionRecord, key: MeasureKey) -> str:
    """Return why a session does not count for one measure.

    Parameters
    ----------
    session
        The session.
    key
        The measure.

    Returns
    -------
    str
        The reason in one sentence; empty when the session counts.
    """
    reason = own_reason(session)
    if reason or session.measure(key):
        return reason
    namesakes = [measure.key for measure in session.measures if measure.key.name == key.name]
    if any(other.task is key.task for other in namesakes):
        missing = "has this measure only for the other leg"
    elif namesakes:
        missing = "has this measure only for another task"
    else:
        missing = "does not have this measure"
    return f"Session {session.session_id} {missing}."


def reason_not_comparable(one: Conditions, other: Conditions, *, key: MeasureKey) -> str:
    """Return why one measure of two sessions must not be compared.

    Parameters
    ----------
    one, other
        Conditions of the two sessions, in any order.
    key
        The measure to be compared.

    Returns
    -------
    str
        One sentence for each reason; empty when the sessions may be compared.
    """
    return " ".join(d.sentence for d in find_differences(one, other, key=key) if d.forbids)


def find_differences(
    one: Conditions, other: Conditions, *, key: MeasureKey
) -> tuple[Difference, ...]:
    """List how the conditions of two sessions differ, as far as it matters for one measure.

    Parameters
    ----------
    one, other
        Conditions of the two sessions, in any order.
    key
        The measure to be compared.

    Returns
    -------
    tuple of Difference
        First those that forbid the comparison, then the reservations.
    """
    return (*_forbidding(one, other, key), *_reserving(one, other, key))


def _forbidding(one: Conditions, other: Conditions, key: MeasureKey) -> Iterable[Difference]:
    if one.science_version != other.science_version:
        versions = _pair(one.science_version, other.science_version)
        yield Difference(
            f"The sessions were analysed with scientific versions {versions}, whose numbers "
            "differ: analyse the older recording again.",
            forbids=True,
        )
    if key.unit == "points" and one.score_version != other.score_version:
        versions = _pair(one.score_version, other.score_version)
        yield Difference(f"The scores are of different versions ({versions}).", forbids=True)
    if one.feedback is not other.feedback:
        modes = _pair(one.feedback, other.feedback).replace("_", " ")
        yield Difference(f"The feedback while moving differed ({modes}).", forbids=True)
    if key.task is Task.STEP_UP and _steps_differ(one, other):
        heights = _pair(f"{one.step_height_m:.3g} m", f"{other.step_height_m:.3g} m")
        yield Difference(f"The steps were of different height ({heights}).", forbids=True)


def _pair(one: object, other: object) -> str:
    return " and ".join(sorted((str(one), str(other))))


def _steps_differ(one: Conditions, other: Conditions) -> bool:
    if one.step_height_m is None or other.step_height_m is None:
        return False
    return abs(one.step_height_m - other.step_height_m) > STEP_HEIGHT_TOLERANCE_M


def _reserving(one: Conditions, other: Conditions, key: MeasureKey) -> Iterable[Difference]:
    if key.task is Task.STEP_UP and None in (one.step_height_m, other.step_height_m):
        yield Difference("The step height was not written down in every session.", forbids=False)
    for what, a, b in (
        ("footwear", one.footwear, other.footwear),
        ("orientation engine", one.fusion, other.fusion),
        ("set of sensors", ", ".join(one.sensors), ", ".join(other.sensors)),
    ):
        if a != b:
            yield Difference(f"The {what} differed between sessions.", forbids=False)
    if Grade.FAIR in (one.calibration, other.calibration):
        yield Difference("The calibration of at least one session was only fair.", forbids=False)


def check_one_person(sessions: Sequence[SessionRecord]) -> None:
    """Check that all sessions are of one person.

    Parameters
    ----------
    sessions
        Sessions to be compared.

    Raises
    ------
    NotComparableError
        If they are of several people.
    """
    people = {session.person for session in sessions}
    if len(people) > 1:
        raise NotComparableError(
            f"The sessions are of {len(people)} people. Compare sessions of one person only."
        )


def check_comparable(sessions: Sequence[SessionRecord], *, key: MeasureKey) -> tuple[str, ...]:
    """Check every session against every other.

    Parameters
    ----------
    sessions
        Sessions of one person, in any order.
    key
        The measure to be compared.

    Returns
    -------
    tuple of str
        Reservations, each once.

    Raises
    ------
    NotComparableError
        If any two must not be compared; the message gives every reason.
    """
    check_one_person(sessions)
    strata = list(dict.fromkeys(session.conditions for session in sessions))
    differences = dict.fromkeys(
        difference
        for index, one in enumerate(strata)
        for other in strata[index:]
        for difference in find_differences(one, other, key=key)
    )
    forbidding = [difference.sentence for difference in differences if difference.forbids]
    if forbidding:
        raise NotComparableError(f"These sessions cannot be compared: {' '.join(forbidding)}")
    return tuple(difference.sentence for difference in differences)
