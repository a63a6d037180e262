"""``imu-valgus add``: analyse a session and keep it for comparing weeks."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption, PlaceOption, SessionArgument, parsed_places
from imu_valgus.cli.console import EXIT_WITHHELD, print_json, print_lines, progress_steps
from imu_valgus.model import Severity, Side
from imu_valgus.model.progress import Feedback, Footwear, Purpose

if TYPE_CHECKING:
    from imu_valgus.model import Analysis
    from imu_valgus.model.progress import SessionRecord

PersonOption = Annotated[
    str,
    typer.Option(
        "--person", "-p", metavar="PSEUDONYM", help="Whose session it is.", show_default=False
    ),
]

_EXAMPLE = (
    "Examples:\n\n"
    "imu-valgus add monday --person P1 --purpose baseline --footwear barefoot --pain 2\n\n"
    "imu-valgus add export --person P1 --recorded-at 2026-03-02T09:30 --place IMU_3.csv=shank_left"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("add", epilog=_EXAMPLE)(add_command)


def add_command(
    session: SessionArgument,
    person: PersonOption,
    purpose: Annotated[
        Purpose | None,
        typer.Option("--purpose", help="Why it was recorded.", show_default=False),
    ] = None,
    feedback: Annotated[
        Feedback,
        typer.Option("--feedback", help="What the person was shown while moving."),
    ] = Feedback.NONE,
    footwear: Annotated[
        Footwear, typer.Option("--footwear", help="What was on the feet.")
    ] = Footwear.UNKNOWN,
    pain: Annotated[
        int | None,
        typer.Option("--pain", min=0, max=10, help="0 none to 10 worst.", show_default=False),
    ] = None,
    notes: Annotated[
        str, typer.Option("--notes", metavar="TEXT", help="Stay in the store.", show_default=False)
    ] = "",
    session_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Name in the store: letters, digits, - and _. Default: date and time.",
            show_default=False,
        ),
    ] = None,
    recorded_at: Annotated[
        str | None,
        typer.Option(
            "--recorded-at",
            metavar="TIME",
            help="When it was recorded, where its files do not tell: 2026-03-02T09:30, local time.",
            show_default=False,
        ),
    ] = None,
    place: PlaceOption = None,
    fusion: Annotated[
        str, typer.Option("--fusion", metavar="NAME", help="Orientation engine, as in analyse.")
    ] = "vqf",
    calibration: Annotated[
        Path,
        typer.Option(
            "--calibration",
            metavar="FOLDER",
            help="Folder of sensor calibrations; used if it exists.",
        ),
    ] = Path("calibration"),
    again: Annotated[
        bool, typer.Option("--again", help="Even if the person has this recording already.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Analyse a session and keep its measures, curves and summary for comparing weeks."""
    from imu_valgus.cli.adding import keep, moment_of, names_for, record_of, sensors_of
    from imu_valgus.cli.people import check_person
    from imu_valgus.io.calibrations import load_calibrations
    from imu_valgus.io.session_files import session_files
    from imu_valgus.io.session_hash import hash_of_session
    from imu_valgus.io.sessions import read_session
    from imu_valgus.pipeline import Settings, analyse, with_sensor_calibrations
    from imu_valgus.store import Store

    with progress_steps() as tell, Store() as store:
        check_person(store, person)
        tell(f"Reading {session}")
        read = read_session(session, places=parsed_places(place))
        now = datetime.now().astimezone()
        moment = moment_of(read.info.recorded_at, given=recorded_at, now=now)
        raw_sha256 = hash_of_session(session)
        if not again:
            # The store looks again while it adds; asking here spares a needless analysis.
            store.check_new_recording(person, raw_sha256)
        calibrations, told = load_calibrations(calibration)
        read = with_sensor_calibrations(replace(read, findings=read.findings + told), calibrations)
        analysis = analyse(read, settings=Settings(fusion=fusion), progress=tell)
        tell("Adding to the store")
        record = record_of(
            analysis,
            person=person,
            session_id=next(names_for(moment)) if session_id is None else session_id,
            recorded_at=moment,
            sensors=sensors_of(read),
            purpose=purpose,
            feedback=feedback,
            footwear=footwear,
            pain=pain,
            notes=notes,
            raw_sha256=raw_sha256,
        )
        files = session_files(analysis)
        record = keep(store, record, files, again=again, is_named=session_id is not None)
    _show(record, analysis, as_json=as_json)
    if any(finding.severity is Severity.WITHHELD for finding in analysis.findings):
        raise typer.Exit(EXIT_WITHHELD)


def _show(record: "SessionRecord", analysis: "Analysis", *, as_json: bool) -> None:
    from imu_valgus.cli.adding import why_not_counted
    from imu_valgus.cli.kept_words import score_words, session_document

    reason = why_not_counted(record, analysis)
    withheld = [one.message for one in analysis.findings if one.severity is Severity.WITHHELD]
    doubts = [one.message for one in analysis.findings if one.severity is Severity.WARNING]
    if as_json:
        document = session_document(record)
        print_json(document | {"why_not": reason, "withheld": withheld, "warnings": doubts})
        return
    purpose = f" ({record.purpose})" if record.purpose else ""
    scores = ", ".join(f"{side} {score_words(record, side)}" for side in Side)
    when = f"recorded {record.recorded_at:%Y-%m-%d %H:%M}, {len(record.measures)} measures"
    lines = [
        f"Added:    {record.session_id} for {record.person}{purpose}, {when}",
        f"Calibration {record.conditions.calibration}; step-up score: {scores}",
        *(f"Withheld: {message}" for message in withheld),
        *(f"Warning:  {message}" for message in doubts),
        f"It does not count in comparisons: {reason}" if reason else "It counts in comparisons.",
    ]
    print_lines(lines)
