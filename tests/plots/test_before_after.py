"""Curves before and after: block means over sessions, without levels, readable in grey."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from imu_valgus.model import GaitCurve, Joint, RepetitionCurves, Side
from imu_valgus.plots.before_after import (
    gait_block,
    plot_gait_before_after,
    plot_step_up_before_after,
    step_up_block,
)
from imu_valgus.plots.frame import box_pt

NewAxes = Callable[..., Axes]
WAVE = np.sin(np.linspace(0.0, 2.0 * np.pi, 101))
RISE = np.sin(np.linspace(0.0, np.pi, 101)) ** 2


def walked(
    level: float, size: float = 5.0, *, motion: str = "internal_rotation", side: Side = Side.LEFT
) -> GaitCurve:
    return GaitCurve(Joint.HIP, motion, side, level + size * WAVE, np.full(101, 2.0), 3.0, 30)


def stepped(
    level: float, size: float = 5.0, *, n: int = 4, motion: str = "internal_rotation"
) -> RepetitionCurves:
    curves = np.array([level + i + (size + i) * RISE for i in range(n)]).reshape(n, 101)
    return RepetitionCurves(Joint.KNEE, motion, Side.RIGHT, curves, np.full(n, 50.0))


def line(ax: Axes, gid: str) -> Line2D:
    (match,) = (curve for curve in ax.lines if curve.get_gid() == gid)
    return match


def grey(one: Line2D) -> float:
    return float(np.dot(to_rgb(one.get_color()), (0.299, 0.587, 0.114)))


def words_on(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in ax.texts)


def test_rotations_compare_in_shape_whatever_their_level(new_axes: NewAxes) -> None:
    before = [walked(-20.0), walked(5.0), walked(33.0)]
    ax = plot_gait_before_after(before, [walked(11.0, 2.0)], new_axes())
    np.testing.assert_allclose(line(ax, "before").get_ydata(), 5.0 * WAVE, atol=1e-9)
    np.testing.assert_allclose(line(ax, "after").get_ydata(), 2.0 * WAVE, atol=1e-9)


def test_other_angles_keep_their_level(new_axes: NewAxes) -> None:
    ax = plot_gait_before_after([walked(7.0, motion="flexion")], [], new_axes())
    np.testing.assert_allclose(line(ax, "before").get_ydata(), 7.0 + 5.0 * WAVE)
    assert "after: no session" in words_on(ax)


def test_the_spread_is_that_between_sessions() -> None:
    values = [1.0, 2.0, 6.0]
    block = gait_block([walked(v, motion="adduction") for v in values])
    np.testing.assert_allclose(block.sd_deg, np.std(values, ddof=1))
    assert block.n_sessions == 3


def test_a_single_session_has_the_spread_of_its_strides_and_the_key_says_so(
    new_axes: NewAxes,
) -> None:
    block = gait_block([walked(1.0)])
    np.testing.assert_allclose(block.sd_deg, 2.0)
    ax = plot_gait_before_after([walked(1.0)], [walked(1.0), walked(2.0)], new_axes())
    assert "before: 1 session ± its SD" in words_on(ax)
    assert "after: 2 sessions ± SD" in words_on(ax)


def test_step_ups_start_from_the_standing_before_them() -> None:
    block = step_up_block([stepped(30.0), stepped(-8.0)])
    start = RISE[:5].mean()
    expected = np.mean([(5.0 + i) * (RISE - start) for i in range(4)], axis=0)
    np.testing.assert_allclose(block.mean_deg, expected, atol=1e-9)


def test_gaps_are_left_out_of_means_and_not_filled() -> None:
    curves = np.array([RISE, RISE + 2.0])
    curves[0, 40:60] = np.nan
    curves[:, 80] = np.nan
    session = RepetitionCurves(Joint.KNEE, "flexion", Side.LEFT, curves, np.full(2, 50.0))
    block = step_up_block([session])
    np.testing.assert_allclose(block.mean_deg[45], RISE[45] + 2.0)
    np.testing.assert_allclose(block.mean_deg[20], RISE[20] + 1.0)
    assert np.isnan(block.mean_deg[80])
    assert np.isnan(block.sd_deg[45])


def test_before_is_lighter_thinner_and_marked_so_that_grey_paper_tells_it(
    new_axes: NewAxes,
) -> None:
    for side in Side:
        before, after = [walked(1.0, side=side)], [walked(1.0, 3.0, side=side)]
        ax = plot_gait_before_after(before, after, new_axes())
        first, second = line(ax, "before"), line(ax, "after")
        assert grey(first) > grey(second) + 0.12
        assert first.get_linewidth() < second.get_linewidth()
        assert (first.get_marker(), second.get_marker()) == ("o", "None")
        assert second.is_dashed() is (side is Side.RIGHT)


def test_curves_of_several_angles_or_none_are_refused(new_axes: NewAxes) -> None:
    with pytest.raises(ValueError, match="exactly one joint, motion and side"):
        plot_gait_before_after([walked(1.0)], [walked(1.0, side=Side.RIGHT)], new_axes())
    with pytest.raises(ValueError, match="exactly one joint, motion and side"):
        plot_step_up_before_after([], [], new_axes())


@pytest.mark.parametrize("size", [(60.0, 40.0), (86.0, 62.0), (170.0, 65.0)])
def test_no_letters_overlap_or_leave_the_rectangle(
    size: tuple[float, float], new_axes: NewAxes, assert_tidy: Callable[[Axes, Bbox], None]
) -> None:
    for motion, height in (("flexion", 170.0), ("internal_rotation", 40.0)):
        ax = new_axes(*size)
        given = box_pt(ax)
        plot_step_up_before_after(
            [stepped(1.0, height, motion=motion)], [stepped(2.0, n=1, motion=motion)], ax
        )
        assert_tidy(ax, given)
        ax = new_axes(*size)
        plot_gait_before_after([walked(1.0, height, motion=motion)], [], ax)
        assert_tidy(ax, given)


@pytest.mark.parametrize("height_mm", [36.0, 38.0, 40.0])
def test_two_figures_or_more_give_the_scale_in_a_low_drawing(
    height_mm: float, new_axes: NewAxes, assert_tidy: Callable[[Axes, Bbox], None]
) -> None:
    ax = new_axes(53.0, height_mm)
    given = box_pt(ax)
    plot_gait_before_after([walked(0.0, 10.0)], [walked(0.0, 6.0)], ax)
    low, high = ax.get_ylim()
    assert sum(low <= tick <= high for tick in ax.get_yticks()) >= 2
    assert_tidy(ax, given)
