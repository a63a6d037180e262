"""Movella DOT exports: clocks that wrap, sensors that share them or do not, units."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.errors import InputError
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Placement, Session

COLUMNS = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z,Mag_X,Mag_Y,Mag_Z"
STEP_US = 16667
THIGH, SHANK = Placement.THIGH_RIGHT, Placement.SHANK_RIGHT

WriteDot = Callable[..., Path]


@pytest.fixture
def write_dot(tmp_path: Path, rows: Callable[..., np.ndarray]) -> WriteDot:
    """Write one export; `first_us` is its clock at the first sample, before wrapping."""

    def write(
        name: str,
        *,
        first_us: int = 1_000_000,
        tag: str = "Sensor",
        status: str = "Synced",
        started: str = "2024-12-09_17:31:07_869 CET",
        columns: str = COLUMNS,
        lost: slice = slice(0, 0),
    ) -> Path:
        table = rows(n=300, rate_hz=60.0)
        lines = []
        for index, row in enumerate(table):
            count = (first_us + index * STEP_US) % 2**32
            values = [*row[1:4], *np.degrees(row[4:7]), 0.5, -0.25, 1.0]
            lines.append(f"{index + 1},{count}," + ",".join(f"{value:.6f}" for value in values))
        del lines[lost]
        head = (
            f"sep=,\nDeviceTag:,{tag}\nFirmwareVersion:,3.0.0\nSyncStatus:,{status}\n"
            f"OutputRate:,60Hz\nStartTime: ,{started}\n© Movella\n\n{columns}\n"
        )
        file = tmp_path / "dots" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(head + "\n".join(lines), encoding="utf-8")
        return file.parent

    return write


def starts(session: Session) -> dict[Placement, float]:
    streams = session.recordings[0].streams
    return {place: float(stream.time_s[0]) for place, stream in streams.items()}


def test_synchronised_sensors_share_the_clock_from_the_earliest_sample_on(
    write_dot: WriteDot,
) -> None:
    write_dot("thigh_right.csv", first_us=5_000_000)
    session = read_session(write_dot("shank_right.csv", first_us=5_000_000 + 3 * STEP_US))
    assert session.source_format == "Movella DOT export"
    assert starts(session) == pytest.approx({THIGH: 0.0, SHANK: 3 * STEP_US * 1e-6}, abs=1e-9)
    assert session.findings == ()


def test_the_clock_runs_on_over_its_rollover(write_dot: WriteDot) -> None:
    write_dot("thigh_right.csv", first_us=2**32 - 50 * STEP_US)
    session = read_session(write_dot("shank_right.csv", first_us=2**32 + STEP_US))
    assert starts(session) == pytest.approx({THIGH: 0.0, SHANK: 51 * STEP_US * 1e-6}, abs=1e-9)
    for stream in session.recordings[0].streams.values():
        np.testing.assert_allclose(np.diff(stream.time_s), STEP_US * 1e-6, atol=1e-9)


def test_units_become_those_of_the_package(
    write_dot: WriteDot, rows: Callable[..., np.ndarray]
) -> None:
    write_dot("thigh_right.csv")
    stream = read_session(write_dot("shank_right.csv")).recordings[0].streams[SHANK]
    np.testing.assert_allclose(stream.gyr, rows(n=300, rate_hz=60.0)[:, 4:], atol=1e-7)
    assert stream.mag is not None
    np.testing.assert_allclose(stream.mag[0], [20.0, -10.0, 40.0])


def test_lost_packets_are_a_gap_in_time(write_dot: WriteDot) -> None:
    write_dot("thigh_right.csv")
    session = read_session(write_dot("shank_right.csv", lost=slice(100, 160)))
    stream = session.recordings[0].streams[SHANK]
    assert len(stream) == 240
    assert np.diff(stream.time_s).max() == pytest.approx(61 * STEP_US * 1e-6)
    assert [finding.code for finding in session.findings] == ["samples_missing"]


def test_sensors_without_synchronisation_are_laid_by_their_start_times_and_told(
    write_dot: WriteDot,
) -> None:
    write_dot("thigh_right.csv", status="Not synced", first_us=9_000_000)
    folder = write_dot(
        "shank_right.csv", status="Not synced", first_us=77, started="2024-12-09_17:31:08_119 CET"
    )
    session = read_session(folder)
    assert starts(session) == pytest.approx({THIGH: 0.0, SHANK: 0.25})
    assert [finding.code for finding in session.findings] == ["sensors_not_synchronised"]


def test_a_shared_clock_that_contradicts_the_start_times_is_not_believed(
    write_dot: WriteDot,
) -> None:
    write_dot("thigh_right.csv", first_us=1_000_000)
    session = read_session(write_dot("shank_right.csv", first_us=900_000_000))
    assert starts(session) == pytest.approx({THIGH: 0.0, SHANK: 0.0})
    assert "disagree" in session.findings[0].message


def test_tags_tell_the_placement_where_file_names_do_not(write_dot: WriteDot) -> None:
    write_dot("D422CD_1.csv", tag="Femur R")
    session = read_session(write_dot("D422CD_2.csv", tag="right shank"))
    assert set(session.recordings[0].streams) == {THIGH, SHANK}
    assert session.recordings[0].streams[THIGH].sensor_id == "Femur R"


def test_a_tag_can_be_given_a_place(write_dot: WriteDot) -> None:
    write_dot("1.csv", tag="Blue")
    folder = write_dot("2.csv", tag="Red")
    session = read_session(folder, places={"Blue": THIGH, "2.csv": SHANK})
    assert session.recordings[0].streams[THIGH].sensor_id == "Blue"


def test_a_tag_that_contradicts_the_file_name_is_told(write_dot: WriteDot) -> None:
    write_dot("thigh_right.csv", tag="Tibia")
    session = read_session(write_dot("shank_right.csv", tag="Femur"))
    assert [finding.code for finding in session.findings] == ["name_and_tag_differ"] * 2


def test_a_mode_without_rate_quantities_is_told(write_dot: WriteDot) -> None:
    write_dot("thigh_right.csv")
    folder = write_dot("shank_right.csv", columns=COLUMNS.replace("Gyr_", "Euler_"))
    with pytest.raises(InputError, match=r"shank_right\.csv: .*Gyr_X.*rate quantities"):
        read_session(folder)
