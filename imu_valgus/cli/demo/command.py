"""``imu-valgus demo`` and ``simulate``: synthetic sessions with known truth."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.analyse import show_analysis, write_analysis
from imu_valgus.cli.console import JsonOption, examples, print_json, print_lines, progress_steps
from imu_valgus.model import Placement, Side, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imu_valgus.simulate import Movement, SimulatedSession
    from imu_valgus.simulate.truth_errors import AngleError, EventErrors

SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help="Another number gives another person and noise.")
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="OUT", help="Folder to write into.")
]
_SHOWN_TASKS: Final = (Task.WALK, Task.STEP_UP)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    epilog = examples(
        "imu-valgus demo --out demo_out", "imu-valgus demo --weeks 6 --out demo_weeks"
    )
    app.command("demo", epilog=epilog)(demo_command)
    app.command("simulate", epilog=examples("imu-valgus simulate --seed 7 --out person_7"))(
        simulate_command
    )


def demo_command(
    out: OutOption,
    seed: SeedOption = 1,
    weeks: Annotated[
        int | None,
        typer.Option(
            "--weeks",
            min=1,
            max=26,
            help="Simulate a programme of this many weeks, with a store and every report.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a session, or a programme of weeks, and compare the results with the truth."""
    if weeks is None:
        _demo_session(out, seed, as_json=as_json)
        return
    from imu_valgus.cli.demo.truth import demo_document, demo_lines
    from imu_valgus.cli.demo.weeks import run_demo_weeks

    run = run_demo_weeks(out, weeks=weeks, seed=seed)
    if as_json:
        print_json(demo_document(run))
    else:
        print_lines(demo_lines(run))


def _demo_session(out: Path, seed: int, *, as_json: bool) -> None:
    from imu_valgus.io.sessions import read_session
    from imu_valgus.pipeline import analyse
    from imu_valgus.simulate import demo_session
    from imu_valgus.simulate.truth_errors import angle_errors, event_errors

    with progress_steps() as tell:
        tell("Simulating a person with five sensors")
        simulated = demo_session(seed)
        write_simulated(simulated, out)
        analysis = analyse(read_session(out / "session"), progress=tell)
        write_analysis(analysis, out / "results", with_report=True, tell=tell)
    errors = angle_errors(analysis, simulated.truth, tasks=_SHOWN_TASKS)
    events = event_errors(analysis, simulated.truth)
    if as_json:
        document = {
            "report": str(out / "results" / "report.html"),
            "angle_errors": [_angle_document(error) for error in errors],
            "event_errors": [_event_document(error) for error in events],
        }
        print_json(document)
        return
    show_analysis(analysis, out / "results", as_json=False, with_report=True)
    lines = [
        "",
        "Distance from the truth (degrees: RMSE, in brackets after removing the mean).",
        "Angles count from a neutral posture. The person's own posture, such as a tilted pelvis,",
        "is part of the first number.",
        *_error_table(errors),
    ]
    lines += [
        f"{str(event.kind).replace('_', ' '):<16} {event.n_true} true, {event.n_missed} missed, "
        f"{event.n_extra} extra, median error {1000.0 * event.median_abs_s:.0f} ms"
        for event in events
    ]
    print_lines(lines)


def simulate_command(
    out: OutOption,
    seed: SeedOption = 1,
    rate_hz: Annotated[
        float, typer.Option("--rate", min=25.0, max=1000.0, help="Sampling rate in Hz.")
    ] = 100.0,
    sensor: Annotated[
        list[Placement] | None,
        typer.Option(
            "--sensor", help="Where a sensor is worn. Repeat for several. Default: five sensors."
        ),
    ] = None,
    walk_s: Annotated[float, typer.Option("--walk", min=5.0, help="Seconds of walking.")] = 40.0,
    step_ups: Annotated[
        int, typer.Option("--step-ups", min=0, help="Step-ups of each leg that wears a sensor.")
    ] = 9,
    decimals: Annotated[
        int, typer.Option("--decimals", min=2, max=9, help="Decimal places in the tables.")
    ] = 6,
    truth: Annotated[bool, typer.Option(help="Also write the truth tables.")] = True,
) -> None:
    """Write a simulated session (standing, squats, walk, step-ups) and its truth tables."""
    from imu_valgus.simulate import (
        DEMO_PLACEMENTS,
        SensorSettings,
        SimulationSettings,
        random_person,
        simulate_session,
    )

    places = tuple(sensor) if sensor else DEMO_PLACEMENTS
    settings = SimulationSettings(placements=places, sensors=SensorSettings(rate_hz=rate_hz))
    script = _script(places, walk_s=walk_s, step_ups=step_ups)
    with progress_steps() as tell:
        tell(f"Simulating a person with {len(places)} sensors")
        simulated = simulate_session(
            random_person(seed), {"session": script}, seed=seed, settings=settings
        )
        tell("Writing")
        write_simulated(simulated, out, decimals=decimals, with_truth=truth)
    print_lines([f"Session:  {out / 'session'}"])
    if truth:
        print_lines([f"Truth:    {out / 'truth'}"])


