"""Lever arms of a simulated session: nearer to the truth than body size; looseness shows."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.calibration.lever_arms import segment_lengths
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Joint, Placement, Segment, Side
from imu_valgus.pipeline import angles as angles_module
from imu_valgus.pipeline.angles import DonningAngles, angles_of_donning
from imu_valgus.pipeline.prepare import prepare_recordings
from imu_valgus.pipeline.session import _segment_frames
from imu_valgus.simulate import (
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    protocol_session,
)

REAL = Path(__file__).parents[3] / "shared" / "real" / "biostamp_walk"


@cache
def simulated(level: SoftTissueLevel) -> SimulatedSession:
    settings = SimulationSettings(soft_tissue=SoftTissue(level=level))
    return protocol_session(33, settings=settings, walk_s=20.0, with_seated=False)


@cache
def donning(level: SoftTissueLevel) -> DonningAngles:
    session = simulated(level).session
    prepared, _ = prepare_recordings(session, fusion="vqf", rate_hz=100.0)
    return angles_of_donning(prepared, _segment_frames(prepared), segment_lengths(session.info))


def true_lever_arm(session: SimulatedSession, side: Side) -> np.ndarray:
    """From the thigh sensor to the knee."""
    at = session.mountings[Placement.of(Segment.THIGH, side)].position_m
    return np.array([0.0, -session.person.thigh_length_m, 0.0]) - at


def test_lever_arms_to_the_knee_come_nearer_to_the_truth_than_body_size() -> None:
    session, found = simulated(SoftTissueLevel.NONE), donning(SoftTissueLevel.NONE)
    for side in Side:
        true = true_lever_arm(session, side)
        thigh = Placement.of(Segment.THIGH, side)
        fitted = found.lever_arms.lever_arms_m[(Joint.KNEE, side), thigh]
        by_size = np.array([0.0, -0.5 * 0.245 * session.person.height_m, 0.0])
        # Along the knee's own axis (z) bending shows little.
        assert np.abs(fitted - true)[:2].max() < 0.02
        assert np.abs(by_size - true)[:2].max() > 0.03


def test_loose_skin_shows_as_mismatch_at_hip_and_knee() -> None:
    firm, loose = (
        donning(level).lever_arms.mismatches
        for level in (SoftTissueLevel.NONE, SoftTissueLevel.SEVERE)
    )
    assert set(firm) == {(joint, side) for joint in (Joint.HIP, Joint.KNEE) for side in Side}
    for key, mismatch in firm.items():
        assert mismatch < 0.04
        assert loose[key] > 1.8 * mismatch


def test_lever_arms_are_not_fitted_without_accelerations(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("lever arms were fitted")

    monkeypatch.setattr(angles_module, "fitted_lever_arms", never)
    session = simulated(SoftTissueLevel.NONE).session
    prepared, _ = prepare_recordings(session, fusion="vqf", rate_hz=100.0)
    stages = angles_module.AngleStages(sees_accelerations=False)
    found = angles_of_donning(
        prepared, _segment_frames(prepared), segment_lengths(session.info), stages=stages
    )
    assert not found.lever_arms.mismatches
    assert not found.lever_arms.fitted_knees_m()


@pytest.mark.skipif(not REAL.is_dir(), reason="The real recordings are not beside the project.")
def test_a_real_shank_sensor_above_the_ankle_is_found_there() -> None:
    """Its place is in the notes of the recording; body size alone puts it half-way up."""
    session = read_session(REAL)
    walks = ("static", "treadmill_walk_slow", "treadmill_walk_normal")
    chosen = tuple(one for one in session.recordings if one.name in walks)
    prepared, _ = prepare_recordings(
        replace(session, recordings=chosen), fusion="vqf", rate_hz=100.0
    )
    lengths = segment_lengths(session.info)
    found = angles_of_donning(prepared, _segment_frames(prepared), lengths).lever_arms
    lever_arm = found.lever_arms_m[(Joint.KNEE, Side.RIGHT), Placement.SHANK_RIGHT]
    assert 0.7 * lengths.shank_m < lever_arm[1] < 1.0 * lengths.shank_m
