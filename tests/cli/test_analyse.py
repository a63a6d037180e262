"""The main commands as a person runs them: output, files, exit codes."""

import json
from pathlib import Path

import pandas as pd
import pytest

from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.simulate import demo_session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "session"
    write_plain_session(demo_session(2).session, folder)
    return folder


def test_analyse_writes_what_the_contract_promises(session, tmp_path, command):
    out = tmp_path / "out"
    code, text, _ = command("analyse", session, "--out", out)
    assert code == 0
    assert f"Report:   {out / 'report.html'}" in text
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "session", "summary.json"]
    angles = pd.read_csv(out / "session" / "angles.csv")
    assert angles.columns[0] == "time_s"
    for joint in ("hip", "knee"):
        for side in ("right", "left"):
            for motion in ("flexion", "adduction", "internal_rotation"):
                assert f"{joint}_{motion}_{side}_deg" in angles
                assert f"{joint}_{motion}_{side}_sd_deg" in angles
    events = pd.read_csv(out / "session" / "events.csv")
    assert list(events.columns) == ["side", "event", "time_s"]
    assert set(events["event"]) == {"initial_contact", "toe_off"}
    repetitions = pd.read_csv(out / "session" / "repetitions.csv")
    assert list(repetitions.columns[:8]) == [
        "task", "side", "repetition", "start_s", "top_s", "end_s", "valid", "reason",
    ]  # fmt: skip
    summary = json.loads((out / "summary.json").read_text())
    keys = {"schema", "software", "fusion", "calibration", "quality", "walk", "step_up", "reasons"}
    assert keys <= summary.keys()


def test_keep_skin_leaves_the_twist_in_and_says_so(session, tmp_path, command):
    rotations = []
    for number, extra in enumerate(([], ["--keep-skin"])):
        out = tmp_path / str(number)
        code, text, _ = command("analyse", session, "-o", out, "--no-report", "--json", *extra)
        assert code == 0
        assert ("as the sensors show it" in text) == bool(extra)
        angles = pd.read_csv(out / "session" / "angles.csv")
        rotations.append(angles["hip_internal_rotation_right_deg"])
    assert (rotations[0] - rotations[1]).abs().max() > 0.2


def test_no_report_leaves_the_report_out(session, tmp_path, command):
    code, text, _ = command("analyse", session, "--out", tmp_path / "out", "--no-report")
    assert code == 0
    assert "Report" not in text
    assert not (tmp_path / "out" / "report.html").exists()


def test_json_is_the_summary(session, tmp_path, command):
    out = tmp_path / "out"
    shown = command("analyse", session, "--out", out, "--json", "--no-report")
    assert shown.code == 0
    assert shown.document == json.loads((out / "summary.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["analyse", "nowhere", "--out", "out"], "nowhere"),
        (["analyse", ".", "--out", "out"], "sensor"),
        (["analyse", ".", "--out", "out", "--place", "a.csv=knee"], "--place a.csv=knee"),
        (["info", "nowhere"], "nowhere"),
        (["benchmark", "reference", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, text, error = command(*arguments)
    assert code == 2
    assert text == ""
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert words in error
    assert not (tmp_path / "out").exists()


def test_unknown_engine_names_the_known_ones(session, tmp_path, command):
    code, _, error = command("analyse", session, "--out", tmp_path / "out", "--fusion", "magic")
    assert code == 2
    assert "vqf" in error
    assert "ahrs-madgwick" in error
    assert not (tmp_path / "out").exists()


def test_standing_only_is_withheld_with_exit_code_3(session, tmp_path, command):
    short = tmp_path / "short" / "standing"
    short.mkdir(parents=True)
    for file in (session / "session").glob("*.csv.gz"):
        table = pd.read_csv(file)
        table[table["time_s"] < 5.5].to_csv(short / file.name[: -len(".gz")], index=False)
    code, text, _ = command("analyse", tmp_path / "short", "--out", tmp_path / "out")
    assert code == 3
    assert "Withheld:" in text
    assert (tmp_path / "out" / "report.html").exists()


def test_info_shows_sensors_and_tasks(session, command):
    code, text, _ = command("info", session)
    assert code == 0
    for words in ("plain session, 1 recording\n", "thigh_right", "100.0 Hz", "walk", "squat"):
        assert words in text
    document = command("info", session, "--json").document
    assert len(document["recordings"][0]["sensors"]) == 5


def test_demo_says_how_far_it_is_from_the_truth(tmp_path, command):
    code, text, _ = command("demo", "--out", tmp_path / "demo")
    assert code == 0
    assert "Distance from the truth" in text
    for name in ("session", "truth", "results/report.html"):
        assert (tmp_path / "demo" / name).exists()


@pytest.mark.parametrize("name", ["analyse", "info", "demo", "simulate", "benchmark"])
def test_every_command_has_help_with_an_example_or_subcommands(name, command):
    code, text, _ = command(name, "--help")
    assert code == 0
    assert "Example" in text or "Commands" in text


def test_a_bug_is_one_line_too(command, monkeypatch):
    def fail(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("imu_valgus.cli.main.app", fail)
    code, _, error = command("info", ".")
    assert code == 1
    assert "ZeroDivisionError" in error
    assert error.count("\n") == 1
