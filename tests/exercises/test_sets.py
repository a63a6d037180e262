"""Sets are measured: simulated ones (exact count, hold ± 0.3 s, range ± 3°), signals by hand."""

import numpy as np
import pytest
from support.exercise_truth import errors_of, true_repetitions

from imu_valgus.exercises import CATALOGUE
from imu_valgus.exercises.catalogue import COMPARED, COUNTED
from imu_valgus.exercises.entry import Analyser, Entry
from imu_valgus.exercises.motion import SetMotion
from imu_valgus.exercises.sets import analyse_set
from imu_valgus.model import (
    Analysis,
    Exercise,
    ExerciseKind,
    ExerciseSet,
    Joint,
    Placement,
    Repetition,
    Segment,
    Side,
)
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import (
    CalfRaise,
    ClamShell,
    Plunge,
    SeatedHipRotation,
    SeatedKneeExtension,
    SeatedTibialRotation,
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLaw,
    SoftTissueLevel,
    Squat,
    Standing,
    StraightLegRaise,
    Walk,
    WallPush,
    WallSlide,
    random_person,
    simulate_session,
)

RIGHT, LEFT = Side.RIGHT, Side.LEFT
SETS = {
    "clam_shell": ClamShell(side=RIGHT, count=5, range_deg=28.0),
    "wall_slide_left": WallSlide(side=LEFT, count=5, range_deg=22.0),
    "straight_leg_raise": StraightLegRaise(side=RIGHT, count=6, range_deg=20.0, lag_deg=8.0),
    "popliteus": SeatedTibialRotation(side=LEFT, count=6, range_deg=18.0),
    "plunge": Plunge(side=RIGHT, count=5, shank_inclination_deg=34.0),
    "knee_to_wall": Plunge(side=LEFT, count=3, shank_inclination_deg=38.0),
    "wall_push": WallPush(side=LEFT, count=3, hold_s=5.0),
    "calf_raise": CalfRaise(count=7),
}  # fmt: skip
EXPECTED = {
    "clam_shell": ("external_rotation_range_deg", 28.0),
    "wall_slide_left": ("abduction_range_deg", 22.0),
    "straight_leg_raise": ("hip_flexion_range_deg", 20.0),
    "popliteus": ("tibial_internal_rotation_range_deg", 18.0),
}


@pytest.fixture(scope="module", params=[(3, SoftTissueLevel.NONE), (21, SoftTissueLevel.MODERATE)])
def done(request) -> tuple[SimulatedSession, Analysis]:
    scripts = {
        "calibration": [Standing(6.0), Squat(count=4), Standing(3.0), Walk(duration_s=20.0)],
        **{name: [Standing(3.0), movement, Standing(2.0)] for name, movement in SETS.items()},
        "side_lunge_left": [Standing(4.0)],
        "seated": [
            Standing(3.0),
            SeatedHipRotation(side=RIGHT, count=3, internal_deg=32.0, external_deg=24.0),
            SeatedKneeExtension(side=RIGHT, count=4),
        ],
    }
    seed, level = request.param
    settings = SimulationSettings(soft_tissue=SoftTissue(level=level))
    made = simulate_session(random_person(seed), scripts, seed=seed, settings=settings)
    return made, analyse(made.session)


def sets_of(analysis: Analysis, recording: str) -> list[ExerciseSet]:
    return [done_set for done_set in analysis.exercises if done_set.recording == recording]


def truth_of(made: SimulatedSession, recording: str) -> tuple[Repetition, ...]:
    return true_repetitions(made, recording)


@pytest.mark.parametrize("name", SETS)
def test_count_side_and_times_are_right(done, name):
    made, analysis = done
    (found,) = sets_of(analysis, name)
    truth = truth_of(made, name)
    assert len(found.repetitions) == len(truth)
    assert found.side is truth[0].side
    for repetition, true in zip(found.repetitions, truth, strict=True):
        assert repetition.start_s == pytest.approx(true.start_s, abs=0.3)
        assert repetition.end_s == pytest.approx(true.end_s, abs=0.3)


@pytest.mark.parametrize("name", [name for name in SETS if name != "calf_raise"])
def test_holds_are_right_within_three_tenths_of_a_second(done, name):
    made, analysis = done
    (found,) = sets_of(analysis, name)
    for repetition, true in zip(found.repetitions, truth_of(made, name), strict=True):
        hold_s = repetition.measures["hold_s"]
        assert hold_s == pytest.approx(true.measures["hold_s"], abs=0.3)


@pytest.mark.parametrize(("name", "measure", "value"), [(k, *v) for k, v in EXPECTED.items()])
def test_ranges_are_right_within_three_degrees(done, name, measure, value):
    _, analysis = done
    (found,) = sets_of(analysis, name)
    assert found.measures[measure] == pytest.approx(value, abs=3.0)


@pytest.mark.parametrize(("name", "side"), [("plunge", RIGHT), ("knee_to_wall", LEFT)])
def test_the_lean_of_the_shank_is_right_within_three_degrees_of_the_bone(done, name, side):
    made, analysis = done
    truth = made.truth[name]
    up = truth.orientations[Placement.of(Segment.SHANK, side)].to_earth.inv().apply([0, 0, 1])
    lean = -np.degrees(np.arctan2(up[:, 0], up[:, 1]))
    tops = [lean[int(100 * rep.start_s) : int(100 * rep.end_s)].max() for rep in truth.repetitions]
    from_standing = np.mean(tops) - lean[100:250].mean()
    (found,) = sets_of(analysis, name)
    assert found.measures["shank_inclination_peak_deg"] == pytest.approx(from_standing, abs=3.0)


