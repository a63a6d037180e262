"""Walking: events fit the feet, feet stay where they stand, curves lie in the published band."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from imu_valgus.errors import InputError
from imu_valgus.model import EventKind, Joint, Placement, Side
from imu_valgus.simulate import (
    GaitStyle,
    Person,
    SensorSettings,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    Standing,
    Turn,
    Walk,
    WalkSpeed,
    random_person,
    simulate_recording,
)

NO_SENSORS = SimulationSettings(placements=())

# Mean and between-subject standard deviation at 0, 10, ..., 100 % of the cycle, free speed:
# Schwartz, Rozumalski and Trost 2008, doi:10.1016/j.jbiomech.2008.03.015.
PUBLISHED = {
    (Joint.HIP, "adduction"): (
        [-1.6, 3.7, 5.0, 3.2, 2.4, 0.8, -5.2, -6.3, -3.1, -2.2, -1.6],
        3.1,
    ),
    (Joint.HIP, "internal_rotation"): (
        [-2.7, 0.8, -0.5, -1.4, -1.7, -3.0, -5.1, -3.2, 1.1, -2.2, -2.8],
        9.5,
    ),
    (Joint.KNEE, "flexion"): (
        [5.6, 18.6, 16.5, 10.1, 6.2, 11.6, 33.9, 58.2, 49.8, 18.7, 5.4],
        6.3,
    ),
    (Joint.KNEE, "adduction"): (
        [0.1, 0.7, 0.6, -0.1, 0.2, -0.4, -1.1, -1.1, 4.6, 1.3, 0.1],
        4.4,
    ),
    (Joint.KNEE, "internal_rotation"): (
        [-2.1, 3.3, 3.5, 5.1, 5.8, 8.4, 4.4, 5.3, -0.6, -1.8, -2.1],
        7.5,
    ),
}


def walk_truth(person, *, seed=1, **settings):
    script = [Standing(1.0), Walk(**settings), Standing(1.0)]
    return simulate_recording(person, script, seed=seed, settings=NO_SENSORS).truth


def event_times(truth, side, kind):
    return np.array([e.time_s for e in truth.events if e.side is side and e.kind is kind])


def mean_curve(truth, joint, motion, side):
    """Mean over strides, without the first and last two, at 0, 10, ..., 100 %."""
    contacts = event_times(truth, side, EventKind.INITIAL_CONTACT)[2:-2]
    angles = truth.joint(joint, side)
    at = contacts[:-1, None] + np.diff(contacts)[:, None] * np.linspace(0.0, 1.0, 11)
    return np.interp(at, angles.time_s, angles.motion_deg(motion)).mean(axis=0)


@pytest.fixture(scope="module")
def several():
    return [walk_truth(random_person(seed), seed=seed, duration_s=15.0) for seed in range(8)]


@pytest.mark.parametrize(("joint", "motion"), PUBLISHED)
def test_mean_curves_of_several_people_lie_within_the_published_spread(several, joint, motion):
    means, sd = PUBLISHED[joint, motion]
    curves = [mean_curve(truth, joint, motion, side) for truth in several for side in Side]
    distance = np.abs(np.mean(curves, axis=0) - means)
    assert distance.max() < sd
    shape = np.mean(curves, axis=0)
    assert np.corrcoef(shape, means)[0, 1] > 0.85


def test_stance_share_and_cadence_lie_in_the_published_range(several):
    for truth in several:
        for side in Side:
            contacts = event_times(truth, side, EventKind.INITIAL_CONTACT)[1:-1]
            toe_offs = event_times(truth, side, EventKind.TOE_OFF)
            following = toe_offs[np.searchsorted(toe_offs, contacts[:-1])]
            share = np.mean((following - contacts[:-1]) / np.diff(contacts))
            assert 0.56 < share < 0.68
            assert 95.0 < 120.0 / np.mean(np.diff(contacts)) < 130.0


def test_events_of_a_foot_alternate_and_the_feet_take_turns():
    truth = walk_truth(Person(), duration_s=12.0)
    for side in Side:
        kinds = [e.kind for e in truth.events if e.side is side]
        assert all(a is not b for a, b in pairwise(kinds))
    contacts = [e.side for e in truth.events if e.kind is EventKind.INITIAL_CONTACT]
    assert all(a is not b for a, b in pairwise(contacts))


@pytest.mark.parametrize("speed", WalkSpeed)
def test_heel_touches_at_initial_contact_and_ball_leaves_at_toe_off(speed):
    truth = walk_truth(random_person(2), duration_s=12.0, speed=speed)
    for side in Side:
        heel, ball = (truth.contacts_m[side][:, i, 2] for i in (0, 1))
        for kind, height in ((EventKind.INITIAL_CONTACT, heel), (EventKind.TOE_OFF, ball)):
            for time_s in event_times(truth, side, kind)[2:-2]:
                at = round(time_s * 100)
                in_the_air = height[at - 12 : at] if kind == "initial_contact" else height[at:][:12]
                on_ground = height[at:][:12] if kind == "initial_contact" else height[at - 12 : at]
                assert abs(height[at]) < 0.03
                assert in_the_air.max() > 0.012
                # The ball comes up a little before the tip of the toes leaves.
                assert np.ptp(on_ground) < 0.03


@pytest.mark.parametrize("speed", WalkSpeed)
def test_the_flat_foot_stays_where_it_stands(speed):
    truth = walk_truth(random_person(4), duration_s=12.0, speed=speed)
    for side in Side:
        contacts = event_times(truth, side, EventKind.INITIAL_CONTACT)[2:-2]
        for start, stop in pairwise(contacts):
            stride = stop - start
            flat = slice(round((start + 0.14 * stride) * 100), round((start + 0.32 * stride) * 100))
            assert np.ptp(truth.contacts_m[side][flat], axis=0).max() < 0.01


@pytest.mark.parametrize("speed", WalkSpeed)
@pytest.mark.parametrize("seed", [1, 2])
def test_in_double_support_heel_and_ball_are_both_on_the_ground(speed, seed):
    """The curves are fitted to the body for this: the legs agree where the pelvis is."""
    drawn = random_person(seed)
    person = replace(drawn, sway_sd_deg=0.0, gait=replace(drawn.gait, shape_sd_deg=0.0))
    truth = walk_truth(person, duration_s=12.0, speed=speed)
    for side in Side:
        toe_offs = event_times(truth, side.other, EventKind.TOE_OFF)
        for contact in event_times(truth, side, EventKind.INITIAL_CONTACT)[2:-2]:
            toe_off = toe_offs[toe_offs > contact][0]
            both = slice(round(contact * 100) + 2, round(toe_off * 100) - 3)
            heel, ball = truth.contacts_m[side][both, 0], truth.contacts_m[side.other][both, 1]
            assert np.abs(heel[:, 2]).max() < 0.012
            assert np.abs(ball[:, 2]).max() < 0.012
            assert np.ptp(ball[:, 0]) < 0.03


def test_the_swinging_foot_clears_the_ground():
    truth = walk_truth(Person(sway_sd_deg=0.0), duration_s=12.0)
    lowest = min(points[..., 2].min() for points in truth.contacts_m.values())
    assert lowest > -0.025


def test_faster_classes_walk_faster_with_longer_strides():
    speeds = []
    for speed in WalkSpeed:
        truth = walk_truth(Person(), duration_s=12.0, speed=speed)
        path = truth.joint_centres_m[Placement.PELVIS]
        middle = slice(400, 900)
        speeds.append(np.linalg.norm(path[middle][-1] - path[middle][0]) / 5.0)
    assert 0.6 < speeds[0] < speeds[1] - 0.15
    assert speeds[1] < speeds[2] - 0.15 < 1.6


@pytest.mark.parametrize("angle_deg", [90.0, -180.0])
def test_a_turn_changes_the_heading_of_the_pelvis_by_its_angle(angle_deg):
    truth = walk_truth(Person(), duration_s=16.0, turns=(Turn(at_s=8.0, angle_deg=angle_deg),))
    turn_deg = np.degrees(truth.heading_rad[-1] - truth.heading_rad[0])
    assert turn_deg == pytest.approx(angle_deg)
    ahead = truth.orientations[Placement.PELVIS].to_earth[-1].apply([1, 0, 0])
    assert np.cos(np.radians(angle_deg)) == pytest.approx(ahead[0], abs=0.05)
    for side in Side:
        assert np.abs(truth.joint(Joint.HIP, side).internal_rotation_deg).max() < 40.0


def test_strides_vary_as_asked():
    steady = replace(Person(), gait=GaitStyle(stride_time_sd=0.0))
    lively = replace(Person(), gait=GaitStyle(stride_time_sd=0.03))
    spread = []
    for person in (steady, lively):
        contacts = event_times(
            walk_truth(person, duration_s=40.0), Side.RIGHT, EventKind.INITIAL_CONTACT
        )
        strides = np.diff(contacts)[1:-1]
        spread.append(strides.std() / strides.mean())
    assert spread[0] < 0.002
    assert 0.012 < spread[1] < 0.06


def test_sensors_of_a_normal_walk_are_of_the_size_of_real_ones():
    settings = SimulationSettings(
        placements=(Placement.SHANK_RIGHT, Placement.PELVIS),
        sensors=SensorSettings.perfect(250.0),
        soft_tissue=SoftTissue(level=SoftTissueLevel.NONE),
    )
    simulated = simulate_recording(Person(), [Walk(12.0)], seed=3, settings=settings)
    shank = simulated.recording.streams[Placement.SHANK_RIGHT]
    swing = np.degrees(np.percentile(np.linalg.norm(shank.gyr, axis=1), 98))
    assert 300.0 < swing < 420.0
    force = np.linalg.norm(shank.acc, axis=1)
    for time_s in event_times(simulated.truth, Side.RIGHT, EventKind.INITIAL_CONTACT)[2:-2]:
        around = np.abs(shank.time_s - time_s) < 0.15
        peak = shank.time_s[around][np.argmax(force[around])]
        assert 0.0 < peak - time_s < 0.06
        assert 20.0 < force[around].max() < 80.0
    pelvis = simulated.recording.streams[Placement.PELVIS]
    assert 0.8 < np.linalg.norm(pelvis.acc, axis=1).std() < 4.0


def test_a_walk_too_short_for_strides_is_refused():
    with pytest.raises(InputError, match="at least 4 s"):
        Walk(duration_s=1.0)
