"""Conformance of every fusion engine: one set of conventions, whatever library does the work."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import SensorStream
from imu_valgus.orientation import ENGINES, estimate_orientation


@dataclass(frozen=True)
class MovingSensor:
    stream: SensorStream
    to_earth: Rotation


def moving_sensor(
    *,
    length_s: float = 30.0,
    rate_hz: float = 100.0,
    seed: int = 0,
    mounting: Rotation | None = None,
    standing_s: float = 2.0,
) -> MovingSensor:
    """Make a thigh that stands, then walks: 40 deg of swing, some twist and tilt, turning about."""
    rng = np.random.default_rng(seed)
    fine = max(1, round(1000.0 / rate_hz))
    n = round(length_s * rate_hz)
    t = np.arange(n * fine) / (rate_hz * fine)
    going = gaussian_filter1d((t > standing_s).astype(float), 0.3 * rate_hz * fine)
    phase = 2 * np.pi * np.cumsum(going) / (rate_hz * fine) * 0.9
    flexion = going * (np.deg2rad(20) * np.sin(phase) + np.deg2rad(6) * np.sin(2 * phase + 0.4))
    tilt = going * np.deg2rad(5) * np.sin(phase + 1.0)
    twist = going * np.deg2rad(6) * np.sin(phase + 2.0)
    heading = np.cumsum(going * np.deg2rad(25) * np.sin(2 * np.pi * t / 17.0)) / (rate_hz * fine)
    swing = Rotation.from_euler("ZXY", np.column_stack([heading, tilt, flexion]))
    to_earth = swing * Rotation.from_euler("Z", twist[:, None])
    if mounting is not None:
        to_earth = to_earth * mounting
    dt = t[1]
    gyr = (to_earth[:-1].inv() * to_earth[1:]).as_rotvec() / dt
    gyr = np.vstack([gyr[:1], gyr])
    hip = np.column_stack([0 * t, 0.015 * going * np.sin(phase), 0.02 * going * np.cos(2 * phase)])
    place = hip + to_earth.apply((mounting or Rotation.identity()).inv().apply([0.05, 0.02, -0.2]))
    acceleration = np.gradient(np.gradient(place, dt, axis=0), dt, axis=0)
    acc = to_earth.inv().apply(acceleration + np.array([0.0, 0.0, 9.81]))
    # What a sensor does: mean over the sampling interval for the rate, the value for the force.
    gyr = gyr.reshape(n, fine, 3).mean(axis=1)
    acc, kept = acc[fine - 1 :: fine], to_earth[fine - 1 :: fine]
    gyr += rng.normal(scale=0.003, size=gyr.shape)
    acc += rng.normal(scale=0.05, size=acc.shape)
    return MovingSensor(SensorStream(np.arange(n) / rate_hz, acc, gyr), kept)


def tilt_error_deg(found: Rotation, truth: Rotation) -> np.ndarray:
    """Angle between the true and the found vertical, both seen in the sensor."""
    up = np.array([0.0, 0.0, 1.0])
    cosine = (found.inv().apply(up) * truth.inv().apply(up)).sum(axis=-1)
    return np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))


def heading_error_deg(found: Rotation, truth: Rotation) -> np.ndarray:
    """Heading of the found against the true orientation, first sample zero, unwrapped."""
    quaternion = (found * truth.inv()).as_quat()
    heading = 2.0 * np.arctan2(quaternion[:, 2], quaternion[:, 3])
    return np.rad2deg(np.unwrap(heading) - heading[0])


@pytest.fixture(scope="module")
def walker() -> MovingSensor:
    return moving_sensor()


every_engine = pytest.mark.parametrize("engine", list(ENGINES))


def test_the_public_names_are_exactly_three():
    assert list(ENGINES) == ["vqf", "ahrs-madgwick", "ahrs-mahony"]


@every_engine
def test_earth_has_z_up_and_the_rotation_goes_from_sensor_to_earth(engine, walker):
    series = estimate_orientation(walker.stream, engine=engine)
    error = tilt_error_deg(series.to_earth, walker.to_earth)
    assert np.sqrt(np.mean(error**2)) < 2.0
    assert series.is_known.all()
    drift = heading_error_deg(series.to_earth, walker.to_earth)
    assert np.abs(drift).max() < 3.0


@every_engine
def test_no_complete_sample_is_one_clear_sentence(engine, walker):
    nothing = np.full_like(walker.stream.gyr, np.nan)
    stream = SensorStream(walker.stream.time_s, walker.stream.acc, nothing)
    with pytest.raises(InputError, match="found 0 complete ones of 3000"):
        estimate_orientation(stream, engine=engine)


def test_an_unknown_engine_is_told_with_the_names_there_are(walker):
    with pytest.raises(InputError, match="vqf, ahrs-madgwick, ahrs-mahony, found 'ekf'"):
        estimate_orientation(walker.stream, engine="ekf")
