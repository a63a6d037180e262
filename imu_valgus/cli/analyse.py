"""``imu-valgus analyse``: session in, tables, summary and report out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from imu_valgus.cli.console import EXIT_WITHHELD, print_json, print_lines, progress_steps
from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Placement, Severity

SessionArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SESSION",
        help="A plain session folder, a recorded session, or a folder of vendor exports.",
        show_default=False,
    ),
]
PlaceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--place",
        metavar="FILE=PLACEMENT",
        help="Where a sensor sat when its file name does not tell, "
        "say IMU_3.csv=shank_left. Repeat for each file.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the command, under its British and its American spelling."""
    app.command("analyse", epilog=_EXAMPLE)(analyse_command)
    app.command("analyze", hidden=True)(analyse_command)


_EXAMPLE = "Example:  imu-valgus analyse my_session --out results"


def analyse_command(
    session: SessionArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Folder for the results.", show_default=False
        ),
    ],
    fusion: Annotated[
        str,
        typer.Option(
            "--fusion",
            metavar="NAME",
            help="Orientation engine: vqf, ahrs-madgwick or ahrs-mahony.",
        ),
    ] = "vqf",
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write the tables and the summary only.")
    ] = False,
    keep_skin: Annotated[
        bool,
        typer.Option(
            "--keep-skin",
            help="Leave the twist of the thighs' skin in the angles, to compare with and without.",
        ),
    ] = False,
    place: PlaceOption = None,
    calibration: Annotated[
        Path,
        typer.Option(
            "--calibration",
            metavar="FOLDER",
            help="Folder of sensor calibrations; used if it exists.",
        ),
    ] = Path("calibration"),
    as_json: JsonOption = False,
) -> None:
    """Turn a session into joint angles, gait events, repetitions, a summary and a report."""
    from imu_valgus.io.atomic import check_replaceable
    from imu_valgus.io.calibrations import load_calibrations
    from imu_valgus.io.results import is_result_file
    from imu_valgus.io.sessions import read_session
    from imu_valgus.pipeline import AngleStages, Settings, analyse, with_sensor_calibrations

    check_replaceable(out, is_ours=is_result_file)
    with progress_steps() as tell:
        tell(f"Reading {session}")
        read = read_session(session, places=parsed_places(place))
        calibrations, told = load_calibrations(calibration)
        read = with_sensor_calibrations(replace(read, findings=read.findings + told), calibrations)
        settings = Settings(fusion=fusion, stages=AngleStages(removes_skin=not keep_skin))
        analysis = analyse(read, settings=settings, progress=tell)
        write_analysis(analysis, out, with_report=not no_report, tell=tell)
    show_analysis(analysis, out, as_json=as_json, with_report=not no_report)
    if any(finding.severity is Severity.WITHHELD for finding in analysis.findings):
        raise typer.Exit(EXIT_WITHHELD)


def parsed_places(given: list[str] | None) -> Mapping[str, Placement]:
    """Read the ``--place FILE=PLACEMENT`` options.

    Raises
    ------
    InputError
        If one of them is not of that form or names no placement.
    """
    places: dict[str, Placement] = {}
    for item in given or []:
        file, separator, name = item.rpartition("=")
        if not separator or name not in list(Placement):
            allowed = ", ".join(Placement)
            raise InputError(
                f"--place {item}: expected FILE=PLACEMENT with a placement out of {allowed}; "
                "say for instance --place IMU_3.csv=shank_left."
            )
        places[file] = Placement(name)
    return places


def write_analysis(
    analysis: Analysis, out: Path, *, with_report: bool, tell: Callable[[str], None]
) -> None:
    """Write tables, summary and, if wanted, the report; complete or not at all."""
    from imu_valgus.io.results import write_results

    report: str | None = None
    if with_report:
        from imu_valgus.reports.session.html import render_report

        tell("Drawing the report")
        report = render_report(analysis)
    tell("Writing the results")
    write_results(analysis, out, report_html=report)


def show_analysis(analysis: Analysis, out: Path, *, as_json: bool, with_report: bool) -> None:
    """Print the summary of an analysis."""
    if as_json:
        from imu_valgus.io.summary import summary_document

        print_json(summary_document(analysis))
        return
    lines = [
        f"{_sensor_words(analysis)}, fused by {analysis.fusion}",
        *_walk_lines(analysis),
        *_repetition_lines(analysis),
        *_finding_lines(analysis),
        f"Results:  {out}",
    ]
    if with_report:
        lines.append(f"Report:   {out / 'report.html'}")
    print_lines(lines)


def _sensor_words(analysis: Analysis) -> str:
    grades = ", ".join(f"{place.words} {frame.grade}" for place, frame in analysis.frames.items())
    n = len(analysis.recordings)
    return f"{n} recording{'s' if n != 1 else ''}; calibration: {grades}"


def _walk_lines(analysis: Analysis) -> list[str]:
    walk = analysis.walk
    if walk is None:
        return ["Walk:     none found"]
    lines = [f"Walk:     {walk.walking_s:.0f} s, cadence {walk.cadence_per_min:.0f} steps/min"]
    for side, gait in walk.sides.items():
        lines.append(
            f"  {side:<6}  {gait.stride_time_s.n} strides, stride {gait.stride_time_s.mean:.2f} s, "
            f"stance {100.0 * gait.stance_share.mean:.0f} %"
        )
    for curve in walk.curves:
        if curve.motion == "internal_rotation":
            span = curve.mean_deg.max() - curve.mean_deg.min()
            lines.append(
                f"  {curve.side:<6}  {curve.joint} rotation range {span:.1f}° over the gait cycle, "
                f"level ±{curve.offset_sd_deg:.1f}°"
            )
    return lines


def _repetition_lines(analysis: Analysis) -> list[str]:
    counts: dict[str, int] = {}
    for recording in analysis.recordings:
        for repetition in recording.repetitions:
            side = f" {repetition.side}" if repetition.side else ""
            name = f"{repetition.task}{side}".replace("_", " ")
            counts[name] = counts.get(name, 0) + 1
    return [f"Found:    {count} × {name}" for name, count in counts.items()]


def _finding_lines(analysis: Analysis) -> list[str]:
    words = {Severity.WITHHELD: "Withheld", Severity.WARNING: "Warning"}
    lines = [
        f"{words[finding.severity] + ':':<9} {finding.message}"
        for finding in analysis.findings
        if finding.severity in words
    ]
    n_notes = sum(finding.severity is Severity.NOTE for finding in analysis.findings)
    if n_notes:
        lines.append(f"Notes:    {n_notes}, see the report")
    return lines
