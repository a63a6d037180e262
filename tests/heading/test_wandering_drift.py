"""A long recording without a last stand: the drift rate wanders, the windows hold the heading."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.heading.anchors import StandingAnchor
from imu_valgus.heading.smoother import DEFAULT_SETTINGS, SmoothedHeading, smooth_heading

N_RECORDINGS = 40
LENGTH_S = 1500.0
WINDOW_SD_RAD = float(np.radians(4.0))


def _recording(seed: int) -> tuple[np.ndarray, np.ndarray, HeadingObservations]:
    """Make a true heading, zero in the first stand, and windows that see it with noise."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(0.0, LENGTH_S, 0.5)
    rate = np.cumsum(
        rng.normal(0.0, DEFAULT_SETTINGS.bias_random_walk_sd_rad_s_sqrt_s * 0.5**0.5, time_s.size)
    )
    heading = np.concatenate([[0.0], np.cumsum(rate[:-1] * 0.5)])
    at = np.arange(40, time_s.size, 8)
    seen = heading[at] + rng.normal(0.0, WINDOW_SD_RAD, at.size)
    windows = HeadingObservations(
        time_s[at],
        (seen + np.pi) % (2.0 * np.pi) - np.pi,
        np.full(at.size, WINDOW_SD_RAD),
        1.0,
        np.zeros(at.size, dtype=np.intp),
        (float(np.radians(0.3)),),
    )
    return time_s, heading, windows


def _smoothed(seed: int, *, wanders: bool) -> tuple[SmoothedHeading, np.ndarray]:
    time_s, heading, windows = _recording(seed)
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


def _error_at_the_end(seed: int, *, wanders: bool) -> tuple[float, float]:
    """Error and stated uncertainty of the change since the stand, at the end, in degrees."""
    smoothed, heading = _smoothed(seed, wanders=wanders)
    change = smoothed.offset_rad - smoothed.offset_rad[0]
    return (
        float(np.degrees(change[-1] - heading[-1])),
        float(np.degrees(smoothed.change_sd_rad[-1])),
    )


@pytest.fixture(scope="module")
def ends() -> dict[bool, np.ndarray]:
    return {
        wanders: np.array(
            [_error_at_the_end(seed, wanders=wanders) for seed in range(N_RECORDINGS)]
        )
        for wanders in (True, False)
    }


def test_the_uncertainty_holds_the_error_at_the_end(ends: dict[bool, np.ndarray]) -> None:
    error, sd = ends[True].T
    assert 0.5 <= np.mean(np.abs(error) <= sd) <= 0.9
    assert np.abs(error).max() < 4.0 * sd.max()


def test_a_constant_rate_would_lag_behind(ends: dict[bool, np.ndarray]) -> None:
    lagging, following = (np.sqrt(np.mean(ends[wanders][:, 0] ** 2)) for wanders in (False, True))
    assert following < 0.6 * lagging
