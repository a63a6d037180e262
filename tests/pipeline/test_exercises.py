"""Step-ups from session to score, end to end; real recordings counted by eye."""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.io.sessions import read_session
from imu_valgus.model import Analysis, Placement, Session, Severity, Side, Task, TaskSpan
from imu_valgus.pipeline import analyse, find_tasks
from imu_valgus.scores.sas1 import anchors_for
from imu_valgus.simulate import (
    CalfRaise,
    LegPosture,
    Mounting,
    Person,
    SensorSettings,
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLevel,
    Squat,
    Standing,
    StepUp,
    Walk,
    random_person,
    simulate_session,
)

REAL = Path(__file__).parents[3] / "shared" / "real" / "biostamp_walk"
PERSON = Person(sex="female", right=LegPosture(), left=LegPosture(), sway_sd_deg=0.3)
BARE = SoftTissue(level=SoftTissueLevel.NONE)
STEPS = StepUp(side=Side.RIGHT, count=9, excursion_sd=0.05, repetition_s=3.0, pause_s=1.0)


def simulated(step_up: StepUp, settings: SimulationSettings) -> SimulatedSession:
    script = [Standing(6.0), Squat(count=4), Standing(2.0), Walk(duration_s=20.0), Standing(3.0)]
    return simulate_session(
        PERSON, {"session": [*script, step_up, Standing(4.0)]}, seed=5, settings=settings
    )


@cache
def scored(rotation_deg: float = 5.0, *, mirrored: bool = False, rate_hz: float = 100.0,
           turned: bool = False) -> Analysis:  # fmt: skip
    quiet = SensorSettings(rate_hz=rate_hz)
    settings = SimulationSettings(
        sensors=quiet, soft_tissue=BARE, mirrored=mirrored, mountings=_turned() if turned else {}
    )
    steps = replace(STEPS, hip_internal_rotation_deg=rotation_deg)
    return analyse(simulated(steps, settings).session)


def _turned() -> dict[Placement, Mounting]:
    base = simulated(STEPS, SimulationSettings(soft_tissue=BARE)).mountings
    turn = Rotation.from_euler("xyz", [70.0, -40.0, 130.0], degrees=True)
    return {
        place: replace(mounting, sensor_to_segment=mounting.sensor_to_segment * turn)
        for place, mounting in base.items()
    }


def score_of(analysis: Analysis, side: Side = Side.RIGHT) -> float:
    score = analysis.step_up[side].score
    assert score is not None, analysis.step_up[side].withheld
    return score


def component(analysis: Analysis, key: str):
    return next(one for one in analysis.step_up[Side.RIGHT].components if one.key == key)


def test_ten_degrees_more_hip_rotation_lower_a2_as_the_formula_says():
    """The loaded knee is at nine tenths of its bend, so nine tenths of it is there to be seen."""
    less, more = component(scored(2.0), "A2"), component(scored(12.0), "A2")
    assert more.value - less.value == pytest.approx(9.0, abs=0.7)
    assert abs(more.value - less.value - 9.0) < less.sd
    anchor = next(one for one in anchors_for("female") if one.key == "A2")
    for one in (less, more):
        assert one.points == pytest.approx(float(anchor.points(np.array(one.value))), abs=4.0)
    lost = 100.0 * (more.value - less.value) / (anchor.zero - anchor.full)
    assert less.points - more.points == pytest.approx(lost, abs=6.0)


def test_more_rotation_never_scores_higher_end_to_end():
    scores = [score_of(scored(rotation)) for rotation in (2.0, 5.0, 12.0)]
    assert scores == sorted(scores, reverse=True)


def test_a_mirrored_person_has_the_same_score_on_the_other_leg():
    mirrored = scored(mirrored=True)
    assert list(mirrored.step_up) == [Side.LEFT]
    assert score_of(mirrored, Side.LEFT) == pytest.approx(score_of(scored()), abs=2.0)


def test_the_score_does_not_know_how_sensors_are_mounted():
    assert score_of(scored(turned=True)) == pytest.approx(score_of(scored()), abs=2.0)


@pytest.mark.parametrize("rate_hz", [60.0, 250.0])
def test_the_score_does_not_know_the_sampling_rate(rate_hz):
    assert score_of(scored(rate_hz=rate_hz)) == pytest.approx(score_of(scored()), abs=2.0)


