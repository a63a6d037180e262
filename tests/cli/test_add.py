"""Keeping sessions as people do it: add, what is told, what is refused."""

import gzip
import json
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from imu_valgus.cli.main import run
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.session_files import read_session_curves, read_step_ups
from imu_valgus.io.session_hash import hash_of_session
from imu_valgus.model import Joint, Placement, Side
from imu_valgus.model.progress import Feedback, Footwear, Purpose
from imu_valgus.simulate import (
    Person,
    SimulationSettings,
    Squat,
    Standing,
    StepUp,
    Walk,
    simulate_session,
)
from imu_valgus.store import Store

Told = tuple[int, str, str]
Command = Callable[..., Told]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write eight step-ups, squats and a walk of the right leg, with date and step height."""
    steps = StepUp(side=Side.RIGHT, count=8, repetition_s=2.6, pause_s=0.9)
    before = [Standing(6.0), Squat(count=3), Standing(2.0), Walk(duration_s=15.0), Standing(3.0)]
    settings = SimulationSettings(placements=[Placement.THIGH_RIGHT, Placement.SHANK_RIGHT])
    made = simulate_session(
        Person(), {"one": [*before, steps, Standing(3.0)]}, seed=3, settings=settings
    )
    folder = tmp_path_factory.mktemp("add") / "session"
    write_plain_session(made.session, folder)
    _edit(folder, lambda text: f"recorded_at = 2026-03-02T09:30:00+01:00\n{text}")
    return folder


def _edit(folder: Path, change: Callable[[str], str]) -> None:
    file = folder / "session.toml"
    file.write_text(change(file.read_text()))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("IMU_VALGUS_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def command(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run commands as the entry point does, with one person in the store."""

    def call(*arguments: object) -> Told:
        monkeypatch.setattr("sys.argv", ["imu-valgus", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run()
        captured = capsys.readouterr()
        code = stopped.value.code
        return (code if isinstance(code, int) else 0), captured.out, captured.err

    assert call("person", "add", "P1")[:2] == (0, f"Added P1. The store lies in {home}\n")
    return call


def test_a_session_is_added_with_all_that_people_say_of_it(session, command, home, claims_in):
    code, text, error = command(
        "add", session, "--person", "P1", "--purpose", "baseline", "--feedback", "summary",
        "--footwear", "barefoot", "--pain", "3", "--notes", "Müde, 2. Tag", "--id", "first",
    )  # fmt: skip
    assert (code, error) == (0, "")
    with Store(home) as store:
        (record,) = store.sessions("P1")
        files = store.files_of("first")
    score = next(one.value for one in record.measures if one.key.name == "score")
    n = len(record.measures)
    assert text.splitlines() == [
        f"Added:    first for P1 (baseline), recorded 2026-03-02 09:30, {n} measures",
        f"Calibration {record.conditions.calibration}; step-up score: left –, right {score:.0f}",
        "It counts in comparisons.",
    ]
    assert claims_in(text) == []
    assert record.recorded_at.isoformat() == "2026-03-02T09:30:00+01:00"
    assert (record.purpose, record.pain, record.notes) == (Purpose.BASELINE, 3, "Müde, 2. Tag")
    conditions = record.conditions
    assert (conditions.feedback, conditions.footwear) == (Feedback.SUMMARY, Footwear.BAREFOOT)
    assert (conditions.score_version, conditions.step_height_m) == ("sas-1", 0.1)
    assert conditions.sensors == ("SIM-3-2", "SIM-3-4")
    assert record.raw_sha256 == hash_of_session(session)
    assert [path.name for path in files] == ["curves.parquet", "summary.json"]
    for path in home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    curves = read_session_curves(files)
    assert {one.side for one in curves.step_ups} == {Side.RIGHT}
    assert {len(one.curves_deg) for one in curves.step_ups} == {8}
    assert {one.joint for one in curves.gait} == {Joint.FEMUR, Joint.KNEE}
    assert read_step_ups(files)[Side.RIGHT].score == score


def test_the_json_of_add_is_the_session_as_it_is_listed(session, command):
    added = json.loads(command("add", session, "-p", "P1", "--json")[1])
    assert (added.pop("withheld"), added.pop("warnings")) == ([], [])
    assert added["session"] == "2026-03-02_0930"
    assert added["counts"] is True
    assert json.loads(command("sessions", "P1", "--json")[1]) == [added]


def _refused(told: Told) -> str:
    code, text, error = told
    assert (code, text) == (2, "")
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    return error


def test_an_unknown_person_is_told_the_command_that_helps(session, command, home):
    error = _refused(command("add", session, "--person", "P2"))
    assert error.endswith("add the person first with  imu-valgus person add P2\n")
    with Store(home) as store:
        assert store.people() == ("P1",)


def test_a_session_without_a_date_asks_for_it_and_takes_local_time(session, command, tmp_path):
    copy = shutil.copytree(session, tmp_path / "copy")
    _edit(copy, lambda text: text.partition("\n")[2])
    error = _refused(command("add", copy, "--person", "P1"))
    assert "--recorded-at 2026-03-02T09:30" in error
    code, text, _ = command(
        "add", copy, "--person", "P1", "--recorded-at", "2026-03-04T08:15", "--json"
    )
    assert code == 0
    local = datetime(2026, 3, 4, 8, 15).astimezone()
    assert datetime.fromisoformat(json.loads(text)["recorded_at"]) == local


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--recorded-at", "yesterday"], "such as 2026-03-02T09:30"),
        (["--recorded-at", f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"], "to come"),
        (["--id", "../out"], "a session's name of 1 to 80"),
        (["--fusion", "magic"], "vqf"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(session, command, home, options, words):
    assert words in _refused(command("add", session, "--person", "P1", *options))
    with Store(home) as store:
        assert store.sessions("P1") == ()


def test_pain_beyond_ten_is_refused(session, command):
    assert command("add", session, "--person", "P1", "--pain", "11")[0] == 2


def test_the_same_recording_is_added_a_second_time_only_on_purpose(session, command, tmp_path):
    assert command("add", session, "--person", "P1")[0] == 0
    copy = shutil.copytree(session, tmp_path / "renamed")
    error = _refused(command("add", copy, "--person", "P1", "--id", "other"))
    assert "P1 has it already as session 2026-03-02_0930" in error
    assert "--again" in error
    code, text, _ = command("add", copy, "--person", "P1", "--again")
    assert code == 0
    assert text.startswith("Added:    2026-03-02_0930_2 for P1, recorded")
    command("person", "add", "P2")
    code, text, _ = command("add", session, "--person", "P2")
    assert code == 0
    assert text.startswith("Added:    2026-03-02_0930_3 for P2, recorded")
    error = _refused(command("add", copy, "--person", "P1", "--again", "--id", "2026-03-02_0930"))
    assert "in the store already" in error


def _beginning(session: Path, folder: Path, *, until_s: float) -> Path:
    (folder / "one").mkdir(parents=True)
    (folder / "session.toml").write_text('recorded_at = 2026-03-05T10:00:00Z\nsubject = "x"\n')
    for file in (session / "one").glob("*.csv.gz"):
        with gzip.open(file) as opened:
            table = pd.read_csv(opened)
        name = file.name.removesuffix(".gz")
        table[table["time_s"] < until_s].to_csv(folder / "one" / name, index=False)
    return folder


def test_a_poorly_calibrated_session_is_kept_and_told_not_to_count(session, command, tmp_path):
    standing = _beginning(session, tmp_path / "standing", until_s=5.5)
    code, text, _ = command("add", standing, "--person", "P1")
    assert code == 3
    lines = text.splitlines()
    assert lines[0] == "Added:    2026-03-05_1000 for P1, recorded 2026-03-05 10:00, 0 measures"
    assert lines[1] == "Calibration poor; step-up score: left –, right –"
    assert any(line.startswith("Withheld: ") for line in lines)
    assert lines[-1].startswith(
        "It does not count in comparisons: The calibration of the session was poor. right "
    )
    code, text, _ = command("sessions", "P1")
    assert code == 0
    assert text.splitlines()[1] == (
        "2026-03-05_1000  2026-03-05 10:00  –        poor         –     –      "
        "no: The calibration of the session was poor."
    )


def test_a_recording_folder_is_added_as_it_is(command, tmp_path, home):

    options = ["--demo", "--fast", "--task", "squat", "--seconds", "12"]
    assert command("record", *options, "--out", tmp_path / "take")[0] == 0
    code, text, _ = command("add", tmp_path / "take", "--person", "P1", "--json")
    assert code in {0, 3}
    added = json.loads(text)
    assert added["sensors"]
    assert "knee_flexion_peak_left_deg" in {one["measure"] for one in added["measures"]}
    (tmp_path / "take" / "raw.jrnl").unlink()
    error = _refused(command("add", tmp_path / "take", "--person", "P1"))
    assert f"already as session {added['session']}" in error
    with Store(home) as store:
        assert len(store.sessions("P1")) == 1


def test_help_of_every_command_has_an_example_and_claims_nothing(command, claims_in):
    for name in ("add", "person", "sessions", "forget", "export"):
        code, text, _ = command(name, "--help")
        assert code == 0
        assert "Example" in text, name
        assert claims_in(text) == []
