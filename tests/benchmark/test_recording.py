"""Parts of the recording benchmark; the benchmark itself takes minutes and is run by hand."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import numpy as np
import pytest

from imu_valgus.benchmark.recording import measure_recording, troubled_sensors, true_turns
from imu_valgus.errors import InputError
from imu_valgus.sensors.ble import Radio
from imu_valgus.virtual_sensors.sensor import SimulatedSensor


def test_every_sample_gives_its_true_time() -> None:
    sensor = troubled_sensors(120.0, 1)[0]
    time_s = np.linspace(0.0, 10.0, 1001)
    _, gyr = sensor._motion.at(time_s)
    error = np.angle(np.exp(2j * np.pi * (true_turns(gyr) - time_s))) / (2.0 * np.pi)
    assert np.abs(error).max() < 1e-9
    # Rounded as a sensor of ±2000 °/s rounds it, the time is still known to some microseconds.
    step = np.radians(2000.0) / 32768.0
    rounded = true_turns(np.rint(gyr / step) * step)
    error = np.angle(np.exp(2j * np.pi * (rounded - time_s))) / (2.0 * np.pi)
    assert np.abs(error).max() < 10e-6


def test_faults_lie_inside_the_recording() -> None:
    for sensor in troubled_sensors(120.0, 1):
        behaviour = sensor.behaviour
        ends = [end for _, end in behaviour.absences_s]
        assert all(0 < at < 110 for at in (*behaviour.hang_ups_s, *behaviour.silences_s, *ends))


def test_too_short_a_benchmark_is_refused() -> None:
    def no_radio(_: Sequence[SimulatedSensor]) -> AbstractAsyncContextManager[Radio]:
        raise AssertionError

    with pytest.raises(InputError, match="at least 40 s"):
        measure_recording(no_radio, seconds=10.0)
