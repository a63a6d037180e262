"""Apply a sensor's calibration to its samples: matched by id, nearest in time, never twice."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from imu_valgus.errors import AlreadyCalibratedError, InputError
from imu_valgus.model import SensorStream
from imu_valgus.model.calibration import SensorCalibration


def apply_sensor_calibration(stream: SensorStream, calibration: SensorCalibration) -> SensorStream:
    """Correct the samples of the sensor that the calibration belongs to.

    Do this on samples as they were read, before resampling and before the gyroscope bias.

    Parameters
    ----------
    stream
        Samples without any calibration.
    calibration
        Calibration of the same sensor.

    Returns
    -------
    SensorStream
        Corrected samples, with the name of the calibration in `calibration_id`.

    Raises
    ------
    AlreadyCalibratedError
        If the samples carry a calibration already.
    InputError
        If the calibration is another sensor's.
    """
    if stream.calibration_id is not None:
        raise AlreadyCalibratedError(
            f"These samples already carry the calibration '{stream.calibration_id}'. Apply "
            f"'{calibration.calibration_id}' to the recording as it was read, and only once."
        )
    if stream.sensor_id != calibration.sensor_id:
        raise InputError(
            f"The samples are of sensor '{stream.sensor_id}', but the calibration is of "
            f"'{calibration.sensor_id}'. A calibration fits only the sensor it was made with."
        )
    acc, mag = stream.acc, stream.mag
    if calibration.accelerometer is not None:
        acc = calibration.accelerometer.applied(acc)
    if calibration.magnetometer is not None and mag is not None:
        mag = calibration.magnetometer.applied(mag)
    return replace(stream, acc=acc, mag=mag, calibration_id=calibration.calibration_id)


def find_calibration(
    calibrations: Iterable[SensorCalibration], sensor_id: str | None, *, at: datetime | None
) -> SensorCalibration | None:
    """Find the calibration of a sensor that is nearest in time to a recording.

    Parameters
    ----------
    calibrations
        Calibrations of any sensors.
    sensor_id
        Id of the sensor; None finds nothing.
    at
        Time of the recording, with time zone; None takes the newest calibration.

    Returns
    -------
    SensorCalibration or None
        None if the sensor was never calibrated.
    """
    of_sensor = [c for c in calibrations if c.sensor_id == sensor_id]
    if at is None:
        return max(of_sensor, key=lambda c: c.created, default=None)
    return min(of_sensor, key=lambda c: abs(c.created - at), default=None)
