"""The femur's reference without a pelvis sensor: follows turns, keeps excursions."""

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.heading import estimate_thigh_heading
from imu_valgus.model import OrientationSeries, Placement, RelativeHeading, Span
from imu_valgus.rotations import about_earth_z, compose

RATE_HZ = 100.0
UPRIGHT = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def estimate(heading_rad: np.ndarray, trials: list[Span], walks: list[Span]) -> RelativeHeading:
    n = heading_rad.size
    thigh = OrientationSeries(
        np.arange(n) / RATE_HZ,
        compose(about_earth_z(heading_rad), UPRIGHT),
        np.ones(n, dtype=np.bool_),
    )
    return estimate_thigh_heading(
        thigh, placement=Placement.THIGH_LEFT, trials=trials, walks=walks, rate_hz=RATE_HZ
    )


def test_neutral_stance_faces_along_earth_x_whatever_the_heading() -> None:
    for facing in (-2.9, 0.0, 1.2):
        found = estimate(np.full(500, facing), [Span(0, 500)], [])
        facing_after = np.angle(np.exp(1j * (facing + found.offset_rad)))
        np.testing.assert_allclose(facing_after, 0.0, atol=1e-9)


def test_rotation_between_two_static_trials_is_kept() -> None:
    heading = np.zeros(1500)
    heading[600:900] = np.radians(12.0)
    found = estimate(heading, [Span(0, 400), Span(1100, 1500)], [])
    np.testing.assert_allclose(np.degrees(heading + found.offset_rad)[600:900], 12.0, atol=1e-6)


def test_a_turn_in_walking_is_followed_and_the_stride_rotation_is_kept() -> None:
    time_s = np.arange(6000) / RATE_HZ
    stride = np.radians(8.0) * np.sin(2.0 * np.pi * time_s / 1.1)
    path = np.where(time_s < 30.0, 0.0, np.radians(180.0))
    found = estimate(stride + path, [], [Span(0, 6000)])
    after = np.degrees(np.angle(np.exp(1j * (stride + path + found.offset_rad))))
    straight = np.concatenate([np.arange(300, 2700), np.arange(3300, 5700)])
    np.testing.assert_allclose(after[straight], np.degrees(stride)[straight], atol=0.6)


def test_the_level_in_walking_is_said_to_be_unknown() -> None:
    found = estimate(np.zeros(3000), [Span(0, 300)], [Span(500, 3000)])
    assert np.degrees(found.sd_rad[1000]) > 9.0
    assert np.degrees(found.sd_rad[100]) < 3.5


def test_where_the_body_faces_is_known_less_well_than_changes_from_neutral_stance() -> None:
    found = estimate(np.zeros(3000), [Span(0, 300), Span(2700, 3000)], [])
    assert np.degrees(found.sd_rad[1000]) > 3.0
    assert np.degrees(found.change_sd_rad[1000]) < 3.0