def test_each_repetition_has_the_columns_of_the_contract():
    steps = [one for one in scored().recordings[0].repetitions if one.task is Task.STEP_UP]
    assert [one.number for one in steps] == list(range(1, 10))
    for measure in ("hip_internal_rotation", "hip_adduction", "tibial_external_rotation",
                    "knee_abduction"):  # fmt: skip
        assert all(np.isfinite(one.measures[f"{measure}_excursion_deg"]) for one in steps)
        assert all(np.isfinite(one.measures[f"{measure}_peak_deg"]) for one in steps)
    assert all(np.isfinite(one.measures["shank_medial_tilt_deg"]) for one in steps)
    assert np.median([one.measures["score"] for one in steps]) == score_of(scored())
    assert list(steps[0].phases) == ["lift", "placed", "rise", "top", "lower", "bottom"]


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_drop_and_the_turn_of_the_pelvis_are_those_of_the_bone(mirrored):
    side = Side.LEFT if mirrored else Side.RIGHT
    settings = SimulationSettings(soft_tissue=BARE, mirrored=mirrored)
    truth = simulated(STEPS, settings).truth["session"]
    pelvis = truth.orientations[Placement.PELVIS].to_earth
    right = pelvis.apply([0.0, 0.0, 1.0])
    # Higher on the side of the leading leg is lower on the side of the free one.
    drop = side.sign * np.degrees(np.arcsin(right[:, 2]))
    forwards = pelvis.apply([1.0, 0.0, 0.0])
    turn = np.degrees(np.unwrap(np.arctan2(forwards[:, 1], forwards[:, 0])))
    analysis = scored(mirrored=mirrored)
    steps = [one for one in analysis.recordings[0].repetitions if one.task is Task.STEP_UP]
    for one in steps:
        start, placed, top, lower, bottom = (
            int(100 * at)
            for at in (one.start_s, *(one.phases[n] for n in ("placed", "top", "lower", "bottom")))
        )
        loaded = np.r_[placed:top, lower:bottom]
        true = drop[loaded].max() - drop[start - 40 : start].mean()
        assert true > 2.0
        assert one.measures["pelvis_drop_peak_deg"] == pytest.approx(true, abs=0.7)
        true = np.abs(turn[loaded] - turn[start - 40 : start].mean()).max()
        assert abs(one.measures["pelvis_turn_peak_deg"]) == pytest.approx(true, abs=0.7)
    item = next(one for one in analysis.step_up[side].items if one.name.startswith("Pelvis"))
    assert item.is_measured
    assert "lower on the free side" in item.finding


def test_without_step_height_there_is_no_score_and_a_reason():
    made = simulated(STEPS, SimulationSettings(soft_tissue=BARE))
    info = replace(made.session.info, step_height_m=None)
    analysis = analyse(replace(made.session, info=info))
    assert analysis.step_up[Side.RIGHT].score is None
    findings = [one for one in analysis.findings if one.code == "step_up_score_withheld"]
    assert [one.severity for one in findings] == [Severity.WITHHELD]
    assert "step height" in findings[0].message
    steps = [one for one in analysis.recordings[0].repetitions if one.task is Task.STEP_UP]
    assert not any("score" in one.measures for one in steps)


def test_one_leg_with_two_sensors_is_enough_and_is_called_femur():
    settings = SimulationSettings(
        placements=[Placement.THIGH_RIGHT, Placement.SHANK_RIGHT], labelled=False
    )
    analysis = analyse(simulated(STEPS, settings).session)
    summary = analysis.step_up[Side.RIGHT]
    assert (summary.n_valid, summary.is_thigh_only) == (9, True)
    assert not summary.items[2].is_measured
    counts = Counter(one.task for one in analysis.recordings[0].repetitions)
    assert counts == {Task.STEP_UP: 9, Task.SQUAT: 4}
    names = {name for one in analysis.recordings[0].repetitions for name in one.measures}
    assert not any(name.startswith("hip") for name in names)


def relabelled(made: SimulatedSession, side: Side):
    """Say that the other leg leads."""
    recording = made.session.recordings[0]
    tasks = tuple(
        replace(task, side=side) if task.task is Task.STEP_UP else task for task in recording.tasks
    )
    return replace(made.session, recordings=(replace(recording, tasks=tasks),))


