"""``imu-valgus benchmark``: measured now, beside a peer or the truth; never a stored figure."""

import dataclasses
import math
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines, progress_steps
from imu_valgus.model import Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from imu_valgus.benchmark.accuracy import AccuracyRow
    from imu_valgus.benchmark.reference import ContactError, WaveformError

benchmark_app = typer.Typer(
    no_args_is_help=True, help="Measure speed and accuracy on this machine, now."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(benchmark_app, name="benchmark")


@benchmark_app.command("speed", epilog="Example:  imu-valgus benchmark speed")
def speed_command(
    minutes: Annotated[
        float, typer.Option("--minutes", min=1.0, help="Length of the walk.")
    ] = 10.0,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure CPU time of the main job on a simulated walk of five sensors."""
    from imu_valgus.benchmark.speed import measure_speed

    with progress_steps() as tell:
        result = measure_speed(minutes=minutes, seed=seed, tell=tell)
    if as_json:
        print_json(dataclasses.asdict(result) | {"peer_ratio": result.peer_ratio})
        return
    what = f"{result.n_sensors} sensors, {result.recorded_s / 60.0:.1f} min at 100 Hz"
    print_lines(
        [
            f"{what}, seed {result.seed}; CPU seconds on this machine",
            f"simulating it                                   {result.simulate_cpu_s:8.2f}",
            f"arrays to angles and events (vqf)               {result.analyse_cpu_s:8.2f}",
            f"files to tables, summary and report (vqf)       {result.files_cpu_s:8.2f}",
            f"peer: ahrs Madgwick, orientation alone          {result.peer_cpu_s:8.2f}",
            f"the peer's orientation takes {result.peer_ratio:.0f} × as long as our whole analysis",
        ]
    )


@benchmark_app.command(
    "reference", epilog="Example:  imu-valgus benchmark reference my_lab_session --side right"
)
def reference_command(
    session: Annotated[
        Path, typer.Argument(metavar="SESSION", help="A session whose recordings hold references.")
    ],
    side: Annotated[Side, typer.Option("--side", help="The leg of the references.")] = Side.RIGHT,
    fusion: Annotated[str, typer.Option("--fusion", metavar="NAME")] = "vqf",
    as_json: JsonOption = False,
) -> None:
    """Compare an analysis with optical angles and force-plate contacts beside the recordings."""
    from imu_valgus.benchmark.accuracy import OWN_STAGES
    from imu_valgus.benchmark.reference import contact_errors, waveform_errors
    from imu_valgus.errors import InputError
    from imu_valgus.io.sessions import read_session
    from imu_valgus.pipeline import Settings, analyse

    with progress_steps() as tell:
        tell(f"Reading {session}")
        read = read_session(session)
        analysis = analyse(read, settings=Settings(fusion=fusion), progress=tell)
        by_stage = {
            name: waveform_errors(
                analyse(read, settings=replace(settings, fusion=fusion)), session, side=side
            )
            for name, settings in OWN_STAGES
        }
    waveforms = waveform_errors(analysis, session, side=side)
    contacts = contact_errors(analysis, session)
    if not waveforms and not contacts:
        raise InputError(
            f"{session}: expected reference_angles.csv or reference_contacts.csv in at least one "
            "recording, found none; put them beside the sensor files."
        )
    if as_json:
        print_json(
            {
                "waveforms": [_json_record(error) for error in waveforms],
                "contacts": [_json_record(error) for error in contacts],
            }
        )
        return
    lines = [*_waveform_lines(waveforms), "", *_stage_lines(by_stage), ""]
    print_lines([*lines, *_contact_lines(contacts)])


def _waveform_lines(errors: "Sequence[WaveformError]") -> list[str]:
    groups: dict[str, list[WaveformError]] = {}
    for error in errors:
        groups.setdefault(f"{error.joint} {error.motion}".replace("_", " "), []).append(error)
    lines = [
        "Waveforms after removing the mean (degrees); gain: 1 keeps the amplitude",
        f"{'':<26}{'RMSE per recording':<40}{'mean':>6}{'gain':>7}{'SD of reference':>17}",
    ]
    for name, group in groups.items():
        n = len(group)
        each = "  ".join(f"{error.rmse_deg:4.1f}" for error in group)
        lines.append(
            f"{name:<26}{each:<40}{sum(e.rmse_deg for e in group) / n:6.2f}"
            f"{sum(e.gain for e in group) / n:7.2f}"
            f"{sum(e.reference_sd_deg for e in group) / n:17.2f}"
        )
    return lines


def _stage_lines(by_stage: "Mapping[str, Sequence[WaveformError]]") -> list[str]:
    """Show what each of our stages does to the mean waveform error and the gain."""
    lines = ["Stage by stage: mean RMSE after removing the mean (mean gain)"]
    names = list(by_stage)
    lines.append(f"{'':<26}" + "".join(f"{name:>26}" for name in names))
    angles = dict.fromkeys((error.joint, error.motion) for error in by_stage[names[0]])
    for joint, motion in angles:
        cells = []
        for name in names:
            group = [e for e in by_stage[name] if (e.joint, e.motion) == (joint, motion)]
            rmse = sum(error.rmse_deg for error in group) / len(group)
            gain = sum(error.gain for error in group) / len(group)
            cells.append(f"{rmse:.2f} ({gain:.2f})")
        words = f"{joint} {motion}".replace("_", " ")
        lines.append(f"{words:<26}" + "".join(f"{cell:>26}" for cell in cells))
    return lines


def _contact_lines(errors: "Sequence[ContactError]") -> list[str]:
    from imu_valgus.benchmark.reference import median_abs

    lines = ["Events against the force plate (ms, found minus plate)"]
    lines += [
        f"{error.recording:<26}initial contact {_ms(error.initial_contact_s):>5}   "
        f"toe-off {_ms(error.toe_off_s):>5}   extra {error.n_extra}"
        for error in errors
    ]
    contact = median_abs([error.initial_contact_s for error in errors])
    toe_off = median_abs([error.toe_off_s for error in errors])
    lines.append(
        f"{'median absolute':<26}initial contact {_ms(contact):>5}   toe-off {_ms(toe_off):>5}"
    )
    return lines


def _ms(seconds: float) -> str:
    return f"{1000.0 * seconds:.0f}" if math.isfinite(seconds) else "none"


def _json_record(error: "WaveformError | ContactError") -> dict[str, object]:
    record = dataclasses.asdict(error)
    return {
        key: (None if isinstance(value, float) and not math.isfinite(value) else value)
        for key, value in record.items()
    }


@benchmark_app.command("accuracy", epilog="Example:  imu-valgus benchmark accuracy --people 3")
def accuracy_command(
    people: Annotated[int, typer.Option("--people", min=1, help="How many, two legs each.")] = 6,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the first person.")] = 1001,
    other_law: Annotated[
        bool, typer.Option("--other-law", help="The second law of soft tissue, not the first.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare angles with the truth of simulated people, engine by engine and stage by stage."""
    from imu_valgus.benchmark.accuracy import measure_accuracy
    from imu_valgus.simulate import SoftTissueLaw

    law = list(SoftTissueLaw)[1 if other_law else 0]
    with progress_steps() as tell:
        rows = measure_accuracy(seeds=range(seed, seed + people), law=law, tell=tell)
    if as_json:
        print_json([dataclasses.asdict(row) for row in rows])
        return
    print_lines(_accuracy_lines(rows, seed, people))


@benchmark_app.command("recording", epilog="Example:  imu-valgus benchmark recording --seconds 60")
def recording_command(
    seconds: Annotated[
        float, typer.Option("--seconds", min=40.0, help="Length of the take.")
    ] = 120.0,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Record five makes of virtual sensors over an emulated radio with drops and a stall."""
    from imu_valgus.errors import MissingExtraError

    if find_spec("bumble") is None or find_spec("bleak") is None:
        raise MissingExtraError("Benchmarking the recorder over an emulated radio", extra="test")
    from imu_valgus.benchmark.recording import measure_recording
    from imu_valgus.testing.bumble_radio import bumble_radio

    with progress_steps() as tell:
        result = measure_recording(bumble_radio, seconds=seconds, seed=seed, tell=tell)
    if as_json:
        print_json(dataclasses.asdict(result))
        return
    print_lines(_plain_lines(dataclasses.asdict(result)))


@benchmark_app.command("progress", epilog="Example:  imu-valgus benchmark progress")
def progress_command(as_json: JsonOption = False) -> None:
    """Count false and missed changes over thousands of simulated training courses."""
    from imu_valgus.benchmark.progress import run_progress_benchmark

    with progress_steps() as tell:
        tell("Simulating courses")
        result = run_progress_benchmark()
    if as_json:
        print_json(dataclasses.asdict(result))
        return
    print_lines(_plain_lines(dataclasses.asdict(result)))


def _plain_lines(values: "Mapping[str, object]", indent: str = "") -> list[str]:
    """Show nested results as indented names and figures."""
    lines: list[str] = []
    for name, value in values.items():
        words = name.replace("_", " ")
        if isinstance(value, dict):
            lines += [f"{indent}{words}", *_plain_lines(value, indent + "  ")]
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for number, item in enumerate(value, start=1):
                lines += [f"{indent}{words} {number}", *_plain_lines(item, indent + "  ")]
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else value
            lines.append(f"{indent}{words:<34} {shown}")
    return lines


def _accuracy_lines(rows: "Sequence[AccuracyRow]", seed: int, people: int) -> list[str]:
    """Markdown tables, one per level of soft tissue."""
    caption = (
        f"Simulated people {seed} to {seed + people - 1}, {rows[0].n_legs} legs, pelvis sensor "
        f"worn, soft-tissue law '{rows[0].law}'. Degrees: RMSE (after removing the mean), share of "
        "true values within one standard uncertainty; step-up excursion: mean absolute error per "
        "repetition. CPU seconds per session of 3 minutes and five sensors."
    )
    lines = [caption]
    for level in dict.fromkeys(row.level for row in rows):
        lines += [
            "",
            f"### Soft tissue: {level}",
            "",
            "| angle | variant | walk | within 1 sd | step-ups | within 1 sd | excursion | CPU |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for row in sorted(
            (row for row in rows if row.level == level), key=lambda row: (row.joint, row.motion)
        ):
            name = f"{row.joint} {row.motion}".replace("_", " ")
            cells = [
                cell
                for index in range(len(row.rmse_deg))
                for cell in (
                    f"{row.rmse_deg[index]:.2f} ({row.demeaned_deg[index]:.2f})",
                    f"{row.coverage[index]:.2f}",
                )
            ]
            lines.append(
                f"| {name} | {row.variant} | {' | '.join(cells)} | {row.excursion_mae_deg:.2f} | "
                f"{row.cpu_s:.1f} |"
            )
    return lines
