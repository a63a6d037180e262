"""Gait curves and repetitions: the given values are drawn, in the colours of the legs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from imu_valgus.conventions import MOTIONS
from imu_valgus.model import GaitCurve, Joint, JointAngles, Repetition, Side, Task
from imu_valgus.plots.curves import (
    mean_level_deg,
    plot_gait_curve,
    plot_repetitions,
    removed_level_deg,
)
from imu_valgus.plots.labels import angle_label
from imu_valgus.plots.style import SIDE_STYLES, new_panel
from imu_valgus.segmentation.curves import repetition_curves


def curve(side: Side, motion: str = "flexion", level: float = 10.0) -> GaitCurve:
    wave = np.sin(np.linspace(0.0, 2.0 * np.pi, 101))
    return GaitCurve(Joint.KNEE, motion, side, level + 5.0 * wave, np.full(101, 2.0), 3.0, 17)


def line_of(ax: Axes, side: Side, n: int = 101) -> Line2D:
    colour = SIDE_STYLES[side].colour.lower()
    matches = [
        line for line in ax.lines
        if to_hex(str(line.get_color())) == colour and len(line.get_xdata()) == n
        and line.get_linewidth() > 1.5
    ]  # fmt: skip
    assert len(matches) == 1
    return matches[0]


def words_of(ax: Axes) -> str:
    legend = ax.get_legend()
    texts = [*ax.texts, *(legend.get_texts() if legend else [])]
    return "\n".join([*(text.get_text() for text in texts), ax.get_xlabel()])


def test_left_is_vermillion_and_solid_right_is_blue_and_dashed() -> None:
    _, ax = new_panel()
    plot_gait_curve([curve(side) for side in Side], ax, toe_off_share={})
    left, right = line_of(ax, Side.LEFT), line_of(ax, Side.RIGHT)
    assert to_hex(str(left.get_color())) == "#d55e00"
    assert to_hex(str(right.get_color())) == "#0072b2"
    assert not left.is_dashed()
    assert right.is_dashed()


def test_the_drawn_curve_is_the_mean_and_the_band_is_one_standard_deviation() -> None:
    _, ax = new_panel()
    given_curve = curve(Side.RIGHT)
    plot_gait_curve([given_curve], ax, toe_off_share={})
    np.testing.assert_allclose(line_of(ax, Side.RIGHT).get_ydata(), given_curve.mean_deg)
    (band,) = ax.collections
    edges = band.get_paths()[0].vertices
    assert edges[:, 1].max() == pytest.approx((given_curve.mean_deg + 2.0).max())
    assert edges[:, 1].min() == pytest.approx((given_curve.mean_deg - 2.0).min())
    assert band.get_alpha() == 0.3


def test_only_rotations_lose_their_level() -> None:
    for motion in MOTIONS:
        _, ax = new_panel()
        given_curve = curve(Side.LEFT, motion)
        plot_gait_curve([given_curve], ax, toe_off_share={})
        drawn = np.asarray(line_of(ax, Side.LEFT).get_ydata())
        expected = 0.0 if motion == "internal_rotation" else 10.0
        assert drawn.mean() == pytest.approx(expected, abs=1e-9)
        assert removed_level_deg(given_curve) == pytest.approx(10.0 - expected)


def test_a_rotation_moved_as_a_whole_is_drawn_the_same() -> None:
    drawn = []
    for level in (-20.0, 35.0):
        _, ax = new_panel()
        plot_gait_curve([curve(Side.LEFT, "internal_rotation", level)], ax, toe_off_share={})
        drawn.append(np.asarray(line_of(ax, Side.LEFT).get_ydata()))
    np.testing.assert_allclose(drawn[0], drawn[1], atol=1e-9)


def test_toe_off_stands_where_it_was_and_only_where_it_is_known() -> None:
    _, ax = new_panel()
    plot_gait_curve(
        [curve(side) for side in Side], ax, toe_off_share={Side.LEFT: 0.61, Side.RIGHT: np.nan}
    )
    vertical = [line for line in ax.lines if len({*line.get_xdata()}) == 1 and line.is_dashed()]
    assert [float(line.get_xdata()[0]) for line in vertical] == [61.0]


def test_the_level_uncertainty_is_the_length_of_the_bar_in_the_margin() -> None:
    _, ax = new_panel()
    plot_gait_curve([curve(Side.RIGHT)], ax, toe_off_share={})
    (bar,) = [line for line in ax.lines if line.get_linewidth() > 2.5]
    assert list(bar.get_ydata()) == pytest.approx([7.0, 13.0])


def test_an_unknown_level_uncertainty_draws_no_bar() -> None:
    _, ax = new_panel()
    plot_gait_curve([replace(curve(Side.RIGHT), offset_sd_deg=np.nan)], ax, toe_off_share={})
    assert not [line for line in ax.lines if line.get_linewidth() > 2.5]


@pytest.mark.parametrize("joint", list(Joint))
@pytest.mark.parametrize("motion", MOTIONS)
def test_every_angle_says_which_way_up_and_down_are(joint: Joint, motion: str) -> None:
    _, ax = new_panel()
    plot_gait_curve([replace(curve(Side.LEFT, motion), joint=joint)], ax, toe_off_share={})
    words, label = words_of(ax), angle_label(joint, motion)
    assert f"↑ {label.up}" in words
    assert f"↓ {label.down}" in words
    assert "(deg)" in words
    assert "n = 17" in words
    assert "gait cycle (%)" in words


def test_the_thigh_is_never_called_hip() -> None:
    for motion in MOTIONS:
        assert "hip" not in angle_label(Joint.FEMUR, motion).name.lower()
        assert "femur" in angle_label(Joint.FEMUR, motion).name


@settings(max_examples=30, deadline=None)
@given(st.floats(-150.0, 150.0), st.floats(0.1, 60.0), st.sampled_from(MOTIONS))
def test_no_curve_leaves_the_paper(level: float, sd: float, motion: str) -> None:
    _, ax = new_panel()
    noisy = replace(curve(Side.LEFT, motion, level), sd_deg=np.full(101, sd))
    plot_gait_curve([noisy], ax, toe_off_share={})
    low, high = ax.get_ylim()
    drawn = noisy.mean_deg - removed_level_deg(noisy)
    assert low <= (drawn - sd).min()
    assert (drawn + sd).max() <= high


def test_the_scale_of_usual_curves_is_fixed() -> None:
    scales = set()
    for level in (0.0, 20.0, 40.0):
        _, ax = new_panel()
        plot_gait_curve([curve(Side.LEFT, "flexion", level)], ax, toe_off_share={})
        scales.add(ax.get_ylim())
    assert scales == {(-10.0, 80.0)}


def test_curves_of_two_angles_are_refused() -> None:
    _, ax = new_panel()
    with pytest.raises(ValueError, match="exactly one joint and motion"):
        plot_gait_curve([curve(Side.LEFT), curve(Side.LEFT, "adduction")], ax, toe_off_share={})
    with pytest.raises(ValueError, match="exactly one joint and motion"):
        plot_gait_curve([], ax, toe_off_share={})


def test_the_mean_level_of_nothing_known_is_not_known() -> None:
    assert np.isnan(mean_level_deg(replace(curve(Side.LEFT), mean_deg=np.full(101, np.nan))))


def bends(*, gap: tuple[float, float] = (0.0, 0.0)) -> JointAngles:
    time_s = np.arange(0.0, 20.0, 0.01)
    angle = 90.0 * np.sin(np.pi * (time_s % 4.0) / 4.0)
    angle[(time_s >= gap[0]) & (time_s < gap[1])] = np.nan
    values = np.stack([angle, 0 * angle, 0 * angle], axis=1)
    return JointAngles(Joint.KNEE, Side.LEFT, time_s, values, np.ones_like(values))


def squats() -> list[Repetition]:
    return [Repetition(Task.SQUAT, None, i + 1, 4.0 * i, 4.0 * i + 2.0, 4.0 * i + 4.0)
            for i in range(4)]  # fmt: skip


def test_repetitions_of_any_duration_are_laid_over_each_other() -> None:
    time_s = np.arange(0.0, 12.0, 0.01)
    phase = np.where(time_s < 3.0, time_s / 3.0, (time_s - 3.0) / 6.0)
    values = np.stack([50.0 * np.sin(np.pi * phase)] * 3, axis=1)
    angles = JointAngles(Joint.KNEE, Side.LEFT, time_s, values, np.ones_like(values))
    fast = Repetition(Task.SQUAT, None, 1, 0.0, 1.5, 3.0)
    slow = Repetition(Task.SQUAT, None, 2, 3.0, 6.0, 9.0)
    curves = repetition_curves([(angles, fast), (angles, slow)], motion="flexion")
    np.testing.assert_allclose(curves.curves_deg[0, 1:-1], curves.curves_deg[1, 1:-1], atol=0.6)
    assert list(curves.turning_percent) == [50.0, 50.0]


def test_repetitions_that_do_not_count_are_not_drawn() -> None:
    first, *rest = squats()
    pairs = [(bends(), replace(first, is_valid=False, reason="too fast"))]
    pairs += [(bends(), squat) for squat in rest]
    curves = repetition_curves(pairs, motion="flexion")
    assert curves.curves_deg.shape == (3, 101)
    _, ax = new_panel()
    plot_repetitions([curves], ax)
    assert "n = 3" in words_of(ax)
    assert len([line for line in ax.lines if line.get_linewidth() < 0.7]) == 3


def test_a_gap_in_a_repetition_stays_a_gap() -> None:
    curves = repetition_curves([(bends(gap=(1.0, 2.0)), squats()[0])], motion="flexion")
    known = np.isfinite(curves.curves_deg[0])
    assert not known[26:50].any()
    assert known[:25].all()
    assert known[51:].all()


def test_the_strong_line_is_the_mean_of_the_known_repetitions() -> None:
    pairs = [(bends(), squat) for squat in squats()]
    pairs[0] = (bends(gap=(1.0, 2.0)), squats()[0])
    curves = repetition_curves(pairs, motion="flexion")
    _, ax = new_panel()
    plot_repetitions([curves], ax)
    drawn = np.asarray(line_of(ax, Side.LEFT).get_ydata())
    np.testing.assert_allclose(drawn, np.nanmean(curves.curves_deg, axis=0))


def test_repetitions_of_two_joints_are_refused() -> None:
    with pytest.raises(ValueError, match="exactly one joint and side"):
        repetition_curves([], motion="flexion")
    curves = repetition_curves([(bends(), squats()[0])], motion="flexion")
    _, ax = new_panel()
    with pytest.raises(ValueError, match="exactly one joint and motion"):
        plot_repetitions([curves, replace(curves, motion="adduction")], ax)
