"""Walking section: times and angles of left, right and their difference, and gait curves."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from imu_valgus.model import Analysis, GaitCurve, MeanSd, Side, SideGait, Task, WalkSummary
from imu_valgus.plots.curves import mean_level_deg
from imu_valgus.plots.labels import angle_label
from imu_valgus.reports.document import Block, Cell, Facts, Group, Paragraph, Section, Table
from imu_valgus.reports.session.curves import curve_figures, sorted_panels
from imu_valgus.reports.wording import NOT_KNOWN, Estimate, capitalised, counted, number

__all__ = ["mean_of", "walk_section"]


def walk_section(analysis: Analysis) -> Section:
    """Show the times, angles and gait curves of the walk.

    Parameters
    ----------
    analysis
        Result of ``pipeline.analyse``.

    Returns
    -------
    Section
        Tables and drawings, or the reason why there are none.
    """
    walk = analysis.walk
    if walk is None or not walk.sides:
        return Section("walk", "Walking", (Paragraph(_why_no_walk(analysis)),))
    blocks: list[Block] = [_walk_facts(walk), _time_table(walk), *_toe_off_remark(walk)]
    figures = curve_figures(walk)
    if figures.figures:
        angles: tuple[Block, ...] = (
            figures, Paragraph(_ROTATION_REMARK, is_small=True), _angle_table(walk.curves),
            Paragraph(_ANGLE_REMARK + _if_both(walk, _ANGLE_REMARK_BOTH), is_small=True),
        )  # fmt: skip
    else:
        angles = (Paragraph("There is no curve, because no angle is known over whole strides."),)
    return Section("walk", "Walking", (*blocks, Group("Angles over the gait cycle", angles)))


_ROTATION_REMARK = (
    "Rotations are drawn around zero, without the mean of each leg over the cycle (its level): "
    "their shape can be compared, while their absolute level depends on calibration. No reference "
    "band is drawn, because the published one at hand is of children."
)
_TIME_REMARK = (
    "± of a side: one standard deviation between strides. ± of values of the whole walk{both}: "
    "one standard error, with strides taken as independent of each other; from day to day the "
    "values differ by more than this."
)
_TIME_REMARK_BOTH = " and of the difference, which is right minus left"
_ANGLE_REMARK = (
    "Range: highest minus lowest value of the mean curve, ± one standard error from the spread "
    "between strides. That ± leaves out the error from moving skin, which is alike in every stride "
    "and may be several degrees in rotations. Level: mean over the cycle, ± one standard "
    "uncertainty of calibration, heading (direction) and skin."
)
_ANGLE_REMARK_BOTH = " The difference is right minus left."


def _if_both(walk: WalkSummary, words: str) -> str:
    """Return the words only if there are two sides, and so a difference."""
    return words if len(walk.sides) == 2 else ""


def _why_no_walk(analysis: Analysis) -> str:
    n = sum(len(recording.strides) for recording in analysis.recordings)
    if n:
        return (
            f"{capitalised(counted(n, 'stride'))} of walking "
            f"{'was' if n == 1 else 'were'} found, but no summary of the walk is given; the "
            "reasons are listed under what was withheld."
        )
    if any(span.task is Task.WALK for each in analysis.recordings for span in each.tasks):
        return "Walking was detected or labelled, but no strides could be found in it."
    return "No walking was found in this session, so there are no walking values or gait curves."


def _standard_error(spread: MeanSd) -> float:
    """Return the standard error of a mean; NaN with fewer than two values."""
    return spread.sd / math.sqrt(spread.n) if spread.n > 1 else math.nan


def _walk_facts(walk: WalkSummary) -> Facts:
    spreads = [gait.stride_time_s for gait in walk.sides.values()]
    relative = max((_standard_error(times) / times.mean for times in spreads), default=math.nan)
    cadence = Estimate(walk.cadence_per_min, walk.cadence_per_min * relative, 1)
    pairs = [
        ("Cadence", f"{cadence.text} steps/min"),
        ("Walking time", f"{number(walk.walking_s, 0)} s in total"),
        ("Turns left out", str(walk.n_turns)),
    ]
    steps = [gait.step_time_s for gait in walk.sides.values() if gait.step_time_s is not None]
    if walk.step_time_ratio is not None:
        spread = (
            math.hypot(*(_standard_error(times) / times.mean for times in steps))
            if steps
            else math.nan
        )
        ratio = Estimate(walk.step_time_ratio, abs(walk.step_time_ratio) * spread, 3)
        pairs.insert(1, ("Step time, right over left", ratio.text))
    return Facts(tuple(pairs))


def _side_columns(sides: Mapping[Side, object]) -> tuple[str, ...]:
    """Headings of the given sides, and of their difference if both are given."""
    return (
        *(capitalised(side) for side in Side if side in sides),
        *(("Difference",) if len(sides) == 2 else ()),
    )


def mean_of(values: Mapping[Side, MeanSd], decimals: int) -> Iterator[Cell]:
    """Write means of left and right, and their difference, as cells of a table.

    Parameters
    ----------
    values
        Mean, standard deviation and number of values of each side.
    decimals
        Decimals to write.

    Yields
    ------
    Cell
        Mean ± standard deviation of each side; right minus left ± standard error if both are given.
    """
    for side in Side:
        if side in values:
            value = values[side]
            spread = value.sd if value.n > 1 else math.nan
            yield Cell(Estimate(value.mean, spread, decimals).text)
    if len(values) == 2:
        left, right = values[Side.LEFT], values[Side.RIGHT]
        error = math.hypot(_standard_error(left), _standard_error(right))
        yield Cell(Estimate(right.mean - left.mean, error, decimals).text)


def _time_table(walk: WalkSummary) -> Table:
    sides = walk.sides
    shares = {side: _percent(gait.stance_share) for side, gait in sides.items()}
    rows = [
        (Cell("Stride time (s)"), *mean_of({s: g.stride_time_s for s, g in sides.items()}, 3)),
        (Cell("Stance, share of stride (%)"), *mean_of(shares, 1)),
    ]
    steps = {side: g.step_time_s for side, g in sides.items() if g.step_time_s is not None}
    if len(steps) == len(sides):
        rows.append((Cell("Step time (s)"), *mean_of(steps, 3)))
    rows.append((Cell("Strides used"), *_stride_counts(sides)))
    return Table("Step and stride times", ("Measure", *_side_columns(sides)), tuple(rows))


def _percent(share: MeanSd) -> MeanSd:
    return MeanSd(100.0 * share.mean, 100.0 * share.sd, share.n)


def _stride_counts(sides: Mapping[Side, SideGait]) -> Iterator[Cell]:
    for side in Side:
        if side in sides:
            yield Cell(f"{sides[side].stride_time_s.n} of {sides[side].n_strides_found}")
    if len(sides) == 2:
        yield Cell("")


def _toe_off_remark(walk: WalkSummary) -> tuple[Block, ...]:
    doubtful = [
        side for side in Side if side in walk.sides and not walk.sides[side].is_toe_off_reliable
    ]
    remark: tuple[Block, ...] = (
        Paragraph(_TIME_REMARK.format(both=_if_both(walk, _TIME_REMARK_BOTH)), is_small=True),
    )
    if not doubtful:
        return remark
    which = "both sides" if len(doubtful) == 2 else f"the {doubtful[0]} side"
    text = f"Toe-off of {which} is doubtful. So is the stance share, and no toe-off line is drawn."
    return (Paragraph(text), *remark)


def _angle_table(curves: Sequence[GaitCurve]) -> Table:
    sides = {curve.side: curve for curve in curves}
    rows = []
    for panel in sorted_panels(curves):
        by_side = {curve.side: curve for curve in panel}
        name = angle_label(panel[0].joint, panel[0].motion).name
        ranges = {side: _range(curve) for side, curve in by_side.items()}
        levels = {
            side: (mean_level_deg(curve), curve.offset_sd_deg) for side, curve in by_side.items()
        }
        rows.append((Cell(f"{name}, range"), *_side_cells(ranges, sides)))
        rows.append((Cell(f"{name}, level"), *_side_cells(levels, sides)))
    return Table("Angles (deg)", ("Angle", *_side_columns(sides)), tuple(rows))


def _range(curve: GaitCurve) -> tuple[float, float]:
    """Highest minus lowest value of the mean curve, with its standard error."""
    if not np.isfinite(curve.mean_deg).any():
        return math.nan, math.nan
    top, bottom = int(np.nanargmax(curve.mean_deg)), int(np.nanargmin(curve.mean_deg))
    spread = math.hypot(float(curve.sd_deg[top]), float(curve.sd_deg[bottom]))
    error = spread / math.sqrt(curve.n_strides) if curve.n_strides > 1 else math.nan
    return float(curve.mean_deg[top] - curve.mean_deg[bottom]), error


def _side_cells(
    values: Mapping[Side, tuple[float, float]], sides: Mapping[Side, object]
) -> Iterator[Cell]:
    for side in Side:
        if side in sides:
            yield Cell(Estimate(*values[side], 1).text if side in values else NOT_KNOWN)
    if len(sides) == 2:
        if len(values) < 2:
            yield Cell(NOT_KNOWN)
            return
        (left, left_sd), (right, right_sd) = values[Side.LEFT], values[Side.RIGHT]
        yield Cell(Estimate(right - left, math.hypot(left_sd, right_sd), 1).text)
