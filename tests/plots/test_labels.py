"""Labels beside the axes: they name a direction and never judge it."""

import pytest

from imu_valgus.model import Joint, Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.plots import labels
from imu_valgus.plots.labels import angle_label, measure_label, signed

NAMES = [
    *labels._OTHERS,
    *(
        f"{stem}_{end}_deg"
        for stem in labels._ANGLES
        for end in ("peak", "excursion", "range", "matched", "level")
    ),
    "unknown_thing_deg",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_label_judges_a_direction(name, judgements_in, claims_in) -> None:
    label = measure_label(MeasureKey(name, Task.STEP_UP, Side.LEFT))
    text = f"{label.name} {label.directions}"
    assert judgements_in(text) == claims_in(text) == []


@pytest.mark.parametrize("motion", ["flexion", "adduction", "internal_rotation"])
@pytest.mark.parametrize("joint", list(Joint))
def test_no_angle_judges_a_direction(joint, motion, judgements_in) -> None:
    label = angle_label(joint, motion)
    assert judgements_in(f"{label.name} {label.directions}") == []


def test_the_score_is_called_higher_and_counts_have_one_digit() -> None:
    assert measure_label(MeasureKey("score", Task.STEP_UP, Side.LEFT)).up == "higher"
    assert signed(0.542, "") == "+0.5"
    assert signed(0.542, "ratio") == "+0.542"
