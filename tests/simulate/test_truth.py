"""The truth agrees with the segments, the sensors with the truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.model import Joint, Placement, Segment, Side
from imu_valgus.simulate import (
    Mounting,
    Person,
    SensorSettings,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    Squat,
    Standing,
    StepUp,
    Turn,
    Walk,
    simulate_recording,
)

# Written out here once more, so that a wrong sign in the package cannot hide.
SIGNS = {
    (Joint.HIP, Side.RIGHT): (1, 1, 1),
    (Joint.HIP, Side.LEFT): (1, -1, -1),
    (Joint.KNEE, Side.RIGHT): (-1, 1, 1),
    (Joint.KNEE, Side.LEFT): (-1, -1, -1),
    (Joint.ANKLE, Side.RIGHT): (1, 1, 1),
    (Joint.ANKLE, Side.LEFT): (1, -1, -1),
}
SEGMENTS = {
    Joint.HIP: (Segment.PELVIS, Segment.THIGH),
    Joint.KNEE: (Segment.THIGH, Segment.SHANK),
    Joint.ANKLE: (Segment.SHANK, Segment.FOOT),
}
SCRIPT = (
    Standing(2.0),
    Squat(count=1),
    Walk(8.0, turns=(Turn(at_s=4.0, angle_deg=-90.0),)),
    StepUp(count=1),
)
PERFECT = SimulationSettings(
    placements=tuple(Placement),
    sensors=SensorSettings.perfect(),
    soft_tissue=SoftTissue(level=SoftTissueLevel.NONE),
)


@pytest.fixture(scope="module")
def simulated():
    return simulate_recording(Person(), SCRIPT, seed=5, settings=PERFECT)


@pytest.fixture(scope="module")
def aligned():
    mountings = {p: Mounting(Rotation.identity(), np.zeros(3)) for p in Placement}
    settings = replace(PERFECT, mountings=mountings)
    return simulate_recording(Person(), SCRIPT, seed=5, settings=settings)


@pytest.mark.parametrize(("joint", "side"), SIGNS)
def test_angles_recomputed_from_segments_equal_the_truth(simulated, joint, side):
    truth = simulated.truth
    proximal, distal = (
        truth.orientations[Placement.of(segment, side)].to_earth for segment in SEGMENTS[joint]
    )
    angles = (proximal.inv() * distal).as_euler("ZXY", degrees=True) * SIGNS[joint, side]
    np.testing.assert_allclose(truth.joint(joint, side).angles_deg, angles, atol=1e-9)


@pytest.mark.parametrize("placement", list(Placement))
def test_integrated_angular_rate_reproduces_the_orientation(aligned, placement):
    stream = aligned.recording.streams[placement]
    bone = aligned.truth.orientations[placement].to_earth
    steps = Rotation.from_rotvec(stream.gyr / stream.rate_hz)
    integrated = Rotation.identity()
    for step in steps:
        integrated = integrated * step
    # Sample edges lie between truth samples: compare the whole turn to half a sample's motion.
    whole = (bone[0].inv() * bone[-1] * integrated.inv()).magnitude()
    assert np.degrees(whole) < 0.05


@pytest.mark.parametrize("placement", list(Placement))
def test_a_still_sensor_reads_gravity_upwards(simulated, placement):
    stream = simulated.recording.streams[placement]
    still = stream.time_s < 1.5
    force = stream.acc[still].mean(axis=0)
    assert np.linalg.norm(force) == pytest.approx(GRAVITY_M_S2, abs=0.01)


def test_same_seed_gives_the_same_arrays(simulated):
    again = simulate_recording(Person(), SCRIPT, seed=5, settings=PERFECT)
    for placement, stream in simulated.recording.streams.items():
        np.testing.assert_array_equal(stream.acc, again.recording.streams[placement].acc)
        np.testing.assert_array_equal(stream.gyr, again.recording.streams[placement].gyr)
