"""Sessions: the same for the same seed, mirrored when asked, turned when asked, quick."""

import time
from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.model import Joint, Placement, Side, Task
from imu_valgus.simulate import (
    LegSwing,
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
    demo_session,
    random_person,
    simulate_recording,
    simulate_session,
)

SCRIPT = (Standing(1.0), Walk(8.0, turns=(Turn(at_s=4.0, angle_deg=70.0),)), StepUp(count=1))
EVERYWHERE = SimulationSettings(placements=tuple(Placement))


def other(placement):
    if placement.side is None:
        return placement
    return Placement.of(placement.segment, placement.side.other)


@pytest.fixture(scope="module")
def plain():
    return simulate_recording(random_person(11), SCRIPT, seed=11, settings=EVERYWHERE)


@pytest.fixture(scope="module")
def mirrored():
    chosen = replace(EVERYWHERE, mirrored=True)
    return simulate_recording(random_person(11), SCRIPT, seed=11, settings=chosen)


def test_a_mirrored_recording_has_mirrored_angles_events_and_repetitions(plain, mirrored):
    for angles in plain.truth.angles:
        exchanged = mirrored.truth.joint(angles.joint, angles.side.other)
        np.testing.assert_allclose(exchanged.angles_deg, angles.angles_deg, atol=1e-7)
    assert [(e.time_s, e.side.other, e.kind) for e in plain.truth.events] == [
        (e.time_s, e.side, e.kind) for e in mirrored.truth.events
    ]
    assert mirrored.truth.repetitions[0].side is Side.LEFT
    for side, points in plain.truth.contacts_m.items():
        reflected = mirrored.truth.contacts_m[side.other] * [1.0, -1.0, 1.0]
        np.testing.assert_allclose(reflected, points, atol=1e-9)


def test_a_mirrored_person_has_mirrored_skin(plain, mirrored):
    for placement, rotation in plain.truth.skin_rotation_deg.items():
        exchanged = mirrored.truth.skin_rotation_deg[other(placement)]
        np.testing.assert_allclose(exchanged * [-1.0, -1.0, 1.0], rotation, atol=1e-7)


def test_turning_the_room_changes_no_angle_and_no_inertial_sample(plain):
    turned_room = simulate_recording(
        random_person(11), SCRIPT, seed=11, settings=replace(EVERYWHERE, world_heading_deg=123.0)
    )
    for angles in plain.truth.angles:
        same = turned_room.truth.joint(angles.joint, angles.side)
        np.testing.assert_allclose(same.angles_deg, angles.angles_deg, atol=1e-7)
    stream, again = (r.recording.streams[Placement.SHANK_LEFT] for r in (plain, turned_room))
    np.testing.assert_allclose(again.gyr, stream.gyr, atol=2e-3)  # one step of resolution
    before, after = (
        r.truth.orientations[Placement.PELVIS].to_earth[0] for r in (plain, turned_room)
    )
    ahead = [q.apply([1, 0, 0]) for q in (before, after)]
    headings = [np.degrees(np.arctan2(a[1], a[0])) for a in ahead]
    assert headings[1] - headings[0] == pytest.approx(123.0, abs=1e-6)


def test_the_choice_of_placements_changes_no_sample_of_a_sensor(plain):
    alone = simulate_recording(
        random_person(11),
        SCRIPT,
        seed=11,
        settings=SimulationSettings(placements=(Placement.THIGH_RIGHT,)),
    )
    beside_others, single = (r.recording.streams[Placement.THIGH_RIGHT] for r in (plain, alone))
    np.testing.assert_array_equal(beside_others.acc, single.acc)
    np.testing.assert_array_equal(beside_others.time_s, single.time_s)


def test_another_seed_gives_other_samples_and_another_mounting():
    first, second = (
        simulate_session(Person(), {"a": [Standing(1.0)]}, seed=seed) for seed in (1, 2)
    )
    turns = [s.mountings[Placement.PELVIS].sensor_to_segment for s in (first, second)]
    assert np.degrees((turns[0].inv() * turns[1]).magnitude()) > 1.0


