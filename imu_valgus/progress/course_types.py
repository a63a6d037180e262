"""A person's course as values: points, baseline band, trend and comparison of every measure."""

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
        The session's value of the measure.
    weeks
        Weeks since :attr:`Course.origin`.
    left_out
        Why it does not count in the trend (hollow marker); empty when it does.
    stands_out
        Whether it differs from the baseline: its day and a neighbouring day lie outside the
        baseline band on the same side.
    """

    session: SessionRecord
    measure: Measure
    weeks: float
    left_out: str
    stands_out: bool


@dataclass(frozen=True, slots=True)
class BaselineBand:
    """Range that 19 in 20 single sessions lie in while nothing changes.

    Parameters
    ----------
    centre
        Mean of the baseline, in the measure's unit.
    half
        Half the width of the band.
    """

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
        Every session that has the measure, in order of time.
    repeatability
        The person's own repeatability, else the default of the unit; None where neither exists.
    band
        Baseline band; None without a baseline or a known spread.
    trend
        Trend over all sessions that count; None where none does.
    comparison
        Baseline against close, each day counting once; None where it is refused.
    not_compared
        Why there is no comparison; empty where there is one.
    blocks
        Baseline and close of this measure, among comparable sessions that have it.
    left_out
        Every session that does not count for this measure, in order of time, with the reason.
    no_trend
        Why there is no trend; empty where there is one.
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
        Pseudonym of the person.
    sessions
        All sessions in order of time.
    origin
        Week 0: midnight of the programme's start in the first session's time zone, else the first
        session. Baseline sessions before a programme lie at negative weeks.
    programme, log
        What was planned and what was done; None and empty where nothing is known.
    adherence
        Adherence of every whole week until the last day considered.
    blocks
        Baseline and close chosen from all sessions; every measure has its own blocks as well,
        because not every session has every measure.
    repeats
        Groups of repeat sessions that the person's own spread rests on.
    measures
        Courses of the measures, in order of their keys.
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
        """Return the course of one measure; None where no session has it."""
        return next((course for course in self.measures if course.key == key), None)

    def weeks_of(self, day: date) -> float:
        """Return the weeks from the origin to noon of a day."""
        noon = datetime.combine(day, datetime.min.time(), self.origin.tzinfo) + timedelta(hours=12)
        return (noon - self.origin) / WEEK
