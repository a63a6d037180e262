"""``scan``, ``record``, ``recover`` and ``doctor`` as a person or a script meets them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from support.journals import write_example_journal
from typer.testing import CliRunner

from imu_valgus.cli import devices, guided_screen, record
from imu_valgus.cli.analyse import parsed_places
from imu_valgus.cli.record import requests_to_end
from imu_valgus.errors import InputError
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.model import Placement, Severity, Task
from imu_valgus.recorder.guide import Guide
from imu_valgus.recorder.journal import JOURNAL_FILE

app = typer.Typer()
record.register(app)
devices.register(app)
runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("IMU_VALGUS_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("record") / "walk"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMU_VALGUS_HOME", str(folder.parent / "home"))
        options = ["--demo", "--fast", "--task", "walk", "--seconds", "20", "--json"]
        result = runner.invoke(app, ["record", *options, "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_the_demo_records_a_session_that_can_be_read(
    recorded: tuple[Path, dict[str, object]],
) -> None:
    folder, document = recorded
    session = read_recorded_session(folder)
    streams = session.recordings[0].streams
    assert set(streams) == {
        Placement.PELVIS,
        Placement.THIGH_RIGHT,
        Placement.THIGH_LEFT,
        Placement.SHANK_RIGHT,
        Placement.SHANK_LEFT,
    }
    tasks = session.recordings[0].tasks
    assert [span.task for span in tasks] == [Task.STANDING, Task.WALK, Task.STANDING]
    assert tasks[1].end_s - tasks[1].start_s == pytest.approx(20.0, abs=1.5)
    sensors = document["sensors"]
    assert isinstance(sensors, list)
    assert {sensor["placement"]: sensor["lost"] for sensor in sensors}["shank_right"] == 0
    assert all(sensor["clock"]["sync_error_s"] < 0.02 for sensor in sensors)


def test_taps_at_start_and_end_are_compared_written_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / "tapped"
    options = ["--demo", "--fast", "--tap-check", "--task", "standing", "--seconds", "20", "--json"]
    result = runner.invoke(app, ["record", *options, "--out", str(folder)])
    assert result.exit_code == 0, result.output
    check = json.loads(result.stdout)["tap_check"]
    assert check["is_consistent"] is True
    assert len(check["sensors"]) == 5
    for sensor in check["sensors"]:
        # The virtual sensors feel each tap at one moment, the thigh's at 60 Hz.
        assert abs(sensor["start"]["offset_s"]) < 4e-3
        assert sensor["start"]["taps"] == sensor["end"]["taps"] == 3
    reported = [f for f in read_recorded_session(folder).findings if f.code == "tap_check"]
    assert [finding.severity for finding in reported] == [Severity.NOTE]
    journal_only = tmp_path / "recovered"
    journal_only.mkdir()
    (journal_only / JOURNAL_FILE).write_bytes((folder / JOURNAL_FILE).read_bytes())
    recovered = runner.invoke(app, ["recover", str(journal_only)])
    assert recovered.exit_code == 0, recovered.output
    assert "agree within" in recovered.stdout
    assert "right shank" in recovered.stdout.split("tap check")[1]


def test_a_recording_without_tap_check_says_nothing_of_taps(
    recorded: tuple[Path, dict[str, object]],
) -> None:
    folder, document = recorded
    assert document["tap_check"] is None
    assert "tap_check" not in (folder / "session.toml").read_text(encoding="utf-8")


def test_a_folder_with_a_recording_is_never_touched(
    recorded: tuple[Path, dict[str, object]],
) -> None:
    folder, _ = recorded
    before = (folder / JOURNAL_FILE).read_bytes()
    result = runner.invoke(
        app,
        ["record", "--demo", "--fast", "--task", "standing", "--seconds", "3", "-o", str(folder)],
    )
    assert result.exit_code == 0, result.output
    assert (folder / JOURNAL_FILE).read_bytes() == before
    assert (folder.with_name("walk_2") / "session.toml").exists()
    assert "walk_2" in result.output


def test_recover_recovers_a_cut_recording(tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    write_example_journal(folder / JOURNAL_FILE, duration_s=12.0)
    content = (folder / JOURNAL_FILE).read_bytes()
    (folder / JOURNAL_FILE).write_bytes(content[: len(content) * 2 // 3])
    result = runner.invoke(app, ["recover", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["duration_s"] == pytest.approx(8.0, abs=0.3)
    assert read_recorded_session(folder).recordings[0].streams
    again = runner.invoke(app, ["recover", str(folder)])
    assert isinstance(again.exception, InputError)
    assert "is complete" in str(again.exception)


def test_an_orphan_is_recovered_by_the_next_recording(tmp_path: Path, home: Path) -> None:
    from imu_valgus.recorder.recover import OpenRecordings

    orphan = tmp_path / "elsewhere" / "monday"
    write_example_journal(orphan / JOURNAL_FILE, duration_s=5.0)
    an_hour_ago = time.time() - 3600.0
    os.utime(orphan / JOURNAL_FILE, (an_hour_ago, an_hour_ago))
    OpenRecordings(home).add(orphan)
    options = ["--demo", "--fast", "--task", "standing", "--seconds", "3"]
    result = runner.invoke(app, ["record", *options, "--out", str(tmp_path / "tuesday")])
    assert result.exit_code == 0, result.output
    assert "Recovered a recording" in result.output
    assert read_recorded_session(orphan).recordings[0].streams
    assert OpenRecordings(home).folders() == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fast"], "only together with --demo"),
        (["--protocol", "x.toml", "--task", "walk"], "not both"),
        (["--protocol", "x.toml"], "cannot be read"),
        (["--place", "A1=knee"], "Write --place SENSOR=PLACEMENT"),
        (["--task", "walk", "--seconds", "-1"], "seconds from 1 to 21600 (6 hours)"),
        (["--task", "walk", "--seconds", "1e308"], "seconds from 1 to 21600 (6 hours)"),
        (["--task", "walk", "--seconds", "nan"], "cannot last nan seconds"),
        (["--task", "walk", "--seconds", "0.5"], "cannot last 0.5 seconds"),
        (["--height-m", "nan"], "--height-m must be in metres, from 0.5 to 2.6, not nan"),
        (["--height-m", "172"], "--height-m must be in metres, from 0.5 to 2.6, not 172"),
        (["--step-height-m", "-1"], "--step-height-m must be in metres, from 0.01 to 0.8, not -1"),
        (["--step-height-m", "10"], "--step-height-m must be in metres"),
        (["--rate", "-5"], "--rate must be from 10 to 1000 samples per second, not -5"),
        (["--rate", "nan"], "--rate must be from 10 to 1000"),
        (["--rate", "1e308"], "--rate must be from 10 to 1000"),
        (["--subject", "a\x1b[31m"], "printable characters"),
        (["--subject", "\udcff"], "printable characters"),
        (["--subject", "a" * 5000], "at most 100"),
    ],
)
def test_what_cannot_be_is_one_sentence(options: list[str], words: str, tmp_path: Path) -> None:
    result = runner.invoke(app, ["record", *options, "--out", str(tmp_path / "new")])
    assert isinstance(result.exception, InputError)
    assert words in str(result.exception)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "home").exists()


def test_a_sensor_that_is_not_there_is_named(tmp_path: Path) -> None:
    options = ["--demo", "--fast", "--task", "standing", "--place", "XYZ=foot_left"]
    result = runner.invoke(app, ["record", *options, "--out", str(tmp_path / "new")])
    assert isinstance(result.exception, InputError)
    assert "'XYZ' is not within reach" in str(result.exception)


def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    options = ["--demo", "--fast", "--task", "standing", "--out", str(tmp_path / "file" / "new")]
    result = runner.invoke(app, ["record", *options])
    assert isinstance(result.exception, InputError)
    assert "choose a folder that can be written" in str(result.exception)


def test_places_are_read_from_the_right() -> None:
    assert parsed_places(["D4:22=shank_left", "a=b=pelvis"]) == {
        "D4:22": Placement.SHANK_LEFT,
        "a=b": Placement.PELVIS,
    }


def test_scan_lists_the_demo_sensors() -> None:
    result = runner.invoke(app, ["scan", "--demo", "--seconds", "0.5", "--json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert len(rows) == 6
    assert {"name", "make", "address", "rssi_dbm", "placement"} == set(rows[0])
    table = runner.invoke(app, ["scan", "--demo", "--seconds", "0.5"])
    assert "Movella DOT" in table.stdout


@pytest.mark.parametrize("command", ["scan", "record", "recover", "doctor"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = runner.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"imu-valgus {command}" in result.stdout


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")
def test_ctrl_c_is_a_clean_stop(tmp_path: Path) -> None:
    folder = tmp_path / "take"
    program = (
        "import typer; from imu_valgus.cli import record; app = typer.Typer();"
        "app.callback()(lambda: None); record.register(app); app()"
    )
    options = ["record", "--demo", "--task", "standing", "--seconds", "60", "--out", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-c", program, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while "Recording" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(0.5)
        asked = time.perf_counter()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert time.perf_counter() - asked < 8.0
    assert "ended before the protocol was finished" in output
    assert len(read_recorded_session(folder).recordings[0].streams) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_request_is_noted_and_nothing_is_raised(number: signal.Signals) -> None:
    with requests_to_end() as is_asked_to_end:
        assert not is_asked_to_end()
        signal.raise_signal(number)
        assert is_asked_to_end()


def test_the_second_request_is_raised() -> None:
    with requests_to_end(), pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the second raises
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_afterwards_everything_is_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(RuntimeError, match="something else"), requests_to_end():
        raise RuntimeError("something else")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_it_works_where_ctrl_c_was_ignored_from_the_start() -> None:
    """As in a job that a shell without a terminal runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with requests_to_end() as is_asked_to_end:
            signal.raise_signal(signal.SIGINT)
            assert is_asked_to_end()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "option", [("--height-m", "nan"), ("--rate", "-5"), ("--seconds", "1e308")]
)
def test_what_cannot_be_ends_with_exit_code_2(
    command: Callable[..., Any], tmp_path: Path, option: tuple[str, str]
) -> None:
    out = tmp_path / "new"
    answer = command("record", "--demo", "--fast", "--task", "walk", *option, "--out", out)
    assert answer.code == 2
    assert answer.error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("culprit", ["guide", "screen"])