def test_sensors_and_skin_stay_the_same_over_the_recordings_of_a_session():
    settings = SimulationSettings(
        sensors=replace(SensorSettings.perfect(), gyr_bias_sd_deg_s=0.5),
        placements=(Placement.SHANK_RIGHT,),
    )
    script = [Standing(1.0)]
    person = Person(sway_sd_deg=0.0)
    session = simulate_session(person, {"a": script, "b": script}, seed=3, settings=settings)
    first, second = (r.streams[Placement.SHANK_RIGHT] for r in session.session.recordings)
    np.testing.assert_allclose(first.gyr.mean(axis=0), second.gyr.mean(axis=0), atol=1e-9)
    assert first.sensor_id == second.sensor_id
    assert [r.name for r in session.session.recordings] == list(session.truth) == ["a", "b"]


def test_the_sensor_sits_as_the_mounting_says():
    person = Person(sway_sd_deg=0.0)
    settings = SimulationSettings(
        sensors=SensorSettings.perfect(), soft_tissue=SoftTissue(level=SoftTissueLevel.NONE)
    )
    session = simulate_session(person, {"a": [Standing(1.0)]}, seed=8, settings=settings)
    truth = session.truth["a"]
    for placement, stream in session.session.recordings[0].streams.items():
        mounting = session.mountings[placement]
        assert isinstance(mounting, Mounting)
        bone = truth.orientations[placement].to_earth[50]
        up = bone.apply(mounting.sensor_to_segment.apply(stream.acc[50].copy()))
        np.testing.assert_allclose(up, [0.0, 0.0, 9.81], atol=1e-6)


def test_labels_can_be_left_out_while_the_truth_keeps_them():
    bare = simulate_recording(
        Person(),
        [Standing(1.0), Squat(count=1)],
        seed=1,
        settings=SimulationSettings(placements=(Placement.PELVIS,), labelled=False),
    )
    assert bare.recording.tasks == ()
    assert [t.task for t in bare.truth.tasks] == [Task.STANDING, Task.SQUAT]


def test_the_femur_is_the_thigh_against_the_level_heading(plain):
    """Femur and hip differ by the pelvis: equal in rotation where the pelvis is level and ahead."""
    simulated = simulate_recording(
        Person(sway_sd_deg=0.0, anterior_tilt_deg=0.0), [Standing(1.0)], seed=1
    )
    for side in Side:
        hip, femur = (simulated.truth.joint(j, side) for j in (Joint.HIP, Joint.FEMUR))
        np.testing.assert_allclose(femur.angles_deg, hip.angles_deg, atol=1e-9)
    walking = plain.truth.joint(Joint.FEMUR, Side.RIGHT).internal_rotation_deg
    assert np.ptp(walking - plain.truth.joint(Joint.HIP, Side.RIGHT).internal_rotation_deg) > 3.0


def test_the_demo_holds_what_it_promises():
    demo = demo_session(seed=2)
    recording, truth = demo.session.recordings[0], demo.truth["session"]
    assert len(recording.streams) == 5
    counts = {
        (task, side): sum(r.task is task and r.side is side for r in truth.repetitions)
        for task in (Task.SQUAT, Task.STEP_UP)
        for side in (None, *Side)
    }
    assert counts[Task.SQUAT, None] == 5
    assert min(counts[Task.STEP_UP, side] for side in Side) >= 8
    assert recording.tasks[0].task is recording.tasks[-1].task is Task.STANDING
    assert demo.session.info.step_height_m == pytest.approx(0.10)
    walk = next(t for t in recording.tasks if t.task is Task.WALK)
    assert 35.0 < walk.end_s - walk.start_s < 45.0
    assert abs(np.degrees(np.ptp(truth.heading_rad))) > 170.0


def test_simulating_seven_sensors_is_over_twenty_times_faster_than_real_time():
    script = [Standing(2.0), Walk(40.0), LegSwing(count=2)]
    begin = time.process_time()
    simulated = simulate_recording(Person(), script, seed=9, settings=EVERYWHERE)
    spent = time.process_time() - begin
    assert simulated.truth.time_s[-1] / spent > 20.0
