"""``imu-valgus analyse``: from a session to tables, a summary and a report."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from imu_valgus.cli.console import (
    EXIT_WITHHELD,
    JsonOption,
    counted,
    examples,
    print_json,
    print_lines,
    progress_steps,
)
from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Placement, Session, Severity

SessionArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SESSION",
        help="A plain session folder, a recorded session, or a folder of vendor exports.",
    ),
]
PlaceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--place",
        metavar="FILE=PLACEMENT",
        help="Where a sensor sat, if its file name does not say: IMU_3.csv=shank_left. "
        "Repeat for each file.",
    ),
]
CalibrationOption = Annotated[
    Path,
    typer.Option(
        "--calibration", metavar="FOLDER", help="Folder of sensor calibrations; used if it exists."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`, in British and in American spelling."""
    epilog = examples("imu-valgus analyse my_session --out results")
    app.command("analyse", epilog=epilog)(analyse_command)
    app.command("analyze", hidden=True)(analyse_command)


def analyse_command(
    session: SessionArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="Folder for the results.")
    ],
    fusion: Annotated[
        str | None,
        typer.Option(
            "--fusion",
            metavar="NAME",
            help="Orientation engine: vqf (the default), ahrs-madgwick or ahrs-mahony.",
            show_default=False,
        ),
    ] = None,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write only the tables and the summary.")
    ] = False,
    keep_skin: Annotated[
        bool,
        typer.Option(
            "--keep-skin",
            help="Leave the twist of the skin on the thighs in the angles, for comparison.",
        ),
    ] = False,
    place: PlaceOption = None,
    calibration: CalibrationOption = Path("calibration"),
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace the results of another session in OUT."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Turn a session into joint angles, gait events, repetitions, a summary and a report."""
    from imu_valgus.io.atomic import check_replaceable
    from imu_valgus.io.results import check_same_source, is_result_file, source_of
    from imu_valgus.io.session_hash import hash_of_session
    from imu_valgus.pipeline import AngleStages, Settings, analyse

    check_replaceable(out, is_ours=is_result_file)
    with progress_steps() as tell:
        tell(f"Reading {session}")
        calibrated = read_calibrated_session(session, place=place, calibration=calibration)
        source = source_of(session, hash_of_session(session))
        if not overwrite:
            check_same_source(out, source)
        settings = Settings(fusion=fusion, stages=AngleStages(removes_skin=not keep_skin))
        analysis = analyse(calibrated, settings=settings, progress=tell)
        write_analysis(analysis, out, with_report=not no_report, tell=tell, source=source)
    show_analysis(analysis, out, as_json=as_json, with_report=not no_report, source=source)
    if any(finding.severity is Severity.WITHHELD for finding in analysis.findings):
        raise typer.Exit(EXIT_WITHHELD)


def parsed_places(options: Sequence[str] | None, *, of: str = "FILE") -> Mapping[str, Placement]:
    """Read the ``--place`` options.

    Parameters
    ----------
    options
        Texts such as ``IMU_3.csv=shank_left``.
    of
        What stands before the equals sign, for the error message: ``FILE`` or ``SENSOR``.

    Returns
    -------
    mapping of str to Placement
        Placement by name of the file or sensor.

    Raises
    ------
    InputError
        If an option has another form or an unknown placement.

    Examples
    --------
    >>> parsed_places(["a=b=pelvis"])
    {'a=b': <Placement.PELVIS: 'pelvis'>}
    """
    places: dict[str, Placement] = {}
    for option in options or []:
        name, _, placement = option.rpartition("=")
        if not name or placement not in set(Placement):
            raise InputError(
                f"Cannot use --place {option}. Write --place {of}=PLACEMENT with one of these "
                f"placements: {', '.join(Placement)}."
            )
        places[name] = Placement(placement)
    return places


def read_calibrated_session(path: Path, *, place: list[str] | None, calibration: Path) -> Session:
    """Read a session and apply the calibrations of its sensors.

    Parameters
    ----------
    path
        Folder of the session.
    place
        The ``--place`` options.
    calibration
        Folder of sensor calibrations; it need not exist.

    Returns
    -------
    Session
        The session with calibrated samples; its findings say which calibrations were used.

    Raises
    ------
    InputError
        If an option, the session or a calibration cannot be read.
    """
    from imu_valgus.io.calibrations import load_calibrations
    from imu_valgus.io.sessions import read_session
    from imu_valgus.pipeline import with_sensor_calibrations

    session = read_session(path, places=parsed_places(place))
    calibrations, findings = load_calibrations(calibration)
    session = replace(session, findings=session.findings + findings)
    return with_sensor_calibrations(session, calibrations)


def write_analysis(
    analysis: Analysis,
    out: Path,
    *,
    with_report: bool,
    tell: Callable[[str], None],
    source: Mapping[str, str] | None = None,
) -> None:
    """Write the results of an analysis; the folder is written completely or not at all.

    Parameters
    ----------
    analysis
        What to write.
    out
        Folder for the results.
    with_report
        Whether to draw the report too.
    tell
        Called with the name of each step.
    source
        What identifies the session, None where that does not matter.

    Raises
    ------
    InputError
        If the folder holds other files or cannot be written.
    """
    from imu_valgus.io.results import write_results

    report: str | None = None
    if with_report:
        from imu_valgus.reports.session.html import render_report

        tell("Drawing the report")
        report = render_report(analysis)
    tell("Writing the results")
    write_results(analysis, out, report_html=report, source=source)


def show_analysis(
    analysis: Analysis,
    out: Path,
    *,
    as_json: bool,
    with_report: bool,
    source: Mapping[str, str] | None = None,
) -> None:
    """Print the summary of an analysis.

    Parameters
    ----------
    analysis
        What to summarise.
    out
        Folder of the results, which is printed too.
    as_json
        Whether to print the summary document instead of lines for people.
    with_report
        Whether a report was written.
    source
        What identifies the session in the summary, None where that does not matter.
    """
    if as_json:
        from imu_valgus.io.summary import summary_document

        print_json(summary_document(analysis) | ({"source": source} if source else {}))
        return
    grades = ", ".join(f"{place.words} {frame.grade}" for place, frame in analysis.frames.items())
    recordings = counted(len(analysis.recordings), "recording")
    lines = [
        f"{recordings}; calibration: {grades}, fused by {analysis.fusion}",
        *_walk_lines(analysis),
        *_repetition_lines(analysis),
        *_finding_lines(analysis),
        f"Results:  {out}",
    ]
    if with_report:
        lines.append(f"Report:   {out / 'report.html'}")
    print_lines(lines)


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
    counts = Counter(
        f"{repetition.task} {repetition.side or ''}".strip().replace("_", " ")
        for recording in analysis.recordings
        for repetition in recording.repetitions
    )
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
