"""What was measured as Markdown tables, for the command line and for ``docs/validation.md``."""

import math
from collections.abc import Iterable, Sequence
from itertools import product

from imu_valgus.benchmark.accuracy import AccuracyRow, Coverage
from imu_valgus.benchmark.drift import DriftRow
from imu_valgus.benchmark.goals import (
    GROWTH_DEG,
    HIP_ROTATION,
    MODERATE,
    TIBIAL_ROTATION,
    AngleGoal,
    GoalLine,
    angle_words,
    end_words,
    is_share_met,
)
from imu_valgus.benchmark.people import Worn
from imu_valgus.benchmark.speed import CPU_LIMIT_S, MEMORY_LIMIT_MB, SpeedResult
from imu_valgus.benchmark.unseen import UNSEEN, is_touched
from imu_valgus.simulate import SoftTissueLevel

NOT_KNOWN = "–"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table.

    Examples
    --------
    >>> markdown_table(["a", "b"], [["1", "2"]])
    ['| a | b |', '|---|---|', '| 1 | 2 |']
    """
    lines = [head, ["---"] * len(head), *rows]
    return [
        f"|{'|'.join(line)}|" if line[0] == "---" else f"| {' | '.join(line)} |" for line in lines
    ]


def number(value: float | None, decimals: int = 2) -> str:
    """Write a figure, and a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    return f"{value:.{decimals}f}"


def error_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Show errors of every angle and variant of one level of soft tissue; goals where set."""
    head = ["angle", "variant", "walk", "step-ups", "excursion", "slope", "bias"]
    with_goals = bool(rows) and rows[0].level == SoftTissueLevel.MODERATE
    with_goals = with_goals and rows[0].sensors == Worn.FIVE
    if with_goals:
        head.append("goal: walk, step-ups, excursion")
    cells = []
    for row in _by_angle(rows):
        line = [angle_words(row), row.variant, *_errors(row), *_excursion(row)]
        goal = MODERATE.get((row.joint, row.motion))
        cells.append([*line, _goal(goal)] if with_goals else line)
    return markdown_table(head, cells)


def error_caption() -> str:
    """Say what the columns of `error_table` are."""
    return (
        "Degrees, means over legs: RMSE (after removing the mean); step-up excursion: mean "
        "absolute error per repetition, slope of the line of found on true excursions over "
        "repetitions and people (1: none is hidden), mean error."
    )


def coverage_caption() -> str:
    """Say what the columns of `coverage_table` are."""
    return (
        "Share of true values within one standard uncertainty (0.68 is what it should be): of "
        "samples (of legs, by their mean error, because the samples of one leg are not "
        "independent), and root mean square error/stated uncertainty in degrees. Level: the angle "
        "itself. Change: from the mean of the stands in the same donning. Excursions: of step-up "
        "repetitions, by the uncertainty of change."
    )


def coverage_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Show how the stated uncertainty holds the errors of one level of soft tissue."""
    head = [
        "angle",
        "variant",
        "level, walk",
        "level, step-ups",
        "change, walk",
        "change, step-ups",
        "excursions",
    ]
    return markdown_table(
        head,
        (
            [
                angle_words(row),
                row.variant,
                *(_coverage(one) for one in (*row.level_coverage, *row.change_coverage)),
                number(row.excursion.coverage) if row.motion != "flexion" else NOT_KNOWN,
            ]
            for row in _by_angle(rows)
            if row.variant != UNSEEN
        ),
    )


def cpu_line(rows: Sequence[AccuracyRow]) -> str:
    """Say what each variant took on this machine."""
    spent: dict[str, list[float]] = {}
    for row in rows:
        if row.variant == UNSEEN:
            continue
        spent.setdefault(row.variant, []).append(row.cpu_s)
    each = ", ".join(f"{name} {sum(cpu) / len(cpu):.1f}" for name, cpu in spent.items())
    return f"CPU seconds per session of about three minutes on this machine: {each}."


def goals_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Show the default's errors under moderate soft tissue beside their goals, law by law.

    Rows of what no sensor sees tell which goals that alone misses.
    """
    head = ["angle", "law", "walk", "goal", "step-ups", "goal", "excursion", "goal", ""]
    moderate = [one for one in rows if one.level == SoftTissueLevel.MODERATE]
    unseen = {(row.joint, row.motion, row.law): row for row in moderate if row.variant == UNSEEN}
    cells = []
    for row in _by_angle([one for one in moderate if one.variant != UNSEEN]):
        goal = MODERATE.get((row.joint, row.motion))
        if goal is None:
            continue
        walk, step_ups = _errors(row)
        excursion = number(row.excursion.mae_deg) if goal.excursion_deg else NOT_KNOWN
        wanted = [_pair(*pair) for pair in zip(goal.rmse_deg, goal.demeaned_deg, strict=True)]
        cells.append(
            [
                angle_words(row),
                row.law,
                walk,
                wanted[0],
                step_ups,
                wanted[1],
                excursion,
                number(goal.excursion_deg, 1),
                _verdict(goal, row, unseen.get((row.joint, row.motion, row.law))),
            ]
        )
    return markdown_table(head, cells)


def unseen_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Show adduction and tibial rotation of the default beside what no sensor sees of them."""
    head = ["angle", "soft tissue", "law", "", "walk", "step-ups", "excursion"]
    of_angle = [row for row in _by_angle(rows) if is_touched(row.joint, row.motion)]
    return markdown_table(
        head,
        (
            [
                angle_words(row),
                row.level,
                row.law,
                "unseen" if row.variant == UNSEEN else "measured",
                *_errors(row),
                number(row.excursion.mae_deg),
            ]
            for row in of_angle
        ),
    )


