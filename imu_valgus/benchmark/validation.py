"""Everything that ``docs/validation.md`` shows, measured in one go."""

from collections.abc import Callable
from dataclasses import dataclass, field
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
from imu_valgus.benchmark.variants import DEFAULT, OTHER_ENGINES, OWN_STAGES
from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """What is measured, and on whom.

    Parameters
    ----------
    seeds
        Simulated people.
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
    stages
        Five sensors, our stages switched on one after another, every level and law.
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
    stages: tuple[AccuracyRow, ...]
    engines: tuple[AccuracyRow, ...]
    two_sensors: tuple[AccuracyRow, ...]
    drift: tuple[DriftRow, ...]
    reference: ReferenceResult | None
    speed: SpeedResult
    progress: ProgressBenchmark

    @property
    def default(self) -> tuple[AccuracyRow, ...]:
        """The rows of the default with five sensors."""
        return tuple(row for row in self.stages if row.variant == DEFAULT[0])

    @property
    def default_and_unseen(self) -> tuple[AccuracyRow, ...]:
        """The same, and what no sensor sees."""
        return tuple(row for row in self.stages if row.variant in {DEFAULT[0], UNSEEN})


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
    return Validation(
        plan,
        stages=tuple(
            row
            for law in plan.laws
            for row in measure_accuracy(
                seeds=plan.seeds,
                levels=plan.levels,
                law=law,
                variants=OWN_STAGES,
                jobs=plan.jobs,
                tell=_under(f"Stages, law {law}", tell),
            )
        ),
        engines=_variants_only(
            measure_accuracy(
                seeds=plan.seeds,
                levels=[SoftTissueLevel.MODERATE],
                variants=(DEFAULT, *OTHER_ENGINES),
                jobs=plan.jobs,
                tell=_under("Engines", tell),
            )
        ),
        two_sensors=_variants_only(
            measure_accuracy(
                seeds=plan.seeds,
                levels=plan.levels,
                variants=(DEFAULT,),
                worn=Worn.TWO,
                jobs=plan.jobs,
                tell=_under("Two sensors", tell),
            )
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


def _variants_only(rows: tuple[AccuracyRow, ...]) -> tuple[AccuracyRow, ...]:
    """Leave out what no sensor sees, which is shown once, with the stages."""
    return tuple(row for row in rows if row.variant != UNSEEN)


def _under(heading: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda step: tell(f"{heading}: {step}")


def _progress(plan: ValidationPlan, tell: Callable[[str], None]) -> ProgressBenchmark:
    tell("Training courses")
    return run_progress_benchmark(plan.courses)
