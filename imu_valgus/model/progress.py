"""What is stored of people and sessions to compare weeks."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from imu_valgus.model.finding import Grade
from imu_valgus.model.placement import Side
from imu_valgus.model.recording import Task

SCIENCE_VERSION: Final = "1"
"""Raised whenever the same recording gives other numbers; sessions of two versions never mix."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_]{0,79}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def checked_identifier(value: str, *, what: str) -> str:
    """Return a value that is safe as a file name and a key.

    Parameters
    ----------
    value
        The value to check.
    what
        What it is, with its article, for the message ("a pseudonym").

    Returns
    -------
    str
        The value itself.

    Raises
    ------
    ValueError
        If it is not made of 1 to 80 letters, digits, - and _.
    """
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError(
            f"{value!r} cannot be {what}: use 1 to 80 letters, digits, - and _, beginning with a "
            "letter or digit."
        )
    return value


def check_slug(value: str, *, what: str) -> None:
    """Check that a name is in snake_case.

    Parameters
    ----------
    value
        Name to check.
    what
        What the name is for, as the message calls it.

    Raises
    ------
    ValueError
        Unless it is 1 to 80 lower-case letters, digits and underscores, not beginning with an
        underscore.
    """
    if not _SLUG.fullmatch(value):
        raise ValueError(f"{value!r} cannot be {what}: use lower-case letters, digits and _.")


def check_pain(pain: int | None) -> None:
    """Check that pain lies on its scale.

    Parameters
    ----------
    pain
        Pain from 0 to 10; None if not known.

    Raises
    ------
    ValueError
        If it is not 0 to 10.
    """
    if pain is not None and not 0 <= pain <= 10:
        raise ValueError(f"Pain is a number from 0 to 10, not {pain}.")


class Purpose(StrEnum):
    """Why a session is recorded."""

    REDONNING = "redonning"
    """The same day again, after taking the sensors off and putting them on."""
    REPEAT = "repeat"
    """Another day, without training in between."""
    BASELINE = "baseline"
    CHECK = "check"
    """Between baseline and closing."""
    CLOSING = "closing"


class Feedback(StrEnum):
    """What the person was shown while moving; sessions of two modes are never compared."""

    NONE = "none"
    """No feedback: the sessions that count."""
    EVERY_REPETITION = "every_repetition"
    ALTERNATE = "alternate"
    SUMMARY = "summary"


