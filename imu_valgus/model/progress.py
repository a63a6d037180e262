"""What is kept of people and sessions to compare weeks."""

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
"""Raised whenever the same recording would give other numbers; sessions of two never mix."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9_]{0,79}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def checked_identifier(value: str, *, what: str) -> str:
    """Return `value` when it is safe as a file name and a key, else raise ValueError."""
    if not _IDENTIFIER.fullmatch(value):
        msg = f"Expected {what} of 1 to 80 letters, digits, - and _, got {value!r}."
        raise ValueError(msg)
    return value


def check_slug(value: str, *, what: str) -> None:
    """Raise ValueError unless `value` is in snake_case."""
    if not _SLUG.fullmatch(value):
        msg = f"Expected {what} in small letters, digits and _, got {value!r}."
        raise ValueError(msg)


def check_pain(pain: int | None) -> None:
    """Raise ValueError unless pain is 0 to 10 or not known."""
    if pain is not None and not 0 <= pain <= 10:
        msg = f"Expected pain from 0 to 10, got {pain}."
        raise ValueError(msg)


def _check_aware(moment: datetime, *, what: str) -> None:
    if moment.tzinfo is None:
        msg = f"Expected {what} with its time zone, got {moment.isoformat()}."
        raise ValueError(msg)


class Purpose(StrEnum):
    """Why a session is recorded."""

    REDONNING = "redonning"
    """The same day again, after taking the sensors off and putting them on."""
    REPEAT = "repeat"
    """Another day, without training in between."""
    BASELINE = "baseline"
    CHECK = "check"
    """On the way."""
    CLOSING = "closing"


class Feedback(StrEnum):
    """What the person was shown while moving; sessions of two modes are never compared."""

    NONE = "none"
    """The blind test set: the one that counts."""
    EVERY_REPETITION = "every_repetition"
    ALTERNATE = "alternate"
    SUMMARY = "summary"


class Footwear(StrEnum):
    """What was on the feet; anything more exact belongs into the notes."""

    BAREFOOT = "barefoot"
    SOCKS = "socks"
    SHOES = "shoes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class MeasureKey:
    """Which figure of which task and leg; only equal keys are ever compared.

    Parameters
    ----------
    name
        Column name with its unit at the end, in snake_case (``shank_medial_tilt_deg``).
    task
        During which task it was taken.
    side
        The leg, None for figures of both (cadence).

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
        """Unit as in the name: deg, s, per_min, ratio, share, or points for a score."""
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
    """One figure of one session: the middle of its repetitions or strides.

    Parameters
    ----------
    key
        Which figure.
    value
        Median over the valid repetitions (gait: mean over the strides), in the key's unit.
    sd
        Standard deviation between them; NaN with fewer than two.
    repetitions
        The value of every valid repetition; empty where only mean and sd are known (strides).
    n
        How many repetitions or strides it rests on.

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
            msg = f"Expected finite values of {self.key.words}, got {self.value}."
            raise ValueError(msg)
        if self.n < 1 or (self.repetitions and len(self.repetitions) != self.n):
            msg = f"Expected {self.n} repetitions of {self.key.words}, got {self.repetitions}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must be alike for two sessions to be compared.

    Parameters
    ----------
    calibration
        Worst grade of the segment frames that the measures rest on.
    software_version, science_version
        Release, and the version that only changes when numbers do (:data:`SCIENCE_VERSION`).
    score_version
        Identity of the score ("sas-1"), None where nothing was scored.
    fusion
        Orientation engine.
    feedback
        What the person was shown.
    step_height_m
        Height of the step, None where there was none or it is not known.
    footwear
        On the feet.
    sensors
        Serial numbers or tags of the sensors, sorted; identity that never leaves the store.
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
    """One session as it is kept: when, under which conditions, and its measures.

    Parameters
    ----------
    session_id
        Key and folder name: letters, digits, - and _.
    person
        Pseudonym.
    recorded_at
        Start of the recording, with time zone.
    conditions
        What must be alike for a comparison.
    measures
        At most one per key.
    pain
        0 (none) to 10, None where not asked.
    notes
        Free text; never leaves the store.
    set_aside
        Why the session does not count (hollow marker), empty when it does.
    raw_sha256
        Hash of the raw recording for the report's footer, empty when unknown.
    purpose
        Why it was recorded, None where nobody said.

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
        _check_aware(self.recorded_at, what="the time of a session")
        check_pain(self.pain)
        if len({measure.key for measure in self.measures}) != len(self.measures):
            msg = f"Expected every measure once in session {self.session_id}."
            raise ValueError(msg)

    def measure(self, key: MeasureKey) -> Measure | None:
        """Return the measure of that key, None where the session does not have it."""
        return next((measure for measure in self.measures if measure.key == key), None)


def all_keys(sessions: Iterable[SessionRecord]) -> tuple[MeasureKey, ...]:
    """List every key that at least one session has, sorted by task, name and side."""
    keys = {measure.key for session in sessions for measure in session.measures}
    return tuple(sorted(keys, key=lambda key: (key.task, key.name, key.side or "")))
