"""The smoothed heading: unwrapped rightly, following drift, weighing movements by their kind."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.smoother import (
    DEFAULT_SETTINGS,
    SmoothedHeading,
    StandingAnchor,
    first_guess,
    smooth_heading,
)
from imu_valgus.rotations import wrap_angle

DRIFT_RAD_S = np.radians(0.12)
N_RECORDINGS = 40
LENGTH_S = 1500.0
WINDOW_SD_RAD = float(np.radians(4.0))
TIME_S = np.arange(0.0, 120.0, 0.1)
WALK_S, SQUAT_S = np.arange(10.0, 50.0, 2.0), np.arange(60.0, 110.0, 2.0)
SQUATS_ERR_RAD = np.radians(8.0)


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


def test_half_an_hour_without_a_last_static_trial_is_followed_beyond_half_a_turn() -> None:
    knots_s, observations = turning_walk()
    guess = first_guess(knots_s, np.array([3.0]), np.array([0.0]), observations)
    assert np.degrees(DRIFT_RAD_S * knots_s[-1]) > 190.0
    np.testing.assert_allclose(guess, DRIFT_RAD_S * knots_s, atol=np.radians(15.0))


def test_the_smoothed_heading_of_half_an_hour_stays_right_too() -> None:
    _, observations = turning_walk()
    time_s = np.arange(0.0, 1800.0, 0.1)
    found = smooth_heading(
        time_s,
        anchors=[StandingAnchor(3.0, 0.0)],
        observations=observations,
        is_known=np.ones(time_s.size, dtype=np.bool_),
    )
    error = np.degrees(found.offset_rad - DRIFT_RAD_S * time_s)
    assert np.abs(error).max() < 5.0


@pytest.mark.parametrize("odd_deg", [60.0, 90.0, 120.0])
def test_odd_windows_between_static_trials_do_not_turn_the_heading_round(odd_deg: float) -> None:
    time_s = np.arange(0.0, 180.0, 0.1)
    at_s = np.arange(40.0, 120.0, 2.0)
    odd = np.radians(odd_deg) * np.where(at_s < 80.0, 1.0, -1.0)
    found = smooth_heading(
        time_s,
        anchors=[StandingAnchor(at, 0.0) for at in (3.0, 90.0, 177.0)],
        observations=windows(at_s, odd),
        is_known=np.ones(time_s.size, dtype=np.bool_),
    )
    at_trials = np.interp([3.0, 90.0, 177.0], time_s, found.offset_rad)
    assert np.degrees(np.abs(at_trials)).max() < 12.0
    assert np.degrees(np.abs(found.offset_rad)).max() < 60.0


def test_without_static_trials_the_guess_follows_the_windows() -> None:
    knots_s, observations = turning_walk()
    guess = first_guess(knots_s, np.empty(0), np.empty(0), observations)
    np.testing.assert_allclose(guess, DRIFT_RAD_S * knots_s, atol=np.radians(15.0))


def drifting_recording(seed: int) -> tuple[np.ndarray, np.ndarray, HeadingObservations]:
    """Make a true heading, zero in the first static trial, and windows that see it with noise."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(0.0, LENGTH_S, 0.5)
    rate = np.cumsum(
        rng.normal(0.0, DEFAULT_SETTINGS.bias_random_walk_sd_rad_s_sqrt_s * 0.5**0.5, time_s.size)
    )
    heading = np.concatenate([[0.0], np.cumsum(rate[:-1] * 0.5)])
    at = np.arange(40, time_s.size, 8)
    measured = heading[at] + rng.normal(0.0, WINDOW_SD_RAD, at.size)
    windows = HeadingObservations(
        time_s[at],
        wrap_angle(measured),
        np.full(at.size, WINDOW_SD_RAD),
        1.0,
        np.zeros(at.size, dtype=np.intp),
        (float(np.radians(0.3)),),
    )
    return time_s, heading, windows


