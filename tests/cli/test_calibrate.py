"""From six faces on a table to a session whose sensor is corrected once."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from imu_valgus.cli.main import app
from imu_valgus.errors import InputError
from imu_valgus.io.calibrations import load_calibrations
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Placement, Recording, SensorStream, Session, SessionInfo
from imu_valgus.pipeline import with_sensor_calibrations

OFFSET = np.array([0.30, -0.20, 0.15])
FACES = np.concatenate([np.eye(3), -np.eye(3)])


def write_six_faces(file: Path) -> None:
    """Lay a sensor with a known offset on each face for five seconds, turned in between."""
    rng = np.random.default_rng(1)
    rows = []
    for face in FACES:
        turning = np.tile(face * 9.81, (100, 1)) + 3.0 * rng.standard_normal((100, 3))
        resting = np.tile(face * 9.81, (500, 1)) + 0.02 * rng.standard_normal((500, 3))
        rows += [turning, resting]
    acc = np.concatenate(rows) + OFFSET
    moving = np.tile(np.repeat([1.0, 0.0], [100, 500]), 6)[:, None]
    gyr = 0.002 * rng.standard_normal(acc.shape) + moving * rng.standard_normal(acc.shape)
    time_s = np.arange(len(acc)) / 100.0
    header = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
    table = np.column_stack([time_s, acc, gyr])
    np.savetxt(file, table, delimiter=",", header=header, comments="", fmt="%.6f")


def resting_session(sensor_id: str | None) -> Session:
    time_s = np.arange(500) / 100.0
    rng = np.random.default_rng(2)
    acc = np.tile([0.0, 9.81, 0.0], (500, 1)) + OFFSET + 0.02 * rng.standard_normal((500, 3))
    gyr = 0.01 * rng.standard_normal((500, 3))
    streams = {
        Placement.THIGH_RIGHT: SensorStream(time_s, acc, gyr, sensor_id=sensor_id),
        Placement.SHANK_RIGHT: SensorStream(time_s, acc, gyr),
    }
    return Session(SessionInfo(), (Recording("standing", streams),))


def test_a_calibrated_sensor_is_corrected_by_its_name_and_only_it(tmp_path: Path) -> None:
    write_six_faces(tmp_path / "six_faces.csv")
    arguments = ["calibrate", str(tmp_path / "six_faces.csv"), "--sensor", "A:1"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "calibration")])
    assert result.exit_code == 0, result.output
    assert "residual" in result.output
    write_plain_session(resting_session("A:1"), tmp_path / "session")
    calibrations, findings = load_calibrations(tmp_path / "calibration")
    assert not findings
    session = with_sensor_calibrations(read_session(tmp_path / "session"), calibrations)
    streams = session.recordings[0].streams
    np.testing.assert_allclose(
        streams[Placement.THIGH_RIGHT].acc.mean(axis=0), [0.0, 9.81, 0.0], atol=0.02
    )
    np.testing.assert_allclose(
        streams[Placement.SHANK_RIGHT].acc.mean(axis=0),
        np.array([0.0, 9.81, 0.0]) + OFFSET,
        atol=0.02,
    )
    assert [finding.placement for finding in session.findings] == [Placement.THIGH_RIGHT]


def test_applying_twice_changes_nothing_more(tmp_path: Path) -> None:
    write_six_faces(tmp_path / "six_faces.csv")
    arguments = ["calibrate", str(tmp_path / "six_faces.csv"), "--sensor", "A"]
    CliRunner().invoke(app, [*arguments, "--out", str(tmp_path)])
    calibrations, _ = load_calibrations(tmp_path)
    once = with_sensor_calibrations(resting_session("A"), calibrations)
    twice = with_sensor_calibrations(once, calibrations)
    for place, stream in once.recordings[0].streams.items():
        np.testing.assert_array_equal(twice.recordings[0].streams[place].acc, stream.acc)


def test_magnetometer_without_columns_is_said_in_a_sentence(tmp_path: Path) -> None:
    write_six_faces(tmp_path / "six_faces.csv")
    arguments = ["calibrate", str(tmp_path / "six_faces.csv"), "--sensor", "A", "--magnetometer"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "calibration")])
    assert isinstance(result.exception, InputError)
    assert "magnetometer columns" in str(result.exception)
    assert not (tmp_path / "calibration").exists()


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_missing_file_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(app, ["calibrate", str(tmp_path / name), "--sensor", "A"])
    assert isinstance(result.exception, InputError)
