"""``imu-valgus progress``: the trend of each measure over the weeks, with what was done."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines
from imu_valgus.cli.course_options import (
    AllOption,
    MeasureOption,
    SideOption,
    chosen_keys,
    kept_weeks,
)
from imu_valgus.cli.people import PersonArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imu_valgus.progress.course_types import Course, MeasureCourse
    from imu_valgus.progress.schedule import WeekAdherence
    from imu_valgus.progress.trend import Trend

_HEAD = ("MEASURE", "DAYS", "WEEKS", "PER WEEK", "CHANGE", "95 % INTERVAL", "MDC", "VERDICT")


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\nimu-valgus progress P1\n\nimu-valgus progress P1 --measure score --out charts"
    )
    app.command("progress", epilog=examples)(progress_command)


def progress_command(
    person: PersonArgument,
    measure: MeasureOption = None,
    side: SideOption = None,
    is_all: AllOption = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Also draw every chart into this folder, as SVG and PNG.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the trend of each measure and leg over the weeks, beside the measurement noise."""
    weeks = kept_weeks(person)
    weeks.check_sessions()
    keys = chosen_keys(weeks.sessions, names=measure, side=side, is_all=is_all)
    course = weeks.course(keys)
    charts = [] if out is None else _write_charts(course, out)
    if as_json:
        _print_document(course, charts)
        return
    drawn = [f"Charts: {len(charts)} files in {out}"] if charts else []
    print_lines([*_lines(course), *drawn])


def _write_charts(course: "Course", out: Path) -> list[Path]:
    from imu_valgus.errors import InputError
    from imu_valgus.plots.course_files import draw_course_files

    files = draw_course_files(course.measures, programme=course.programme)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise InputError(
            f"Expected a folder for charts in {out}, but: {error.strerror}."
        ) from error
    return [out / name for name in files]


def _lines(course: "Course") -> list[str]:
    from imu_valgus.cli import course_words as say
    from imu_valgus.cli.kept_words import aligned

    trends = {one.key: one.trend for one in course.measures if one.trend}
    lines = [f"{course.person}: {_sessions(course)}.", ""]
    if trends:
        lines += [*aligned([_HEAD, *(_row(trend) for trend in trends.values())]), ""]
    lines += [trend.sentence for trend in trends.values()]
    lines += [
        f"{say.name_words(one.key)}: no trend. {one.no_trend}"
        for one in course.measures
        if not one.trend
    ]
    notes = [*_standing_out(course.measures), *adherence_lines(course.adherence)]
    notes += say.reservation_lines({key: trend.reservations for key, trend in trends.items()})
    notes += say.left_out_lines({one.key: one.left_out for one in course.measures})
    if any(trend.is_mdc_assumed for trend in trends.values()):
        notes.append(f"{say.ASSUMED} {course.person}")
    return [*lines, "", *notes, *say.many_measures_line(len(trends)), say.LIMITS]


def _sessions(course: "Course") -> str:
    days = sorted({s.recorded_at.date() for s in course.sessions})
    n = len(course.sessions)
    span = f"from {days[0]} to {days[-1]}" if len(days) > 1 else f"on {days[0]}"
    return f"{n} session{'' if n == 1 else 's'} {span}"


def _row(trend: "Trend") -> tuple[str, ...]:
    from imu_valgus.cli import course_words as say

    unit = trend.key.unit
    return (
        say.name_words(trend.key),
        str(trend.n),
        f"{trend.span_weeks:.1f}",
        "–" if trend.line is None else say.change_number(trend.line.slope, unit),
        "–" if trend.line is None else say.change_number(trend.change, unit),
        "–" if trend.line is None else say.interval_words(trend.low, trend.high, unit),
        say.mdc_words(trend.mdc, unit, is_assumed=trend.is_mdc_assumed),
        say.SHORT_VERDICTS[trend.verdict],
    )


def _standing_out(measures: "Sequence[MeasureCourse]") -> list[str]:
    from imu_valgus.cli.course_words import name_words

    lines = [
        f"  {name_words(one.key)}: {', '.join(names)}"
        for one in measures
        if (names := [point.session.session_id for point in one.points if point.stands_out])
    ]
    return ["Outside the baseline corridor on two days in a row or more:", *lines] if lines else []


def adherence_lines(weeks: "Sequence[WeekAdherence]") -> list[str]:
    """Say how much of the plan was done, week by week; nothing without a whole week."""
    if not weeks:
        return []
    done = ", ".join(
        f"week {one.week + 1} {100 * one.share:.0f} % ({one.done} of {one.planned})"
        for one in weeks
    )
    return [f"Exercises done as planned: {done}."]


def _print_document(course: "Course", charts: "Sequence[Path]") -> None:
    from imu_valgus.io.summary import without_nan

    print_json(
        without_nan(
            {
                "person": course.person,
                "week_0": course.origin.isoformat(),
                "measures": [_measure_document(one) for one in course.measures],
                "adherence": [
                    {"week": one.week + 1, "done": one.done, "planned": one.planned}
                    for one in course.adherence
                ],
                "charts": [str(path) for path in charts],
            }
        )
    )


def _measure_document(one: "MeasureCourse") -> dict[str, object]:
    from imu_valgus.cli.course_words import (
        key_document,
        left_out_document,
        repeatability_document,
    )

    band = one.band
    return {
        **key_document(one.key),
        "trend": None if one.trend is None else _trend_document(one.trend),
        "no_trend": one.no_trend,
        "repeatability": repeatability_document(one.repeatability),
        "corridor": band and {"low": band.centre - band.half, "high": band.centre + band.half},
        "left_out": left_out_document(one.left_out),
        "points": [
            {
                "session": point.session.session_id,
                "weeks": point.weeks,
                "value": point.measure.value,
                "left_out": point.left_out,
                "stands_out": point.stands_out,
            }
            for point in one.points
        ],
    }


def _trend_document(trend: "Trend") -> dict[str, object]:
    return {
        "days": trend.n,
        "span_weeks": trend.span_weeks,
        "slope_per_week": trend.line.slope if trend.line else None,
        "change": trend.change,
        "interval_95": [trend.low, trend.high],
        "mdc": trend.mdc,
        "is_mdc_assumed": trend.is_mdc_assumed,
        "verdict": trend.verdict,
        "sentence": trend.sentence,
        "reservations": trend.reservations,
    }
