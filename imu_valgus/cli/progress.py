"""``imu-valgus progress``: the trend of each measure over the weeks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli import course as words
from imu_valgus.cli.console import JsonOption, aligned, counted, examples, print_json, print_lines
from imu_valgus.cli.course import AllOption, MeasureOption, SideOption, chosen_keys, read_history
from imu_valgus.cli.people import PersonArgument
from imu_valgus.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imu_valgus.progress.course_types import Course, MeasureCourse
    from imu_valgus.progress.trend import Trend

_HEAD: Final = (
    "MEASURE", "DAYS", "WEEKS", "PER WEEK", "CHANGE", "95 % INTERVAL", "MDC", "VERDICT",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus progress P1", "imu-valgus progress P1 --measure score --out charts"
    )
    app.command("progress", epilog=epilog)(progress_command)


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
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the trend of each measure over the weeks, and compare it with the measurement noise."""
    history = read_history(person, needs_sessions=True)
    keys = chosen_keys(history.sessions, names=measure, side=side, is_all=is_all)
    course = history.course(keys)
    charts = [] if out is None else _write_charts(course, out)
    if as_json:
        _print_document(course, charts)
        return
    drawn = [f"Charts: {len(charts)} files in {out}"] if charts else []
    print_lines([*_lines(course), *drawn])


def _write_charts(course: "Course", out: Path) -> list[Path]:
    from imu_valgus.io.atomic import make_private_folder, write_whole_together
    from imu_valgus.plots.course_files import draw_course_files

    files = draw_course_files(course.measures, programme=course.programme)
    try:
        make_private_folder(out)
        write_whole_together(out, files)
    except OSError as error:
        raise InputError(
            f"Cannot write charts to {out} ({error.strerror}). Choose another folder with --out."
        ) from error
    return [out / name for name in files]


def _lines(course: "Course") -> list[str]:
    trends = {measure.key: measure.trend for measure in course.measures if measure.trend}
    days = sorted({session.recorded_at.date() for session in course.sessions})
    span = f"from {days[0]} to {days[-1]}" if len(days) > 1 else f"on {days[0]}"
    lines = [f"{course.person}: {counted(len(course.sessions), 'session')} {span}.", ""]
    if trends:
        lines += [*aligned([_HEAD, *map(_row, trends.values())]), ""]
    lines += [trend.sentence for trend in trends.values()]
    lines += [
        f"{words.name_words(measure.key)}: no trend. {measure.no_trend}"
        for measure in course.measures
        if not measure.trend
    ]
    lines += ["", *_outside_lines(course.measures), *words.adherence_lines(course.adherence)]
    lines += words.reservation_lines({key: trend.reservations for key, trend in trends.items()})
    lines += words.left_out_lines({measure.key: measure.left_out for measure in course.measures})
    if any(trend.is_mdc_assumed for trend in trends.values()):
        lines.append(words.assumed_line(course.person))
    return [*lines, *words.many_measures_line(len(trends)), words.LIMITS]


def _row(trend: "Trend") -> tuple[str, ...]:
    unit = trend.key.unit
    has_line = trend.line is not None
    return (
        words.name_words(trend.key),
        str(trend.n),
        f"{trend.span_weeks:.1f}",
        "–" if trend.line is None else words.change_number(trend.line.slope, unit),
        words.change_number(trend.change, unit) if has_line else "–",
        words.interval_words(trend.low, trend.high, unit) if has_line else "–",
        words.mdc_words(trend.mdc, unit, is_assumed=trend.is_mdc_assumed),
        words.SHORT_VERDICTS[trend.verdict],
    )


def _outside_lines(measures: "Sequence[MeasureCourse]") -> list[str]:
    lines = [
        f"  {words.name_words(measure.key)}: {', '.join(names)}"
        for measure in measures
        if (names := [point.session.session_id for point in measure.points if point.stands_out])
    ]
    head = "Outside the usual range of the baseline on two days in a row or more:"
    return [head, *lines] if lines else []


def _print_document(course: "Course", charts: "Sequence[Path]") -> None:
    document = {
        "person": course.person,
        "week_0": course.origin.isoformat(),
        "measures": [_measure_document(measure) for measure in course.measures],
        "adherence": words.adherence_document(course.adherence),
        "charts": [str(path) for path in charts],
    }
    print_json(document)


def _measure_document(measure: "MeasureCourse") -> dict[str, object]:
    band = measure.band
    return {
        **words.key_document(measure.key),
        "trend": None if measure.trend is None else _trend_document(measure.trend),
        "no_trend": measure.no_trend,
        "repeatability": words.repeatability_document(measure.repeatability),
        "corridor": band and {"low": band.centre - band.half, "high": band.centre + band.half},
        "left_out": words.left_out_document(measure.left_out),
        "points": [
            {
                "session": point.session.session_id,
                "weeks": point.weeks,
                "value": point.measure.value,
                "left_out": point.left_out,
                "stands_out": point.stands_out,
            }
            for point in measure.points
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