class Footwear(StrEnum):
    """What was on the feet; details belong in the notes."""

    BAREFOOT = "barefoot"
    SOCKS = "socks"
    SHOES = "shoes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class MeasureKey:
    """Name, task and leg of a measure; only measures with equal keys are compared.

    Parameters
    ----------
    name
        Column name with its unit at the end, in snake_case (``shank_medial_tilt_deg``).
    task
        Task during which it was measured.
    side
        The leg; None for measures of both (cadence).

    Raises
    ------
    ValueError
        If the name is not in snake_case.

    Examples
    --------
    >>> MeasureKey("shank_medial_tilt_deg", Task.STEP_UP, Side.LEFT).words
    'left shank medial tilt during step up'
    """

    name: str
    task: Task
    side: Side | None

    def __post_init__(self) -> None:
        check_slug(self.name, what="a measure's name")

    @property
    def unit(self) -> str:
        """Unit at the end of the name (deg, s, per_min, ratio, share, …), points for a score."""
        if self.name == "score" or self.name.endswith("_score"):
            return "points"
        endings = ("per_min", "deg", "ratio", "share", "cm", "m", "s")
        return next((unit for unit in endings if self.name.endswith(f"_{unit}")), "")

    @property
    def words(self) -> str:
        """The measure in plain words, without its unit."""
        unit = "" if self.unit == "points" else f"_{self.unit}"
        name = self.name.removesuffix(unit) if self.unit in ("deg", "per_min", "s") else self.name
        side = f"{self.side} " if self.side else ""
        return f"{side}{name} during {self.task}".replace("_", " ")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of one session: the centre of its repetitions or strides.

    Parameters
    ----------
    key
        Name, task and leg.
    value
        Median over the valid repetitions (gait: mean over the strides), in the key's unit.
    sd
        Standard deviation between them; NaN with fewer than two.
    repetitions
        The value of every valid repetition; empty where only mean and sd are known (strides).
    n
        Number of repetitions or strides.

    Raises
    ------
    ValueError
        If the value is not finite or the count does not fit.
    """

    key: MeasureKey
    value: float
    sd: float
    repetitions: tuple[float, ...]
    n: int

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or not all(map(math.isfinite, self.repetitions)):
            raise ValueError(f"Expected finite values of {self.key.words}, got {self.value}.")
        if self.n < 1 or (self.repetitions and len(self.repetitions) != self.n):
            raise ValueError(
                f"Expected {self.n} repetitions of {self.key.words}, got {self.repetitions}."
            )


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions of a session, which decide what it may be compared with.

    Parameters
    ----------
    calibration
        Worst grade of the segment frames that the measures rest on.
    software_version, science_version
        Release, and the version that only changes when numbers do (:data:`SCIENCE_VERSION`).
    score_version
        Version of the score ("sas-1"); None where nothing was scored.
    fusion
        Name of the orientation engine.
    feedback
        What the person was shown while moving.
    step_height_m
        Height of the step; None where there was none or it is not known.
    footwear
        What was on the feet.
    sensors
        Serial numbers or tags of the sensors, sorted; they never leave the store.
    """

    calibration: Grade
    software_version: str
    science_version: str = SCIENCE_VERSION
    score_version: str | None = None
    fusion: str = ""
    feedback: Feedback = Feedback.NONE
    step_height_m: float | None = None
    footwear: Footwear = Footwear.UNKNOWN
    sensors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session as stored: its time, conditions and measures.

    Parameters
    ----------
    session_id
        Key and folder name: letters, digits, - and _.
    person
        Pseudonym of the person.
    recorded_at
        Start of the recording, with time zone.
    conditions
        Conditions that decide what the session may be compared with.
    measures
        Measures of the session, at most one per key.
    pain
        Pain from 0 (none) to 10; None where not asked.
    notes
        Free text; never leaves the store.
    set_aside
        Why the session does not count (hollow marker); empty when it does.
    raw_sha256
        Hash of the raw recording for the report's footer; empty when unknown.
    purpose
        Why it was recorded; None where not given.

    Raises
    ------
    ValueError
        If an identifier, the time zone, the pain or the measures do not fit.
    """

    session_id: str
    person: str
    recorded_at: datetime
    conditions: Conditions
    measures: tuple[Measure, ...] = ()
    pain: int | None = None
    notes: str = ""
    set_aside: str = ""
    raw_sha256: str = ""
    purpose: Purpose | None = None

    def __post_init__(self) -> None:
        checked_identifier(self.session_id, what="a session's name")
        checked_identifier(self.person, what="a pseudonym")
        if self.recorded_at.tzinfo is None:
            raise ValueError(
                f"The time of a session, {self.recorded_at.isoformat()}, lacks its time zone."
            )
        check_pain(self.pain)
        if len({measure.key for measure in self.measures}) != len(self.measures):
            raise ValueError(f"Session {self.session_id} has a measure more than once.")

    def measure(self, key: MeasureKey) -> Measure | None:
        """Return the measure with that key; None where the session does not have it."""
        return next((measure for measure in self.measures if measure.key == key), None)


def all_keys(sessions: Iterable[SessionRecord]) -> tuple[MeasureKey, ...]:
    """List every key that at least one session has.

    Parameters
    ----------
    sessions
        Sessions in any order.

    Returns
    -------
    tuple of MeasureKey
        Keys sorted by task, name and side.
    """
    keys = {measure.key for session in sessions for measure in session.measures}
    return tuple(sorted(keys, key=lambda key: (key.task, key.name, key.side or "")))
