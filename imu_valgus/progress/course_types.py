"""A person's course as values: points, corridor, trend and comparison of every measure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.model.progress import Measure, MeasureKey, SessionRecord
from imu_valgus.progress.comparability import LeftOut
from imu_valgus.progress.compare import BlockComparison
from imu_valgus.progress.course_blocks import NO_BLOCKS, Blocks
from imu_valgus.progress.repeatability import Repeatability
from imu_valgus.progress.schedule import WeekAdherence
from imu_valgus.progress.trend import Trend

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """One session in the course of one measure.

    Parameters
    ----------
    session
        The session.
    measure
        Its figure.
    weeks
        Since :attr:`Course.origin`.
    left_out
        Why it does not count in the trend, empty when it does (hollow marker).
    stands_out
        Whether its day lies outside the baseline corridor together with a neighbouring day on
        that side.
    """

    session: SessionRecord
    measure: Measure
    weeks: float
    left_out: str
    stands_out: bool


@dataclass(frozen=True, slots=True)
class BaselineBand:
    """Where single sessions lie as long as nothing changes: baseline mean ± half, 19 in 20."""

    centre: float
    half: float


@dataclass(frozen=True, slots=True)
class MeasureCourse:
    """The course of one measure of one leg.

    Parameters
    ----------
    key
        The measure.
    points
        Every session that has it, in order of time.
    repeatability
        The person's own or the marked default, None where neither exists.
    band
        Around the baseline, None without a baseline or a known spread.
    trend
        Over all sessions that count, None where none does.
    comparison
        Baseline against close, each day of them counting once; None where it is refused.
    not_compared
        Why there is no comparison, empty where there is one.
    blocks
        Baseline and close of this measure: among the sessions that have it and may stand beside
        each other.
    left_out
        Every session that does not count for this measure, in order of time, and why.
    no_trend
        Why there is no trend, empty where there is one.
    """

    key: MeasureKey
    points: tuple[CoursePoint, ...]
    repeatability: Repeatability | None
    band: BaselineBand | None
    trend: Trend | None
    comparison: BlockComparison | None
    not_compared: str
    blocks: Blocks = NO_BLOCKS
    left_out: tuple[LeftOut, ...] = ()
    no_trend: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that plots, reports and commands show of a person's weeks.

    Parameters
    ----------
    person
        Pseudonym.
    sessions
        In order of time.
    origin
        Week 0: the programme's start at midnight of the first session's zone, else the first
        session. Baseline sessions before a programme lie at negative weeks.
    programme, log
        What was planned and what was done; None and empty where nothing is known.
    adherence
        Of every whole week until the last day looked at.
    blocks
        What is compared with what as far as all sessions go; every measure has its own, because
        not every session has every measure.
    repeats
        Groups of repeat sessions that the own spread rests on.
    measures
        In order of their keys.
    """

    person: str
    sessions: tuple[SessionRecord, ...]
    origin: datetime
    programme: Programme | None
    log: tuple[LogEntry, ...]
    adherence: tuple[WeekAdherence, ...]
    blocks: Blocks
    repeats: tuple[tuple[SessionRecord, ...], ...]
    measures: tuple[MeasureCourse, ...]

    def measure(self, key: MeasureKey) -> MeasureCourse | None:
        """Return the course of that measure, None where no session has it."""
        return next((one for one in self.measures if one.key == key), None)

    def weeks_of(self, day: date) -> float:
        """Return the place of a day (its noon) on the axis of weeks."""
        noon = datetime.combine(day, datetime.min.time(), self.origin.tzinfo) + timedelta(hours=12)
        return (noon - self.origin) / WEEK
