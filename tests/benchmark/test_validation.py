"""The generated page: every table is there, and its figures come from the measurement."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from imu_valgus.benchmark import accuracy, validation
from imu_valgus.benchmark.accuracy import AccuracyRow
from imu_valgus.benchmark.drift import DriftRow
from imu_valgus.benchmark.goals import MODERATE, goal_lines
from imu_valgus.benchmark.people import TUNING_SEEDS
from imu_valgus.benchmark.progress import CourseSettings
from imu_valgus.benchmark.speed import SpeedResult
from imu_valgus.benchmark.tables import error_table, goals_table
from imu_valgus.benchmark.unseen import UNSEEN
from imu_valgus.benchmark.validation import (
    ValidationPlan,
    measure_validation,
    render_validation,
)
from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES, WITHOUT_ONE
from imu_valgus.errors import InputError
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.model import Analysis, Joint, Session, Side, Task
from imu_valgus.pipeline import Settings, analyse
from imu_valgus.simulate import (
    SoftTissueLevel,
    Squat,
    Standing,
    StepUp,
    Walk,
    random_person,
    simulate_session,
)

SHORT = (
    Standing(5.0),
    Squat(count=3),
    Standing(3.0),
    Walk(duration_s=12.0),
    Standing(3.0),
    StepUp(side=Side.RIGHT, count=2),
    StepUp(side=Side.LEFT, count=2),
    Standing(3.0),
)
SHIFT_DEG = 20.0
SPEED = SpeedResult(1, 600.0, 5, 7.0, 2.5, 11.0, 3.5, 321.0)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ValidationPlan:
    """One person with a short session, a walk of three minutes, a leg with references."""
    monkeypatch.setattr("imu_valgus.benchmark.people.protocol_script", lambda _seed: SHORT)
    monkeypatch.setattr(validation, "measure_speed", lambda **_: SPEED)
    return ValidationPlan(
        seeds=(2001,),
        levels=(SoftTissueLevel.MODERATE,),
        walks=((3.0, 1),),
        courses=CourseSettings(n_courses=20, correlations=(0.2,)),
        real=session_with_references(tmp_path / "leg"),
    )


def session_with_references(folder: Path) -> Path:
    done = simulate_session(random_person(5), {"session": SHORT}, seed=5)
    write_plain_session(done.session, folder)
    truth = done.truth["session"]
    knee = truth.joint(Joint.KNEE, Side.RIGHT)
    walk = next(span for span in truth.tasks if span.task is Task.WALK)
    inside = (knee.time_s > walk.start_s) & (knee.time_s < walk.end_s)
    reference = {
        "time_s": knee.time_s[inside],
        "knee_flexion_deg": knee.flexion_deg[inside],
        "knee_adduction_deg": knee.adduction_deg[inside],
    }
    pd.DataFrame(reference).to_csv(folder / "session" / "reference_angles.csv", index=False)
    return folder


def shifted(session: Session, *, settings: Settings) -> Analysis:
    """Analyse, and report every angle too large."""
    found = analyse(session, settings=settings)
    return replace(
        found,
        recordings=tuple(
            replace(
                recording,
                angles=tuple(
                    replace(one, angles_deg=one.angles_deg + SHIFT_DEG) for one in recording.angles
                ),
            )
            for recording in found.recordings
        ),
    )


def section(text: str, heading: str) -> list[str]:
    """Return the rows of the tables under a heading."""
    lines = text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0].splitlines()
    return [line for line in lines if line.startswith("| ")]


@pytest.mark.slow
def test_every_table_is_there_and_holds_what_was_measured(
    plan: ValidationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = measure_validation(plan)
    text = render_validation(measured)
    assert plan.command in text
    assert f"seeds {TUNING_SEEDS} were used while building" in text
    stages = section(text, "Stage by stage")
    for row in measured.stages:
        start = f"| {row.joint} {row.motion.replace('_', ' ')} | {row.variant} |"
        shown = f"{start} {row.rmse_deg[0]:.2f} ({row.demeaned_deg[0]:.2f}) |"
        assert any(line.startswith(shown) for line in stages), shown
    # Two laws, each with a table of errors, one of coverage, and one of stages left out.
    of_law = 2 * (6 * len(OWN_STAGES) + 1) + 6 * (1 + len(WITHOUT_ONE)) + 1
    assert len(stages) == 2 * of_law
    assert sum("| all but accelerations |" in line for line in stages) == 2 * 6
    unseen = section(text, "What no sensor sees")
    assert [line.split(" | ")[3] for line in unseen[1:]] == ["measured", "unseen"] * 2 * 3
    goals = section(text, "Goals, and where we are")
    assert sum(line.startswith("| hip internal rotation |") for line in goals) == 2 + 4
    assert len(section(text, "Two sensors only")) == 2 * (6 + 1)
    assert len(section(text, "Long walks")) == 2 * 6 + 1
    assert len(section(text, "The engines")) == 3 * 6 + 1
    real = section(text, "A real leg against optical motion capture and a force plate")
    assert [line.split(" | ")[0] for line in real].count("| knee adduction") == 2
    assert "| 321 MB | 500 MB |" in text
    assert any(line.startswith("| 0.2 |") for line in section(text, "Progress over weeks"))
    assert "$" not in text
    monkeypatch.setattr(accuracy, "analyse", shifted)
    again = accuracy.measure_accuracy(seeds=plan.seeds, levels=plan.levels, variants=OWN_STAGES)
    worse = render_validation(
        replace(
            measured,
            stages=again,
            without_one=(),
            default_and_unseen=tuple(row for row in again if row.variant == DEFAULT[0]),
        )
    )
    for heading in ("Goals, and where we are", "Stage by stage"):
        before, after = section(text, heading), section(worse, heading)
        assert not set(before) & {line for line in after if line.startswith("| hip flexion |")}
    assert section(worse, "Long walks") == section(text, "Long walks")
    without = replace(measured, plan=replace(plan, real=None), reference=None)
    assert "Not measured this time" in render_validation(without)
    assert "--real" not in without.plan.command


def test_people_whom_settings_were_chosen_on_are_refused() -> None:
    with pytest.raises(InputError, match="settings were tuned on"):
        ValidationPlan(seeds=(6, 1001))


def walked(*, has_end_trial: bool, moved_deg: float, last_deg: float) -> DriftRow:
    return DriftRow(
        "moderate",
        "linear",
        10.0,
        has_end_trial,
        Joint.HIP,
        "internal_rotation",
        rmse_deg=(2.0, last_deg),
        demeaned_deg=(1.0, 1.0),
        moved_deg=moved_deg,
        change_sd_deg=2.0,
        n_legs=2,
    )


def test_a_walk_is_judged_by_growth_and_without_a_last_static_trial_by_its_uncertainty() -> None:
    good = goal_lines(
        (),
        [
            walked(has_end_trial=True, moved_deg=9.0, last_deg=2.2),
            walked(has_end_trial=False, moved_deg=1.9, last_deg=4.0),
        ],
    )
    assert [line.is_met for line in good] == [True, True]
    poor = goal_lines(
        (),
        [
            walked(has_end_trial=True, moved_deg=0.0, last_deg=2.4),
            walked(has_end_trial=False, moved_deg=5.0, last_deg=2.0),
        ],
    )
    assert [line.is_met for line in poor] == [False, False]
    assert "2.5 stated uncertainties" in poor[1].measured


def rows_of(level: SoftTissueLevel, rmse_deg: float) -> tuple[AccuracyRow, ...]:
    """Return rows of one person, with the error of hip rotation replaced."""
    rows = accuracy.measure_accuracy(seeds=[2001], levels=[level], variants=[DEFAULT])
    return tuple(
        replace(row, rmse_deg=(rmse_deg,) * 2, demeaned_deg=(rmse_deg,) * 2)
        if (row.joint, row.motion) == (Joint.HIP, "internal_rotation")
        else row
        for row in rows
    )


def test_a_goal_is_met_or_not_met_by_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imu_valgus.benchmark.people.protocol_script", lambda _seed: SHORT)
    bare = goal_lines(rows_of(SoftTissueLevel.NONE, 8.9), ())
    assert (bare[0].measured, bare[0].is_met) == ("8.90°", False)
    rows = rows_of(SoftTissueLevel.MODERATE, 9.0)
    (row,) = (r for r in rows if r.rmse_deg[0] == 9.0)
    goal = MODERATE[row.joint, row.motion]
    assert not goal.is_met_by(row)
    good = replace(
        row,
        rmse_deg=(2.9, 3.4),
        demeaned_deg=(1.4, 1.2),
        excursion=replace(row.excursion, mae_deg=1.4),
    )
    assert goal.is_met_by(good)
    assert not goal.is_met_by(replace(good, excursion=replace(row.excursion, mae_deg=1.6)))
    assert any("9.00 (9.00)" in line and "3.00 (1.50)" in line for line in error_table(rows))


def test_a_goal_is_out_of_reach_only_where_the_unseen_alone_misses_all_that_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imu_valgus.benchmark.people.protocol_script", lambda _seed: SHORT)
    row = next(r for r in rows_of(SoftTissueLevel.MODERATE, 9.0) if r.rmse_deg[0] == 9.0)
    goal = MODERATE[row.joint, row.motion]
    found = replace(
        row,
        rmse_deg=(3.5, 3.0),
        demeaned_deg=(1.4, 1.2),
        excursion=replace(row.excursion, mae_deg=1.6),
    )
    unseen = replace(
        found, rmse_deg=(3.1, 0.0), excursion=replace(row.excursion, mae_deg=1.55), variant=UNSEEN
    )
    assert goal.is_out_of_reach(found, unseen)
    seen = replace(unseen, excursion=replace(row.excursion, mae_deg=1.4))
    assert not goal.is_out_of_reach(found, seen)
    met = replace(found, rmse_deg=(2.0, 2.0), excursion=replace(row.excursion, mae_deg=1.0))
    assert not goal.is_out_of_reach(met, unseen)
    (line,) = (text for text in goals_table([found, unseen]) if "3.50" in text)
    assert line.endswith("| out of reach |")
    (line,) = (text for text in goals_table([found, seen]) if "3.50" in text)
    assert line.endswith("| not met |")
