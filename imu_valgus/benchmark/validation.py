"""Everything that ``docs/validation.md`` shows, measured in one go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imu_valgus.benchmark.accuracy import AccuracyRow, measure_accuracy
from imu_valgus.benchmark.drift import DriftRow, measure_drift
from imu_valgus.benchmark.people import FIRST_UNTUNED_SEED, Worn
from imu_valgus.benchmark.progress import (
    CourseSettings,
    ProgressBenchmark,
    run_progress_benchmark,
)
from imu_valgus.benchmark.reference import ReferenceResult, measure_reference
from imu_valgus.benchmark.speed import SpeedResult, measure_speed
from imu_valgus.benchmark.unseen import UNSEEN
from imu_valgus.benchmark.variants import DEFAULT, OTHER_ENGINES, OWN_STAGES, WITHOUT_ONE
from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.pipeline import Settings
from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """What is measured, and on whom.

    Parameters
    ----------
    seeds
        Simulated people, for the default.
    n_for_stages
        How many of them, from the first on, also show the stages, engines and two sensors.
    levels, laws
        Soft tissue.
    walks
        Minutes of long walks, and how many of the people walk them.
    speed_minutes
        Length of the walk that speed is measured on.
    courses
        Training courses of the progress benchmark.
    real, side
        A session with references beside it, and their leg; None leaves the real leg out.
    jobs
        How many processes share the people.

    Raises
    ------
    InputError
        If a seed is one that settings were chosen on.
    """

    seeds: tuple[int, ...] = tuple(range(FIRST_UNTUNED_SEED, FIRST_UNTUNED_SEED + 6))
    n_for_stages: int = 12
    levels: tuple[SoftTissueLevel, ...] = tuple(SoftTissueLevel)
    laws: tuple[SoftTissueLaw, ...] = tuple(SoftTissueLaw)
    walks: tuple[tuple[float, int], ...] = ((10.0, 6), (30.0, 2))
    speed_minutes: float = 10.0
    courses: CourseSettings = field(default_factory=CourseSettings)
    real: Path | None = None
    side: Side = Side.RIGHT
    jobs: int = 1

    def __post_init__(self) -> None:
        if min(self.seeds) < FIRST_UNTUNED_SEED:
            raise InputError(
                f"Expected people whom nothing was tuned on, seeds from {FIRST_UNTUNED_SEED}, got "
                f"{min(self.seeds)}; give a higher first seed."
            )

    @property
    def command(self) -> str:
        """The command that measures the same again."""
        parts = ["imu-valgus benchmark validation --out docs/validation.md"]
        parts.append(f"--people {len(self.seeds)} --seed {self.seeds[0]}")
        if self.real is not None:
            parts.append(f"--real {self.real} --side {self.side}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Validation:
    """What was measured.

    Parameters
    ----------
    plan
        On whom.
    default_and_unseen
        Five sensors, every level and law, all people; beside it what no sensor sees. Without soft
        tissue one law is as good as another: measured once.
    stages
        Our stages switched on one after another, every level and law.
    without_one
        The default and the same without one stage, moderate soft tissue, every law.
    engines
        The other engines with all our stages, moderate soft tissue, first law.
    two_sensors
        Thigh and shank of one leg, the default, every level, first law.
    drift
        Long walks, moderate soft tissue, first law.
    reference
        A real leg; None where no session was given.
    speed, progress
        Their own benchmarks.
    """

    plan: ValidationPlan
    default_and_unseen: tuple[AccuracyRow, ...]
    stages: tuple[AccuracyRow, ...]
    without_one: tuple[AccuracyRow, ...]
    engines: tuple[AccuracyRow, ...]
    two_sensors: tuple[AccuracyRow, ...]
    drift: tuple[DriftRow, ...]
    reference: ReferenceResult | None
    speed: SpeedResult
    progress: ProgressBenchmark

    @property
    def default(self) -> tuple[AccuracyRow, ...]:
        """The rows of the default with five sensors, all people."""
        return tuple(row for row in self.default_and_unseen if row.variant != UNSEEN)


def measure_validation(
    plan: ValidationPlan, *, tell: Callable[[str], None] = lambda _step: None
) -> Validation:
    """Measure everything that the plan names; takes some minutes.

    Parameters
    ----------
    plan
        What, and on whom.
    tell
        Called with the name of each step.

    Raises
    ------
    InputError
        If the session of the plan cannot be read or holds no reference.
    """
    reference = None
    if plan.real is not None:  # first: a wrong path must not cost minutes
        reference = measure_reference(plan.real, side=plan.side, tell=tell)
    few = plan.seeds[: plan.n_for_stages]
    moderate = [level for level in plan.levels if level is SoftTissueLevel.MODERATE]
    return Validation(
        plan,
        default_and_unseen=_by_law(plan, plan.seeds, (DEFAULT,), "Default", tell, with_unseen=True),
        stages=_by_law(plan, few, OWN_STAGES, "Stages", tell),
        without_one=_by_law(
            replace(plan, levels=tuple(moderate)), few, (DEFAULT, *WITHOUT_ONE), "Without one", tell
        ),
        engines=measure_accuracy(
            seeds=few,
            levels=moderate,
            variants=(DEFAULT, *OTHER_ENGINES),
            jobs=plan.jobs,
            tell=_under("Engines", tell),
        ),
        two_sensors=measure_accuracy(
            seeds=few,
            levels=plan.levels,
            variants=(DEFAULT,),
            worn=Worn.TWO,
            jobs=plan.jobs,
            tell=_under("Two sensors", tell),
        ),
        drift=tuple(
            row
            for minutes, n_people in plan.walks
            for row in measure_drift(
                seeds=plan.seeds[:n_people], walk_minutes=minutes, jobs=plan.jobs, tell=tell
            )
        ),
        reference=reference,
        speed=measure_speed(minutes=plan.speed_minutes, tell=tell),
        progress=_progress(plan, tell),
    )


def _by_law(
    plan: ValidationPlan,
    seeds: tuple[int, ...],
    variants: Sequence[tuple[str, Settings]],
    heading: str,
    tell: Callable[[str], None],
    *,
    with_unseen: bool = False,
) -> tuple[AccuracyRow, ...]:
    rows: list[AccuracyRow] = []
    for number, law in enumerate(plan.laws):
        # Where no skin moves it follows every law.
        levels = [one for one in plan.levels if number == 0 or one is not SoftTissueLevel.NONE]
        rows += measure_accuracy(
            seeds=seeds,
            levels=levels,
            law=law,
            variants=variants,
            with_unseen=with_unseen,
            jobs=plan.jobs,
            tell=_under(f"{heading}, law {law}", tell),
        )
    return tuple(rows)


def _under(heading: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda step: tell(f"{heading}: {step}")


def _progress(plan: ValidationPlan, tell: Callable[[str], None]) -> ProgressBenchmark:
    tell("Training courses")
    return run_progress_benchmark(plan.courses)
