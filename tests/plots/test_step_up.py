"""Step-up drawings: the given values are drawn."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from imu_valgus.model import ScoreComponent, Side
from imu_valgus.plots.step_up import (
    RepetitionValues,
    finish_repetition_strip,
    plot_alignment,
    plot_components,
    plot_repetition_values,
)
from imu_valgus.plots.style import SIDE_STYLES, new_panel, new_strip

PARTS = (
    ScoreComponent("A1", "hip adduction", 14.0, 2.0, "deg", 10.8, 22.6, 20.0, 70.0, 14.0),
    ScoreComponent("K", "knee over foot", 3.0, 0.7, "deg", 0.0, 4.8, 20.0, 50.0, 10.0),
    ScoreComponent("T", "tibial external rotation", 4.0, 1.0, "deg", 0.0, 1.0, 0.0, np.nan, 0.0),
)


def test_each_scored_component_has_a_track_of_its_weight_and_a_bar_of_its_share():
    _, ax = new_panel()
    plot_components(PARTS, Side.LEFT, ax)
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == [20.0, 14.0, 20.0, 10.0]
    assert to_hex(ax.patches[1].get_facecolor()) == SIDE_STYLES[Side.LEFT].colour.lower()
    assert "14.0 of 20" in [text.get_text() for text in ax.texts]


def test_angles_are_stacked_outwards_from_zero_by_their_sign():
    _, ax = new_panel()
    plot_alignment({Side.RIGHT: {"a": 5.0, "b": -2.0, "c": 3.0, "d": np.nan}}, ax)
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert spans == [(0.0, 5.0), (0.0, -2.0), (5.0, 8.0)]
    assert "right: 6° in all" in [text.get_text() for text in ax.texts]


def test_the_scale_grows_with_the_values_and_the_line_is_the_median():
    _, (ax,) = new_strip(1)
    values = RepetitionValues(Side.LEFT, (4.0, np.nan, 22.0, 6.0))
    plot_repetition_values([values], ax, title="Angle (deg)", limits=(0.0, 15.0))
    low, high = ax.get_ylim()
    assert low < 0.0
    assert high > 22.0
    assert ax.lines[1].get_ydata()[0] == pytest.approx(6.0)


def test_degrees_stand_in_a_bar_only_where_they_have_room():
    _, ax = new_panel()
    angles = {"a": 40.0, "b": 13.0, "c": 1.6, "d": -1.8}
    plot_alignment({Side.LEFT: angles}, ax)
    assert {"40", "13"} <= {text.get_text() for text in ax.texts}
    assert not {"2", "−2"} & {text.get_text() for text in ax.texts}


def test_the_names_of_the_legs_do_not_meet_in_a_narrow_panel():
    figure, ax = new_panel()
    sides = [RepetitionValues(side, (4.0, 5.0)) for side in Side]
    plot_repetition_values(sides, ax, title="Angle (deg)", limits=(0.0, 15.0))
    finish_repetition_strip([ax], sides)
    FigureCanvasAgg(figure).draw()
    legend = ax.get_legend()
    assert legend is not None
    left, right = (text.get_window_extent() for text in legend.get_texts())
    # Printed pages write the letters larger by a sixth without moving them.
    assert left.x1 + left.width / 6.0 < right.x0
    assert right.x1 + right.width / 6.0 < figure.bbox.width
