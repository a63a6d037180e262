"""Bring a session to oriented sensors: calibrate, align, find rest, remove gyroscope bias, fuse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.calibration.gyro_bias import estimate_gyro_bias, remove_gyro_bias
from imu_valgus.calibration.rests import StaticTrial, mean_up
from imu_valgus.calibration.sensor import apply_sensor_calibration, find_calibration
from imu_valgus.calibration.standing import find_static_trials
from imu_valgus.conventions import ANALYSIS_RATE_HZ, GRAVITY_M_S2
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
from imu_valgus.orientation import DEFAULT_ENGINE, estimate_orientation
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
        Streams on the analysis clock with the gyroscope bias removed.
    orientations
        Sensor-to-earth orientations by placement.
    ups
        Unit vector up in each sensor's frame, shape (n, 3), NaN where not known.
    tilts_deg
        Angle of up from its direction in neutral standing, shape (n,), NaN where not known.
    trials
        Static trials in neutral standing.
    movements
        Spans of tasks, labelled or found.
    step_up_candidates
        Step-ups by inclination alone, before labels and walks are taken into account.
    """

    aligned: AlignedRecording
    orientations: Mapping[Placement, OrientationSeries]
    ups: Mapping[Placement, FloatArray]
    tilts_deg: Mapping[Placement, FloatArray]
    trials: tuple[StaticTrial, ...]
    movements: tuple[TaskSpan, ...]
    step_up_candidates: tuple[FoundStepUp, ...]

    def lift_m_s2(self, place: Placement) -> FloatArray:
        """Vertical acceleration of a sensor without gravity, upwards positive, shape (n,)."""
        acc = self.aligned.streams[place].acc
        return np.asarray(np.sum(acc * self.ups[place], axis=1) - GRAVITY_M_S2)


def prepare_recordings(
    session: Session, *, fusion: str, rate_hz: float
) -> tuple[tuple[PreparedRecording, ...], tuple[Finding, ...]]:
    """Bring a session to the point where sensors are oriented and movements are known.

    Parameters
    ----------
    session
        Session as read.
    fusion
        Name of the orientation engine.
    rate_hz
        Rate of the analysis clock.

    Returns
    -------
    tuple of PreparedRecording
        In the order of the session.
    tuple of Finding
        Findings of alignment, bias and static trials.

    Raises
    ------
    InputError
        If nobody stands still in any recording; then no sensor can be calibrated.
    """
    pairs = [align_recording(recording, rate_hz=rate_hz) for recording in session.recordings]
    aligned = [recording for recording, _ in pairs]
    stills = {recording.name: find_still_spans(recording) for recording in aligned}
    unbiased, bias_findings = _without_bias(aligned, stills)
    trials, trial_findings = find_static_trials(unbiased, stills)
    if not trials:
        raise InputError(
            "No recording contains standing still, which the calibration needs. Record 5 s of "
            "standing still before the movement and try again."
        )
    up = mean_up([trial for trial in trials if trial.is_labelled] or list(trials))
    prepared = tuple(
        _oriented(
            recording,
            up,
            tuple(trial for trial in trials if trial.recording == recording.name),
            fusion=fusion,
        )
        for recording in unbiased
    )
    align_findings = [finding for _, findings in pairs for finding in findings]
    return prepared, (*align_findings, *bias_findings, *trial_findings)


def find_tasks(session: Session) -> Mapping[str, tuple[TaskSpan, ...]]:
    """Find what was done in each recording, without analysing further.

    Parameters
    ----------
    session
        Session as read.

    Returns
    -------
    mapping of str to tuple of TaskSpan
        Labelled and found spans by name of the recording, in order of time.

    Raises
    ------
    InputError
        If nobody stands still in any recording.
    """
    prepared, _ = prepare_recordings(session, fusion=DEFAULT_ENGINE, rate_hz=ANALYSIS_RATE_HZ)
    return {recording.aligned.name: recording.movements for recording in prepared}


def with_sensor_calibrations(
    session: Session, calibrations: Sequence[SensorCalibration]
) -> Session:
    """Correct each sensor by its calibration that is nearest in time.

    Parameters
    ----------
    session
        Session as read; streams that carry a calibration already stay as they are.
    calibrations
        Calibrations of any sensors.

    Returns
    -------
    Session
        With one note (``sensor_calibrated``) per corrected sensor.
    """
    notes: dict[Placement, Finding] = {}

    def corrected(place: Placement, stream: SensorStream) -> SensorStream:
        calibration = find_calibration(calibrations, stream.sensor_id, at=session.info.recorded_at)
        if calibration is None or stream.calibration_id is not None:
            return stream
        message = (
            f"The {place.words} sensor '{calibration.sensor_id}' was corrected by its calibration "
            f"of {calibration.created:%Y-%m-%d}."
        )
        notes[place] = Finding(Severity.NOTE, "sensor_calibrated", message, placement=place)
        return apply_sensor_calibration(stream, calibration)

    recordings = tuple(
        Recording(
            recording.name,
            {place: corrected(place, stream) for place, stream in recording.streams.items()},
            recording.tasks,
        )
        for recording in session.recordings
    )
    return replace(session, recordings=recordings, findings=(*session.findings, *notes.values()))


def _without_bias(
    aligned: Sequence[AlignedRecording], stills: Mapping[str, Sequence[Span]]
) -> tuple[list[AlignedRecording], tuple[Finding, ...]]:
    biases, findings = estimate_gyro_bias(aligned, stills)
    unbiased = [
        recording.with_streams(
            {
                placement: remove_gyro_bias(stream, biases[recording.name][placement])
                for placement, stream in recording.streams.items()
                if placement in biases[recording.name]
            }
        )
        for recording in aligned
    ]
    return unbiased, findings


def _oriented(
    aligned: AlignedRecording,
    up: Mapping[Placement, FloatArray],
    trials: tuple[StaticTrial, ...],
    *,
    fusion: str,
) -> PreparedRecording:
    orientations = {
        placement: estimate_orientation(stream, engine=fusion)
        for placement, stream in aligned.streams.items()
        if stream.is_known.any()
    }
    ups = {
        place: np.where(series.is_known[:, None], series.to_earth.inv().apply(_UP), np.nan)
        for place, series in orientations.items()
    }
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
    return PreparedRecording(aligned, orientations, ups, tilts, trials, movements, candidates)
