"""Sensors report what they feel, with the errors they were given and no others."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.errors import InputError
from imu_valgus.model import Placement, Segment, Side
from imu_valgus.simulate import (
    MagneticField,
    Mounting,
    Person,
    SensorSettings,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    Squat,
    Standing,
    Walk,
    simulate_recording,
    simulate_session,
)

THIGH = Placement.THIGH_RIGHT
RIGID = SoftTissue(level=SoftTissueLevel.NONE)
STILL_PERSON = Person(sway_sd_deg=0.0)


STANDING = (Standing(4.0),)


def stream_of(sensors, *, script=STANDING, person=STILL_PERSON, seed=2, **around):
    around = {"placements": (THIGH,), "soft_tissue": RIGID} | around
    chosen = SimulationSettings(sensors=sensors, **around)
    return simulate_recording(person, script, seed=seed, settings=chosen).recording.streams[THIGH]


@given(rate_hz=st.sampled_from([60.0, 100.0, 104.0, 120.0, 208.0, 250.0]))
@settings(max_examples=6, deadline=None)
def test_any_rate_carries_the_same_movement(rate_hz):
    stream = stream_of(SensorSettings.perfect(rate_hz), script=(Standing(1.0), Squat(count=1)))
    assert stream.rate_hz == pytest.approx(rate_hz)
    coarse = Rotation.identity()
    half = stream.time_s < stream.time_s[0] + 2.5
    for step in Rotation.from_rotvec(stream.gyr[half] / rate_hz):
        coarse = coarse * step
    fine = stream_of(SensorSettings.perfect(500.0), script=(Standing(1.0), Squat(count=1)))
    other = Rotation.identity()
    for step in Rotation.from_rotvec(fine.gyr[fine.time_s < 2.5 + stream.time_s[0]] / 500.0):
        other = other * step
    assert np.degrees((coarse.inv() * other).magnitude()) < 2.0


def test_specific_force_is_the_second_derivative_of_the_path_plus_gravity():
    centre = Mounting(Rotation.identity(), np.zeros(3))
    chosen = SimulationSettings(
        placements=(Placement.SHANK_LEFT,),
        sensors=SensorSettings.perfect(100.0),
        soft_tissue=RIGID,
        mountings={Placement.SHANK_LEFT: centre},
    )
    simulated = simulate_recording(Person(), [Walk(6.0)], seed=4, settings=chosen)
    stream = simulated.recording.streams[Placement.SHANK_LEFT]
    truth = simulated.truth
    path = truth.joint_centres_m[Placement.SHANK_LEFT]
    acceleration = np.gradient(np.gradient(path, 0.01, axis=0), 0.01, axis=0)
    bone = truth.orientations[Placement.SHANK_LEFT].to_earth
    force = bone.apply(acceleration + np.array([0.0, 0.0, GRAVITY_M_S2]), inverse=True)
    expected = np.stack([np.interp(stream.time_s, truth.time_s, f) for f in force.T], axis=1)
    error = np.abs(stream.acc - expected)[20:-20]
    assert np.median(error) < 0.05
    assert np.percentile(error, 95) < 2.0  # heel strikes are sharper than 100 Hz differences


@pytest.mark.parametrize("side", Side)
def test_both_sensors_beside_a_knee_agree_about_the_acceleration_of_the_knee(side):
    """What relative heading is found from: rigid bodies share the joint between them."""
    thigh, shank = (Placement.of(s, side) for s in (Segment.THIGH, Segment.SHANK))
    rate_hz = 250.0
    chosen = SimulationSettings(
        placements=(thigh, shank), sensors=SensorSettings.perfect(rate_hz), soft_tissue=RIGID
    )
    person = Person()
    script = {"walk": [Walk(6.0)]}
    session = simulate_session(person, script, seed=4, settings=chosen)
    knee = {thigh: np.array([0.0, -person.thigh_length_m, 0.0]), shank: np.zeros(3)}
    truth, found = session.truth["walk"], []
    for placement, stream in session.session.recordings[0].streams.items():
        mounting = session.mountings[placement]
        turn = mounting.sensor_to_segment
        acc, gyr = turn.apply(stream.acc.copy()), turn.apply(stream.gyr.copy())
        lever_arm = knee[placement] - mounting.position_m
        spin = np.gradient(gyr, 1.0 / rate_hz, axis=0)
        force = acc + np.cross(spin, lever_arm) + np.cross(gyr, np.cross(gyr, lever_arm))
        at = np.clip(stream.time_s, 0.0, truth.time_s[-1])
        bone = Slerp(truth.time_s, truth.orientations[placement].to_earth)(at)
        found.append(
            np.stack(
                [np.interp(truth.time_s, stream.time_s, f) for f in bone.apply(force).T], axis=1
            )
        )
    error = np.linalg.norm(found[0] - found[1], axis=1)[10:-10]
    assert np.ptp(found[0][10:-10], axis=0).max() > 8.0
    assert np.median(error) < 0.15


def test_an_upright_sensor_reads_gravity_on_its_upper_axis():
    centre = Mounting(Rotation.identity(), np.array([0.03, -0.2, 0.04]))
    stream = stream_of(SensorSettings.perfect(), mountings={THIGH: centre})
    np.testing.assert_allclose(
        np.linalg.norm(stream.acc, axis=1), GRAVITY_M_S2, rtol=0.0, atol=1e-6
    )
    assert stream.acc[:, 1].min() > 9.5
    np.testing.assert_allclose(stream.gyr, 0.0, atol=1e-9)


def test_a_sensor_farther_from_the_joint_feels_the_lever():
    near, far = (
        stream_of(
            SensorSettings.perfect(),
            script=(Squat(count=1, repetition_s=1.2),),
            mountings={THIGH: Mounting(Rotation.identity(), np.array([0.0, y, 0.0]))},
        )
        for y in (0.0, -0.4)
    )
    np.testing.assert_allclose(near.gyr, far.gyr, atol=1e-12)
    assert np.abs(near.acc - far.acc).max() > 1.0


def test_noise_has_the_density_asked_for_at_every_rate():
    for rate_hz in (60.0, 240.0):
        noisy = replace(
            SensorSettings.perfect(rate_hz),
            gyr_noise_deg_s_sqrt_hz=0.02,
            acc_noise_m_s2_sqrt_hz=0.004,
        )
        stream = stream_of(noisy, script=(Standing(20.0),))
        root = np.sqrt(rate_hz / 2.0)
        assert np.degrees(stream.gyr.std(axis=0)) == pytest.approx(0.02 * root, rel=0.1)
        assert stream.acc.std(axis=0) == pytest.approx(0.004 * root, rel=0.1)


def test_bias_is_constant_and_drift_grows_with_time():
    biased = replace(SensorSettings.perfect(), gyr_bias_sd_deg_s=0.5, acc_bias_sd_m_s2=0.1)
    stream = stream_of(biased)
    assert np.ptp(stream.gyr, axis=0).max() < 1e-9
    assert 0.1 < np.degrees(np.linalg.norm(stream.gyr[0])) < 3.0
    drifting = replace(SensorSettings.perfect(), gyr_bias_walk_deg_s_sqrt_s=0.01)
    everywhere = SimulationSettings(
        placements=tuple(Placement), sensors=drifting, soft_tissue=RIGID
    )
    ends = []
    for seed in range(4):
        recording = simulate_recording(
            STILL_PERSON, [Standing(16.0)], seed=seed, settings=everywhere
        ).recording
        ends += [np.degrees(stream.gyr[-1]) for stream in recording.streams.values()]
    assert np.std(ends) == pytest.approx(0.01 * 4.0, rel=0.25)


def test_scale_errors_are_of_the_size_asked_for():
    scaled = replace(SensorSettings.perfect(), scale_sd=0.02)
    exact = stream_of(SensorSettings.perfect(), script=(Squat(count=1),))
    found = stream_of(scaled, script=(Squat(count=1),))
    ratio = np.linalg.norm(found.gyr) / np.linalg.norm(exact.gyr)
    assert 1e-4 < abs(ratio - 1.0) < 0.06


def test_a_narrow_range_saturates():
    narrow = replace(SensorSettings.perfect(), gyr_range_deg_s=100.0, acc_range_m_s2=12.0)
    stream = stream_of(narrow, script=(Walk(5.0),))
    assert np.degrees(np.abs(stream.gyr).max()) == pytest.approx(100.0)
    assert np.abs(stream.acc).max() == pytest.approx(12.0)


def test_resolution_gives_steps():
    coarse = replace(SensorSettings.perfect(), bits=8, acc_range_m_s2=40.0)
    stream = stream_of(coarse, script=(Squat(count=1),))
    steps = np.diff(np.unique(stream.acc))
    assert steps.min() == pytest.approx(40.0 / 128.0)


def test_lost_packets_leave_holes_of_whole_packets():
    lossy = replace(SensorSettings.perfect(), loss_share=0.1, packet_samples=5)
    stream = stream_of(lossy, script=(Standing(60.0),))
    missing = np.round(np.diff(stream.time_s) * 100.0).astype(int) - 1
    assert set(missing[missing > 0] % 5) == {0}
    assert missing.sum() / (missing.sum() + len(stream)) == pytest.approx(0.1, abs=0.03)


def test_a_gap_is_where_and_as_long_as_asked():
    stream = stream_of(replace(SensorSettings.perfect(), gaps_s=((1.0, 0.5),)))
    widest = np.argmax(np.diff(stream.time_s))
    assert stream.time_s[widest] == pytest.approx(1.0, abs=0.011)
    assert stream.time_s[widest + 1] == pytest.approx(1.5, abs=0.011)


@pytest.mark.parametrize(
    ("error", "spread"), [({"clock_offset_sd_s": 0.005}, 0.0), ({"clock_skew_sd": 1e-3}, 1e-4)]
)
def test_clock_errors_move_the_stamps_only(error, spread):
    exact = stream_of(SensorSettings.perfect(), script=(Squat(count=1),))
    off = stream_of(replace(SensorSettings.perfect(), **error), script=(Squat(count=1),))
    np.testing.assert_array_equal(off.gyr, exact.gyr)
    moved = off.time_s - exact.time_s
    assert 1e-5 < np.abs(moved).max() < 0.025
    assert spread <= np.ptp(moved) < 0.02
    assert spread > 0.0 or np.ptp(moved) < 1e-9


def test_a_magnetometer_reads_the_earth_and_iron_bends_it():
    fitted = replace(SensorSettings.perfect(), with_magnetometer=True)
    outside = stream_of(fitted, script=(Walk(5.0),))
    norm = np.linalg.norm(outside.mag, axis=1)
    np.testing.assert_allclose(norm, np.hypot(20.0, 44.0), rtol=1e-9)
    indoors = stream_of(fitted, script=(Walk(5.0),), magnetic_field=MagneticField(iron_a_m2=4.0))
    assert np.linalg.norm(indoors.mag, axis=1).std() > 0.3
    assert stream_of(SensorSettings.perfect()).mag is None


def test_iron_under_the_floor_bends_the_heading_near_the_floor_and_hardly_above():
    around = np.random.default_rng(0).uniform(0.0, 10.0, size=(500, 2))
    spread = []
    for height_m in (0.05, 1.0):
        places = np.column_stack([around, np.full(len(around), height_m)])
        field = MagneticField(iron_a_m2=4.0).at(places)
        spread.append(np.degrees(np.arctan2(field[:, 1], field[:, 0])).std())
    # 29 and 3 degrees: de Vries, Veeger, Baten and van der Helm 2009.
    assert 15.0 < spread[0] < 60.0
    assert spread[1] < 5.0


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate_hz", 5.0, "rate of 5 Hz.*between 10 and 500 Hz"),
        ("loss_share", 1.0, "share of 1 lost"),
    ],
)
def test_impossible_settings_are_refused(name, value, message):
    with pytest.raises(InputError, match=message):
        replace(SensorSettings(), **{name: value})
