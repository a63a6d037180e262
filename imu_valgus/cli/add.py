"""``imu-valgus add``: from a session folder to a session in the store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import (
    CalibrationOption,
    PlaceOption,
    SessionArgument,
    read_calibrated_session,
)
from imu_valgus.cli.console import (
    EXIT_WITHHELD,
    JsonOption,
    examples,
    print_json,
    print_lines,
    progress_steps,
)
from imu_valgus.cli.people import check_person
from imu_valgus.cli.sessions import score_words, session_document, why_not_counted
from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Session, Severity, Side
from imu_valgus.model.progress import Feedback, Footwear, Purpose, SessionRecord
from imu_valgus.progress.measures import conditions_of, measures_of

if TYPE_CHECKING:
    from imu_valgus.store import Store

PersonOption = Annotated[
    str, typer.Option("--person", "-p", metavar="PSEUDONYM", help="Whose session it is.")
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus add monday --person P1 --purpose baseline --footwear barefoot --pain 2",
        "imu-valgus add export --person P1 --recorded-at 2026-03-02T09:30 "
        "--place IMU_3.csv=shank_left",
    )
    app.command("add", epilog=epilog)(add_command)


def add_command(
    session: SessionArgument,
    person: PersonOption,
    purpose: Annotated[
        Purpose | None, typer.Option("--purpose", help="Why it was recorded.")
    ] = None,
    feedback: Annotated[
        Feedback, typer.Option("--feedback", help="What the person was shown while moving.")
    ] = Feedback.NONE,
    footwear: Annotated[
        Footwear, typer.Option("--footwear", help="What the person had on their feet.")
    ] = Footwear.UNKNOWN,
    pain: Annotated[
        int | None, typer.Option("--pain", min=0, max=10, help="From 0 (none) to 10 (worst).")
    ] = None,
    notes: Annotated[
        str, typer.Option("--notes", metavar="TEXT", help="Free text; it stays in the store.")
    ] = "",
    session_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Name in the store: letters, digits, - and _. Default: date and time.",
        ),
    ] = None,
    recorded_at: Annotated[
        str | None,
        typer.Option(
            "--recorded-at",
            metavar="TIME",
            help="When it was recorded, if its files do not say: 2026-03-02T09:30, local time.",
        ),
    ] = None,
    place: PlaceOption = None,
    fusion: Annotated[
        str | None,
        typer.Option(
            "--fusion",
            metavar="NAME",
            help="Orientation engine, as in analyse.",
            show_default=False,
        ),
    ] = None,
    calibration: CalibrationOption = Path("calibration"),
    again: Annotated[
        bool, typer.Option("--again", help="Add it even if the person already has this recording.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Analyse a session and keep its measures, curves and summary for comparing weeks."""
    from imu_valgus.io.session_files import session_files
    from imu_valgus.io.session_hash import hash_of_session
    from imu_valgus.pipeline import Settings, analyse
    from imu_valgus.store import Store

    with progress_steps() as tell, Store() as store:
        check_person(store, person)
        tell(f"Reading {session}")
        calibrated = read_calibrated_session(session, place=place, calibration=calibration)
        now = datetime.now().astimezone()
        moment = moment_of(calibrated.info.recorded_at, given=recorded_at, now=now)
        raw_sha256 = hash_of_session(session)
        if not again:
            # The store checks once more while adding; checking here saves a needless analysis.
            store.check_new_recording(person, raw_sha256)
        analysis = analyse(calibrated, settings=Settings(fusion=fusion), progress=tell)
        tell("Adding to the store")
        record = record_of(
            analysis,
            person=person,
            session_id=next(names_for(moment)) if session_id is None else session_id,
            recorded_at=moment,
            sensors=_sensors_of(calibrated),
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


def _show(record: SessionRecord, analysis: Analysis, *, as_json: bool) -> None:
    reason = why_not_counted(record, analysis)
    withheld, warnings = (
        [finding.message for finding in analysis.findings if finding.severity is severity]
        for severity in (Severity.WITHHELD, Severity.WARNING)
    )
    if as_json:
        document = session_document(record)
        print_json(document | {"why_not": reason, "withheld": withheld, "warnings": warnings})
        return
    purpose = f" ({record.purpose})" if record.purpose else ""
    scores = ", ".join(f"{side} {score_words(record, side)}" for side in Side)
    when = f"recorded {record.recorded_at:%Y-%m-%d %H:%M}, {len(record.measures)} measures"
    lines = [
        f"Added:    {record.session_id} for {record.person}{purpose}, {when}",
        f"Calibration {record.conditions.calibration}; step-up score: {scores}",
        *(f"Withheld: {message}" for message in withheld),
        *(f"Warning:  {message}" for message in warnings),
        f"It does not count in comparisons: {reason}" if reason else "It counts in comparisons.",
    ]
    print_lines(lines)


def record_of(
    analysis: Analysis,
    *,
    person: str,
    session_id: str,
    recorded_at: datetime,
    sensors: Iterable[str] = (),
    purpose: Purpose | None = None,
    feedback: Feedback = Feedback.NONE,
    footwear: Footwear = Footwear.UNKNOWN,
    pain: int | None = None,
    notes: str = "",
    raw_sha256: str = "",
) -> SessionRecord:
    """Build the record of a session for the store.

    Parameters
    ----------
    analysis
        Analysis of the session; gives measures, grades, versions and step height.
    person
        Pseudonym of the person.
    session_id
        Name of the session in the store.
    recorded_at
        When the session was recorded, with time zone.
    sensors
        Serial numbers or tags of the sensors, sorted.
    purpose, feedback, footwear, pain, notes
        What no file knows, as in `SessionRecord` and its conditions.
    raw_sha256
        Hash of the raw files.

    Returns
    -------
    SessionRecord
        What ``Store.add_session`` takes.

    Raises
    ------
    InputError
        If the pseudonym, the session's name, the pain or the time is not allowed.
    """
    versions = [summary.score_id for summary in analysis.step_up.values()]
    try:
        return SessionRecord(
            session_id=session_id,
            person=person,
            recorded_at=recorded_at,
            conditions=conditions_of(
                analysis,
                sensors=sensors,
                feedback=feedback,
                footwear=footwear,
                score_version=versions[0] if versions else None,
            ),
            measures=measures_of(analysis),
            pain=pain,
            notes=notes,
            raw_sha256=raw_sha256,
            purpose=purpose,
        )
    except ValueError as error:
        raise InputError(str(error)) from error


def _sensors_of(session: Session) -> tuple[str, ...]:
    """List the known serial numbers or tags of a session's sensors, sorted."""
    streams = (stream for recording in session.recordings for stream in recording.streams.values())
    return tuple(sorted({stream.sensor_id for stream in streams if stream.sensor_id}))


def moment_of(recorded_at: datetime | None, *, given: str | None, now: datetime) -> datetime:
    """Decide when a session was recorded.

    Parameters
    ----------
    recorded_at
        Time from the session's files; UTC if it has no time zone.
    given
        Time from the command line in ISO form, which takes precedence; in the time zone of `now`
        if it has none.
    now
        The present time, with time zone.

    Returns
    -------
    datetime
        The time with its time zone.

    Raises
    ------
    InputError
        If there is no time, or the given one cannot be read or is in the future.

    Examples
    --------
    >>> moment_of(None, given="2026-03-02T09:30", now=datetime(2026, 4, 1, tzinfo=UTC)).isoformat()
    '2026-03-02T09:30:00+00:00'
    """
    if given is None:
        if recorded_at is None:
            raise InputError(
                "The files of the session do not say when it was recorded. Add the time, for "
                "example --recorded-at 2026-03-02T09:30."
            )
        return recorded_at if recorded_at.tzinfo else recorded_at.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise InputError(
            f"Cannot read --recorded-at {given}. Write a date and time such as 2026-03-02T09:30."
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if moment > now + timedelta(days=1):
        raise InputError(f"--recorded-at {given} is in the future. Check the date.")
    if moment.year < 1990:
        raise InputError(f"--recorded-at {given} is long ago. Check the year.")
    return moment


def names_for(recorded_at: datetime) -> Iterator[str]:
    """Propose names for a session from its date and time, without end.

    Parameters
    ----------
    recorded_at
        When the session was recorded.

    Yields
    ------
    str
        Date and time; from the second name on with a number.

    Examples
    --------
    >>> names = names_for(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    >>> next(names), next(names)
    ('2026-03-02_0930', '2026-03-02_0930_2')
    """
    name = recorded_at.strftime("%Y-%m-%d_%H%M")
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def keep(
    store: "Store",
    record: SessionRecord,
    files: Mapping[str, bytes],
    *,
    again: bool,
    is_named: bool,
) -> SessionRecord:
    """Add a session to the store, under the next free name if no name was chosen.

    Parameters
    ----------
    store
        The open store.
    record
        The session.
    files
        Content of its result files by name.
    again
        Whether to add a recording that the person already has.
    is_named
        Whether a person chose the name; if not, the next free one of `names_for` is taken.

    Returns
    -------
    SessionRecord
        The session with its final name.

    Raises
    ------
    InputError
        If the store refuses the session.
    """
    names = names_for(record.recorded_at)
    while True:
        named = record if is_named else replace(record, session_id=next(names))
        try:
            store.add_session(named, files, once=not again)
        except InputError:
            # Another process may take the name at any moment, so only trying shows if it is free.
            if is_named or not store.has_session(named.session_id):
                raise
        else:
            return named
