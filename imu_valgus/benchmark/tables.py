"""Benchmark results as Markdown tables, for the command line and ``docs/validation.md``.

Every function ``*_table`` takes results and returns the lines of a Markdown table; ``*_caption``
returns the text that explains its columns.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import product

from imu_valgus.benchmark.accuracy import AccuracyRow, Coverage
from imu_valgus.benchmark.drift import DriftRow
from imu_valgus.benchmark.goals import (
    COVERAGE,
    GROWTH_DEG,
    HIP_ROTATION,
    MODERATE,
    TIBIAL_ROTATION,
    AngleGoal,
    GoalLine,
    angle_words,
    end_words,
)
from imu_valgus.benchmark.people import Worn
from imu_valgus.benchmark.speed import CPU_LIMIT_S, MEMORY_LIMIT_MB, SpeedResult
from imu_valgus.benchmark.unseen import UNSEEN, is_touched
from imu_valgus.simulate import SoftTissueLevel

NOT_KNOWN = "–"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table.

    Parameters
    ----------
    head
        Names of the columns.
    rows
        Cells of each row.

    Returns
    -------
    list of str
        Lines of the table.

    Examples
    --------
    >>> markdown_table(["a", "b"], [["1", "2"]])
    ['| a | b |', '|---|---|', '| 1 | 2 |']
    """
    first, *others = (f"| {' | '.join(line)} |" for line in (head, *rows))
    return [first, "|" + "---|" * len(head), *others]


def number(value: float | None, decimals: int = 2) -> str:
    """Write a figure with fixed decimals, or a dash where there is none.

    Parameters
    ----------
    value
        Figure; None or not finite where there is none.
    decimals
        Digits after the point.

    Returns
    -------
    str
        The figure, or `NOT_KNOWN`.
    """
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    return f"{value:.{decimals}f}"


def error_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Return errors of every angle and variant at one level of soft tissue, with goals if set.

    Parameters
    ----------
    rows
        Rows of one level of soft tissue and one choice of sensors.

    Returns
    -------
    list of str
        Lines of the table.
    """
    head = ["angle", "variant", "walk", "step-ups", "excursion", "slope", "bias"]
    five_moderate = (SoftTissueLevel.MODERATE, Worn.FIVE)
    has_goals = bool(rows) and (rows[0].level, rows[0].sensors) == five_moderate
    if has_goals:
        head.append("goal: walk, step-ups, excursion")
    cells = []
    for row in _by_angle(rows):
        line = [_angle(row), row.variant, *_errors(row), *_excursion(row)]
        goal = MODERATE.get((row.joint, row.motion))
        cells.append([*line, _goal(goal)] if has_goals else line)
    return markdown_table(head, cells)


def error_caption() -> str:
    """Return the explanation of the columns of `error_table`.

    Returns
    -------
    str
        Text to print above the table.
    """
    return (
        "Degrees, means over legs: RMSE (after removing the mean). Step-up excursions: mean "
        "absolute error per repetition; slope of the line of measured on true excursions over "
        "repetitions and people (1: no excursion is hidden); mean error."
    )


def coverage_caption() -> str:
    """Return the explanation of the columns of `coverage_table`.

    Returns
    -------
    str
        Text to print above the table.
    """
    return (
        "Share of true values within one standard uncertainty, which should be 0.68: of samples, "
        "and in brackets of legs by their mean error, because the samples of one leg are not "
        "independent. Then root mean square error/stated uncertainty in degrees. Level: the angle "
        "itself. Change: from the mean of standing still in the same donning. Excursions: of "
        "step-up repetitions, by the uncertainty of change."
    )


def coverage_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Return how the stated uncertainty covers the errors at one level of soft tissue.

    Parameters
    ----------
    rows
        Rows of one level of soft tissue; those of what no sensor sees are left out.

    Returns
    -------
    list of str
        Lines of the table.
    """
    columns = ("level, walk", "level, step-ups", "change, walk", "change, step-ups")
    cells = (
        [
            _angle(row),
            row.variant,
            *(_coverage(coverage) for coverage in (*row.level_coverage, *row.change_coverage)),
            number(row.excursion.coverage) if row.motion != "flexion" else NOT_KNOWN,
        ]
        for row in _by_angle(rows)
        if row.variant != UNSEEN
    )
    return markdown_table(["angle", "variant", *columns, "excursions"], cells)


