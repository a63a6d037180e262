"""Measures of one step-up from made-up angles whose values are known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.model import Joint, JointAngles, Side
from imu_valgus.scores.step_up_measures import (
    LegMotion,
    PelvisMotion,
    StepUpSpan,
    count_turns,
    matched_knee_flexion_deg,
    measure_step_up,
    trace_motion,
)

TIME = np.arange(0.0, 6.0, 0.01)
SPAN = StepUpSpan(start=100, stop=500, placed=150, top=250, lower=350, bottom=450)


def bend() -> np.ndarray:
    """Bend the loaded knee: 50 degrees when placed, straight on the step, 50 before coming home."""
    share = np.interp(TIME, [1.0, 1.5, 2.5, 3.5, 4.5, 5.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    return 50.0 * share


def motion(*, adduction=8.0, rotation=6.0, offset=0.0, medial=None) -> LegMotion:
    share = bend() / 50.0
    zeros = np.zeros_like(share)
    sd = np.full((TIME.size, 3), 1.0)
    hip = np.stack([bend(), offset + adduction * share, offset + rotation * share], axis=1)
    knee = np.stack([bend(), -2.0 * share, -4.0 * share], axis=1)
    return LegMotion(
        side=Side.RIGHT,
        hip=JointAngles(Joint.HIP, Side.RIGHT, TIME, hip, sd),
        knee=JointAngles(Joint.KNEE, Side.RIGHT, TIME, knee, sd),
        shank_medial_deg=3.0 * share if medial is None else medial,
        shank_forward_deg=zeros,
        shank_axis_sd_deg=4.0,
    )


def test_the_matched_flexion_is_nine_tenths_of_the_loaded_peak_up_to_45_degrees():
    shallow = motion()
    half = replace(
        shallow,
        knee=replace(
            shallow.knee,
            angles_deg=0.5 * shallow.knee.angles_deg,
            change_sd_deg=shallow.knee.sd_deg,
        ),
    )
    assert matched_knee_flexion_deg([(shallow, SPAN)]) == 45.0
    assert matched_knee_flexion_deg([(half, SPAN)]) == pytest.approx(22.5, abs=0.5)
    assert np.isnan(matched_knee_flexion_deg([]))


@given(st.floats(-10.0, 20.0), st.floats(-10.0, 20.0), st.floats(-15.0, 15.0))
def test_excursions_do_not_know_the_level_and_peaks_do(adduction, rotation, offset):
    moved = motion(adduction=adduction, rotation=rotation, offset=offset)
    measured = measure_step_up(trace_motion(moved), SPAN, matched_deg=25.0)
    columns = measured.columns
    assert columns["hip_adduction_excursion_deg"] == pytest.approx(max(adduction, 0.0), abs=1e-6)
    assert columns["hip_adduction_peak_deg"] == pytest.approx(max(adduction, 0.0) + offset)
    assert measured.matched["hip_internal_rotation"] == pytest.approx(0.5 * rotation, abs=1e-6)


def test_external_rotation_and_abduction_count_positive():
    columns = measure_step_up(trace_motion(motion()), SPAN, matched_deg=25.0).columns
    assert columns["tibial_external_rotation_excursion_deg"] == pytest.approx(4.0)
    assert columns["knee_abduction_excursion_deg"] == pytest.approx(2.0)


def test_without_a_pelvis_sensor_no_column_is_called_hip():
    worn = motion()
    femur = replace(worn, hip=replace(worn.hip, joint=Joint.FEMUR))
    columns = measure_step_up(trace_motion(femur), SPAN, matched_deg=25.0).columns
    assert not [name for name in columns if "hip" in name]
    assert columns["femur_adduction_excursion_deg"] == pytest.approx(8.0)


@pytest.mark.parametrize(("waves", "turns"), [(0, 0), (1, 2), (3, 6)])
def test_reversals_of_more_than_a_degree_and_a_half_are_counted_while_loaded(waves, turns):
    # Each whole wave on the way up turns twice.
    inside = (TIME >= 1.5) & (TIME < 2.5)
    medial = np.where(inside, -2.0 * np.sin(2.0 * np.pi * waves * (TIME - 1.5)), 0.0)
    found = measure_step_up(trace_motion(motion(medial=medial)), SPAN, matched_deg=25.0)
    assert found.columns["sideways_reversals"] == turns


def test_small_wobble_is_no_reversal():
    medial = 0.7 * np.sin(2.0 * np.pi * 4.0 * TIME)
    found = measure_step_up(trace_motion(motion(medial=medial)), SPAN, matched_deg=25.0)
    assert found.columns["sideways_reversals"] == 0


def test_a_gap_in_the_angles_makes_measures_unknown_and_nothing_up():
    worn = motion()
    lost = worn.hip.angles_deg.copy()
    lost[SPAN.start : SPAN.stop] = np.nan
    gap = replace(worn, hip=replace(worn.hip, angles_deg=lost, change_sd_deg=worn.hip.sd_deg))
    measured = measure_step_up(trace_motion(gap), SPAN, matched_deg=25.0)
    assert np.isnan(measured.columns["hip_adduction_excursion_deg"])
    assert np.isnan(measured.matched["hip_internal_rotation"])
    assert measured.columns["knee_abduction_excursion_deg"] == pytest.approx(2.0)


def test_the_pelvis_counts_from_the_standing_before_and_only_while_the_leg_is_loaded():
    drop = np.full(TIME.size, 2.0)
    drop[SPAN.top + 20] = 30.0
    drop[SPAN.placed + 5] = 7.0
    turn = np.full(TIME.size, -1.0)
    turn[SPAN.lower + 5] = -9.0
    worn = replace(motion(), pelvis=PelvisMotion(drop, turn))
    columns = measure_step_up(trace_motion(worn), SPAN, matched_deg=25.0).columns
    assert columns["pelvis_drop_peak_deg"] == pytest.approx(5.0)
    assert columns["pelvis_turn_peak_deg"] == pytest.approx(-8.0)
    bare = measure_step_up(trace_motion(motion()), SPAN, matched_deg=25.0).columns
    assert not [name for name in bare if name.startswith("pelvis")]


def test_the_matched_flexion_ends_at_45_degrees_however_deep_the_bend():
    deep = motion()
    knee = replace(deep.knee, angles_deg=1.6 * deep.knee.angles_deg, change_sd_deg=deep.knee.sd_deg)
    assert matched_knee_flexion_deg([(replace(deep, knee=knee), SPAN)]) == 45.0


@pytest.mark.parametrize(("before_s", "shift_deg"), [(0.35, -0.5), (0.45, 0.0)])
def test_the_baseline_is_the_mean_of_the_last_four_tenths_of_a_second(before_s, shift_deg):
    """Two samples of 10 degrees are half a degree of the mean of 40; further back they are none."""
    spike = motion()
    angles = spike.hip.angles_deg.copy()
    at = SPAN.start - round(before_s * 100.0)
    angles[at : at + 2, 1] += 10.0
    hip = replace(spike.hip, angles_deg=angles, change_sd_deg=spike.hip.sd_deg)
    columns = measure_step_up(trace_motion(replace(spike, hip=hip)), SPAN, matched_deg=25.0).columns
    assert columns["hip_adduction_excursion_deg"] == pytest.approx(8.0 + shift_deg, abs=0.05)


@pytest.mark.parametrize(("height_deg", "turns"), [(1.3, 0), (1.7, 2)])
def test_a_reversal_is_more_than_a_degree_and_a_half(height_deg, turns):
    """From trough to crest; two whole waves have three large swings, which turn twice."""
    inside = (TIME >= 1.5) & (TIME < 2.5)
    wave = -0.5 * height_deg * np.sin(2.0 * np.pi * 2.0 * (TIME - 1.5))
    medial = np.where(inside, wave, 0.0)
    found = measure_step_up(trace_motion(motion(medial=medial)), SPAN, matched_deg=25.0)
    assert found.columns["sideways_reversals"] == turns


def test_the_uncertainty_of_an_excursion_is_that_of_a_change_of_the_angle():
    sure = motion()
    stated = np.tile([0.5, 1.0, 2.0], (TIME.size, 1))
    moved = replace(
        sure,
        hip=JointAngles(Joint.HIP, Side.RIGHT, TIME, sure.hip.angles_deg, 9.0 * stated, stated),
        knee=JointAngles(Joint.KNEE, Side.RIGHT, TIME, sure.knee.angles_deg, 9.0 * stated, stated),
        shank_axis_sd_deg=0.0,
    )
    sd = measure_step_up(trace_motion(moved), SPAN, matched_deg=25.0).matched_sd
    assert sd["hip_internal_rotation"] == sd["tibial_external_rotation"] == pytest.approx(2.0)
    assert sd["hip_adduction"] == sd["knee_abduction"] == pytest.approx(1.0)
    assert sd["shank_medial_tilt"] == pytest.approx(0.7)


@given(st.lists(st.floats(-5.0, 5.0), min_size=2, max_size=40))
def test_turns_are_the_same_mirrored_and_backwards(heights):
    values = np.array(heights)
    assert count_turns(values) == count_turns(-values) == count_turns(values[::-1])
