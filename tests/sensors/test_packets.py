"""Blocks, clocks and recipes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.sensors.packets import DecoderRecipe, DeviceClock, SampleBlock

CLOCK = DeviceClock(1e-6, 2**32)


def _block(**changes):
    fields = {"n": 2, "nominal_rate_hz": 100.0, "acc": np.ones((2, 3)), "gyr": np.zeros((2, 3))}
    return SampleBlock(**{**fields, **changes})


def test_a_block_keeps_a_read_only_copy_of_its_samples():
    values = np.ones((2, 3))
    block = _block(acc=values)
    values[:] = 7
    assert (block.acc == 1).all()
    with pytest.raises(ValueError, match="read-only"):
        block.acc[0, 0] = 2


@pytest.mark.parametrize(
    "changes",
    [
        {"acc": np.ones((3, 3))},
        {"quat": np.ones((2, 3))},
        {"device_ticks": 1},
        {"counter": 1},
        {"counter_modulus": 8},
    ],
)
def test_a_block_whose_parts_do_not_agree_is_refused(changes):
    with pytest.raises(ValueError, match="Expected"):
        _block(**changes)


@given(st.floats(0, 1e6), st.integers(0, 5))
def test_a_clock_counts_on_after_its_wrap(time_s, wraps):
    ticks = CLOCK.ticks_at(time_s)
    assert 0 <= ticks < CLOCK.modulus
    later = CLOCK.ticks_at(time_s + wraps * 2**32 * 1e-6)
    assert min((ticks - later) % 2**32, (later - ticks) % 2**32) <= 1


values = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=9)
names = st.text("abc_", min_size=1, max_size=9)


@given(st.text(max_size=9), st.dictionaries(names, values))
def test_a_recipe_comes_back_from_its_mapping(protocol, settings):
    recipe = DecoderRecipe(protocol, settings)
    again = DecoderRecipe.from_mapping(recipe.as_mapping())
    assert (again.protocol, dict(again.settings)) == (protocol, settings)


@pytest.mark.parametrize("mapping", [{}, {"protocol": 3}, {"rate_hz": 100}])
def test_a_mapping_without_a_protocol_is_reported(mapping):
    with pytest.raises(InputError, match="names no protocol"):
        DecoderRecipe.from_mapping(mapping)


@pytest.mark.parametrize("value", [None, "100", True])
def test_a_recipe_without_a_number_is_reported(value):
    with pytest.raises(InputError, match="'rate_hz'"):
        DecoderRecipe("x", {} if value is None else {"rate_hz": value}).number("rate_hz")
