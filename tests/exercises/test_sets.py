"""Exercises with an analyser meet their simulated sets: count exact, hold ± 0.3 s, range ± 3°."""

import numpy as np
import pytest
from support.exercise_truth import errors_of, true_repetitions

from imu_valgus.exercises import CATALOGUE
from imu_valgus.exercises.catalogue import COMPARED, COUNTED
from imu_valgus.model import Analysis, ExerciseSet, Joint, Placement, Repetition, Segment, Side
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
    return [one for one in analysis.exercises if one.recording == recording]


def truth_of(made: SimulatedSession, recording: str) -> tuple[Repetition, ...]:
    return true_repetitions(made, recording)


@pytest.mark.parametrize("name", SETS)
def test_count_side_and_times_are_right(done, name):
    made, analysis = done
    (found,) = sets_of(analysis, name)
    truth = truth_of(made, name)
    assert len(found.repetitions) == len(truth)
    assert found.side is truth[0].side
    for one, true in zip(found.repetitions, truth, strict=True):
        assert one.start_s == pytest.approx(true.start_s, abs=0.3)
        assert one.end_s == pytest.approx(true.end_s, abs=0.3)


@pytest.mark.parametrize("name", [name for name in SETS if name != "calf_raise"])
def test_holds_are_right_within_three_tenths_of_a_second(done, name):
    made, analysis = done
    (found,) = sets_of(analysis, name)
    for one, true in zip(found.repetitions, truth_of(made, name), strict=True):
        assert one.measures["hold_s"] == pytest.approx(true.measures["hold_s"], abs=0.3)


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
    tops = [lean[int(100 * one.start_s) : int(100 * one.end_s)].max() for one in truth.repetitions]
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
    assert ranges == {f"hip_{one}_rotation_range_deg" for one in expected}


def test_compensations_are_seen(done):
    _, analysis = done
    lag = sets_of(analysis, "straight_leg_raise")[0].measures["extension_lag_deg"]
    assert lag == pytest.approx(8.0, abs=1.5)
    turn = sets_of(analysis, "clam_shell")[0].measures["pelvis_turn_deg"]
    assert turn == pytest.approx(2.0, abs=1.0)


def test_the_seated_checks_are_measured_where_they_are_labelled(done):
    made, analysis = done
    by_key = {one.exercise: one for one in sets_of(analysis, "seated")}
    rotation = by_key["seated_hip_rotation"]
    assert len(rotation.repetitions) == 3
    assert rotation.measures["hip_internal_rotation_range_deg"] == pytest.approx(32.0, abs=3.0)
    assert rotation.measures["hip_external_rotation_range_deg"] == pytest.approx(24.0, abs=3.0)
    for one, true in zip(rotation.repetitions, truth_of(made, "seated")[:3], strict=True):
        assert one.end_s == pytest.approx(true.end_s, abs=0.3)
    assert "structural" in rotation.notes[0]
    extension = by_key["seated_knee_extension"]
    assert len(extension.repetitions) == 4
    knee = made.truth["seated"].joint(Joint.KNEE, RIGHT)
    true = [
        np.ptp(knee.flexion_deg[int(100 * one.start_s) : int(100 * one.end_s)])
        for one in truth_of(made, "seated")[3:]
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
    squats = [one for one in sets_of(analysis, "calibration") if one.exercise == "squat"]
    assert [len(one.repetitions) for one in squats] == [4]


def test_every_analyser_of_the_catalogue_is_met_here_or_with_the_counted_ones(done):
    _, analysis = done
    measured = {entry.exercise.key for entry in CATALOGUE if entry.exercise.is_measured}
    met = {one.exercise for one in analysis.exercises if one.repetitions}
    assert measured - met <= COUNTED | COMPARED
    assert np.isfinite([v for one in analysis.exercises for v in one.measures.values()]).all()
