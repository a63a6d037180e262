"""Numbers and names as words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.model import Placement, Task
from imu_valgus.reports.wording import (
    Estimate,
    enumerated,
    measure_words,
    number,
    places,
    task_words,
)


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_written_number_reads_back_as_the_rounded_one(value: float, decimals: int) -> None:
    text = number(value, decimals)
    assert "-" not in text
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.5000001 * 10.0**-decimals)


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(0.0, allow_infinity=True))
def test_an_estimate_never_stands_without_a_word_on_its_uncertainty(
    value: float, uncertainty: float
) -> None:
    text = Estimate(value, uncertainty, 1).text
    assert "±" in text or text == "not known"
    assert "nan" not in text
    assert "inf" not in text
    assert ("not known" in text) == (not math.isfinite(value) or not math.isfinite(uncertainty))


def test_a_tiny_spread_is_written_as_a_bound_not_as_nothing() -> None:
    assert Estimate(1.0, 0.0004, 2).text == "1.00 ± <0.01"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("hip_internal_rotation_excursion_deg",
         "Hip internal rotation excursion from standing (deg)"),
        ("femur_adduction_peak_deg", "Thigh (femur) adduction peak (deg)"),
        ("tibial_external_rotation_peak_deg", "Tibial external rotation peak (deg)"),
        ("shank_medial_tilt_deg", "Shank tilt towards the midline (deg)"),
        ("lowering_time_s", "Lowering time (s)"),
        ("reversals", "Reversals"),
    ],
)  # fmt: skip
def test_a_measure_reads_as_words_with_its_unit(column: str, words: str) -> None:
    assert measure_words(column) == words


@pytest.mark.parametrize("task", list(Task))
def test_every_task_has_words_in_singular_and_plural(task: Task) -> None:
    assert "_" not in task_words(task, 1) + task_words(task, 2)


def test_places_stand_in_the_order_of_the_body() -> None:
    chosen = [Placement.FOOT_LEFT, Placement.PELVIS, Placement.THIGH_LEFT]
    assert places(chosen) == "pelvis, left thigh and left foot"
    assert enumerated([]) == ""