def _script(
    places: "Sequence[Placement]", *, walk_s: float, step_ups: int
) -> "tuple[Movement, ...]":
    from imu_valgus.simulate import Squat, Standing, StepUp, Turn, Walk

    worn = {place.side for place in places}
    movements: list[Movement] = [Standing(6.0), Squat(count=5), Standing(3.0)]
    turns = (Turn(at_s=0.5 * walk_s, angle_deg=180.0),) if walk_s >= 20.0 else ()
    movements += [Walk(duration_s=walk_s, turns=turns), Standing(4.0)]
    for side in (Side.RIGHT, Side.LEFT):
        if side in worn and step_ups:
            movements += [StepUp(side=side, count=step_ups), Standing(3.0)]
    return (*movements, Standing(3.0))


def write_simulated(
    simulated: "SimulatedSession", out: Path, *, decimals: int = 6, with_truth: bool = True
) -> None:
    """Write a simulated session as ``OUT/session`` and its truth as ``OUT/truth``.

    Parameters
    ----------
    simulated
        Session with its truth.
    out
        Folder to write into.
    decimals
        Decimal places in the tables.
    with_truth
        Whether to write the truth.

    Raises
    ------
    InputError
        If a folder cannot be written.
    """
    from imu_valgus.io.plain_session import write_plain_session
    from imu_valgus.io.results import write_truth

    write_plain_session(simulated.session, out / "session", decimals=decimals)
    for name, truth in simulated.truth.items() if with_truth else ():
        write_truth(
            out / "truth" / name,
            angles=truth.angles,
            events=truth.events,
            repetitions=truth.repetitions,
        )


def _error_table(errors: "tuple[AngleError, ...]") -> list[str]:
    """Make a row for each angle and a column for each task; both sides as root mean square."""
    rows: dict[str, dict[Task, list[AngleError]]] = {}
    for error in errors:
        name = f"{error.joint} {error.motion}".replace("_", " ")
        rows.setdefault(name, {}).setdefault(error.task, []).append(error)
    head = " " * 24 + "".join(f"{str(task).replace('_', '-'):>16}" for task in _SHOWN_TASKS)
    lines = [head]
    for name, by_task in rows.items():
        cells = (_cell(by_task.get(task, [])) for task in _SHOWN_TASKS)
        lines.append(f"{name:<24}" + "".join(f"{cell:>16}" for cell in cells))
    return lines


def _cell(errors: "list[AngleError]") -> str:
    if not errors:
        return "–"
    rmse = math.sqrt(sum(error.rmse_deg**2 for error in errors) / len(errors))
    demeaned = math.sqrt(sum(error.demeaned_deg**2 for error in errors) / len(errors))
    return f"{rmse:.1f} ({demeaned:.1f})"


def _angle_document(error: "AngleError") -> dict[str, object]:
    return {
        "joint": str(error.joint),
        "motion": error.motion,
        "side": str(error.side),
        "task": str(error.task),
        "rmse_deg": round(error.rmse_deg, 3),
        "demeaned_deg": round(error.demeaned_deg, 3),
        "claimed_sd_deg": round(error.sd_deg, 3),
    }


def _event_document(error: "EventErrors") -> dict[str, object]:
    return {
        "event": str(error.kind),
        "true": error.n_true,
        "missed": error.n_missed,
        "extra": error.n_extra,
        "median_abs_ms": round(1000.0 * error.median_abs_s, 3),
    }
