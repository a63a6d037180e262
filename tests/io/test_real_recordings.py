"""Real recordings by others read as what they are, without a false repair."""

from pathlib import Path

import numpy as np
import pytest

from imu_valgus.io.sessions import read_session
from imu_valgus.model import Placement, Session, Task
from imu_valgus.signals.align import align_recording

REAL = Path(__file__).parents[2] / ".." / "shared" / "real"
THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real recordings (../shared/real) are not on this machine"
)


def read(name: str) -> Session:
    return read_session(REAL / name)


def test_biostamp_walk() -> None:
    session = read("biostamp_walk")
    assert len(session.recordings) == 13
    assert session.recordings[0].name == "static"
    assert [task.task for task in session.recordings[0].tasks] == [Task.STANDING]
    assert session.info.subject == "biostamp-S0040"
    for recording in session.recordings:
        assert set(recording.streams) == {THIGH, SHANK}
        for stream in recording.streams.values():
            assert stream.rate_hz == pytest.approx(250.0, rel=0.005)
    squats = session.recordings[1]
    assert [len(squats.streams[place]) for place in (THIGH, SHANK)] == [4231, 4226]
    assert {finding.code for finding in session.findings} == {"files_left_out"}


@pytest.mark.parametrize(
    ("name", "counts", "starts_s"),
    [
        ("movella_dot_knee_1", (3263, 3262), (0.0, 0.016667)),
        ("movella_dot_knee_2", (2658, 2658), (0.016667, 0.0)),
    ],
)
def test_movella_dot_exports_share_one_clock(
    name: str, counts: tuple[int, int], starts_s: tuple[float, float]
) -> None:
    session = read(name)
    streams = [session.recordings[0].streams[place] for place in (THIGH, SHANK)]
    assert session.source_format == "Movella DOT export"
    assert tuple(len(stream) for stream in streams) == counts
    assert tuple(float(stream.time_s[0]) for stream in streams) == pytest.approx(starts_s)
    assert [stream.sensor_id for stream in streams] == ["Femur", "Tibia"]
    for stream in streams:
        assert stream.rate_hz == pytest.approx(60.0, abs=0.01)
        assert np.abs(stream.gyr).max() < 10.0
        at_rest = np.linalg.norm(stream.acc[:20], axis=1)
        assert at_rest.mean() == pytest.approx(9.81, rel=0.01)
    assert session.findings == ()


def test_full_body_walk_keeps_its_clock_and_its_samples() -> None:
    session = read("full_body_walk")
    recording = session.recordings[0]
    assert set(recording.streams) == set(Placement)
    assert session.findings == ()
    aligned, findings = align_recording(recording)
    assert findings == ()
    assert (aligned.time_s[0], len(aligned)) == (40.0, 10000)
    for place, stream in recording.streams.items():
        np.testing.assert_array_equal(aligned.streams[place].gyr, stream.gyr)
        assert aligned.quality[place].received_share == 1.0


def test_aligned_recordings_have_no_gap_where_there_was_none() -> None:
    for recording in read("biostamp_walk").recordings:
        aligned, _ = align_recording(recording)
        for stream in aligned.streams.values():
            missing = np.isnan(stream.acc[:, 0])
            # One sensor may start or end a sample before the other.
            assert missing.sum() <= 2
