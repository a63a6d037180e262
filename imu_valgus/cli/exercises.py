"""``imu-valgus exercises``: the catalogue, or what was found in a session."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption, PlaceOption, parsed_places
from imu_valgus.cli.console import print_json, print_lines, progress_steps

if TYPE_CHECKING:
    from imu_valgus.model import Exercise, ExerciseSet

OptionalSession = Annotated[
    Path | None,
    typer.Argument(
        metavar="[SESSION]",
        help="A session: what was done in it. Without one: the catalogue.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("exercises", epilog="Example:  imu-valgus exercises my_session")(exercises_command)


def exercises_command(
    session: OptionalSession = None, place: PlaceOption = None, as_json: JsonOption = False
) -> None:
    """Show the catalogue of exercises and checks, or what of it was done in a session."""
    if session is None:
        _show_catalogue(as_json=as_json)
    else:
        _show_session(session, place, as_json=as_json)


def _show_catalogue(*, as_json: bool) -> None:
    from imu_valgus.exercises import CATALOGUE

    exercises = [entry.exercise for entry in CATALOGUE]
    if as_json:
        print_json([_as_record(one) for one in exercises])
        return
    lines = [
        "Name a recording's folder after an exercise, say clam_shell_left, to have it measured."
    ]
    for one in exercises:
        lines += [
            "",
            f"{one.key}: {one.name} ({one.region}, {one.kind})",
            f"  dose:     {one.dose}",
            f"  cue:      {one.cue}",
            f"  measured: {one.measured}",
        ]
    print_lines(lines)


def _as_record(one: "Exercise") -> dict[str, object]:
    return {
        "key": one.key,
        "name": one.name,
        "region": one.region,
        "kind": str(one.kind),
        "dose": one.dose,
        "cue": one.cue,
        "measured": one.measured,
        "is_measured": one.is_measured,
    }


def _show_session(session: Path, place: list[str] | None, *, as_json: bool) -> None:
    from imu_valgus.io.sessions import read_session
    from imu_valgus.io.step_up_document import exercises_document
    from imu_valgus.io.summary import without_nan
    from imu_valgus.pipeline import analyse

    with progress_steps() as tell:
        tell(f"Reading {session}")
        analysis = analyse(read_session(session, places=parsed_places(place)), progress=tell)
    if as_json:
        print_json(without_nan(exercises_document(analysis)))
        return
    if not analysis.exercises:
        print_lines(["No exercise of the catalogue was found."])
        return
    print_lines([line for done in analysis.exercises for line in _set_lines(done)])


def _set_lines(done: "ExerciseSet") -> list[str]:
    side = f", {done.side}" if done.side else ""
    n_valid = sum(one.is_valid for one in done.repetitions)
    n_out = len(done.repetitions) - n_valid
    left_out = f" ({n_out} left out)" if n_out else ""
    count = f": {n_valid} repetitions{left_out}" if done.repetitions else ""
    lines = [
        f"{done.recording}, {done.start_s:.1f} to {done.end_s:.1f} s: {done.name}{side}{count}"
    ]
    lines += [f"  {_words(name)} {_value(name, value)}" for name, value in done.measures.items()]
    return lines + [f"  {note}" for note in done.notes]


def _words(name: str) -> str:
    return name.removesuffix("_deg").removesuffix("_s").replace("_", " ")


def _value(name: str, value: float) -> str:
    return f"{value:.1f}°" if name.endswith("_deg") else f"{value:.1f} s"