def smoothed_drift(seed: int, *, wanders: bool) -> tuple[SmoothedHeading, np.ndarray]:
    time_s, heading, windows = drifting_recording(seed)
    settings = DEFAULT_SETTINGS
    if not wanders:
        settings = replace(settings, bias_random_walk_sd_rad_s_sqrt_s=1e-9)
    smoothed = smooth_heading(
        time_s,
        anchors=[StandingAnchor(time_s=1.0, offset_rad=0.0)],
        observations=windows,
        is_known=np.ones(time_s.size, dtype=np.bool_),
        settings=settings,
    )
    return smoothed, heading


def error_at_the_end(seed: int, *, wanders: bool) -> tuple[float, float]:
    """Error and stated uncertainty of the change since the static trial, at the end, in degrees."""
    smoothed, heading = smoothed_drift(seed, wanders=wanders)
    change = smoothed.offset_rad - smoothed.offset_rad[0]
    return (
        float(np.degrees(change[-1] - heading[-1])),
        float(np.degrees(smoothed.change_sd_rad[-1])),
    )


@pytest.fixture(scope="module")
def ends() -> dict[bool, np.ndarray]:
    return {
        wanders: np.array([error_at_the_end(seed, wanders=wanders) for seed in range(N_RECORDINGS)])
        for wanders in (True, False)
    }


def test_the_uncertainty_holds_theerror_at_the_end(ends: dict[bool, np.ndarray]) -> None:
    error, sd = ends[True].T
    assert 0.5 <= np.mean(np.abs(error) <= sd) <= 0.9
    assert np.abs(error).max() < 4.0 * sd.max()


def test_a_constant_rate_would_lag_behind(ends: dict[bool, np.ndarray]) -> None:
    lagging, following = (np.sqrt(np.mean(ends[wanders][:, 0] ** 2)) for wanders in (False, True))
    assert following < 0.6 * lagging


def smoothed_by_kind(
    *, is_grouped: bool, anchors: tuple[StandingAnchor, ...] = ()
) -> SmoothedHeading:
    """Return a heading of zero that walking sees rightly and squats see eight degrees off."""
    offset = np.concatenate([np.zeros(WALK_S.size), np.full(SQUAT_S.size, SQUATS_ERR_RAD)])
    group = np.concatenate([np.zeros(WALK_S.size), np.ones(SQUAT_S.size)]).astype(np.intp)
    observations = HeadingObservations(
        np.concatenate([WALK_S, SQUAT_S]),
        offset,
        np.full(offset.size, np.radians(3.0)),
        group=group if is_grouped else None,
        group_bias_sd_rad=tuple(np.radians([0.5, 6.0])) if is_grouped else (),
    )
    is_known = np.ones(TIME_S.size, dtype=np.bool_)
    return smooth_heading(TIME_S, anchors=anchors, observations=observations, is_known=is_known)


def test_squats_do_not_pull_a_heading_that_walking_shows() -> None:
    together = np.degrees(np.abs(smoothed_by_kind(is_grouped=False).offset_rad).max())
    apart = np.degrees(np.abs(smoothed_by_kind(is_grouped=True).offset_rad).max())
    assert together > 4.0
    assert apart < 2.5


def test_squats_alone_leave_the_heading_uncertain() -> None:
    time_s = np.arange(10.0, 60.0, 2.0)
    is_known = np.ones(TIME_S.size, dtype=np.bool_)
    sds = []
    for bias_deg in (0.5, 6.0):
        observations = HeadingObservations(
            time_s,
            np.zeros(time_s.size),
            np.full(time_s.size, np.radians(3.0)),
            group=np.zeros(time_s.size, dtype=np.intp),
            group_bias_sd_rad=(float(np.radians(bias_deg)),),
        )
        found = smooth_heading(TIME_S, anchors=(), observations=observations, is_known=is_known)
        sds.append(np.degrees(found.sd_rad[300]))
    assert sds[0] < 2.0
    assert sds[1] > 5.5


def test_static_trials_reveal_the_error_of_a_movement_and_lose_nothing_by_it() -> None:
    anchors = tuple(StandingAnchor(at, 0.0) for at in (3.0, 55.0, 115.0))
    found = smoothed_by_kind(is_grouped=True, anchors=anchors)
    assert np.degrees(np.abs(found.offset_rad).max()) < 1.0
    assert abs(np.degrees(found.pose_offset_rad)) < 1.0
