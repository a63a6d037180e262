"""Session to oriented sensors: align, find rests, remove the gyroscope bias, fuse.

Correct every sensor that has a calibration of its own, before anything else is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.calibration.gyro_bias import estimate_gyro_bias, remove_gyro_bias
from imu_valgus.calibration.rests import StaticTrial, mean_up
from imu_valgus.calibration.sensor import apply_sensor_calibration, find_calibration
from imu_valgus.calibration.standing import find_static_trials
from imu_valgus.conventions import ANALYSIS_RATE_HZ
from imu_valgus.errors import InputError
from imu_valgus.model import (
    AlignedRecording,
    Finding,
    FloatArray,
    OrientationSeries,
    Placement,
    Recording,
    SensorStream,
    Session,
    Severity,
    Span,
    TaskSpan,
)
from imu_valgus.model.calibration import SensorCalibration
from imu_valgus.orientation import estimate_orientation
from imu_valgus.segmentation.movements import find_movements
from imu_valgus.segmentation.seated import leans_deg
from imu_valgus.segmentation.step_ups import FoundStepUp, find_step_ups
from imu_valgus.signals.align import align_recording
from imu_valgus.signals.stillness import find_still_spans

_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRecording:
    """One recording, ready for calibration and kinematics.

    Parameters
    ----------
    aligned
        On the analysis clock, gyroscope bias removed.
    orientations
        Sensor to earth, by placement.
    ups
        Up in each sensor's frame over time, shape (n, 3), NaN where not known.
    tilts_deg
        Angle of up from its direction in neutral standing, shape (n,).
    trials
        Neutral standing.
    movements
        What was done when, labelled or found.
    step_up_candidates
        What looks like a step-up by inclination alone, before labels and walks are asked.
    """

    aligned: AlignedRecording
    orientations: Mapping[Placement, OrientationSeries]
    ups: Mapping[Placement, FloatArray]
    tilts_deg: Mapping[Placement, FloatArray]
    trials: tuple[StaticTrial, ...]
    movements: tuple[TaskSpan, ...]
    step_up_candidates: tuple[FoundStepUp, ...]


def prepare_recordings(
    session: Session, *, fusion: str, rate_hz: float
) -> tuple[tuple[PreparedRecording, ...], tuple[Finding, ...]]:
    """Bring a session to the point where sensors are oriented and movements are known.

    Parameters
    ----------
    session
        As read.
    fusion
        Name of the orientation engine.
    rate_hz
        Rate of the analysis clock.

    Raises
    ------
    InputError
        If nobody stands still anywhere: without it no sensor can be calibrated.
    """
    findings: list[Finding] = []
    aligned: list[AlignedRecording] = []
    for recording in session.recordings:
        one, told = align_recording(recording, rate_hz=rate_hz)
        aligned.append(one)
        findings += told
    stills = {one.name: find_still_spans(one) for one in aligned}
    unbiased, told = _without_bias(aligned, stills)
    findings += told
    trials, told = find_static_trials(unbiased, stills)
    findings += told
    if not trials:
        raise InputError(
            "Expected at least one rest in standing for the calibration, found none in any "
            "recording: record 5 s of standing still before the movement and try again."
        )
    up = mean_up([trial for trial in trials if trial.is_labelled] or list(trials))
    prepared = [
        _oriented(one, up, [s for s in trials if s.recording == one.name], fusion=fusion)
        for one in unbiased
    ]
    return tuple(prepared), tuple(findings)


def find_tasks(session: Session) -> Mapping[str, tuple[TaskSpan, ...]]:
    """Find what was done in each recording, without analysing further.

    Parameters
    ----------
    session
        As read.

    Raises
    ------
    InputError
        If nobody stands still anywhere.
    """
    prepared, _ = prepare_recordings(session, fusion="vqf", rate_hz=ANALYSIS_RATE_HZ)
    return {one.aligned.name: one.movements for one in prepared}


def _without_bias(
    aligned: Sequence[AlignedRecording], stills: Mapping[str, Sequence[Span]]
) -> tuple[list[AlignedRecording], tuple[Finding, ...]]:
    biases, findings = estimate_gyro_bias(aligned, stills)
    unbiased = [
        one.with_streams(
            {
                placement: remove_gyro_bias(stream, biases[one.name][placement])
                for placement, stream in one.streams.items()
                if placement in biases[one.name]
            }
        )
        for one in aligned
    ]
    return unbiased, findings


def _oriented(
    aligned: AlignedRecording,
    up: Mapping[Placement, FloatArray],
    trials: Sequence[StaticTrial],
    *,
    fusion: str,
) -> PreparedRecording:
    orientations = {
        placement: estimate_orientation(stream, engine=fusion)
        for placement, stream in aligned.streams.items()
        if stream.is_known.any()
    }
    ups = {place: _up_of(series) for place, series in orientations.items()}
    tilts = {
        place: np.degrees(np.arccos(np.clip(ups[place] @ up[place], -1.0, 1.0)))
        for place in ups
        if place in up
    }
    leans = {place: leans_deg(ups[place], up[place]) for place in tilts}
    candidates = find_step_ups(aligned.time_s, tilts)
    movements = find_movements(
        aligned.time_s, tilts, leans_deg=leans, step_ups=candidates, labelled=aligned.tasks
    )
    return PreparedRecording(
        aligned, orientations, ups, tilts, tuple(trials), movements, candidates
    )


def _up_of(series: OrientationSeries) -> FloatArray:
    up = series.to_earth.inv().apply(_UP)
    return np.where(series.is_known[:, None], up, np.nan)


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
