"""All measurements of ``docs/validation.md`` in one run."""

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
        Seeds of the people that the default is measured on.
    n_for_stages
        Number of them, from the first on, that stages, engines and two sensors are measured on.
    levels, laws
        Levels and laws of soft tissue.
    walks
        Minutes of each long walk, and number of people who walk it.
    speed_minutes
        Minutes of the walk that speed is measured on.
    courses
        Training courses of the progress benchmark.
    real, side
        Folder of a session with references, and the leg of the references; None leaves the real
        leg out.
    jobs
        Number of processes that share the people.

    Raises
    ------
    InputError
        If settings were chosen on one of the seeds.
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
                f"Seed {min(self.seeds)} cannot be used, because settings were tuned on people "
                f"with such low seeds. Give seeds from {FIRST_UNTUNED_SEED} on."
            )

    @property
    def command(self) -> str:
        """The command that repeats these measurements."""
        parts = ["imu-valgus benchmark validation --out docs/validation.md"]
        parts.append(f"--people {len(self.seeds)} --seed {self.seeds[0]}")
        if self.real is not None:
            parts.append(f"--real {self.real} --side {self.side}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Validation:
    """Results of all measurements.

    Parameters
    ----------
    plan
        The plan that was followed.
    default_and_unseen
        The default with five sensors and what no sensor sees; every level and law, all people.
        Without soft tissue the laws are the same, so that level is measured once.
    stages
        Our stages switched on one after another; every level and law.
    without_one
        The default, and the default without one stage each; moderate soft tissue, every law.
    engines
        The default and the other engines with all our stages; moderate soft tissue, first law.
    two_sensors
        The default with thigh and shank of one leg; every level, first law.
    drift
        Long walks; moderate soft tissue, first law.
    reference
        A real leg; None where no session was given.
    speed, progress
        Results of the speed and progress benchmarks.
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
    """Measure everything in the plan, which takes some minutes.

    Parameters
    ----------
    plan
        What is measured, and on whom.
    tell
        Function called with the name of each step.

    Returns
    -------
    Validation
        Results of all measurements.

    Raises
    ------
    InputError
        If the session of the plan cannot be read or holds no reference.
    """
    reference = None
    if plan.real is not None:  # first, so that a wrong path is found at once
        reference = measure_reference(plan.real, side=plan.side, tell=tell)
    few = plan.seeds[: plan.n_for_stages]
    moderate = tuple(level for level in plan.levels if level is SoftTissueLevel.MODERATE)
    return Validation(
        plan,
        default_and_unseen=_by_law(plan, plan.seeds, (DEFAULT,), "Default", tell, with_unseen=True),
        stages=_by_law(plan, few, OWN_STAGES, "Stages", tell),
        without_one=_by_law(
            replace(plan, levels=moderate), few, (DEFAULT, *WITHOUT_ONE), "Without one", tell
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
        rows += measure_accuracy(
            seeds=seeds,
            # Without soft tissue all laws are the same.
            levels=[
                level for level in plan.levels if number == 0 or level is not SoftTissueLevel.NONE
            ],
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
