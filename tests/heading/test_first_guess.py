"""The guess that unwraps headings: turned round neither by odd windows nor by half an hour."""

import numpy as np
import pytest

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.anchors import StandingAnchor
from imu_valgus.heading.first_guess import first_guess
from imu_valgus.heading.smoother import smooth_heading
from imu_valgus.rotations import wrap_angle

DRIFT_RAD_S = np.radians(0.12)


def windows(time_s: np.ndarray, heading_rad: np.ndarray) -> HeadingObservations:
    sd = np.full(time_s.size, np.radians(4.0))
    return HeadingObservations(time_s, wrap_angle(heading_rad), sd)


def turning_walk() -> tuple[np.ndarray, HeadingObservations]:
    """Half an hour in which the heading drifts by more than half a turn, seen at each turn."""
    knots_s = np.linspace(0.0, 1800.0, 251)
    turns_s = np.arange(30.0, 1800.0, 30.0)
    time_s = np.sort(np.concatenate([turns_s - 2.0, turns_s, turns_s + 2.0]))
    noise = np.random.default_rng(5).normal(0.0, np.radians(4.0), time_s.size)
    return knots_s, windows(time_s, DRIFT_RAD_S * time_s + noise)


def test_half_an_hour_without_a_last_stand_is_followed_beyond_half_a_turn() -> None:
    knots_s, seen = turning_walk()
    guess = first_guess(knots_s, np.array([3.0]), np.array([0.0]), seen)
    assert np.degrees(DRIFT_RAD_S * knots_s[-1]) > 190.0
    np.testing.assert_allclose(guess, DRIFT_RAD_S * knots_s, atol=np.radians(15.0))


def test_the_smoothed_heading_of_half_an_hour_stays_right_too() -> None:
    _, seen = turning_walk()
    time_s = np.arange(0.0, 1800.0, 0.1)
    found = smooth_heading(
        time_s,
        anchors=[StandingAnchor(3.0, 0.0)],
        observations=seen,
        is_known=np.ones(time_s.size, dtype=np.bool_),
    )
    error = np.degrees(found.offset_rad - DRIFT_RAD_S * time_s)
    assert np.abs(error).max() < 5.0


@pytest.mark.parametrize("odd_deg", [60.0, 90.0, 120.0])
def test_odd_windows_between_stands_do_not_turn_the_heading_round(odd_deg: float) -> None:
    time_s = np.arange(0.0, 180.0, 0.1)
    at_s = np.arange(40.0, 120.0, 2.0)
    odd = np.radians(odd_deg) * np.where(at_s < 80.0, 1.0, -1.0)
    found = smooth_heading(
        time_s,
        anchors=[StandingAnchor(at, 0.0) for at in (3.0, 90.0, 177.0)],
        observations=windows(at_s, odd),
        is_known=np.ones(time_s.size, dtype=np.bool_),
    )
    at_stands = np.interp([3.0, 90.0, 177.0], time_s, found.offset_rad)
    assert np.degrees(np.abs(at_stands)).max() < 12.0
    assert np.degrees(np.abs(found.offset_rad)).max() < 60.0


def test_without_stands_the_guess_follows_the_windows() -> None:
    knots_s, seen = turning_walk()
    guess = first_guess(knots_s, np.empty(0), np.empty(0), seen)
    np.testing.assert_allclose(guess, DRIFT_RAD_S * knots_s, atol=np.radians(15.0))