def cpu_line(rows: Sequence[AccuracyRow]) -> str:
    """Return the CPU time of each variant on this machine, in one sentence.

    Parameters
    ----------
    rows
        Rows of the variants.

    Returns
    -------
    str
        Mean CPU seconds per session, variant by variant.
    """
    spent: dict[str, list[float]] = {}
    for row in rows:
        if row.variant != UNSEEN:
            spent.setdefault(row.variant, []).append(row.cpu_s)
    each = ", ".join(f"{name} {sum(cpu) / len(cpu):.1f}" for name, cpu in spent.items())
    return f"CPU seconds per session of about three minutes on this machine: {each}."


def goals_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Return the default's errors under moderate soft tissue beside their goals, law by law.

    Rows of what no sensor sees show which goals are out of reach.

    Parameters
    ----------
    rows
        Rows of the default and of what no sensor sees, of any level and law.

    Returns
    -------
    list of str
        Lines of the table.
    """
    head = ["angle", "law", "walk", "goal", "step-ups", "goal", "excursion", "goal", ""]
    moderate = [row for row in rows if row.level == SoftTissueLevel.MODERATE]
    unseen = {(row.joint, row.motion, row.law): row for row in moderate if row.variant == UNSEEN}
    cells = []
    for row in _by_angle([row for row in moderate if row.variant != UNSEEN]):
        goal = MODERATE.get((row.joint, row.motion))
        if goal is None:
            continue
        walk, step_ups = _errors(row)
        walk_goal, step_up_goal = _pairs(goal.rmse_deg, goal.demeaned_deg)
        excursion = number(row.excursion.mae_deg) if goal.excursion_deg else NOT_KNOWN
        verdict = _verdict(goal, row, unseen.get((row.joint, row.motion, row.law)))
        line = [_angle(row), row.law, walk, walk_goal, step_ups, step_up_goal]
        cells.append([*line, excursion, number(goal.excursion_deg, 1), verdict])
    return markdown_table(head, cells)


def unseen_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Return adduction and tibial rotation of the default beside what no sensor sees of them.

    Parameters
    ----------
    rows
        Rows of the default and of what no sensor sees, of any level and law.

    Returns
    -------
    list of str
        Lines of the table.
    """
    cells = (
        [
            _angle(row),
            row.level,
            row.law,
            "unseen" if row.variant == UNSEEN else "measured",
            *_errors(row),
            number(row.excursion.mae_deg),
        ]
        for row in _by_angle(rows)
        if is_touched(row.joint, row.motion)
    )
    head = ["angle", "soft tissue", "law", "", "walk", "step-ups", "excursion"]
    return markdown_table(head, cells)


