"""Edges and tops of excursions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.segmentation.excursions import ExcursionSettings, find_excursions
from imu_valgus.signals.series import runs, smooth

SETTINGS = ExcursionSettings(reach=16.0, leave=9.0)
TIME = np.arange(0.0, 20.0, 0.01)


def excursion(start: float, length: float, height: float) -> np.ndarray:
    share = np.clip((TIME - start) / length, 0.0, 1.0)
    return 0.5 * height * (1.0 - np.cos(2.0 * np.pi * share))


@given(st.floats(2.0, 8.0), st.floats(0.8, 6.0), st.floats(20.0, 90.0))
def test_edges_lie_where_the_movement_begins_and_ends(start, length, height):
    # A movement of a few degrees per second cannot be distinguished from sway.
    length = min(length, height / 8.0)
    found = find_excursions(excursion(start, length, height), 100.0, settings=SETTINGS)
    assert len(found) == 1
    edges = [0.01 * found[0].start, 0.01 * found[0].top, 0.01 * found[0].stop]
    assert edges == pytest.approx([start, start + 0.5 * length, start + length], abs=0.2)


def test_small_and_unfinished_excursions_are_left_out():
    assert find_excursions(excursion(5.0, 2.0, 12.0), 100.0, settings=SETTINGS) == ()
    assert find_excursions(excursion(19.0, 2.0, 40.0), 100.0, settings=SETTINGS) == ()
    assert find_excursions(np.zeros(2), 100.0, settings=SETTINGS) == ()


@given(st.lists(st.booleans(), max_size=60))
def test_runs_cover_exactly_what_is_true(mask):
    array = np.array(mask, dtype=np.bool_)
    covered = np.zeros(array.size, dtype=np.bool_)
    for start, stop in runs(array):
        covered[start:stop] = True
    assert (covered == array).all()


def test_smoothing_bridges_gaps_and_delays_nothing():
    signal = excursion(5.0, 4.0, 50.0)
    signal[650:660] = np.nan
    smoothed = smooth(signal, 100.0)
    assert np.isfinite(smoothed).all()
    assert np.argmax(smoothed) == pytest.approx(700, abs=3)
    assert (smooth(np.full(50, np.nan), 100.0) == 0.0).all()
