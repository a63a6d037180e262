"""The document ``docs/validation.md``, from its measurements to its text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from string import Template

from imu_valgus._version import __version__
from imu_valgus.benchmark.accuracy import AccuracyRow, measure_accuracy
from imu_valgus.benchmark.drift import DriftRow, measure_drift
from imu_valgus.benchmark.goals import COVERAGE, goal_lines
from imu_valgus.benchmark.people import FIRST_UNTUNED_SEED, TUNING_SEEDS, Worn
from imu_valgus.benchmark.progress import CourseSettings, ProgressBenchmark, run_progress_benchmark
from imu_valgus.benchmark.reference import (
    ReferenceResult,
    contact_table,
    errors_by_angle,
    measure_reference,
    reference_goals,
    stage_table,
    waveform_table,
)
from imu_valgus.benchmark.speed import SpeedResult, measure_speed
from imu_valgus.benchmark.tables import (
    coverage_caption,
    coverage_goals_table,
    coverage_table,
    cpu_line,
    drift_caption,
    drift_table,
    error_caption,
    error_table,
    goal_line_table,
    goals_table,
    markdown_table,
    speed_caption,
    speed_table,
    unseen_table,
)
from imu_valgus.benchmark.unseen import UNSEEN
from imu_valgus.benchmark.variants import DEFAULT, OTHER_ENGINES, OWN_STAGES, WITHOUT_ONE
from imu_valgus.errors import InputError
from imu_valgus.model import Side
from imu_valgus.pipeline import Settings
from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel

_LAW_WORDS = {
    SoftTissueLaw.LINEAR: "First soft-tissue law (proportional to the movement)",
    SoftTissueLaw.LAGGED: "Second soft-tissue law (lagged, saturating, with hysteresis)",
}


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
    tell("Training courses")
    courses = run_progress_benchmark(plan.courses)
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
        progress=courses,
    )


def render_validation(measured: Validation) -> str:
    """Write the document; the same figures give the same text.

    Parameters
    ----------
    measured
        Results of all measurements.

    Returns
    -------
    str
        Markdown. The command at the top repeats all figures except those in sections marked as
        depending on the machine.
    """
    plan, reference = measured.plan, measured.reference
    goals = goal_lines(measured.default, measured.drift)
    if reference is not None:
        goals += reference_goals(reference.by_stage)
    parts = {
        "command": plan.command,
        "version": __version__,
        "people": _people(plan.seeds),
        "few_people": _people(plan.seeds[: plan.n_for_stages]),
        "tuning_seeds": TUNING_SEEDS,
        "goals": goals_table(measured.default_and_unseen),
        "coverage_goal": f"{COVERAGE[0]:.2f} to {COVERAGE[1]:.2f}",
        "coverage_goals": coverage_goals_table(measured.default),
        "more_goals": goal_line_table(goals),
        "unseen": unseen_table(measured.default_and_unseen),
        "error_caption": error_caption(),
        "coverage_caption": coverage_caption(),
        "stages": _law_sections(measured.stages),
        "without_one": _without_one_tables(measured.without_one),
        "two_sensors": _level_sections(measured.two_sensors),
        "engines": error_table(measured.engines),
        "engines_cpu": cpu_line(measured.engines),
        "drift_people": _walkers(measured.drift),
        "drift_caption": drift_caption(),
        "drift": drift_table(measured.drift),
        "real": _real_leg(plan, reference),
        "speed_caption": speed_caption(measured.speed),
        "speed": speed_table(measured.speed),
        "progress": _progress_lines(measured.progress),
    }
    template = files("imu_valgus.benchmark").joinpath("validation_template.md")
    words = {
        name: part if isinstance(part, str) else "\n".join(part) for name, part in parts.items()
    }
    return Template(template.read_text(encoding="utf-8")).substitute(words)


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
    for index, law in enumerate(plan.laws):
        rows += measure_accuracy(
            seeds=seeds,
            # Without soft tissue all laws are the same.
            levels=[
                level for level in plan.levels if index == 0 or level is not SoftTissueLevel.NONE
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


def _people(seeds: Sequence[int]) -> str:
    return f"{len(seeds)} people (seeds {seeds[0]} to {seeds[-1]})"


def _walkers(rows: Sequence[DriftRow]) -> str:
    legs = {row.walk_minutes: row.n_legs for row in rows}
    return ", ".join(f"{n} legs for {minutes:g} minutes" for minutes, n in legs.items())


def _law_sections(rows: Sequence[AccuracyRow]) -> Iterator[str]:
    for law in dict.fromkeys(row.law for row in rows):
        yield f"### {_LAW_WORDS[SoftTissueLaw(law)]}"
        yield ""
        yield from _level_sections([row for row in rows if row.law == law])


def _without_one_tables(rows: Sequence[AccuracyRow]) -> Iterator[str]:
    for law in dict.fromkeys(row.law for row in rows):
        yield f"{_LAW_WORDS[SoftTissueLaw(law)]}:"
        yield ""
        yield from error_table([row for row in rows if row.law == law])
        yield ""


def _level_sections(rows: Sequence[AccuracyRow]) -> Iterator[str]:
    for level in dict.fromkeys(row.level for row in rows):
        of_level = [row for row in rows if row.level == level]
        yield f"#### Soft tissue: {level} ({of_level[0].n_legs} legs)"
        yield ""
        yield from error_table(of_level)
        yield ""
        yield from coverage_table(of_level)
        yield ""


def _real_leg(plan: ValidationPlan, result: ReferenceResult | None) -> list[str]:
    if result is None:
        return [
            (
                "Not measured this time, because no session with references was given (`--real`). "
                "These recordings are not part of the package."
            )
        ]
    return [
        "```sh",
        f"imu-valgus benchmark reference {plan.real} --side {plan.side}",
        "```",
        "",
        (
            "Waveforms after removing the mean, in degrees. Gain: 1 keeps the amplitude. SD of "
            "reference: the error of a constant."
        ),
        "",
        *waveform_table(result.waveforms),
        "",
        "Stage by stage: mean RMSE after removing the mean (mean gain).",
        "",
        *stage_table(result.by_stage),
        "",
        _no_better_than_a_constant(result),
        "",
        (
            "Events against the force plate, in ms: found minus plate. Extra: events that the "
            "plate does not show."
        ),
        "",
        *contact_table(result.contacts),
    ]


def _no_better_than_a_constant(result: ReferenceResult) -> str:
    useless = [
        angle
        for angle, errors in errors_by_angle(result.waveforms).items()
        if sum(error.rmse_deg - error.reference_sd_deg for error in errors) >= 0.0
    ]
    if not useless:
        return "On this leg every waveform is closer to the reference than a constant would be."
    return (
        f"**No better than a constant** on this leg, as far as the reference can tell: "
        f"{', '.join(useless)} (mean error not below that of a constant)."
    )


def _progress_lines(result: ProgressBenchmark) -> list[str]:
    settings = result.settings
    head = [
        "correlation",
        "called changed without change",
        f"with twice the MDC ({result.twice_mdc_deg:.1f}°)",
        f"with twice the block MDC ({result.twice_block_mdc_deg:.1f}°)",
        "interval holds the truth",
    ]
    rows = []
    for row in result.results:
        changed = (row.changed_at_twice_mdc, row.changed_at_twice_block_mdc)
        shares = (row.changed_without_change, *changed, row.coverage)
        rows.append([f"{row.correlation:g}", *(f"{100.0 * share:.1f} %" for share in shares)])
    return [
        (
            f"{settings.n_courses} courses per cell, seed {settings.seed}, spread "
            f"{settings.spread_deg:g}° between sessions, {settings.n_planned} sessions planned in "
            f"{settings.weeks:g} weeks."
        ),
        "",
        *markdown_table(head, rows),
    ]
