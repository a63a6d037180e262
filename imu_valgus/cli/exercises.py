"""``imu-valgus exercises``: the catalogue, or what was found in a session."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import PlaceOption, parsed_places
from imu_valgus.cli.console import (
    JsonOption,
    counted,
    examples,
    print_json,
    print_lines,
    progress_steps,
)

if TYPE_CHECKING:
    from imu_valgus.model import ExerciseSet

OptionalSession = Annotated[
    Path | None,
    typer.Argument(
        metavar="[SESSION]",
        help="Show what was done in this session. Without it, show the catalogue.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("exercises", epilog=examples("imu-valgus exercises my_session"))(exercises_command)


def exercises_command(
    session: OptionalSession = None, place: PlaceOption = None, as_json: JsonOption = False
) -> None:
    """Show the catalogue of exercises and checks, or which of them were done in a session."""
    if session is None:
        _show_catalogue(as_json=as_json)
    else:
        _show_session(session, place, as_json=as_json)


def _show_catalogue(*, as_json: bool) -> None:
    from imu_valgus.exercises import CATALOGUE

    exercises = [entry.exercise for entry in CATALOGUE]
    if as_json:
        print_json([asdict(exercise) for exercise in exercises])
        return
    lines = ["To measure an exercise, name its recording's folder after it: clam_shell_left."]
    for exercise in exercises:
        lines += [
            "",
            f"{exercise.key}: {exercise.name} ({exercise.region}, {exercise.kind})",
            f"  dose:     {exercise.dose}",
            f"  cue:      {exercise.cue}",
            f"  measured: {exercise.measured}",
        ]
    print_lines(lines)


def _show_session(session: Path, place: list[str] | None, *, as_json: bool) -> None:
    from imu_valgus.io.sessions import read_session
    from imu_valgus.io.step_up_document import exercises_document
    from imu_valgus.pipeline import analyse

    with progress_steps() as tell:
        tell(f"Reading {session}")
        analysis = analyse(read_session(session, places=parsed_places(place)), progress=tell)
    if as_json:
        print_json(exercises_document(analysis))
    elif analysis.exercises:
        print_lines([line for done in analysis.exercises for line in _set_lines(done)])
    else:
        print_lines(["No exercise of the catalogue was found."])


def _set_lines(done: "ExerciseSet") -> list[str]:
    side = f", {done.side}" if done.side else ""
    n_valid = sum(repetition.is_valid for repetition in done.repetitions)
    n_out = len(done.repetitions) - n_valid
    left_out = f" ({n_out} left out)" if n_out else ""
    count = f": {counted(n_valid, 'repetition')}{left_out}" if done.repetitions else ""
    lines = [
        f"{done.recording}, {done.start_s:.1f} to {done.end_s:.1f} s: {done.name}{side}{count}"
    ]
    for name, value in done.measures.items():
        words = name.removesuffix("_deg").removesuffix("_s").replace("_", " ")
        lines.append(f"  {words} {value:.1f}{'°' if name.endswith('_deg') else ' s'}")
    return lines + [f"  {note}" for note in done.notes]
