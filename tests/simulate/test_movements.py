"""Every movement does what it says: as often, as far, on the side asked for."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.errors import InputError
from imu_valgus.model import Joint, Placement, Side, Task
from imu_valgus.simulate import (
    CalfRaise,
    ClamShell,
    LegPosture,
    LegSwing,
    Person,
    Plunge,
    SeatedHipRotation,
    SeatedKneeExtension,
    SeatedTibialRotation,
    SimulationSettings,
    Sitting,
    Squat,
    Standing,
    StepInPlace,
    StepTap,
    StepUp,
    StraightLegRaise,
    TrunkBow,
    Turn,
    Walk,
    WallPush,
    WallSlide,
    random_person,
    simulate_recording,
)

NO_SENSORS = SimulationSettings(placements=())
STEADY = Person(sway_sd_deg=0.0)

# Movement with three repetitions; joint, motion and signed range from rest at the turning point.
RANGES = [
    (Squat(count=3, depth_deg=80.0), Joint.KNEE, "flexion", 76.0),
    (SeatedKneeExtension(count=3, range_deg=70.0), Joint.KNEE, "flexion", -70.0),
    (SeatedHipRotation(count=3, internal_deg=30.0), Joint.HIP, "internal_rotation", 30.0),
    (LegSwing(count=3, forward_deg=35.0), Joint.HIP, "flexion", 35.0),
    (TrunkBow(count=3, angle_deg=45.0), Joint.HIP, "flexion", 0.93 * 45.0),
    (ClamShell(count=3, range_deg=30.0), Joint.HIP, "internal_rotation", -30.0),
    (WallSlide(count=3, range_deg=25.0), Joint.HIP, "adduction", -25.0),
    (StraightLegRaise(count=3, range_deg=20.0), Joint.HIP, "flexion", 20.0),
    (SeatedTibialRotation(count=3, range_deg=18.0), Joint.KNEE, "internal_rotation", 18.0),
    (WallPush(count=3, hold_s=2.0), Joint.KNEE, "flexion", 11.0),
    (CalfRaise(count=3, heel_rise_deg=28.0), Joint.ANKLE, "flexion", -25.5),
]
ONE_SIDED = [m for m, *_ in RANGES if hasattr(m, "side")] + [StepUp(count=2), Plunge(count=2)]


def truth_of(*script, person=STEADY, seed=1):
    return simulate_recording(person, script, seed=seed, settings=NO_SENSORS).truth


def change_at(truth, joint, side, motion, repetition):
    values = truth.joint(joint, side).motion_deg(motion)
    start, top = (round(t * 100) for t in (repetition.start_s - 0.15, repetition.top_s))
    return values[top] - values[start]


@pytest.mark.parametrize(("movement", "joint", "motion", "amount"), RANGES)
def test_repetitions_reach_the_range_asked_for(movement, joint, motion, amount):
    truth = truth_of(movement)
    assert len(truth.repetitions) == 3
    changes = [change_at(truth, joint, Side.RIGHT, motion, rep) for rep in truth.repetitions]
    # Repetitions differ by 4 % (one standard deviation); easing takes a little off the tip.
    assert np.mean(changes) == pytest.approx(amount, rel=0.12)


@pytest.mark.parametrize("movement", ONE_SIDED, ids=lambda m: type(m).__name__)
def test_the_left_leg_does_what_the_right_leg_did(movement):
    right = truth_of(movement)
    left = truth_of(replace(movement, side=Side.LEFT))
    assert {rep.side for rep in left.repetitions} == {Side.LEFT}
    for joint in (Joint.HIP, Joint.KNEE, Joint.ANKLE):
        for side in Side:
            np.testing.assert_allclose(
                left.joint(joint, side.other).angles_deg,
                right.joint(joint, side).angles_deg,
                atol=1e-6,
            )


def test_repetitions_are_in_order_and_do_not_overlap():
    truth = truth_of(Standing(1.0), Squat(count=4), StepUp(count=3))
    times = [t for r in truth.repetitions for t in (r.start_s, r.top_s, r.end_s)]
    assert times == sorted(times)
    assert [r.number for r in truth.repetitions] == [1, 2, 3, 4, 1, 2, 3]


def test_the_extended_leg_hangs_in_the_air_and_the_thigh_rests():
    truth = truth_of(SeatedKneeExtension(count=1))
    rep = truth.repetitions[0]
    at = slice(round(rep.start_s * 100), round(rep.end_s * 100))
    thigh = truth.orientations[Placement.THIGH_RIGHT].to_earth[at]
    assert np.degrees((thigh[0].inv() * thigh).magnitude()).max() < 4.0
    assert truth.contacts_m[Side.RIGHT][at, 0, 2].max() > 0.2
    assert truth.contacts_m[Side.LEFT][at, :, 2].max() < 0.01


def test_sitting_down_keeps_the_feet_on_the_floor():
    truth = truth_of(Standing(1.0), Sitting(1.0), Standing(1.0))
    for points in truth.contacts_m.values():
        assert np.abs(points[..., 2]).max() < 0.02
        assert np.linalg.norm(points[-1] - points[0], axis=-1).max() < 0.02
    height = truth.joint_centres_m[Placement.PELVIS][:, 2]
    assert height.min() < 0.65 * height[0]
    assert height[-1] == pytest.approx(height[0], abs=0.002)


@pytest.mark.parametrize("movement", [Squat(count=2), TrunkBow(count=1), LegSwing(count=2)])
def test_the_standing_feet_stay_where_they_are(movement):
    truth = truth_of(movement, person=replace(random_person(3), sway_sd_deg=0.0))
    feet = [Side.LEFT] if isinstance(movement, LegSwing) else list(Side)
    for side in feet:
        assert np.ptp(truth.contacts_m[side][:, 0], axis=0).max() < 0.03


@pytest.mark.parametrize("height_m", [0.10, 0.25])
def test_a_step_up_raises_the_body_by_the_step_and_brings_it_back(height_m):
    truth = truth_of(StepUp(count=2, step_height_m=height_m))
    pelvis = truth.joint_centres_m[Placement.PELVIS][:, 2]
    for rep in truth.repetitions:
        assert pelvis[round(rep.top_s * 100)] - pelvis[0] == pytest.approx(height_m, abs=0.005)
    assert pelvis[-1] == pytest.approx(pelvis[0], abs=0.005)
    for points in truth.contacts_m.values():
        assert points[..., 2].min() > -0.04


def test_a_standing_foot_does_not_slide_while_it_carries_the_step_up():
    truth = truth_of(StepUp(count=1, side=Side.RIGHT), person=Person())
    rep = truth.repetitions[0]
    on_step = slice(round((rep.top_s - 0.8) * 100), round((rep.top_s + 0.8) * 100))
    assert np.ptp(truth.contacts_m[Side.RIGHT][on_step], axis=0).max() < 0.03


ASKED = {
    "hip_internal_rotation": 9.0,
    "hip_adduction": 11.0,
    "tibial_external_rotation": 6.0,
    "knee_abduction": 5.0,
}


@pytest.mark.parametrize("side", Side)
def test_step_up_excursions_in_the_truth_are_those_asked_for(side):
    step_up = StepUp(side, count=6, excursion_sd=0.0, **{f"{k}_deg": v for k, v in ASKED.items()})
    truth = truth_of(step_up, person=replace(random_person(5), sway_sd_deg=0.0))
    for name, amount in ASKED.items():
        found = [rep.measures[f"{name}_excursion_deg"] for rep in truth.repetitions]
        np.testing.assert_allclose(found, amount, atol=0.1 * amount)
    assert all("femur_adduction_excursion_deg" in rep.measures for rep in truth.repetitions)


@pytest.mark.parametrize("valgus_deg", [-6.0, 0.0, 10.0])
def test_knee_valgus_asked_for_is_the_knee_valgus_of_standing_and_walking(valgus_deg):
    truth = truth_of(Standing(2.0), Walk(8.0), person=STEADY.with_valgus(valgus_deg))
    for side in Side:
        knee = truth.joint(Joint.KNEE, side)
        assert knee.valgus_deg[:150] == pytest.approx(valgus_deg, abs=1e-9)
        assert knee.valgus_deg[300:900].mean() == pytest.approx(valgus_deg, abs=1.0)


def test_neutral_standing_is_the_persons_own_and_not_zero():
    posture = LegPosture(hip_rotation=-6.0, knee_flexion=7.0, knee_rotation=-4.0, toe_out=12.0)
    truth = truth_of(Standing(1.0), person=replace(STEADY, left=posture))
    hip, knee = (truth.joint(j, Side.LEFT).angles_deg[50] for j in (Joint.HIP, Joint.KNEE))
    assert hip[2] == pytest.approx(-6.0)
    assert (knee[0], knee[2]) == pytest.approx((7.0, -4.0))


def test_people_sway_and_do_not_stand_twice_alike():
    truth = truth_of(Standing(400.0), person=Person(sway_sd_deg=0.5))
    rotation = truth.joint(Joint.HIP, Side.RIGHT).internal_rotation_deg
    assert 0.2 < rotation.std() < 1.0


def test_tasks_cover_the_script_in_order():
    truth = truth_of(Standing(2.0), Squat(count=1), Walk(6.0), StepUp(Side.LEFT, count=1))
    assert [t.task for t in truth.tasks] == [Task.STANDING, Task.SQUAT, Task.WALK, Task.STEP_UP]
    assert truth.tasks[3].side is Side.LEFT
    assert all(t.end_s > t.start_s for t in truth.tasks)


def test_tasks_and_repetitions_are_where_the_movement_is_after_changes_of_pose():
    truth = truth_of(Standing(1.0), Sitting(1.0), SeatedKneeExtension(count=2), Standing(1.0))
    knee = truth.joint(Joint.KNEE, Side.RIGHT).flexion_deg
    for rep in truth.repetitions:
        assert knee[round(rep.top_s * 100)] < 25.0
        assert knee[round(rep.start_s * 100)] > 80.0
    sit = truth.tasks[1]
    assert knee[round(sit.start_s * 100)] == pytest.approx(88.0)
    assert knee[round((truth.tasks[3].start_s + 0.1) * 100)] == pytest.approx(4.0)


def test_a_second_walk_starts_where_the_first_one_turned_to():
    truth = truth_of(Walk(6.0, turns=(Turn(3.0, 90.0, 2.0),)), Standing(1.0), Walk(6.0))
    headings = np.degrees(truth.heading_rad)
    assert headings[-1] == pytest.approx(90.0)
    assert np.abs(np.diff(headings)).max() < 3.0
    path = truth.joint_centres_m[Placement.PELVIS]
    last = path[-1] - path[round((truth.tasks[2].start_s + 1.0) * 100)]
    assert abs(last[0]) < 0.3 * last[1]


def test_what_cannot_be_done_is_refused():
    with pytest.raises(InputError, match="at least one repetition"):
        truth_of(Squat(count=0))
    with pytest.raises(InputError, match=r"A step of 10 m.*step height up to 0\.45 m"):
        StepUp(step_height_m=10.0)
    with pytest.raises(InputError, match="choose a lower step"):
        truth_of(StepUp(step_height_m=0.45), person=Person(height_m=0.8, thigh_factor=0.4))
    with pytest.raises(InputError, match=r"The script is empty.*at least one movement"):
        truth_of()


def test_stepping_in_place_lifts_both_legs_and_goes_nowhere():
    truth = truth_of(Standing(1.0), StepInPlace(count=8), Standing(1.0))
    assert truth.repetitions == ()
    for side in Side:
        flexion = truth.joint(Joint.HIP, side).flexion_deg
        assert flexion.max() - flexion[0] > 35.0
    pelvis = truth.joint_centres_m[Placement.PELVIS]
    assert np.ptp(pelvis, axis=0).max() < 0.06
    with pytest.raises(InputError, match="slower steps"):
        StepInPlace(step_s=0.1)


def test_an_aborted_step_up_puts_the_foot_on_the_step_and_does_not_rise():
    truth = truth_of(StepTap(count=2, step_height_m=0.15))
    pelvis = truth.joint_centres_m[Placement.PELVIS][:, 2]
    assert np.ptp(pelvis) < 0.01
    for rep in truth.repetitions:
        foot = truth.contacts_m[Side.RIGHT][round(rep.top_s * 100), 0, 2]
        assert foot == pytest.approx(0.15, abs=0.02)
        assert rep.task is Task.OTHER


def test_drawn_step_ups_differ_between_seeds_and_sides_and_repeat_for_the_same():
    drawn = [StepUp.random(seed, side=side) for seed in range(12) for side in Side]
    assert StepUp.random(3, side=Side.LEFT) == drawn[6]
    assert len({s.hip_internal_rotation_deg for s in drawn}) > 20
    assert all(1.5 <= s.repetition_s <= 8.0 for s in drawn)
