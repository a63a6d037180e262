"""Sensor calibrations: applied to the right sensor, once, nearest in time."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from imu_valgus.calibration.gyro_bias import remove_gyro_bias
from imu_valgus.calibration.sensor import apply_sensor_calibration, find_calibration
from imu_valgus.errors import AlreadyCalibratedError, InputError
from imu_valgus.model import GyroBias, SensorStream
from imu_valgus.model.calibration import SensorCalibration, TriaxialCorrection

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TWICE = TriaxialCorrection(2.0 * np.eye(3), np.array([1.0, 2.0, 3.0]), 0.01, "a test")


def stream(sensor_id: str | None = "A", mag: np.ndarray | None = None) -> SensorStream:
    acc = np.array([[2.0, 2.0, 2.0], [np.nan, 1.0, 1.0]])
    return SensorStream(np.arange(2) / 100, acc, np.ones((2, 3)), mag=mag, sensor_id=sensor_id)


def test_samples_are_corrected_and_marked_and_gaps_stay():
    calibration = SensorCalibration("A", NOON, accelerometer=TWICE)
    corrected = apply_sensor_calibration(stream(mag=np.ones((2, 3))), calibration)
    assert corrected.acc[0] == pytest.approx([2.0, 0.0, -2.0])
    assert np.isnan(corrected.acc[1]).any()
    assert np.array_equal(corrected.gyr, np.ones((2, 3)))
    assert np.array_equal(corrected.mag, np.ones((2, 3)))
    assert corrected.calibration_id == "A 2026-11-22"


def test_the_magnetometer_is_corrected_where_there_is_one():
    calibration = SensorCalibration("A", NOON, magnetometer=TWICE)
    assert apply_sensor_calibration(stream(), calibration).mag is None
    corrected = apply_sensor_calibration(stream(mag=np.ones((2, 3))), calibration)
    assert corrected.mag[0] == pytest.approx([0.0, -2.0, -4.0])


def test_a_second_calibration_is_refused_also_after_the_bias():
    calibration = SensorCalibration("A", NOON, accelerometer=TWICE)
    once = apply_sensor_calibration(stream(), calibration)
    with pytest.raises(AlreadyCalibratedError, match="only once"):
        apply_sensor_calibration(once, calibration)
    bias = GyroBias(np.zeros(1), np.zeros((1, 3)), np.zeros(1))
    both = remove_gyro_bias(once, bias)
    assert both.calibration_id == "A 2026-11-22 + gyro_bias"
    with pytest.raises(AlreadyCalibratedError):
        remove_gyro_bias(both, bias)
    with pytest.raises(AlreadyCalibratedError):
        apply_sensor_calibration(remove_gyro_bias(stream(), bias), calibration)


@pytest.mark.parametrize("other", ["B", None])
def test_the_calibration_of_another_sensor_is_refused(other):
    with pytest.raises(InputError, match="fits only the sensor"):
        apply_sensor_calibration(stream(other), SensorCalibration("A", NOON, accelerometer=TWICE))


def test_the_calibration_nearest_in_time_is_found():
    days = [0, 10, 40]
    of_sensor = [SensorCalibration("A", NOON + timedelta(d), accelerometer=TWICE) for d in days]
    other = SensorCalibration("B", NOON + timedelta(12), accelerometer=TWICE)
    every = [other, *of_sensor]
    assert find_calibration(every, "A", at=NOON + timedelta(12)) is of_sensor[1]
    assert find_calibration(every, "A", at=NOON - timedelta(99)) is of_sensor[0]
    assert find_calibration(every, "A", at=None) is of_sensor[2]
    assert find_calibration(every, "C", at=NOON) is None
    assert find_calibration(every, None, at=NOON) is None
