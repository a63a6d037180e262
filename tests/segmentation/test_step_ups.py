"""Step-ups from simulated tilts: counted, led by the right leg, timed; look-alikes are none.

The large study is ``study_of_repetitions.py``; here is what of it fits into seconds.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pytest

from imu_valgus.model import FloatArray, Placement, Repetition, Side, Task
from imu_valgus.pipeline.prepare import prepare_recordings
from imu_valgus.segmentation.movements import find_movements
from imu_valgus.segmentation.step_ups import PHASES, FoundStepUp, find_step_ups
from imu_valgus.simulate import (
    Movement,
    SimulationSettings,
    Sitting,
    Squat,
    Standing,
    StepInPlace,
    StepTap,
    StepUp,
    Walk,
    random_person,
    simulate_session,
)

LEGS = tuple(place for place in Placement if place.segment in {"thigh", "shank"})
Tilts = Mapping[Placement, FloatArray]


def tilts_of(
    seed: int, script: Sequence[Movement]
) -> tuple[FloatArray, Tilts, tuple[Repetition, ...]]:
    settings = SimulationSettings(placements=LEGS, labelled=False)
    made = simulate_session(random_person(seed), {"set": script}, seed=seed, settings=settings)
    prepared, _ = prepare_recordings(made.session, fusion="vqf", rate_hz=100.0)
    one = prepared[0]
    return one.aligned.time_s, one.tilts_deg, made.truth["set"].repetitions


def of_leg(tilts: Tilts, side: Side) -> Tilts:
    return {place: tilt for place, tilt in tilts.items() if place.side is side}


@cache
def example() -> tuple[FloatArray, Tilts, tuple[Repetition, ...]]:
    return tilts_of(7, [Standing(4.0), StepUp(side=Side.LEFT, count=4), Standing(3.0)])


def check(found: Sequence[FoundStepUp], truth: Sequence[Repetition], time_s: FloatArray) -> None:
    valid = [one for one in found if one.is_valid]
    assert [one.side for one in valid] == [one.side for one in truth]
    for one, true in zip(valid, truth, strict=True):
        assert time_s[one.start] == pytest.approx(true.start_s, abs=0.2)
        assert time_s[one.top] == pytest.approx(true.top_s, abs=0.2)
        assert time_s[one.stop] == pytest.approx(true.end_s, abs=0.2)


@pytest.mark.parametrize(
    ("seed", "side", "height", "tempo", "pause"),
    [
        (1, Side.RIGHT, 0.10, 4.2, 1.2),
        (2, Side.LEFT, 0.10, 2.0, 0.6),
        (3, Side.RIGHT, 0.20, 8.0, 2.5),
        (4, Side.LEFT, 0.30, 3.0, 0.8),
    ],
)
def test_count_leg_and_times_are_right_with_both_legs_and_with_one(
    seed, side, height, tempo, pause
):
    movement = StepUp(
        side=side, count=5, step_height_m=height, repetition_s=tempo, pause_s=pause,
        hip_internal_rotation_deg=4.0 * seed, hip_adduction_deg=4.0 * seed,
    )  # fmt: skip
    time_s, tilts, truth = tilts_of(seed, [Standing(4.0), movement, Standing(3.0)])
    check(find_step_ups(time_s, tilts), truth, time_s)
    check(find_step_ups(time_s, of_leg(tilts, side)), truth, time_s)
    spans = find_movements(time_s, of_leg(tilts, side))
    assert {span.task for span in spans} == {Task.STEP_UP}


def test_phases_follow_each_other_and_fill_the_repetition():
    time_s, tilts, _ = example()
    for one in find_step_ups(time_s, tilts):
        assert len(one.phases) == len(PHASES)
        assert one.start == one.phases[0]
        assert list(one.phases) == sorted(one.phases)
        assert one.phases[-1] < one.stop
        assert one.phases[3] <= one.top <= one.phases[4]


def test_exchanged_legs_give_the_same_repetitions_on_the_other_side():
    time_s, tilts, _ = example()
    exchanged = {
        Placement.of(place.segment, place.side.other): tilt
        for place, tilt in tilts.items()
        if place.side is not None
    }
    found = find_step_ups(time_s, tilts)
    mirrored = find_step_ups(time_s, exchanged)
    assert [one.side.other for one in found] == [one.side for one in mirrored]
    assert [one.phases for one in found] == [one.phases for one in mirrored]


def test_the_trailing_leg_alone_shows_no_step_up():
    time_s, tilts, _ = example()
    assert find_step_ups(time_s, of_leg(tilts, Side.RIGHT)) == ()


def test_a_repetition_with_missing_samples_does_not_count_and_says_so():
    time_s, tilts, truth = example()
    middle = int(100 * truth[1].top_s)
    spoilt = {place: tilt.copy() for place, tilt in tilts.items()}
    spoilt[Placement.SHANK_LEFT][middle : middle + 40] = np.nan
    found = find_step_ups(time_s, spoilt)
    assert [one.is_valid for one in found] == [True, False, True, True]
    assert "missing" in found[1].reason


def test_a_try_that_is_broken_off_within_a_set_is_listed_and_not_counted():
    time_s, tilts, _ = example()
    second = find_step_ups(time_s, tilts)[1]
    lift, _placed, rise = second.phases[:3]
    broken = {}
    for place, tilt in tilts.items():
        up = tilt[lift:rise] if place.side is Side.LEFT else np.full(rise - lift, tilt[lift])
        # Foot up, a moment on the step, and the same way back.
        broken[place] = np.concatenate([tilt[:lift], up, up[::-1], tilt[lift:]])
    longer = 0.01 * np.arange(time_s.size + 2 * (rise - lift))
    found = find_step_ups(longer, broken)
    assert [one.is_valid for one in found] == [True, False, True, True, True]
    assert found[1].reason.startswith("broken off")


def test_a_set_interrupted_by_a_tap_keeps_its_count():
    script = [Standing(4.0), StepUp(count=2), StepTap(count=1), StepUp(count=2), Standing(3.0)]
    time_s, tilts, _ = tilts_of(9, script)
    assert sum(one.is_valid for one in find_step_ups(time_s, tilts)) == 4


@pytest.mark.parametrize(
    "script",
    [
        [Standing(4.0), Walk(duration_s=60.0), Standing(3.0)],
        [Standing(4.0), StepInPlace(count=20, step_s=0.6), Standing(2.0),
         StepInPlace(count=16, lift_deg=65.0, step_s=1.1), Standing(2.0)],
        [Standing(4.0), Sitting(0.5), Standing(1.5), Sitting(2.0), Standing(2.0), Sitting(4.0)],
        [Standing(4.0), Squat(count=4), Standing(2.0)],
        [Standing(4.0), StepTap(count=5), Standing(2.0)],
    ],
    ids=["walk", "on the spot", "sit and stand", "squats", "taps"],
)  # fmt: skip
def test_what_only_looks_like_a_step_up_is_none(script):
    time_s, tilts, _ = tilts_of(5, script)
    assert find_step_ups(time_s, tilts) == () or not any(
        span.task is Task.STEP_UP for span in find_movements(time_s, tilts)
    )
    for side in Side:
        spans = find_movements(time_s, of_leg(tilts, side))
        assert not any(span.task is Task.STEP_UP for span in spans)
