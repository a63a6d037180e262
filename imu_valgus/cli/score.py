"""``imu-valgus score``: the step-up alignment score with all its parts."""

from typing import TYPE_CHECKING

import typer

from imu_valgus.cli.analyse import PlaceOption, SessionArgument, parsed_places
from imu_valgus.cli.console import (
    EXIT_WITHHELD,
    JsonOption,
    examples,
    print_json,
    print_lines,
    progress_steps,
)
from imu_valgus.errors import InputError

if TYPE_CHECKING:
    from imu_valgus.model import ScoreComponent, StepUpSummary


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("score", epilog=examples("imu-valgus score my_session"))(score_command)


def score_command(
    session: SessionArgument, place: PlaceOption = None, as_json: JsonOption = False
) -> None:
    """Score the step-ups of a session and show what the score is made of."""
    from imu_valgus.io.sessions import read_session
    from imu_valgus.io.step_up_document import LIMITS, step_up_document
    from imu_valgus.pipeline import analyse

    with progress_steps() as tell:
        tell(f"Reading {session}")
        analysis = analyse(read_session(session, places=parsed_places(place)), progress=tell)
    legs = analysis.step_up
    if not legs:
        raise InputError(
            f"{session} holds no step-ups to score. Record sets of 10, stand still for a second "
            "between repetitions, and wear sensors on the leading leg."
        )
    if as_json:
        print_json({str(side): step_up_document(summary) for side, summary in legs.items()})
    else:
        lines = [line for summary in legs.values() for line in (*_leg_lines(summary), "")]
        print_lines([*lines, *LIMITS])
    if any(summary.score is None for summary in legs.values()):
        raise typer.Exit(EXIT_WITHHELD)


def _leg_lines(summary: "StepUpSummary") -> list[str]:
    counts = f"{summary.n_valid} of {summary.n_found} repetitions count"
    known = f"{100.0 * summary.known_share:.1f} % of the samples known"
    head = f"{str(summary.side).capitalize()} leg leads: {counts}, {known}"
    if summary.score is None or summary.interval is None:
        lines = [head, *(f"  No score: {reason}" for reason in summary.withheld)]
    else:
        low, high = summary.interval
        within = f"95 % within this session: {low:.0f} to {high:.0f}"
        lines = [head, f"  {summary.score_id}: {summary.score:.0f} of 100 ({within})"]
    if not summary.components:
        return lines
    flexion = f"{summary.matched_knee_flexion_deg:.0f}° of knee flexion"
    lines.append(f"  Change from standing at {flexion}, mean of the way up and down:")
    lines += [
        _component_line(component, has_score=summary.score is not None)
        for component in summary.components
    ]
    parts = ", ".join(
        f"{name.replace('_', ' ')} {value:.1f}°" for name, value in summary.alignment_deg.items()
    )
    lines.append(f"  In degrees, without clipping: {parts}")
    lines += [f"  {item.name}: {item.finding}" for item in summary.items]
    return lines


def _component_line(component: "ScoreComponent", *, has_score: bool) -> str:
    unit = "°" if component.unit == "deg" else ""
    value = f"{component.value:.1f}{unit}" if component.unit else f"{component.value:g}"
    sd = f" ± {component.sd:.1f}{unit}" if component.sd == component.sd else ""
    line = f"    {component.key:<3} {component.words:<40} {value + sd:>14}"
    if component.weight == 0.0:
        return f"{line}   shown only"
    if not has_score:
        return line
    return f"{line}   {component.share:4.1f} of {component.weight:.0f} points"