def coverage_goals_table(rows: Sequence[AccuracyRow]) -> list[str]:
    """Show the default's shares within one standard uncertainty, level by level of soft tissue."""
    levels = list(dict.fromkeys(row.level for row in rows))
    laws = list(dict.fromkeys(row.law for row in rows))
    cells = []
    for angle in (HIP_ROTATION, TIBIAL_ROTATION):
        of_angle = [row for row in rows if (row.joint, row.motion) == angle]
        for kind, law in product(("level", "change"), laws):
            shares = {
                row.level: [one.samples for one in getattr(row, f"{kind}_coverage")]
                for row in of_angle
                if row.law == law
            }
            n_met = sum(is_share_met(share) for of_level in shares.values() for share in of_level)
            n = sum(len(of_level) for of_level in shares.values())
            each = [", ".join(map(number, shares.get(level, ()))) or NOT_KNOWN for level in levels]
            words = f"{angle[0]} {angle[1]}".replace("_", " ")
            cells.append([words, kind, law, *each, f"{n_met} of {n}"])
    return markdown_table(["angle", "of", "law", *levels, "met"], cells)


def goal_line_table(lines: Sequence[GoalLine]) -> list[str]:
    """Show goals that are not set angle by angle."""
    return markdown_table(
        ["what", "measured", "goal", ""],
        ([one.what, one.measured, one.goal, _met(is_met=one.is_met)] for one in lines),
    )


def drift_table(rows: Sequence[DriftRow]) -> list[str]:
    """Show the first against the last minute of long walks."""
    head = ["walk", "end", "angle", "first minute", "last minute", "grows by", "moved", "stated"]
    return markdown_table(
        head,
        (
            [
                f"{row.walk_minutes:g} min",
                end_words(row),
                angle_words(row),
                *(_pair(*pair) for pair in zip(row.rmse_deg, row.demeaned_deg, strict=True)),
                f"{row.growth_deg:+.2f}",
                number(row.moved_deg),
                number(row.change_sd_deg),
            ]
            for row in rows
        ),
    )


def drift_caption() -> str:
    """Say what the columns of `drift_table` are."""
    return (
        "Degrees: RMSE (after removing each minute's mean) in the first and in the last minute; by "
        f"how much the worse of the two grows (goal: at most {GROWTH_DEG:g} in 10 minutes); by how "
        "much the mean error moved between the two (root mean square over legs), beside the stated "
        "uncertainty of change in the last minute."
    )


def speed_table(result: SpeedResult) -> list[str]:
    """Show CPU time and memory beside their limits."""
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
    """Say what the speed was measured on."""
    return (
        f"{result.n_sensors} sensors, {result.recorded_s / 60.0:.1f} min at 100 Hz, seed "
        f"{result.seed}; CPU seconds on this machine. The limits are for 10 minutes of 5 sensors. "
        f"The peer's orientation takes {result.peer_ratio:.1f} × as long as our whole analysis."
    )


def _by_angle(rows: Sequence[AccuracyRow]) -> list[AccuracyRow]:
    return sorted(rows, key=lambda row: (row.joint, row.motion))


def _errors(row: AccuracyRow) -> list[str]:
    return [_pair(*pair) for pair in zip(row.rmse_deg, row.demeaned_deg, strict=True)]


def _pair(rmse: float | None, demeaned: float) -> str:
    return f"({number(demeaned)})" if rmse is None else f"{number(rmse)} ({number(demeaned)})"


def _excursion(row: AccuracyRow) -> list[str]:
    one = row.excursion
    # The bend of hip and knee is that of the step: no spread that a line could be fitted to.
    slope = NOT_KNOWN if row.motion == "flexion" else number(one.slope)
    return [number(one.mae_deg), slope, f"{one.bias_deg:+.2f}"]


def _coverage(one: Coverage) -> str:
    return (
        f"{number(one.samples)} ({number(one.legs)}) {number(one.error_deg, 1)}/"
        f"{number(one.sd_deg, 1)}"
    )


def _goal(goal: AngleGoal | None) -> str:
    if goal is None:
        return ""
    pairs = [_pair(*pair) for pair in zip(goal.rmse_deg, goal.demeaned_deg, strict=True)]
    return ", ".join([*pairs, number(goal.excursion_deg, 1)])


def _verdict(goal: AngleGoal, row: AccuracyRow, unseen: AccuracyRow | None) -> str:
    if unseen is not None and goal.is_out_of_reach(row, unseen):
        return "out of reach"
    return _met(is_met=goal.is_met_by(row))


def _met(*, is_met: bool) -> str:
    return "met" if is_met else "not met"
