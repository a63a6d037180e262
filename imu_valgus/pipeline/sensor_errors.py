"""Correct every sensor that has a calibration of its own, before anything else is done."""

from collections.abc import Sequence
from dataclasses import replace

from imu_valgus.calibration.sensor import apply_sensor_calibration, find_calibration
from imu_valgus.model import Finding, Placement, Recording, SensorStream, Session, Severity
from imu_valgus.model.sensor_calibration import SensorCalibration


def with_sensor_calibrations(
    session: Session, calibrations: Sequence[SensorCalibration]
) -> Session:
    """Apply to each sensor its calibration nearest in time; each once, and told.

    Parameters
    ----------
    session
        As read; streams that carry a calibration already are left as they are.
    calibrations
        Of any sensors.

    Returns
    -------
    Session
        With one note per corrected sensor.
    """
    told: dict[Placement, Finding] = {}

    def corrected(place: Placement, stream: SensorStream) -> SensorStream:
        own = find_calibration(calibrations, stream.sensor_id, at=session.info.recorded_at)
        if own is None or stream.calibration_id is not None:
            return stream
        message = (
            f"The {place.words} sensor '{own.sensor_id}' was corrected by its calibration of "
            f"{own.created:%Y-%m-%d}."
        )
        told[place] = Finding(Severity.NOTE, "sensor_calibrated", message, placement=place)
        return apply_sensor_calibration(stream, own)

    recordings = tuple(
        Recording(
            one.name,
            {place: corrected(place, stream) for place, stream in one.streams.items()},
            one.tasks,
        )
        for one in session.recordings
    )
    return replace(session, recordings=recordings, findings=(*session.findings, *told.values()))
