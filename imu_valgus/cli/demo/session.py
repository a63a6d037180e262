"""One session of a simulated course, from the simulator to the store."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

import numpy as np

from imu_valgus.cli.add import names_for, record_of
from imu_valgus.io.session_files import session_files
from imu_valgus.model import Session, Side, Task
from imu_valgus.model.progress import Footwear, MeasureKey, SessionRecord
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import RecordingTruth
from imu_valgus.simulate.course import RECORDING, CourseSession, simulate_course_session

PERSON: Final = "DEMO"

TRUE_MEASURES: Final = (
    "hip_internal_rotation_excursion_deg",
    "hip_adduction_excursion_deg",
    "tibial_external_rotation_excursion_deg",
    "knee_abduction_excursion_deg",
)
"""Measures of step-ups with a known truth."""

_SLIPPED: Final = "A strap of the right thigh slipped in the walk: set aside by hand."

_SENSORS: Final = tuple(f"SIM-{number}" for number in range(1, 6))
"""The same five sensors in every session; the simulator would name new ones for each seed."""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session for the store, with its truth.

    Parameters
    ----------
    record, files
        What ``Store.add_session`` takes.
    moved
        True movement of the bones: median over the repetitions, by measure.
    """

    record: SessionRecord
    files: Mapping[str, bytes]
    moved: Mapping[MeasureKey, float]


def kept_session(planned: CourseSession) -> KeptSession:
    """Simulate and analyse one session of a course.

    Argument and result can be sent between processes.

    Parameters
    ----------
    planned
        What to simulate.

    Returns
    -------
    KeptSession
        The session for the store.
    """
    simulated = simulate_course_session(planned)
    analysis = analyse(simulated.session)
    record = record_of(
        analysis,
        person=PERSON,
        session_id=next(names_for(planned.recorded_at)),
        recorded_at=planned.recorded_at,
        sensors=_SENSORS,
        purpose=planned.purpose,
        footwear=Footwear.BAREFOOT,
        pain=planned.pain,
        notes="Simulated.",
        raw_sha256=_hash_of_samples(simulated.session),
    )
    if planned.slips:
        # As a person would do who saw it; the analysis does not notice every slip.
        record = replace(record, set_aside=_SLIPPED)
    moved = _true_medians(simulated.truth[RECORDING])
    return KeptSession(record, dict(session_files(analysis)), moved)


def _true_medians(truth: RecordingTruth) -> dict[MeasureKey, float]:
    """Take the median of the true excursions over the step-ups of each leg."""
    return {
        MeasureKey(name, Task.STEP_UP, side): median(
            float(repetition.measures[name])
            for repetition in truth.repetitions
            if repetition.task is Task.STEP_UP and repetition.side is side
        )
        for name in TRUE_MEASURES
        for side in Side
    }


def _hash_of_samples(session: Session) -> str:
    """Hash the samples of a session that was never written to files.

    Hashed are, for each recording and placement in order of name: both names, a zero byte, then
    times, acceleration and angular velocity as 64-bit little-endian numbers.
    """
    digest = hashlib.sha256()
    for recording in sorted(session.recordings, key=lambda recording: recording.name):
        for place, stream in sorted(recording.streams.items()):
            digest.update(f"{recording.name}/{place}\0".encode())
            for samples in (stream.time_s, stream.acc, stream.gyr):
                digest.update(np.ascontiguousarray(samples, dtype="<f8").tobytes())
    return digest.hexdigest()
