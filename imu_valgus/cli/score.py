"""``imu-valgus score``: the step-up alignment score and how it is made."""

from typing import TYPE_CHECKING

import typer

from imu_valgus.cli.analyse import JsonOption, PlaceOption, SessionArgument, parsed_places
from imu_valgus.cli.console import EXIT_WITHHELD, print_json, print_lines, progress_steps

if TYPE_CHECKING:
    from imu_valgus.model import ScoreComponent, StepUpSummary


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score", epilog="Example:  imu-valgus score my_session")(score_command)


def score_command(
    session: SessionArgument, place: PlaceOption = None, as_json: JsonOption = False
) -> None:
    """Score the step-ups of a session and show what the score is made of."""
    from imu_valgus.errors import InputError
    from imu_valgus.io.sessions import read_session
    from imu_valgus.io.step_up_document import LIMITS, step_up_document
    from imu_valgus.io.summary import without_nan
    from imu_valgus.pipeline import analyse

    with progress_steps() as tell:
        tell(f"Reading {session}")
        analysis = analyse(read_session(session, places=parsed_places(place)), progress=tell)
    if not analysis.step_up:
        raise InputError(
            f"{session}: expected step-ups to score, found none; record sets of 10 with a second "
            "of standing still between repetitions, with sensors on the leading leg."
        )
    if as_json:
        legs = {str(side): step_up_document(one) for side, one in analysis.step_up.items()}
        print_json(without_nan(legs))
    else:
        lines = [line for one in analysis.step_up.values() for line in (*_leg_lines(one), "")]
        print_lines([*lines, *LIMITS])
    if any(one.score is None for one in analysis.step_up.values()):
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
    at = summary.matched_knee_flexion_deg
    lines.append(f"  Changes from standing at {at:.0f}° of knee flexion, up and down averaged:")
    lines += [
        _component_line(one, has_score=summary.score is not None) for one in summary.components
    ]
    parts = ", ".join(
        f"{name.replace('_', ' ')} {value:.1f}°" for name, value in summary.alignment_deg.items()
    )
    lines.append(f"  Degrees, unclipped: {parts}")
    lines += [f"  {item.name}: {item.finding}" for item in summary.items]
    return lines


def _component_line(one: "ScoreComponent", *, has_score: bool) -> str:
    unit = "°" if one.unit == "deg" else ""
    value = f"{one.value:.1f}{unit}" if one.unit else f"{one.value:g}"
    sd = f" ± {one.sd:.1f}{unit}" if one.sd == one.sd else ""
    line = f"    {one.key:<3} {one.words:<40} {value + sd:>14}"
    if one.weight == 0.0:
        return f"{line}   shown only"
    return f"{line}   {one.share:4.1f} of {one.weight:.0f} points" if has_score else line
