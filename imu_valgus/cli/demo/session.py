"""One simulated session of a course: simulated, analysed, and made ready to be kept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

import numpy as np

from imu_valgus.cli.adding import keep, names_for, record_of
from imu_valgus.io.session_files import session_files
from imu_valgus.model import Session, Side, Task
from imu_valgus.model.progress import Footwear, MeasureKey, SessionRecord
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import RecordingTruth
from imu_valgus.simulate.course import RECORDING, CourseSession, simulate_course_session
from imu_valgus.store import Store

PERSON: Final = "DEMO"

TRUE_MEASURES: Final = (
    "hip_internal_rotation_excursion_deg",
    "hip_adduction_excursion_deg",
    "tibial_external_rotation_excursion_deg",
    "knee_abduction_excursion_deg",
)
"""Measures of step-ups whose truth a course knows."""

SLIPPED: Final = "A strap of the right thigh slipped in the walk: set aside by hand."

_SENSORS: Final = tuple(f"SIM-{number}" for number in range(1, 6))
"""The wearer of a course owns five sensors; a simulation names its own by its seed."""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What goes to the store, and what was true.

    Parameters
    ----------
    record, files
        As ``Store.add_session`` takes them.
    moved
        How the bones moved: median over the true repetitions.
    """

    record: SessionRecord
    files: Mapping[str, bytes]
    moved: Mapping[MeasureKey, float]


def kept_session(planned: CourseSession) -> KeptSession:
    """Simulate and analyse one session of a course.

    A function of a module, with values that can be sent between processes.
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
        raw_sha256=hash_of_samples(simulated.session),
    )
    if planned.slips:
        # As somebody would who saw it; whether the analysis notices by itself depends on the slip.
        record = replace(record, set_aside=SLIPPED)
    moved = true_medians(simulated.truth[RECORDING])
    return KeptSession(record, dict(session_files(analysis)), moved)


def keep_session(store: Store, kept: KeptSession) -> None:
    """Add one session to the store, as ``imu-valgus add`` does."""
    keep(store, kept.record, kept.files, again=False, is_named=False)


def true_medians(truth: RecordingTruth) -> dict[MeasureKey, float]:
    """Take the median of the true excursions of each leg's step-ups."""
    return {
        MeasureKey(name, Task.STEP_UP, side): median(
            float(one.measures[name])
            for one in truth.repetitions
            if one.task is Task.STEP_UP and one.side is side
        )
        for name in TRUE_MEASURES
        for side in Side
    }


def hash_of_samples(session: Session) -> str:
    """Hash the samples of a session that never was a file.

    Over recordings and placements in order of their names: each name, a zero byte, then times,
    acceleration and angular velocity as 64-bit little-endian numbers.
    """
    digest = hashlib.sha256()
    for recording in sorted(session.recordings, key=lambda one: one.name):
        for place, stream in sorted(recording.streams.items()):
            digest.update(f"{recording.name}/{place}\0".encode())
            for samples in (stream.time_s, stream.acc, stream.gyr):
                digest.update(np.ascontiguousarray(samples, dtype="<f8").tobytes())
    return digest.hexdigest()