@pytest.mark.parametrize(("seed", "side"), [(102, LEFT), (103, RIGHT), (104, LEFT)])
def test_the_clam_shell_is_measured_through_the_skin(seed, side):
    """With the sensor of the thigh this person's range would read up to 14 degrees too small."""
    script = [Standing(3.0), ClamShell(side=side, count=3, range_deg=33.0), Standing(2.0)]
    calibration = [Standing(6.0), Squat(count=4), Standing(3.0), Walk(duration_s=15.0)]
    skin = SoftTissue(law=SoftTissueLaw.LINEAR, level=SoftTissueLevel.MODERATE)
    made = simulate_session(
        random_person(seed),
        {"calibration": calibration, "clam_shell": script},
        seed=seed,
        settings=SimulationSettings(soft_tissue=skin, labelled=False),
    )
    errors = errors_of(made, analyse(made.session), "clam_shell")
    assert errors.is_exact
    assert abs(errors.range_deg) < 3.0
    assert abs(errors.hold_s) < 0.3


@pytest.mark.parametrize("first", ["internal", "external", "both"])
def test_hip_rotation_to_one_side_only_counts_too(first):
    swing = {
        "internal": SeatedHipRotation(count=3, internal_deg=30.0, external_deg=2.0),
        "external": SeatedHipRotation(count=3, internal_deg=2.0, external_deg=30.0),
        "both": SeatedHipRotation(count=3, internal_deg=-28.0, external_deg=-30.0),
    }[first]
    scripts = {
        "calibration": [Standing(6.0), Squat(count=4), Standing(3.0), Walk(duration_s=15.0)],
        "seated_hip_rotation": [Standing(3.0), swing, Standing(2.0)],
    }
    made = simulate_session(random_person(3), scripts, seed=3)
    (found,) = sets_of(analyse(made.session), "seated_hip_rotation")
    assert len(found.repetitions) == 3
    ranges = {name for name in found.measures if name.endswith("rotation_range_deg")}
    expected = {"internal", "external"} if first == "both" else {first}
    assert ranges == {f"hip_{direction}_rotation_range_deg" for direction in expected}


def test_compensations_are_seen(done):
    _, analysis = done
    lag = sets_of(analysis, "straight_leg_raise")[0].measures["extension_lag_deg"]
    assert lag == pytest.approx(8.0, abs=1.5)
    turn = sets_of(analysis, "clam_shell")[0].measures["pelvis_turn_deg"]
    assert turn == pytest.approx(2.0, abs=1.0)


def test_the_seated_checks_are_measured_where_they_are_labelled(done):
    made, analysis = done
    by_key = {done_set.exercise: done_set for done_set in sets_of(analysis, "seated")}
    rotation = by_key["seated_hip_rotation"]
    assert len(rotation.repetitions) == 3
    assert rotation.measures["hip_internal_rotation_range_deg"] == pytest.approx(32.0, abs=3.0)
    assert rotation.measures["hip_external_rotation_range_deg"] == pytest.approx(24.0, abs=3.0)
    for rep, true in zip(rotation.repetitions, truth_of(made, "seated")[:3], strict=True):
        assert rep.end_s == pytest.approx(true.end_s, abs=0.3)
    assert "structural" in rotation.notes[0]
    extension = by_key["seated_knee_extension"]
    assert len(extension.repetitions) == 4
    knee = made.truth["seated"].joint(Joint.KNEE, RIGHT)
    true = [
        np.ptp(knee.flexion_deg[int(100 * rep.start_s) : int(100 * rep.end_s)])
        for rep in truth_of(made, "seated")[3:]
    ]
    range_deg = extension.measures["knee_extension_range_deg"]
    assert range_deg == pytest.approx(np.mean(true), abs=3.0)


def test_a_stretch_is_timed_and_says_that_it_is_not_measured(done):
    _, analysis = done
    (found,) = sets_of(analysis, "side_lunge_left")
    assert found.repetitions == ()
    assert found.side is LEFT
    assert found.measures["duration_s"] == pytest.approx(4.0, abs=0.5)
    assert found.notes[0].startswith("Timed and logged")


def test_squats_in_any_recording_are_a_set(done):
    _, analysis = done
    squats = [found for found in sets_of(analysis, "calibration") if found.exercise == "squat"]
    assert [len(found.repetitions) for found in squats] == [4]


def test_every_analyser_of_the_catalogue_is_met_here_or_with_the_counted_ones(done):
    _, analysis = done
    measured = {entry.exercise.key for entry in CATALOGUE if entry.exercise.is_measured}
    met = {found.exercise for found in analysis.exercises if found.repetitions}
    assert measured - met <= COUNTED | COMPARED
    assert np.isfinite([v for found in analysis.exercises for v in found.measures.values()]).all()


# What counts as a repetition, as its edges and as its hold, in signals made by hand.

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
