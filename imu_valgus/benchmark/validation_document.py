"""The document ``docs/validation.md``: a text template filled with the measured tables."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from string import Template

from imu_valgus._version import __version__
from imu_valgus.benchmark.accuracy import AccuracyRow
from imu_valgus.benchmark.drift import DriftRow
from imu_valgus.benchmark.goals import COVERAGE, goal_lines
from imu_valgus.benchmark.people import TUNING_SEEDS
from imu_valgus.benchmark.progress import ProgressBenchmark
from imu_valgus.benchmark.reference import (
    ReferenceResult,
    contact_table,
    errors_by_angle,
    reference_goals,
    stage_table,
    waveform_table,
)
from imu_valgus.benchmark.tables import (
    NOT_KNOWN,
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
    number,
    speed_caption,
    speed_table,
    unseen_table,
)
from imu_valgus.benchmark.validation import Validation, ValidationPlan
from imu_valgus.simulate import SoftTissueLaw

_LAW_WORDS = {
    SoftTissueLaw.LINEAR: "First soft-tissue law (proportional to the movement)",
    SoftTissueLaw.LAGGED: "Second soft-tissue law (lagged, saturating, with hysteresis)",
}

_NO_REAL_LEG = (
    "Not measured this time, because no session with references was given (`--real`). These "
    "recordings are not part of the package."
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
        "stages": _by_law(measured.stages),
        "without_one": _without_one(measured.without_one),
        "two_sensors": _by_level(measured.two_sensors),
        "engines": error_table(measured.engines),
        "engines_cpu": cpu_line(measured.engines),
        "drift_people": _walkers(measured.drift),
        "drift_caption": drift_caption(),
        "drift": drift_table(measured.drift),
        "real": _real_leg(plan, reference),
        "speed_caption": speed_caption(measured.speed),
        "speed": speed_table(measured.speed),
        "progress": _progress(measured.progress),
    }
    template = files("imu_valgus.benchmark").joinpath("validation_template.md")
    words = {
        name: part if isinstance(part, str) else "\n".join(part) for name, part in parts.items()
    }
    return Template(template.read_text(encoding="utf-8")).substitute(words)


def _people(seeds: Sequence[int]) -> str:
    return f"{len(seeds)} people (seeds {seeds[0]} to {seeds[-1]})"


def _walkers(rows: Sequence[DriftRow]) -> str:
    legs = {row.walk_minutes: row.n_legs for row in rows}
    return ", ".join(f"{n} legs for {minutes:g} minutes" for minutes, n in legs.items())


def _by_law(rows: Sequence[AccuracyRow]) -> Iterator[str]:
    for law in dict.fromkeys(row.law for row in rows):
        yield f"### {_LAW_WORDS[SoftTissueLaw(law)]}"
        yield ""
        yield from _by_level([row for row in rows if row.law == law])


def _without_one(rows: Sequence[AccuracyRow]) -> Iterator[str]:
    for law in dict.fromkeys(row.law for row in rows):
        yield f"{_LAW_WORDS[SoftTissueLaw(law)]}:"
        yield ""
        yield from error_table([row for row in rows if row.law == law])
        yield ""


def _by_level(rows: Sequence[AccuracyRow]) -> Iterator[str]:
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
        return [_NO_REAL_LEG]
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


def _progress(result: ProgressBenchmark) -> list[str]:
    settings = result.settings
    single, block = result.twice_mdc_deg, result.twice_block_mdc_deg
    return [
        (
            f"{settings.n_courses} courses per cell, seed {settings.seed}, spread "
            f"{settings.spread_deg:g}° between sessions, {settings.n_planned} sessions planned in "
            f"{settings.weeks:g} weeks."
        ),
        "",
        *markdown_table(
            [
                "correlation",
                "called changed without change",
                f"with twice the MDC ({single:.1f}°)",
                f"with twice the block MDC ({block:.1f}°)",
                "interval holds the truth",
            ],
            (
                [
                    f"{row.correlation:g}",
                    _percent(row.changed_without_change),
                    _percent(row.changed_at_twice_mdc),
                    _percent(row.changed_at_twice_block_mdc),
                    _percent(row.coverage),
                ]
                for row in result.results
            ),
        ),
    ]


def _percent(share: float) -> str:
    shown = number(100.0 * share, 1)
    return shown if shown == NOT_KNOWN else f"{shown} %"
