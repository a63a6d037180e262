"""What counts as a repetition, as its edges and as its hold, in signals made by hand."""

import numpy as np
import pytest

from imu_valgus.exercises.entry import Analyser, Entry
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.exercises.sets import analyse_set
from imu_valgus.model import Exercise, ExerciseKind, Placement, Repetition, Side

RATE_HZ = 100.0
EXERCISE = Exercise("made_up", "Made up", "leg", ExerciseKind.STRENGTHENING, "1", "go", "all",
                    is_measured=True)  # fmt: skip


def repetitions(
    points: list[tuple[float, float]], *, away: tuple[float, float] | None = None
) -> tuple[Repetition, ...]:
    """Find repetitions in straight lines between (seconds, degrees); `away`: not in the posture."""
    time_s = np.arange(0.0, points[-1][0], 1.0 / RATE_HZ)
    signal = np.interp(time_s, *zip(*points, strict=True))
    in_posture = np.ones(time_s.size, dtype=np.bool_)
    if away is not None:
        in_posture &= (time_s < away[0]) | (time_s >= away[1])
    analyser = Analyser(
        signal=lambda _motion, _side: signal,
        range_name="range_deg",
        reach_deg=10.0,
        posture=lambda _motion, _side: in_posture,
    )
    worn = {place: np.ones((time_s.size, 3)) for place in (Placement.THIGH_LEFT,
                                                           Placement.SHANK_LEFT)}  # fmt: skip
    motion = SetMotion(time_s, worn, {})
    (found,) = analyse_set(Entry(EXERCISE, analyser), motion, recording="r", side=Side.LEFT)
    return found.repetitions


def only(points: list[tuple[float, float]]) -> Repetition:
    (found,) = repetitions(points)
    return found


def terrace(share: float) -> list[tuple[float, float]]:
    """Go up to a share of 30 degrees, stay 2 s, go on to the top, stay 2 s, come down."""
    return [(0, 0), (3, 0), (4, 30 * share), (6, 30 * share), (6.5, 30), (8.5, 30), (9.5, 0),
            (12, 0)]  # fmt: skip


@pytest.mark.parametrize(("share", "hold_s"), [(0.73, 2.0), (0.87, 4.5)])
def test_a_hold_is_what_lies_above_four_fifths_of_the_range(share, hold_s):
    assert only(terrace(share)).measures["hold_s"] == pytest.approx(hold_s, abs=0.25)


@pytest.mark.parametrize(("creep_deg_s", "hold_s"), [(4.3, 3.5), (6.2, 2.0)])
def test_creeping_on_at_the_top_is_holding_only_while_it_is_slow(creep_deg_s, hold_s):
    """Forty degrees a second is the fastest here: an eighth of it parts holding from moving."""
    top = 40.0 + 1.5 * creep_deg_s
    points = [(0, 0), (3, 0), (4, 40), (5.5, top), (7.5, top), (7.5 + top / 40.0, 0), (12, 0)]
    assert only(points).measures["hold_s"] == pytest.approx(hold_s, abs=0.25)


@pytest.mark.parametrize(("drift_deg_s", "start_s"), [(2.6, 3.0), (4.2, 2.0)])
def test_a_repetition_begins_where_it_is_faster_than_sway(drift_deg_s, start_s):
    points = [(0, 0), (2, 0), (3, drift_deg_s), (4, 30), (6, 30), (7, 0), (10, 0)]
    assert only(points).start_s == pytest.approx(start_s, abs=0.2)


@pytest.mark.parametrize(("drift_deg_s", "start_s"), [(7.0, 3.0), (9.4, 2.0)])
def test_in_a_quick_repetition_the_edge_is_a_share_of_its_own_speed(drift_deg_s, start_s):
    """At 133 degrees a second six hundredths are 8 degrees a second."""
    points = [(0, 0), (2, 0), (3, drift_deg_s), (3.5, 72), (6, 72), (6.6, 0), (10, 0)]
    assert only(points).start_s == pytest.approx(start_s, abs=0.2)


@pytest.mark.parametrize(("width_s", "count"), [(0.39, 0), (0.56, 1)])
def test_a_twitch_is_no_repetition(width_s, count):
    points = [(0, 0), (3, 0), (3.02, 12), (3.02 + width_s, 12), (3.04 + width_s, 0), (6, 0)]
    assert len(repetitions(points)) == count


@pytest.mark.parametrize(("gap_s", "count"), [(0.85, 1), (1.2, 0)])
def test_leaving_the_posture_for_a_moment_is_part_of_the_exercise(gap_s, count):
    points = [(0, 0), (3, 0), (4, 30), (6, 30), (7, 0), (10, 0)]
    assert len(repetitions(points, away=(4.5, 4.5 + gap_s))) == count


@pytest.mark.parametrize(("reach", "count"), [(9.5, 0), (10.5, 1)])
def test_a_smaller_movement_than_asked_for_is_no_repetition(reach, count):
    points = [(0, 0), (3, 0), (4, reach), (6, reach), (7, 0), (10, 0)]
    assert len(repetitions(points)) == count