def test_a_fault_of_the_program_does_not_cost_the_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, culprit: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    if culprit == "screen":
        monkeypatch.setattr(record, "_show_quietly", fail)
    else:
        do = Guide._do

        async def fail_at_the_walk(guide: Guide, index: int, *arguments: Any) -> None:
            await do(guide, index, *arguments)
            if index == 1:
                fail()

        monkeypatch.setattr(Guide, "_do", fail_at_the_walk)
    options = ["--demo", "--fast", "--task", "walk", "--seconds", "8", "--json"]
    result = runner.invoke(app, ["record", *options, "--out", str(tmp_path / "take")])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert len(read_recorded_session(tmp_path / "take").recordings[0].streams) == 5
    assert any("internal fault (RuntimeError: a bug)" in note for note in document["notes"]) == (
        culprit == "guide"
    )


def test_each_enter_goes_to_whoever_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """After learning, the thread that read the keyboard must not take Enters from the next."""
    read_end, write_end = os.pipe()
    heard: list[str] = []

    def press() -> None:
        before = len(heard)
        os.write(write_end, b"\n")
        end_s = time.perf_counter() + 2.0
        while len(heard) == before and time.perf_counter() < end_s:
            time.sleep(0.005)

    keyboard = guided_screen._Keyboard()
    with os.fdopen(read_end) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with keyboard.on_enter(lambda: heard.append("learn")):
            press()
        with keyboard.on_enter(lambda: heard.append("record")):
            for _ in range(5):
                press()
        listeners = [thread for thread in threading.enumerate() if thread.name == "keyboard"]
        os.close(write_end)
        for listener in listeners:
            listener.join(5.0)
    assert len(listeners) == 1
    assert heard == ["learn", *["record"] * 5]