def test_a_label_of_the_wrong_leg_is_reported_and_the_leg_that_leads_is_kept():
    made = simulated(replace(STEPS, count=3), SimulationSettings(soft_tissue=BARE))
    analysis = analyse(relabelled(made, Side.LEFT))
    assert list(analysis.step_up) == [Side.RIGHT]
    (finding,) = (one for one in analysis.findings if one.code == "other_leg_leads")
    assert "labelled as step-ups of the left leg, but the right leg leads" in finding.message


def test_labelled_step_ups_of_a_leg_without_sensors_are_reported_as_not_found():
    left = [Placement.THIGH_LEFT, Placement.SHANK_LEFT]
    made = simulated(replace(STEPS, count=3), SimulationSettings(placements=left))
    analysis = analyse(made.session)
    assert dict(analysis.step_up) == {}
    (finding,) = (one for one in analysis.findings if one.code == "no_step_up_found")
    assert "Wear sensors on thigh and shank of the leading leg" in finding.message


@pytest.mark.parametrize("seed", [0, 3])
def test_a_step_that_is_too_low_is_not_counted_the_wrong_way_round(seed):
    """With one leg's sensors on 5 cm, going down and up again looks like going up and down."""
    steps = StepUp(side=Side.RIGHT, count=5, step_height_m=0.05, repetition_s=3.0)
    placements = [Placement.THIGH_RIGHT, Placement.SHANK_RIGHT]
    made = simulate_session(
        random_person(seed),
        {"session": [Standing(6.0), Squat(count=3), Standing(2.0), steps, Standing(3.0)]},
        seed=seed,
        settings=SimulationSettings(placements=placements, labelled=False),
    )
    analysis = analyse(made.session)
    found = [one for one in analysis.recordings[0].repetitions if one.task is Task.STEP_UP]
    assert found
    assert not any(one.is_valid for one in found)
    assert all("too shallow to tell" in one.reason for one in found if one.phases)
    assert "step_too_low" in {one.code for one in analysis.findings}


def test_real_squats_and_calf_raises_are_counted_and_walks_hold_none():
    """Counted by eye: 5 bends of the thigh, and 11 rises of the leg's vertical velocity."""
    if not REAL.exists():
        pytest.skip("the real recordings are not beside this checkout")
    analysis = analyse(read_session(REAL))
    counts = {
        one.name: Counter(str(repetition.task) for repetition in one.repetitions)
        for one in analysis.recordings
    }
    assert counts.pop("air_squats") == {"squat": 5}
    assert counts.pop("calf_raises") == {"calf_raise": 11}
    assert not any(counts.values())


def test_a_leg_swung_on_the_spot_is_no_walk_and_short_real_walks_are() -> None:
    """Read off the tilts: in the star the leg swings to the side and back; the walks last 6 s."""
    if not REAL.exists():
        pytest.skip("the real recordings are not beside this checkout")
    walks = {
        name: [span for span in spans if span.task is Task.WALK]
        for name, spans in find_tasks(read_session(REAL)).items()
    }
    assert walks.pop("star_functional") == []
    for name, found in walks.items():
        assert len(found) == ("walk" in name), name
        if name.startswith("force_plate"):
            assert found[0].end_s - found[0].start_s > 5.0


def test_what_is_labelled_as_something_else_is_not_counted() -> None:
    script = (Standing(6.0), Squat(count=3), Standing(3.0), CalfRaise(count=5), Standing(4.0))
    simulated = simulate_session(random_person(5), {"take": script}, seed=5)
    recording = simulated.session.recordings[0]
    raised = next(span for span in recording.tasks if span.task is Task.CALF_RAISE)
    others = tuple(
        TaskSpan(Task.OTHER, span.start_s, span.end_s) if span is raised else span
        for span in recording.tasks
    )
    relabelled = replace(simulated.session, recordings=(replace(recording, tasks=others),))

    def count(session: Session) -> int:
        found = analyse(session).recordings[0].repetitions
        return sum(repetition.task is Task.CALF_RAISE for repetition in found)

    assert count(simulated.session) == 5
    assert count(relabelled) == 0
