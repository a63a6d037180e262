"""A strap that slips is reported; another posture, a step, a chair and a real donning are not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.rests import Slip, StaticTrial, mean_up, without_slipped
from imu_valgus.calibration.standing import static_trial_checks
from imu_valgus.model import Grade, Placement, Span

PELVIS, THIGH, SHANK = Placement.PELVIS, Placement.THIGH_RIGHT, Placement.SHANK_RIGHT
OTHER_THIGH = Placement.THIGH_LEFT
WORN = (PELVIS, THIGH, OTHER_THIGH, SHANK)
MOUNTINGS = {place: Rotation.random(rng=np.random.default_rng(i)) for i, place in enumerate(WORN)}


def rest(
    start_s: float,
    tilts_deg: dict[Placement, float] | None = None,
    *,
    duration_s: float = 3.0,
    recording: str = "session",
    is_labelled: bool = False,
    worn: tuple[Placement, ...] = WORN,
) -> StaticTrial:
    """Rest with some segments tilted from neutral standing."""
    up = {
        place: MOUNTINGS[place].apply(
            Rotation.from_euler("z", (tilts_deg or {}).get(place, 0.0), degrees=True).apply(
                [0, 1, 0]
            )
        )
        for place in worn
    }
    return StaticTrial(recording, Span(0, 10), duration_s, up, is_labelled, start_s)


def slips_in(*rests: StaticTrial, reference: int = 0) -> tuple[Slip, ...]:
    return without_slipped(rests, rests[reference].up)[2]


@settings(max_examples=40)
@given(
    st.sampled_from(WORN),
    st.integers(1, 4),
    st.floats(19.0, 40.0),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_a_sensor_that_alone_stays_changed_is_reported_with_its_times(
    place, moment, tilt, labelled, seed
):
    sway = np.random.default_rng(seed).uniform(-1.5, 1.5, (6, len(WORN)))
    rests = [
        rest(
            20.0 * index,
            {
                worn: sway[index, column] + (tilt if worn is place and index >= moment else 0.0)
                for column, worn in enumerate(WORN)
            },
            is_labelled=labelled,
        )
        for index in range(6)
    ]
    for reference in (0, 5):
        (slip,) = slips_in(*rests, reference=reference)
        assert slip.placement is place
        assert slip.change_deg == pytest.approx(tilt, abs=4.0)
        assert slip.last_before_s == 20.0 * (moment - 1) + 3.0
        assert slip.first_after_s == 20.0 * moment


def test_the_words_say_which_sensor_when_and_what_to_do():
    changed = {THIGH: 24.0}
    (slip,) = slips_in(rest(59.0), rest(80.0, changed), rest(99.0, changed))
    assert slip.words == (
        "The right thigh sensor's direction in standing changed by 24° between 62 s and 80 s: its "
        "strap slipped or was touched. Do not rely on results after that. Fasten the strap and "
        "record again."
    )
    (slip,) = slips_in(
        rest(0.0, recording="static"),
        rest(1.0, changed, recording="walk"),
        rest(30.0, changed, recording="walk"),
    )
    assert "between 3 s of 'static' and 1 s of 'walk':" in slip.words


def test_the_slipped_sensor_is_left_out_of_later_static_trials_and_poor():
    rests = [rest(0.0), rest(20.0, {THIGH: 20.0}), rest(40.0, {THIGH: 20.0})]
    trials, reference, _ = without_slipped(rests, rests[2].up)
    assert [THIGH in trial.up for trial in trials] == [True, False, False]
    assert all(set(WORN) - {THIGH} <= set(trial.up) for trial in trials)
    np.testing.assert_allclose(reference[THIGH], rests[0].up[THIGH])
    up = mean_up(trials)
    ((grade, reason),) = static_trial_checks(THIGH, up[THIGH], trials)
    assert grade is Grade.POOR
    assert "its strap slipped" in reason
    assert static_trial_checks(SHANK, up[SHANK], trials) == []


def test_labels_after_the_slip_decide_which_static_trials_are_kept():
    changed = {THIGH: 20.0}
    rests = [rest(0.0), rest(20.0, changed, is_labelled=True), rest(40.0, changed)]
    trials, reference, slips = without_slipped(rests, rests[1].up)
    assert len(slips) == 1
    assert [THIGH in trial.up for trial in trials] == [False, True, True]
    np.testing.assert_allclose(reference[THIGH], rests[1].up[THIGH])


def test_two_straps_that_slip_one_after_the_other_are_both_reported():
    tilts = [{}, {THIGH: 20.0}, {THIGH: 20.0}, {THIGH: 20.0, SHANK: 22.0}]
    rests = [rest(20.0 * index, tilt, is_labelled=True) for index, tilt in enumerate(tilts)]
    trials, _, slips = without_slipped(rests, mean_up(rests))
    assert {slip.placement for slip in slips} == {THIGH, SHANK}
    assert set(trials[3].up) == {PELVIS, OTHER_THIGH}
    assert set(trials[1].up) == {PELVIS, OTHER_THIGH, SHANK}


@pytest.mark.parametrize(
    "tilts",
    [
        [{}, {THIGH: 7.0}, {THIGH: 7.0}, {THIGH: 7.0}],
        [{}, {THIGH: 14.0, SHANK: 10.0}, {THIGH: 14.0, SHANK: 10.0}, {THIGH: 14.0, SHANK: 9.0}],
        [{}, {THIGH: 30.0, SHANK: 5.0}, {THIGH: 32.0, SHANK: 4.0}, {}],
        [{}, {}, {}, {THIGH: 30.0, SHANK: 5.0}],
        [{}, {THIGH: 85.0}, {THIGH: 84.0}, {THIGH: 86.0}],
        [{}, {THIGH: 85.0, OTHER_THIGH: 85.0, PELVIS: 20.0}, {}, {}],
        [{}, {PELVIS: 13.0}, {PELVIS: 13.0}, {PELVIS: 13.0}],
    ],
    ids=[
        "a real donning",
        "a leg that stands otherwise",
        "a foot on the step for a while",
        "a foot on the step at the end",
        "sitting until the end with one leg worn",
        "sitting",
        "a pelvis that tips",
    ],
)
def test_other_postures_are_no_slips(tilts):
    rests = [rest(20.0 * index, tilt) for index, tilt in enumerate(tilts)]
    trials, reference, slips = without_slipped(rests, rests[0].up)
    assert slips == ()
    assert list(trials) == rests
    assert reference == rests[0].up


def test_a_last_static_trial_counts_when_it_is_labelled():
    last = rest(60.0, {THIGH: 24.0})
    assert slips_in(rest(0.0), rest(20.0), last) == ()
    (slip,) = slips_in(rest(0.0), rest(20.0), replace(last, is_labelled=True))
    assert slip.placement is THIGH


def test_one_long_rest_in_two_parts_is_one_static_trial():
    changed = {THIGH: 24.0, SHANK: 5.0}
    first = rest(0.0)
    assert slips_in(first, rest(20.0, changed), rest(23.5, changed)) == ()
    assert len(slips_in(first, rest(20.0, changed), rest(26.0, changed))) == 1


def test_one_sensor_alone_cannot_tell_a_slip_from_another_posture():
    tilts = [{}, {THIGH: 24.0}, {THIGH: 24.0}]
    rests = [rest(20.0 * index, tilt, worn=(THIGH,)) for index, tilt in enumerate(tilts)]
    assert slips_in(*rests) == ()
