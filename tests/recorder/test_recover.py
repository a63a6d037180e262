"""From journals, whole or harmed, to recorded sessions."""

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from support.journals import SAMPLES_PER_PACKET, example_motion, write_example_journal

from imu_valgus.errors import InputError
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.io.session_toml import read_session_toml
from imu_valgus.model import Placement, SessionInfo, Task
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter
from imu_valgus.recorder.recover import find_orphans, recover_recording
from imu_valgus.recorder.session_writer import write_recorded_session


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    info = SessionInfo(subject='Zo\u00eb "7"', height_m=1.7, step_height_m=0.1)
    outage = {Placement.SHANK_RIGHT: (12.0, 14.5)}
    write_example_journal(folder / JOURNAL_FILE, info=info, outages_s=outage)
    recover_recording(folder)
    return folder


def test_a_journal_becomes_a_session_with_the_true_samples(recorded: Path) -> None:
    session = read_recorded_session(recorded)
    assert session.info.subject == 'Zo\u00eb "7"'
    assert session.info.step_height_m == 0.1
    streams = session.recordings[0].streams
    assert set(streams) == {Placement.THIGH_RIGHT, Placement.SHANK_RIGHT}
    for stream in streams.values():
        acc, gyr = example_motion(stream.time_s - 0.005)
        assert np.abs(stream.acc - acc).max() < 0.05
        assert np.abs(stream.gyr - gyr).max() < 0.05
    assert streams[Placement.THIGH_RIGHT].sensor_id == "SN0000"


def test_tasks_come_back_as_labelled(recorded: Path) -> None:
    tasks = read_recorded_session(recorded).recordings[0].tasks
    assert [(span.task, round(span.start_s), round(span.end_s)) for span in tasks] == [
        (Task.STANDING, 0, 10),
        (Task.WALK, 10, 30),
    ]


def test_losses_are_told_and_nothing_is_filled_in(recorded: Path) -> None:
    thigh, shank = (file.record for file in read_session_toml(recorded).files)
    assert thigh.lost == 0
    assert shank.lost == pytest.approx(2.5 * 104, abs=12)
    assert shank.longest_gap_s == pytest.approx(2.5, abs=0.2)
    session = read_recorded_session(recorded)
    assert np.diff(session.recordings[0].streams[Placement.SHANK_RIGHT].time_s).max() > 2.3
    assert "samples_lost" in {finding.code for finding in session.findings}


def test_the_synchronisation_error_is_in_the_session(recorded: Path) -> None:
    for record in (file.record for file in read_session_toml(recorded).files):
        assert 0.0 < record.clock.sync_error_s < 0.003


def test_a_changed_file_is_told(recorded: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(recorded, tmp_path / "copy")
    shutil.copy(copy / "recording/thigh_right.parquet", copy / "recording/shank_right.parquet")
    codes = {finding.code for finding in read_recorded_session(copy).findings}
    assert "file_changed" in codes


def test_a_missing_file_is_one_sentence_that_says_how_to_get_it_back(
    recorded: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(recorded, tmp_path / "copy")
    (copy / "recording/shank_right.parquet").unlink()
    with pytest.raises(InputError, match="imu-valgus recover"):
        read_recorded_session(copy)


def test_a_short_journal_cut_anywhere_is_recovered_or_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Hundreds of recoveries: what the disk is told to do at once does not matter here.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    write_example_journal(tmp_path / JOURNAL_FILE, duration_s=0.25)
    content = (tmp_path / JOURNAL_FILE).read_bytes()
    recovered = 0
    for cut in range(0, len(content), 13):
        received = len(Journal.from_bytes(content[:cut]).packets)
        try:
            summary = write_recorded_session(tmp_path, Journal.from_bytes(content[:cut]))
        except InputError as error:
            assert received == 0
            assert "nothing" in str(error)  # noqa: PT017 - most cuts do not raise
        else:
            # All samples of each whole packet before the cut, none lost, none invented.
            assert (
                sum(sensor.received for sensor in summary.sensors) == SAMPLES_PER_PACKET * received
            )
            recovered += 1
    assert recovered > len(content) / 13 / 5


def test_flipped_bytes_cost_a_packet_each_and_are_told(tmp_path: Path) -> None:
    write_example_journal(tmp_path / JOURNAL_FILE, duration_s=6.0)
    content = bytearray((tmp_path / JOURNAL_FILE).read_bytes())
    whole = write_recorded_session(tmp_path, Journal.from_bytes(bytes(content)))
    for at in (len(content) // 2, len(content) * 3 // 4):
        content[at] ^= 0x10
    harmed = write_recorded_session(tmp_path, Journal.from_bytes(bytes(content)))
    received = [sum(s.received for s in summary.sensors) for summary in (whole, harmed)]
    assert received[0] - received[1] == 2 * SAMPLES_PER_PACKET
    assert sum(sensor.lost for sensor in harmed.sensors) == 2 * SAMPLES_PER_PACKET
    assert any("damaged in 2 places" in note for note in harmed.notes)


def test_a_journal_without_samples_is_one_sentence(tmp_path: Path) -> None:
    write_example_journal(tmp_path / JOURNAL_FILE, duration_s=0.03)
    with pytest.raises(InputError, match="no samples"):
        recover_recording(tmp_path)


def test_a_foreign_journal_is_one_sentence(tmp_path: Path) -> None:
    JournalWriter(tmp_path / JOURNAL_FILE, {"what": "ever"}).close()
    with pytest.raises(InputError, match="names no sensors"):
        recover_recording(tmp_path)


def test_a_complete_session_is_not_recovered_again(recorded: Path) -> None:
    with pytest.raises(InputError, match="is complete"):
        recover_recording(recorded)


def test_orphans_are_found_but_not_while_they_are_written(recorded: Path, tmp_path: Path) -> None:
    fresh, old = tmp_path / "fresh", tmp_path / "old"
    for folder in (fresh, old):
        write_example_journal(folder / JOURNAL_FILE, duration_s=1.0)
    an_hour_ago = time.time() - 3600
    os.utime(old / JOURNAL_FILE, (an_hour_ago, an_hour_ago))
    assert find_orphans([fresh, old, recorded, tmp_path / "nothing", old]) == (old,)


def test_a_full_disk_leaves_the_journal_and_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_example_journal(tmp_path / JOURNAL_FILE, duration_s=1.0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"No space left on device.*free some space"):
        recover_recording(tmp_path)
    monkeypatch.undo()
    assert not (tmp_path / "session.toml").exists()
    assert recover_recording(tmp_path).sensors[0].received > 50