def coverage_goals_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Return the default's shares within one standard uncertainty, by level of soft tissue.

    Parameters
    ----------
    rows
        Rows of the default, of any level and law.

    Returns
    -------
    list of str
        Lines of the table.
    """
    low, high = COVERAGE
    levels = list(dict.fromkeys(row.level for row in rows))
    laws = list(dict.fromkeys(row.law for row in rows))
    cells = []
    for angle in (HIP_ROTATION, TIBIAL_ROTATION):
        of_angle = [row for row in rows if (row.joint, row.motion) == angle]
        for uncertainty, law in product(("level", "change"), laws):
            shares = {
                row.level: [task.samples for task in getattr(row, f"{uncertainty}_coverage")]
                for row in of_angle
                if row.law == law
            }
            are_met = [low <= share <= high for by_task in shares.values() for share in by_task]
            each = [", ".join(map(number, shares.get(level, ()))) or NOT_KNOWN for level in levels]
            met = f"{sum(are_met)} of {len(are_met)}"
            cells.append([angle_words(*angle), uncertainty, law, *each, met])
    return markdown_table(["angle", "of", "law", *levels, "met"], cells)


def goal_line_table(lines: Sequence[GoalLine]) -> list[str]:
    """Return the goals that are not set angle by angle.

    Parameters
    ----------
    lines
        Goals beside what was measured.

    Returns
    -------
    list of str
        Lines of the table.
    """
    return markdown_table(
        ["what", "measured", "goal", ""],
        ([line.what, line.measured, line.goal, _met(is_met=line.is_met)] for line in lines),
    )


def drift_table(rows: Sequence[DriftRow]) -> list[str]:
    """Return the first against the last minute of long walks.

    Parameters
    ----------
    rows
        Rows of `measure_drift`.

    Returns
    -------
    list of str
        Lines of the table.
    """
    head = ["walk", "end", "angle", "first minute", "last minute", "grows by", "moved", "stated"]
    cells = (
        [
            f"{row.walk_minutes:g} min",
            end_words(row),
            _angle(row),
            *_errors(row),
            f"{row.growth_deg:+.2f}",
            number(row.moved_deg),
            number(row.change_sd_deg),
        ]
        for row in rows
    )
    return markdown_table(head, cells)


def drift_caption() -> str:
    """Return the explanation of the columns of `drift_table`.

    Returns
    -------
    str
        Text to print above the table.
    """
    return (
        "Degrees: RMSE (after removing the mean of each minute) in the first and in the last "
        f"minute; growth of the worse of the two (goal: at most {GROWTH_DEG:g} in 10 minutes); "
        "shift of the mean error between the two minutes (root mean square over legs), beside the "
        "stated uncertainty of change in the last minute."
    )


def speed_table(result: SpeedResult) -> list[str]:
    """Return CPU time and memory beside their limits.

    Parameters
    ----------
    result
        Result of `measure_speed`.

    Returns
    -------
    list of str
        Lines of the table.
    """
    memory = NOT_KNOWN if result.files_peak_mb is None else f"{result.files_peak_mb:.0f} MB"
    return markdown_table(
        ["what", "measured", "limit"],
        [
            ["simulating it", f"{result.simulate_cpu_s:.2f} s", ""],
            ["arrays to angles and events (vqf)", f"{result.analyse_cpu_s:.2f} s", ""],
            [
                "files to tables, summary and report (vqf)",
                f"{result.files_cpu_s:.2f} s",
                f"{CPU_LIMIT_S:.2f} s",
            ],
            ["peak memory of that process", memory, f"{MEMORY_LIMIT_MB:.0f} MB"],
            ["peer: ahrs Madgwick, orientation alone", f"{result.peer_cpu_s:.2f} s", ""],
        ],
    )


def speed_caption(result: SpeedResult) -> str:
    """Return a sentence on what the speed was measured on.

    Parameters
    ----------
    result
        Result of `measure_speed`.

    Returns
    -------
    str
        Sensors, length and seed, and how the peer compares.
    """
    return (
        f"{result.n_sensors} sensors, {result.recorded_s / 60.0:.1f} min at 100 Hz, seed "
        f"{result.seed}; CPU seconds on this machine. The limits are for 10 minutes of 5 sensors. "
        f"The peer's orientation takes {result.peer_ratio:.1f} × as long as our whole analysis."
    )


def _by_angle(rows: Sequence[AccuracyRow]) -> list[AccuracyRow]:
    return sorted(rows, key=lambda row: (row.joint, row.motion))


def _angle(row: AccuracyRow | DriftRow) -> str:
    return angle_words(row.joint, row.motion)


def _errors(row: AccuracyRow | DriftRow) -> list[str]:
    return _pairs(row.rmse_deg, row.demeaned_deg)


def _pairs(rmse_deg: Sequence[float | None], demeaned_deg: Sequence[float]) -> list[str]:
    return [
        f"({number(demeaned)})" if rmse is None else f"{number(rmse)} ({number(demeaned)})"
        for rmse, demeaned in zip(rmse_deg, demeaned_deg, strict=True)
    ]


def _excursion(row: AccuracyRow) -> list[str]:
    excursion = row.excursion
    # Flexion follows from the step, so true excursions hardly differ and no line can be fitted.
    slope = NOT_KNOWN if row.motion == "flexion" else number(excursion.slope)
    return [number(excursion.mae_deg), slope, f"{excursion.bias_deg:+.2f}"]


def _coverage(coverage: Coverage) -> str:
    shares = f"{number(coverage.samples)} ({number(coverage.legs)})"
    return f"{shares} {number(coverage.error_deg, 1)}/{number(coverage.sd_deg, 1)}"


def _goal(goal: AngleGoal | None) -> str:
    if goal is None:
        return ""
    return ", ".join([*_pairs(goal.rmse_deg, goal.demeaned_deg), number(goal.excursion_deg, 1)])


def _verdict(goal: AngleGoal, row: AccuracyRow, unseen: AccuracyRow | None) -> str:
    if unseen is not None and goal.is_out_of_reach(row, unseen):
        return "out of reach"
    return _met(is_met=goal.is_met_by(row))


def _met(*, is_met: bool) -> str:
    return "met" if is_met else "not met"
