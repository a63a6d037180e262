"""Units told from the samples."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from support.raw_samples import nodding_sensor

from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.units import (
    ACC_UNITS,
    GYR_UNITS,
    estimate_units,
    recognise_acc_unit,
    recognise_gyr_unit,
)


def in_degrees(raw: RawSamples) -> RawSamples:
    return replace(raw, gyr=np.degrees(raw.gyr))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    amplitude_rad=st.floats(0.15, 1.2),
    units=st.tuples(st.sampled_from(list(ACC_UNITS)), st.sampled_from(list(GYR_UNITS))),
    bumps=st.floats(0.0, 4.0),
)
def test_units_of_a_moving_sensor_are_told_at_any_mounting(
    seed: int, amplitude_rad: float, units: tuple[str, str], bumps: float
) -> None:
    acc_unit, gyr_unit = units
    raw = nodding_sensor(amplitude_rad=amplitude_rad)
    mounting = Rotation.random(rng=seed)
    moving = raw.time_s > 1.0
    noise = np.random.default_rng(seed).normal(size=raw.acc.shape) * bumps * moving[:, None]
    acc = mounting.apply(raw.acc + noise) / ACC_UNITS[acc_unit]
    gyr = mounting.apply(raw.gyr) / GYR_UNITS[gyr_unit]
    assert recognise_acc_unit(acc, raw.time_s) == acc_unit
    assert recognise_gyr_unit(gyr, acc, raw.time_s) == gyr_unit


def test_bias_of_a_resting_sensor_is_not_taken_for_degrees() -> None:
    raw = nodding_sensor(amplitude_rad=0.0, bias=np.radians(1.4))
    assert recognise_gyr_unit(raw.gyr, raw.acc, raw.time_s) != "deg/s"


def test_a_quiet_recording_follows_the_moving_ones_of_its_session() -> None:
    quiet = nodding_sensor(amplitude_rad=0.0)
    quiet = in_degrees(replace(quiet, gyr=0.4 * quiet.gyr + np.radians(0.05)))
    assert recognise_gyr_unit(quiet.gyr, quiet.acc, quiet.time_s) is None
    alone = estimate_units({"stand": quiet})["stand"]
    assert (alone.gyr, alone.is_gyr_doubtful) == ("rad/s", True)
    together = estimate_units({"stand": quiet, "walk": in_degrees(nodding_sensor())})
    assert together["stand"].gyr == "deg/s"
    assert not together["stand"].is_gyr_doubtful


def test_one_file_in_other_units_is_told_alone() -> None:
    units = estimate_units(
        {"a": nodding_sensor(), "b": nodding_sensor(), "c": in_degrees(nodding_sensor())}
    )
    assert [units[key].gyr for key in "abc"] == ["rad/s", "rad/s", "deg/s"]


def test_units_fixed_by_the_format_are_not_guessed() -> None:
    raw = replace(in_degrees(nodding_sensor()), has_certain_units=True)
    assert estimate_units({"dot": raw})["dot"].gyr == "rad/s"


@pytest.mark.parametrize("level", [3.0, 30.0])
def test_an_acceleration_that_fits_no_unit_is_doubtful(level: float) -> None:
    raw = nodding_sensor()
    raw = replace(raw, acc=raw.acc * level / 9.81)
    assert estimate_units({"x": raw})["x"].is_acc_doubtful
