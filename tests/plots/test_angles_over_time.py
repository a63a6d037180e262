"""Angles over time: thinned out without losing a peak or closing a gap."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imu_valgus.model import FloatArray, Joint, JointAngles, Side, Task, TaskSpan
from imu_valgus.plots.angles_over_time import known_median, plot_angle_over_time, thinned_indices
from imu_valgus.plots.style import new_strip

HOLED = arrays(
    np.float64, st.integers(1, 400), elements=st.one_of(st.floats(-90.0, 90.0), st.just(np.nan))
)


def runs(values: FloatArray) -> list[tuple[int, int]]:
    """First and last index of each run of known values."""
    known = np.concatenate([[False], np.isfinite(values), [False]])
    edges = np.flatnonzero(np.diff(known))
    return list(zip(edges[::2], edges[1::2] - 1, strict=True))


def knee(values: FloatArray, side: Side = Side.LEFT) -> JointAngles:
    time_s = np.arange(values.size) / 100.0
    angles = np.stack([values] * 3, axis=1)
    return JointAngles(Joint.KNEE, side, time_s, angles, np.full_like(angles, 1.5))


@given(HOLED, st.integers(1, 60))
def test_thinning_keeps_both_ends_of_every_known_run(values: FloatArray, n_bins: int) -> None:
    kept = thinned_indices(values, n_bins=n_bins)
    assert np.all(np.diff(kept) > 0)
    for first, last in runs(values):
        assert first in kept
        assert last in kept


@given(HOLED, st.integers(1, 60))
def test_thinning_never_joins_what_a_gap_parts(values: FloatArray, n_bins: int) -> None:
    kept = thinned_indices(values, n_bins=n_bins)
    for before, after in itertools.pairwise(kept):
        if np.isfinite(values[before]) and np.isfinite(values[after]):
            assert np.isfinite(values[before : after + 1]).all()


@given(HOLED, st.integers(1, 60))
def test_thinning_keeps_the_extremes_of_every_column(values: FloatArray, n_bins: int) -> None:
    kept = thinned_indices(values, n_bins=n_bins)
    width = -(-values.size // n_bins)
    for start in range(0, values.size, width):
        column = values[start : start + width]
        inside = values[kept[(kept >= start) & (kept < start + width)]]
        if np.isfinite(column).any():
            assert np.nanmax(inside) == np.nanmax(column)
            assert np.nanmin(inside) == np.nanmin(column)


def test_a_long_recording_is_drawn_with_few_points() -> None:
    values = 30.0 + 30.0 * np.sin(np.arange(60_000) / 15.0)
    assert thinned_indices(values, n_bins=500).size <= 1010


def test_the_drawn_line_is_broken_at_a_gap() -> None:
    values = np.sin(np.arange(6000) / 20.0)
    values[2000:2300] = np.nan
    _, (ax,) = new_strip(1)
    plot_angle_over_time([knee(values)], ax, motion="flexion")
    x, y = (np.asarray(data, dtype=np.float64) for data in ax.lines[0].get_data())
    assert not np.isfinite(y[(x >= 20.0) & (x < 23.0)]).any()
    assert np.isfinite(y[(x < 20.0) | (x >= 23.0)]).all()


def test_the_bar_in_the_margin_is_the_median_level_uncertainty() -> None:
    _, (ax,) = new_strip(1)
    plot_angle_over_time([knee(np.full(500, 20.0))], ax, motion="flexion")
    (bar,) = [line for line in ax.lines if line.get_linewidth() > 2.5]
    assert list(bar.get_ydata()) == pytest.approx([18.5, 21.5])


def test_a_task_is_named_where_its_name_fits() -> None:
    spans = [TaskSpan(Task.WALK, 5.0, 50.0), TaskSpan(Task.STEP_UP, 51.0, 53.0, Side.LEFT)]
    _, (ax,) = new_strip(1)
    plot_angle_over_time([knee(np.zeros(6000))], ax, motion="flexion", tasks=spans)
    words = [text.get_text() for text in ax.texts]
    assert "walk" in words
    assert "step up" not in words


def test_nothing_to_draw_is_refused() -> None:
    _, (ax,) = new_strip(1)
    with pytest.raises(ValueError, match="exactly one joint"):
        plot_angle_over_time([], ax, motion="flexion")


def test_the_median_of_nothing_known_is_not_known() -> None:
    assert np.isnan(known_median(np.full(3, np.nan)))
