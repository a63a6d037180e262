"""Bending axes from inclination: exact on a hinge, blind to turning, honest about doubt."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.axes import DEFAULT_SETTINGS, AxisObservation, observe_axes
from imu_valgus.model import Placement, Task, TaskSpan

RATE_HZ = 100.0
TIME_S = np.arange(1000) / RATE_HZ
BEND = 0.5 * (1.0 - np.cos(2.0 * np.pi * TIME_S / 2.0))  # 0 to 1, every two seconds
UP_EARTH = np.array([0.0, 0.0, 1.0])


def observe(
    segment_to_earth: Rotation, mounting: Rotation, *, task: Task = Task.SQUAT
) -> AxisObservation | None:
    """Show a thigh sensor a movement; return what it observed, axis turned into the segment."""
    ups = (segment_to_earth * mounting).inv().apply(UP_EARTH)
    up = mounting.inv().apply([0.0, 1.0, 0.0])
    observations = observe_axes(
        TIME_S,
        {Placement.THIGH_RIGHT: ups},
        up={Placement.THIGH_RIGHT: up},
        movements=[TaskSpan(task, 0.0, 10.0)],
    )
    return observations[0] if observations else None


def leg(flexion_deg: np.ndarray, adduction_deg: np.ndarray, heading_deg: np.ndarray) -> Rotation:
    """Segment to earth: flexed about its z, tipped about x, the body turned about the vertical."""
    upright = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turns = np.stack([flexion_deg, adduction_deg], axis=-1)
    heading = Rotation.from_euler("z", heading_deg[:, None], degrees=True)
    return heading * upright * Rotation.from_euler("ZX", turns, degrees=True)


def axis_error_deg(observation: AxisObservation, mounting: Rotation) -> float:
    in_segment = mounting.apply(observation.axis)
    return float(np.degrees(np.arccos(min(abs(in_segment[2]), 1.0))))


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.floats(20.0, 100.0))
def test_a_hinge_shows_its_axis_in_any_mounting(seed: int, range_deg: float) -> None:
    mounting = Rotation.random(rng=np.random.default_rng(seed))
    observation = observe(leg(range_deg * BEND, 0.0 * BEND, 0.0 * BEND), mounting)
    assert observation is not None
    assert axis_error_deg(observation, mounting) < 0.01
    assert observation.range_deg == pytest.approx(range_deg, rel=0.05)
    assert observation.planarity > 0.999


def test_turning_round_does_not_reach_the_axis() -> None:
    mounting = Rotation.random(rng=np.random.default_rng(1))
    turning = leg(80.0 * BEND, 0.0 * BEND, 180.0 * TIME_S / 10.0)
    observation = observe(turning, mounting, task=Task.SIT)
    assert observation is not None
    assert axis_error_deg(observation, mounting) < 0.01


def test_sideways_motion_raises_the_uncertainty() -> None:
    mounting = Rotation.identity()
    clean = observe(leg(60.0 * BEND, 0.0 * BEND, 0.0 * BEND), mounting)
    sideways = 12.0 * np.sin(2.0 * np.pi * TIME_S / 0.7)
    wobbly = observe(leg(60.0 * BEND, sideways, 0.0 * BEND), mounting)
    assert clean is not None
    assert wobbly is not None
    assert wobbly.planarity < clean.planarity
    assert wobbly.sd_rad > 1.2 * clean.sd_rad


def test_a_small_or_shapeless_movement_shows_nothing() -> None:
    mounting = Rotation.identity()
    assert observe(leg(5.0 * BEND, 0.0 * BEND, 0.0 * BEND), mounting) is None
    around = 20.0 * np.cos(2.0 * np.pi * TIME_S), 20.0 * np.sin(2.0 * np.pi * TIME_S)
    assert observe(leg(*around, 0.0 * BEND), mounting) is None


def seated_thigh(roll_deg: float) -> np.ndarray:
    """Up over time in the sensor of a thigh that lies and only rolls about its own axis."""
    turns = np.stack([np.full(TIME_S.size, 88.0), roll_deg * np.sin(TIME_S)], axis=-1)
    return Rotation.from_euler("ZY", turns, degrees=True).inv().apply([0.0, 1.0, 0.0])


@pytest.mark.parametrize("roll_deg", [0.5, 2.0, 20.0])
def test_sitting_still_shows_no_axis(roll_deg: float) -> None:
    def observed(share: float) -> tuple[AxisObservation, ...]:
        return observe_axes(
            TIME_S,
            {Placement.THIGH_RIGHT: seated_thigh(roll_deg)},
            up={Placement.THIGH_RIGHT: np.array([0.0, 1.0, 0.0])},
            movements=[TaskSpan(Task.SIT, 0.0, 10.0)],
            settings=replace(DEFAULT_SETTINGS, largest_offset_share=share),
        )

    assert observed(DEFAULT_SETTINGS.largest_offset_share) == ()
    # Without that limit the thigh's roll is taken for a bend about an axis at a right angle.
    (misled,) = observed(100.0)
    assert axis_error_deg(misled, Rotation.identity()) > 80.0


def test_gaps_are_left_out() -> None:
    mounting = Rotation.identity()
    moved = leg(60.0 * BEND, 0.0 * BEND, 0.0 * BEND)
    ups = moved.inv().apply(UP_EARTH)
    ups[200:400] = np.nan
    observations = observe_axes(
        TIME_S,
        {Placement.THIGH_RIGHT: ups},
        up={Placement.THIGH_RIGHT: np.array([0.0, 1.0, 0.0])},
        movements=[TaskSpan(Task.SQUAT, 0.0, 10.0)],
    )
    assert axis_error_deg(observations[0], mounting) < 0.01
    assert observations[0].duration_s == pytest.approx(8.0, abs=0.05)
