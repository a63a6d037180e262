"""A worn sensor whose gyroscope and gravity agree."""

import numpy as np

from imu_valgus.io.cleaning.raw import RawSamples


def nodding_sensor(
    *, n: int = 1000, rate_hz: float = 100.0, amplitude_rad: float = 0.6, bias: float = 0.0
) -> RawSamples:
    """Make a sensor that rests for a second, then nods about its x axis."""
    time_s = np.arange(n) / rate_hz
    moving = np.clip(time_s - 1.0, 0.0, None)
    angle = amplitude_rad * np.sin(2 * np.pi * 0.5 * moving)
    speed = amplitude_rad * np.pi * np.cos(2 * np.pi * 0.5 * moving) * (moving > 0)
    acc = 9.81 * np.stack([np.zeros(n), np.cos(angle), -np.sin(angle)], axis=1)
    gyr = np.stack([speed, np.zeros(n), np.zeros(n)], axis=1) + bias
    noise = np.random.default_rng(3).normal(size=(n, 6))
    return RawSamples(
        "walk/thigh_right.csv", time_s, acc + 0.02 * noise[:, :3], gyr + 0.003 * noise[:, 3:]
    )
