"""The score and exercises commands as people call them."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imu_valgus.cli.demo.command import write_simulated
from imu_valgus.cli.main import app
from imu_valgus.model import Placement, Side
from imu_valgus.simulate import (
    Person,
    SimulationSettings,
    Squat,
    Standing,
    StepUp,
    Walk,
    simulate_session,
)


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Path:
    steps = StepUp(side=Side.RIGHT, count=8, repetition_s=2.6, pause_s=0.9)
    before = [Standing(6.0), Squat(count=3), Standing(2.0), Walk(duration_s=15.0), Standing(3.0)]
    script = [*before, steps, Standing(3.0)]
    settings = SimulationSettings(placements=[Placement.THIGH_RIGHT, Placement.SHANK_RIGHT])
    made = simulate_session(Person(), {"session": script}, seed=3, settings=settings)
    out = tmp_path_factory.mktemp("score")
    write_simulated(made, out)
    return out / "session"


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_score_is_shown_with_its_parts_and_its_limits(session):
    shown = run("score", session)
    assert shown.exit_code == 0, shown.output
    assert "sas-1:" in shown.output
    assert "8 of 8 repetitions count" in shown.output
    assert "of 30 points" in shown.output
    assert "not measured" in shown.output
    assert "has not been validated" in shown.output


def test_the_json_explains_the_score(session):
    document = json.loads(run("score", session, "--json").output)["right"]
    assert document["score_id"] == "sas-1"
    low, high = document["interval_95"]
    assert low <= document["score"] <= high
    assert set(document["components"]) == {"A1", "A2", "A3", "K", "S", "T"}
    shares = sum(component["share_of_score"] for component in document["components"].values())
    assert shares == pytest.approx(document["score"], abs=10.0)
    assert document["withheld"] == []


def test_without_step_height_the_command_says_why_and_exits_with_3(session, tmp_path):
    copy = shutil.copytree(session, tmp_path / "session")
    text = (session / "session.toml").read_text()
    assert "step_height_m" in tomllib.loads(text)
    lines = [line for line in text.splitlines() if not line.startswith("step_height_m")]
    (copy / "session.toml").write_text("\n".join(lines))
    shown = run("score", copy)
    assert shown.exit_code == 3
    assert "No score: the step height is not known" in shown.output
    assert "of 30 points" not in shown.output


def test_the_catalogue_names_every_exercise_and_what_is_measured():
    shown = run("exercises")
    assert shown.exit_code == 0
    assert "clam_shell: Clam shell (hip, strengthening)" in shown.output
    assert "measured: time only" in shown.output
    entries = json.loads(run("exercises", "--json").output)
    assert {entry["key"] for entry in entries} >= {"step_up", "wall_push", "seated_hip_rotation"}


def test_what_was_done_in_a_session_is_listed(session):
    shown = run("exercises", session)
    assert shown.exit_code == 0, shown.output
    assert "Squat: 3 repetitions" in shown.output
    assert "Step-up, right: 8 repetitions" in shown.output
    done = json.loads(run("exercises", session, "--json").output)
    assert [(sets["exercise"], len(sets["repetitions"])) for sets in done] == [
        ("squat", 3),
        ("step_up", 8),
    ]


def test_a_session_without_step_ups_is_an_error_in_one_sentence(tmp_path):
    script = [Standing(6.0), Squat(count=3), Standing(2.0)]
    settings = SimulationSettings(placements=[Placement.THIGH_RIGHT, Placement.SHANK_RIGHT])
    made = simulate_session(Person(), {"session": script}, seed=3, settings=settings)
    write_simulated(made, tmp_path)
    shown = run("score", tmp_path / "session")
    assert shown.exit_code != 0
    assert "holds no step-ups to score" in str(shown.exception)
