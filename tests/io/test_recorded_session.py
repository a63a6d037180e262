"""Recorded sessions, whole, changed and spoilt."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from support.journals import write_example_journal
from typer.testing import CliRunner

from imu_valgus.cli import devices, record
from imu_valgus.errors import InputError
from imu_valgus.io.plain_session import stream_columns
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.io.session_toml import is_recorded_session, read_session_toml
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Placement, Severity
from imu_valgus.recorder.journal import JOURNAL_FILE
from imu_valgus.recorder.recover import recover_recording


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "monday"
    outages = {Placement.SHANK_RIGHT: (4.0, 6.0)}
    write_example_journal(folder / JOURNAL_FILE, duration_s=12.0, outages_s=outages)
    recover_recording(folder)
    return folder


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "copy")


def test_the_common_door_reads_a_recorded_session(whole: Path) -> None:
    assert is_recorded_session(whole)
    session = read_session(whole)
    assert session.source_format == "recorded session"
    assert set(session.recordings[0].streams) == {Placement.THIGH_RIGHT, Placement.SHANK_RIGHT}


def test_a_recovered_recording_says_so(whole: Path) -> None:
    findings = read_recorded_session(whole).findings
    assert any("recovered from its journal" in finding.message for finding in findings)
    lost = next(finding for finding in findings if finding.code == "samples_lost")
    assert lost.severity is Severity.WARNING
    assert lost.placement is Placement.SHANK_RIGHT


def test_what_the_recorder_knew_of_a_sensor_comes_back(whole: Path) -> None:
    records = {
        record.placement: record
        for record in (file.record for file in read_session_toml(whole).files)
    }
    shank = records[Placement.SHANK_RIGHT]
    assert shank.sensor_id == "SN0001"
    assert len(shank.gaps) == 1
    assert shank.gaps[0].is_counted
    assert shank.gaps[0].lost == shank.lost
    assert shank.received_share == pytest.approx(1.0 - 2.0 / 12.0, abs=0.01)
    assert np.isnan(shank.clock.rate_error_ppm)  # twelve seconds are too short to tell


def test_other_folders_are_no_recorded_sessions(tmp_path: Path) -> None:
    assert not is_recorded_session(tmp_path)
    (tmp_path / "session.toml").write_text('format = "imu-valgus plain session 1"\n')
    assert not is_recorded_session(tmp_path)
    with pytest.raises(InputError, match="recorded session 1"):
        read_recorded_session(tmp_path)


def test_a_cut_sample_file_is_one_sentence(copied: Path) -> None:
    file = copied / "recording" / "shank_right.parquet"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(InputError, match="right shank"):
        read_recorded_session(copied)


def test_a_flipped_byte_in_the_samples_is_told_or_refused(copied: Path) -> None:
    file = copied / "recording" / "shank_right.parquet"
    content = bytearray(file.read_bytes())
    outcomes = set()
    for at in range(4, len(content), 997):
        file.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            findings = read_recorded_session(copied).findings
        except InputError:
            outcomes.add("refused")
        else:
            assert "file_changed" in {finding.code for finding in findings}
            outcomes.add("told")
    assert outcomes


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_spoilt_session_file_gives_a_session_or_one_sentence(
    copied: Path, whole: Path, data: st.DataObject
) -> None:
    lines = (whole / "session.toml").read_text().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    change = data.draw(st.sampled_from(["drop", "empty", "number", "text", "cut"]))
    key = lines[at].partition("=")[0]
    new = {"drop": [], "empty": [""], "number": [f"{key}= -7"], "text": [f'{key}= "x"']}
    lines[at : at + 1] = new.get(change, [])
    text = "\n".join(lines[:at] if change == "cut" else lines)
    (copied / "session.toml").write_text(text)
    try:
        session = read_recorded_session(copied)
    except InputError:
        pass  # the one sentence; anything else is an error of the test
    else:
        assert session.recordings[0].streams


def test_a_take_of_every_sensor_arrives_exactly_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMU_VALGUS_HOME", str(tmp_path / "home"))
    app = typer.Typer()
    record.register(app)
    devices.register(app)
    options = ["--demo", "--fast", "--task", "walk", "--seconds", "12"]
    result = CliRunner().invoke(app, ["record", *options, "--out", str(tmp_path / "take")])
    assert result.exit_code == 0, result.output
    session = read_session(tmp_path / "take")
    streams = session.recordings[0].streams
    assert len(streams) == 5
    for place, stream in streams.items():
        table = parquet.read_table(tmp_path / "take" / "recording" / f"{place}.parquet")
        columns = stream_columns(stream)
        assert set(columns) == set(table.column_names)
        for name, values in columns.items():
            np.testing.assert_array_equal(values, table[name].to_numpy())
    assert {finding.code for finding in session.findings} == {"losses_not_detectable"}
