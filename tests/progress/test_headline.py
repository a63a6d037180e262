"""The few measures that are shown first."""

from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.model import Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.progress.headline import HEADLINE, headline_keys

NAMES = ["cadence_per_min", "hip_flexion_range_deg", *dict(HEADLINE)]
KEYS = st.builds(
    MeasureKey,
    st.sampled_from(NAMES),
    st.sampled_from([Task.STEP_UP, Task.WALK, Task.SQUAT]),
    st.sampled_from([None, *Side]),
)


@given(st.lists(KEYS, max_size=30))
def test_the_order_of_the_measures_does_not_matter_and_each_stands_once(keys) -> None:
    chosen = headline_keys(keys)
    assert chosen == headline_keys(reversed(keys))
    assert len(set(chosen)) == len(chosen)
    assert {(key.name, key.task) for key in chosen} <= set(HEADLINE)
    assert all((key in chosen) == ((key.name, key.task) in HEADLINE) for key in keys)


def test_the_score_comes_first_and_the_left_leg_before_the_right() -> None:
    keys = [MeasureKey(name, task, side) for name, task in HEADLINE for side in Side]
    assert headline_keys(keys)[:3] == (
        MeasureKey("score", Task.STEP_UP, Side.LEFT),
        MeasureKey("score", Task.STEP_UP, Side.RIGHT),
        MeasureKey("hip_internal_rotation_excursion_deg", Task.STEP_UP, Side.LEFT),
    )


def test_the_score_of_another_task_is_no_headline() -> None:
    assert headline_keys([MeasureKey("score", Task.SQUAT, Side.LEFT)]) == ()
