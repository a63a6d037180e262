"""``imu-valgus sessions``: the sessions of a person, which of them count, as words or JSON."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.console import JsonOption, aligned, examples, print_json, print_lines
from imu_valgus.cli.people import PersonArgument, check_person
from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Grade, Segment, Side, Task
from imu_valgus.model.progress import Measure, MeasureKey, SessionRecord
from imu_valgus.progress.comparability import own_reason

if TYPE_CHECKING:
    from imu_valgus.store import Store

_HEAD: Final = ("SESSION", "RECORDED", "PURPOSE", "CALIBRATION", "LEFT", "RIGHT", "COUNTS")

_LEG: Final = (Segment.THIGH, Segment.SHANK)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus sessions P1",
        "imu-valgus sessions P1 --set-aside 2026-03-02_0930 --reason 'A strap slipped.'",
    )
    app.command("sessions", epilog=epilog)(sessions_command)


def sessions_command(
    person: PersonArgument,
    set_aside: Annotated[
        str | None, typer.Option("--set-aside", metavar="ID", help="Do not count this session.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="Why it does not count; shown in reports."),
    ] = None,
    count_again: Annotated[
        str | None,
        typer.Option(
            "--count-again", metavar="ID", help="Count a session again that was set aside."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the sessions of a person; LEFT and RIGHT are step-up scores."""
    from imu_valgus.store import Store

    if bool(set_aside) != bool(reason and reason.strip()):
        raise InputError(
            "--set-aside ID and --reason TEXT belong together. Say which session does not count "
            "and why."
        )
    with Store() as store:
        check_person(store, person)
        if set_aside is not None and reason is not None:
            _mark(store, person, set_aside, reason=reason.strip())
        if count_again is not None:
            _mark(store, person, count_again, reason="")
        records = store.sessions(person)
    if as_json:
        print_json([session_document(record) for record in records])
    elif records:
        print_lines(aligned([_HEAD, *map(_row, records)]))
    else:
        command = f"imu-valgus add SESSION --person {person}"
        print_lines([f"{person} has no sessions yet. Add one with: {command}"])


def _mark(store: "Store", person: str, session_id: str, *, reason: str) -> None:
    if session_id not in {record.session_id for record in store.sessions(person)}:
        raise InputError(
            f"{session_id} is not a session of {person}. List the sessions with: "
            f"imu-valgus sessions {person}"
        )
    store.set_aside(session_id, reason=reason)


def _row(record: SessionRecord) -> tuple[str, ...]:
    reason = why_not_counted(record)
    return (
        record.session_id,
        f"{record.recorded_at:%Y-%m-%d %H:%M}",
        record.purpose or "–",
        str(record.conditions.calibration),
        score_words(record, Side.LEFT),
        score_words(record, Side.RIGHT),
        f"no: {' '.join(reason.split())}" if reason else "yes",
    )


def why_not_counted(record: SessionRecord, analysis: Analysis | None = None) -> str:
    """Say why a session does not count in comparisons.

    Parameters
    ----------
    record
        The session as it is in the store.
    analysis
        The analysis behind it, if available; then the reasons for a poor calibration are added.

    Returns
    -------
    str
        The reason; empty when the session counts.
    """
    reason = own_reason(record)
    if not reason:
        return "" if record.measures else "It holds nothing that can be compared."
    frames = {} if analysis is None else analysis.frames
    poor = [
        f"{place.words}: {frame.reasons[0]}"
        for place, frame in frames.items()
        # The grades of other segments do not affect the measures.
        if place.segment in _LEG and frame.grade is Grade.POOR and frame.reasons
    ]
    return " ".join([reason, *poor])


def score_words(record: SessionRecord, side: Side) -> str:
    """Write the step-up score of a leg.

    Parameters
    ----------
    record
        The session.
    side
        Side of the leg.

    Returns
    -------
    str
        Whole points; a dash if there is no score.
    """
    score = _score(record, side)
    return "–" if score is None else f"{score:.0f}"


def _score(record: SessionRecord, side: Side) -> float | None:
    measure = record.measure(MeasureKey("score", Task.STEP_UP, side))
    return None if measure is None else measure.value


def session_document(record: SessionRecord) -> dict[str, object]:
    """Give a session of the store as JSON.

    Parameters
    ----------
    record
        The session.

    Returns
    -------
    dict
        Conditions, measures, and whether the session counts and why not.
    """
    conditions = record.conditions
    reason = why_not_counted(record)
    return {
        "session": record.session_id,
        "person": record.person,
        "recorded_at": record.recorded_at.isoformat(),
        "purpose": record.purpose,
        "calibration": conditions.calibration,
        "score": {str(side): _score(record, side) for side in Side},
        "score_version": conditions.score_version,
        "step_height_m": conditions.step_height_m,
        "feedback": conditions.feedback,
        "footwear": conditions.footwear,
        "fusion": conditions.fusion,
        "software_version": conditions.software_version,
        "science_version": conditions.science_version,
        "sensors": list(conditions.sensors),
        "pain": record.pain,
        "notes": record.notes,
        "counts": not reason,
        "why_not": reason,
        "raw_sha256": record.raw_sha256,
        "measures": [_measure_document(measure) for measure in record.measures],
    }


def _measure_document(measure: Measure) -> dict[str, object]:
    return {
        "measure": measure.key.name,
        "task": measure.key.task,
        "side": measure.key.side,
        "value": measure.value,
        "sd": measure.sd,
        "n": measure.n,
        "repetitions": list(measure.repetitions),
    }
