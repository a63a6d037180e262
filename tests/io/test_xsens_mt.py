"""Xsens MT text exports: time from a packet counter that wraps, channels that may be missing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.errors import InputError
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Placement

THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT
PLACES = {"00B42279": THIGH, "MT_012005D6_009-001_00B4227B.txt": SHANK}

WriteMt = Callable[..., Path]


@pytest.fixture
def write_mt(tmp_path: Path, rows: Callable[..., np.ndarray]) -> WriteMt:
    def write(
        device: str,
        *,
        first: int = 100,
        header: str = "// Update Rate: 100.0Hz\n",
        with_gyr: bool = True,
        lost: slice = slice(0, 0),
    ) -> Path:
        names = ["Acc_X", "Acc_Y", "Acc_Z", "Gyr_X", "Gyr_Y", "Gyr_Z"][: 6 if with_gyr else 3]
        columns = ["PacketCounter", "SampleTimeFine", *names, "Roll"]
        lines = []
        for index, row in enumerate(rows(n=300)):
            cells = [f"{value:.6f}" for value in row[1 : 1 + len(names)]]
            lines.append("\t".join([str((first + index) % 2**16), "", *cells, "1.5"]))
        del lines[lost]
        file = tmp_path / "mt" / f"MT_012005D6_009-001_{device}.txt"
        file.parent.mkdir(exist_ok=True)
        text = ["// Start Time: Unknown", *([header.strip()] if header else []), "\t".join(columns)]
        file.write_text("\n".join([*text, *lines]) + "\n")
        return file.parent

    return write


def test_counters_give_a_shared_clock_over_their_rollover(write_mt: WriteMt) -> None:
    write_mt("00B42279", first=65500)
    session = read_session(write_mt("00B4227B", first=65536 + 4), places=PLACES)
    thigh, shank = (session.recordings[0].streams[place] for place in (THIGH, SHANK))
    assert session.source_format == "Xsens MT export"
    assert thigh.time_s[0] == 0.0
    assert shank.time_s[0] == pytest.approx(0.4)
    np.testing.assert_allclose(np.diff(thigh.time_s), 0.01, atol=1e-9)
    assert thigh.sensor_id == "00B42279"


def test_values_arrive_as_written(write_mt: WriteMt, rows: Callable[..., np.ndarray]) -> None:
    write_mt("00B42279")
    session = read_session(write_mt("00B4227B"), places=PLACES)
    stream = session.recordings[0].streams[SHANK]
    np.testing.assert_allclose(stream.acc, rows(n=300)[:, 1:4], atol=1e-6)
    np.testing.assert_allclose(stream.gyr, rows(n=300)[:, 4:], atol=1e-6)


def test_lost_packets_are_a_gap_in_time(write_mt: WriteMt) -> None:
    write_mt("00B42279")
    session = read_session(write_mt("00B4227B", lost=slice(50, 80)), places=PLACES)
    steps = np.diff(session.recordings[0].streams[SHANK].time_s)
    assert steps.max() == pytest.approx(0.31)


def test_a_missing_gyroscope_stays_unknown_and_is_told(write_mt: WriteMt) -> None:
    write_mt("00B42279", with_gyr=False)
    session = read_session(write_mt("00B4227B"), places=PLACES)
    assert np.isnan(session.recordings[0].streams[THIGH].gyr).all()
    assert [(f.code, f.placement) for f in session.findings] == [("no_gyroscope", THIGH)]


def test_a_file_without_a_rate_is_refused_with_the_line_to_add(write_mt: WriteMt) -> None:
    write_mt("00B42279", header="")
    with pytest.raises(InputError, match=r"00B42279\.txt: .*// Update Rate: 100\.0Hz"):
        read_session(write_mt("00B4227B"), places=PLACES)


def test_without_places_the_place_option_is_shown(write_mt: WriteMt) -> None:
    write_mt("00B42279")
    with pytest.raises(InputError, match=r"--place MT_012005D6_009-001_00B42279\.txt=thigh_right"):
        read_session(write_mt("00B4227B"))
