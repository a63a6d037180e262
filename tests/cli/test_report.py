"""The command that writes the two pages, from a store on disk."""

import json
import os
from pathlib import Path

import pytest
from support import courses
from typer.testing import CliRunner

from imu_valgus.cli.main import app
from imu_valgus.errors import InputError
from imu_valgus.io import atomic
from imu_valgus.io.report_files import write_report_files
from imu_valgus.io.session_files import read_session_trust
from imu_valgus.store import Store

PAGES = (
    "P07_movement_summary.pdf", "P07_movement_summary.html",
    "P07_participant_page.pdf", "P07_participant_page.html",
)  # fmt: skip


@pytest.fixture
def store_with_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMU_VALGUS_HOME", str(tmp_path / "home"))
    with Store() as store:
        store.add_person("P07")
        for session in courses.weekly(3):
            store.add_session(session)
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["report", *arguments])
    if code and isinstance(result.exception, InputError):
        return str(result.exception)
    assert result.exit_code == code, result.output
    return result.output


def test_four_files_are_written_and_named(store_with_sessions: Path) -> None:
    out = store_with_sessions / "new" / "reports"
    output = run("P07", "--out", str(out))
    assert sorted(path.name for path in out.iterdir()) == sorted(PAGES)
    for name in PAGES:
        assert str(out / name) in output.replace("\n", "")
    assert (out / PAGES[0]).read_bytes().startswith(b"%PDF-")
    assert "<!DOCTYPE html>" in (out / PAGES[1]).read_text(encoding="utf-8")


def test_only_what_was_asked_for_is_written_and_told_as_json(store_with_sessions: Path) -> None:
    out = store_with_sessions / "one"
    output = run("P07", "--out", str(out), "--for", "participant", "--format", "pdf", "--json")
    assert json.loads(output) == {"person": "P07", "files": [str(out / PAGES[2])]}
    assert [path.name for path in out.iterdir()] == [PAGES[2]]


def test_a_second_run_gives_the_same_bytes_and_leaves_other_files(
    store_with_sessions: Path,
) -> None:
    out = store_with_sessions / "reports"
    options = ("P07", "--out", str(out), "--for", "participant")
    run(*options)
    (out / "mine.txt").write_text("keep me")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    run(*options)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_file_of_somebody_else_is_never_replaced(store_with_sessions: Path) -> None:
    out = store_with_sessions / "reports"
    out.mkdir()
    (out / PAGES[2]).write_bytes(b"my own work")
    message = run("P07", "--out", str(out), "--for", "participant", code=1)
    assert "is no earlier report" in message
    assert [path.name for path in out.iterdir()] == [PAGES[2]]
    assert (out / PAGES[2]).read_bytes() == b"my own work"


def test_somebody_without_sessions_is_told_how_to_add_one(store_with_sessions: Path) -> None:
    with Store() as store:
        store.add_person("P08")
    assert "imu-valgus add" in run("P08", "--out", str(store_with_sessions / "x"), code=1)


def test_a_failing_disk_leaves_the_earlier_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"a.pdf": b"imu_valgus old a", "b.pdf": b"imu_valgus old b"}
    write_report_files(tmp_path, old)
    written = atomic.write_new_file

    def full(path: Path, content: bytes) -> None:
        if "b.pdf" in path.name:
            raise OSError(28, os.strerror(28))
        written(path, content)

    monkeypatch.setattr(atomic, "write_new_file", full)
    with pytest.raises(InputError, match="No space left"):
        write_report_files(tmp_path, {"a.pdf": b"imu_valgus new", "b.pdf": b"imu_valgus new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old


def test_loss_and_drift_are_the_worst_of_all_recordings(tmp_path: Path) -> None:
    received = {"shank_left": 0.99, "shank_right": 1.0}
    quality = {
        "walk": {
            "sensors": {name: {"received_share": share} for name, share in received.items()},
            "joints": {"knee_left": {"heading_closure_deg": -3.2}},
        },
        "step_up": {
            "sensors": {"shank_left": {"received_share": 0.97}},
            "joints": {"knee_left": {"heading_closure_deg": None}},
        },
    }  # fmt: skip
    summary = tmp_path / "summary.json"
    summary.write_text(json.dumps({"quality": quality}))
    trust = read_session_trust([summary])
    assert trust.lost_share == pytest.approx(0.03)
    assert trust.drift_deg == pytest.approx(3.2)
    assert trust.sync_error_s is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"quality": {"walk": {}}}', '{"quality": 3}'])
def test_a_damaged_summary_is_told_in_a_sentence(tmp_path: Path, text: str) -> None:
    summary = tmp_path / "summary.json"
    summary.write_text(text)
    with pytest.raises(InputError, match="is no summary of a session"):
        read_session_trust([summary])


def test_a_session_without_a_summary_is_not_known() -> None:
    assert read_session_trust([]).lost_share is None
