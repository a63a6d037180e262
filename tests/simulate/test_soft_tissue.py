"""Skin moves as much as asked, by either law, and not at all when there is none."""

import numpy as np
import pytest

from imu_valgus.model import Placement, Segment, Side
from imu_valgus.simulate import (
    Mounting,
    Person,
    SensorSettings,
    SimulationSettings,
    SoftTissue,
    SoftTissueLaw,
    SoftTissueLevel,
    Standing,
    StepUp,
    Walk,
    random_person,
    simulate_recording,
)

SCRIPT = (Standing(1.0), Walk(6.0), Standing(1.0), StepUp(Side.RIGHT, count=1))
MODERATE, SEVERE, NONE = SoftTissueLevel.MODERATE, SoftTissueLevel.SEVERE, SoftTissueLevel.NONE


def truth_of(seed, law, level):
    chosen = SimulationSettings(placements=(), soft_tissue=SoftTissue(law, level))
    return simulate_recording(random_person(seed), SCRIPT, seed=seed, settings=chosen).truth


def twist(truth, segment):
    return np.array(
        [np.ptp(truth.skin_rotation_deg[Placement.of(segment, side)][:800, 1]) for side in Side]
    )


@pytest.mark.parametrize("law", SoftTissueLaw)
def test_moderate_twist_is_as_published_and_severe_is_twice_that(law):
    people = [truth_of(seed, law, MODERATE) for seed in range(8)]
    assert 3.0 < np.mean([twist(truth, Segment.THIGH) for truth in people]) < 5.5
    assert 0.7 < np.mean([twist(truth, Segment.SHANK) for truth in people]) < 2.2
    severe = truth_of(0, law, SEVERE)
    of_shank = (twist(severe, Segment.SHANK), 2.0 * twist(people[0], Segment.SHANK))
    np.testing.assert_allclose(*of_shank)
    # The thigh's lag is cut off where the skin would move against the bone.
    of_thigh = (twist(severe, Segment.THIGH), 2.0 * twist(people[0], Segment.THIGH))
    np.testing.assert_allclose(*of_thigh, rtol=0.05)


def test_the_two_laws_differ_in_shape():
    linear, lagged = (
        truth_of(3, law, MODERATE).skin_rotation_deg[Placement.THIGH_RIGHT][:, 1]
        for law in SoftTissueLaw
    )
    assert np.corrcoef(linear, lagged)[0, 1] < 0.99


def test_without_soft_tissue_the_sensor_turns_exactly_with_the_bone():
    chosen = SimulationSettings(
        placements=(Placement.THIGH_LEFT,),
        sensors=SensorSettings.perfect(),
        soft_tissue=SoftTissue(level=NONE),
    )
    simulated = simulate_recording(Person(), SCRIPT, seed=6, settings=chosen)
    assert not simulated.truth.skin_rotation_deg
    stream = simulated.recording.streams[Placement.THIGH_LEFT]
    bone = simulated.truth.orientations[Placement.THIGH_LEFT].to_earth
    bone_rate = np.linalg.norm((bone[:-1].inv() * bone[1:]).as_rotvec(), axis=1) * 100.0
    at = simulated.truth.time_s[:-1] + 0.005
    sensor_rate = np.interp(at, stream.time_s, np.linalg.norm(stream.gyr, axis=1))
    assert np.abs(sensor_rate - bone_rate)[5:-5].max() < np.radians(10.0)
    assert np.median(np.abs(sensor_rate - bone_rate)) < np.radians(0.2)


def test_skin_rests_on_the_bone_in_neutral_standing_and_moves_the_sensor_elsewhere():
    person = Person(sway_sd_deg=0.0)
    mounting = {Placement.THIGH_RIGHT: Mounting.aligned(Segment.THIGH, person)}
    streams = []
    for level in (NONE, SEVERE):
        chosen = SimulationSettings(
            placements=(Placement.THIGH_RIGHT,),
            sensors=SensorSettings.perfect(),
            soft_tissue=SoftTissue(level=level),
            mountings=mounting,
        )
        simulated = simulate_recording(person, SCRIPT, seed=6, settings=chosen)
        streams.append(simulated.recording.streams[Placement.THIGH_RIGHT])
    rigid, loose = streams
    np.testing.assert_allclose(loose.acc[:80], rigid.acc[:80], atol=1e-9)
    assert np.abs(loose.acc - rigid.acc).max() > 1.0
    assert np.degrees(np.abs(loose.gyr - rigid.gyr).max()) > 10.0
