"""Simulated sessions of step-ups that a report must handle: good, poor, mixed, withheld.

    python -m support.step_up_cases FOLDER

writes the report of each case into a folder.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from imu_valgus.model import Analysis, Side
from imu_valgus.pipeline import analyse
from imu_valgus.reports.session.html import render_report
from imu_valgus.simulate import (
    LegPosture,
    Movement,
    Person,
    Squat,
    Standing,
    StepUp,
    Walk,
    simulate_session,
)

_GOOD: Final = StepUp(
    count=9,
    repetition_s=3.2,
    hip_internal_rotation_deg=1.0,
    hip_adduction_deg=4.0,
    tibial_external_rotation_deg=1.0,
    knee_abduction_deg=0.0,
    excursion_sd=0.1,
)
_POOR: Final = replace(
    _GOOD,
    hip_internal_rotation_deg=14.0,
    hip_adduction_deg=16.0,
    tibial_external_rotation_deg=8.0,
    knee_abduction_deg=6.0,
)

CASES: Final = {
    "good": (_GOOD, _GOOD),
    "poor": (_POOR, _POOR),
    "mixed": (_GOOD, _POOR),
    "too_few": (_GOOD, replace(_POOR, count=5)),
    "no_step_height": (_GOOD, _POOR),
}
"""Step-ups of the right and of the left leg, by name of the case."""


def step_up_case(name: str) -> Analysis:
    """Simulate and analyse one of the `CASES`."""
    right, left = CASES[name]
    script: list[Movement] = [
        Standing(6.0),
        Squat(count=4),
        Standing(2.0),
        Walk(duration_s=15.0),
        Standing(3.0),
        replace(right, side=Side.RIGHT),
        Standing(4.0),
        replace(left, side=Side.LEFT),
        Standing(4.0),
    ]
    person = Person(sex="female", right=LegPosture(), left=LegPosture(), sway_sd_deg=0.3)
    session = simulate_session(person, {"session": script}, seed=5).session
    if name == "no_step_height":
        session = replace(session, info=replace(session.info, step_height_m=None))
    return analyse(session)


def write_cases(folder: Path) -> None:
    """Write the report of each case into a folder, which is created if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        (folder / f"{name}.html").write_text(render_report(step_up_case(name)), encoding="utf-8")


if __name__ == "__main__":
    write_cases(Path(sys.argv[1]))
