"""Seated movements in unlabelled recordings: found, distinguished and counted."""

from collections import Counter

import numpy as np
import pytest

from imu_valgus.model import Analysis, Placement, Side, Task, TaskSpan
from imu_valgus.pipeline import analyse
from imu_valgus.pipeline.exercises import ExerciseResults, exercises_of_session
from imu_valgus.pipeline.prepare import prepare_recordings
from imu_valgus.segmentation.movements import find_movements
from imu_valgus.segmentation.seated import leans_deg
from imu_valgus.simulate import (
    CalfRaise,
    Movement,
    SeatedHipRotation,
    SeatedKneeExtension,
    SeatedTibialRotation,
    SimulatedSession,
    SimulationSettings,
    Sitting,
    SoftTissue,
    SoftTissueLevel,
    Squat,
    Standing,
    Walk,
    random_person,
    simulate_session,
)

RIGHT, LEFT = Side.RIGHT, Side.LEFT
PLACES = (
    Placement.THIGH_RIGHT,
    Placement.SHANK_RIGHT,
    Placement.THIGH_LEFT,
    Placement.SHANK_LEFT,
)
SEATED = {Task.SEATED_HIP_ROTATION, Task.SEATED_KNEE_EXTENSION}


def unlabelled(seed: int, *script: Movement, level: SoftTissueLevel) -> SimulatedSession:
    start = (Standing(12.0), Walk(duration_s=12.0), Standing(8.0))
    settings = SimulationSettings(
        labelled=False, placements=PLACES, soft_tissue=SoftTissue(level=level)
    )
    return simulate_session(
        random_person(seed),
        {"take": [*start, *script, Standing(3.0)]},
        seed=seed,
        settings=settings,
    )


def found_in(made: SimulatedSession) -> ExerciseResults:
    prepared, _ = prepare_recordings(made.session, fusion="vqf", rate_hz=100.0)
    return exercises_of_session(made.session.info, prepared, {}, [()] * len(prepared))


def seated_of(made: SimulatedSession) -> list[TaskSpan]:
    return [span for span in found_in(made).tasks[0] if span.task in SEATED]


@pytest.mark.parametrize("level", [SoftTissueLevel.NONE, SoftTissueLevel.MODERATE])
@pytest.mark.parametrize(("seed", "side"), [(31, RIGHT), (32, LEFT), (33, RIGHT)])
def test_hip_rotation_and_knee_extension_are_distinguished_with_their_leg(seed, side, level):
    rng = np.random.default_rng(seed)
    script = (
        SeatedHipRotation(
            side=side, count=3, internal_deg=rng.uniform(20, 60), external_deg=rng.uniform(18, 45)
        ),
        SeatedKneeExtension(side=side.other, count=3, range_deg=rng.uniform(50, 80)),
        SeatedTibialRotation(side=side, count=3),
        SeatedKneeExtension(side=side, count=3),
        Standing(2.0),
        SeatedHipRotation(side=side.other, count=2),
    )
    made = unlabelled(seed, *script, level=level)
    found = seated_of(made)
    expected = [
        (Task.SEATED_HIP_ROTATION, side),
        (Task.SEATED_KNEE_EXTENSION, side.other),
        (Task.SEATED_KNEE_EXTENSION, side),
        (Task.SEATED_HIP_ROTATION, side.other),
    ]
    assert [(span.task, span.side) for span in found] == expected
    for span in found:
        true = [
            one
            for one in made.truth["take"].repetitions
            if one.task is span.task and one.side is span.side
        ]
        assert span.start_s < true[0].start_s
        assert span.end_s > true[-1].end_s - 0.3


@pytest.mark.parametrize("seed", [11, 19, 21])
def test_sitting_down_and_standing_up_is_no_seated_movement_and_no_squat(seed):
    """These people's shanks lean on the chair, as in a squat but less."""
    sits = [part for wait_s in (0.3, 0.6, 1.0, 3.0) for part in (Sitting(wait_s), Standing(2.0))]
    found = found_in(unlabelled(seed, *sits, level=SoftTissueLevel.MODERATE))
    assert not found.repetitions[0]
    assert {span.task for span in found.tasks[0]} == {Task.STANDING, Task.WALK, Task.SIT}


def test_knees_that_shift_in_sitting_are_no_hip_rotation():
    made = unlabelled(
        35,
        SeatedHipRotation(count=4, internal_deg=9.0, external_deg=9.0),
        level=SoftTissueLevel.NONE,
    )
    assert seated_of(made) == []


def test_without_the_direction_of_the_lean_no_hip_rotation_is_claimed():
    made = unlabelled(36, SeatedHipRotation(count=3), level=SoftTissueLevel.NONE)
    prepared, _ = prepare_recordings(made.session, fusion="vqf", rate_hz=100.0)
    spans = find_movements(prepared[0].aligned.time_s, prepared[0].tilts_deg)
    assert Task.SEATED_HIP_ROTATION not in {span.task for span in spans}


def test_the_lean_is_as_long_as_the_tilt_and_turns_with_its_direction():
    rng = np.random.default_rng(0)
    neutral = rng.normal(size=3)
    neutral /= np.linalg.norm(neutral)
    ups = rng.normal(size=(50, 3))
    ups /= np.linalg.norm(ups, axis=1)[:, None]
    leans = leans_deg(ups, neutral)
    tilt = np.degrees(np.arccos(np.clip(ups @ neutral, -1.0, 1.0)))
    assert np.linalg.norm(leans, axis=1) == pytest.approx(tilt, abs=1e-6)
    across = ups - np.outer(ups @ neutral, neutral)
    cosine = np.sum(across[1:] * across[:-1], axis=1)
    cosine /= np.linalg.norm(across[1:], axis=1) * np.linalg.norm(across[:-1], axis=1)
    own = np.sum(leans[1:] * leans[:-1], axis=1) / (tilt[1:] * tilt[:-1])
    assert own == pytest.approx(cosine, abs=1e-9)


@pytest.fixture(scope="module")
def everything() -> tuple[SimulatedSession, Analysis]:
    made = unlabelled(
        34,
        Squat(count=3),
        Standing(2.0),
        CalfRaise(count=4),
        Standing(2.0),
        SeatedHipRotation(side=LEFT, count=3, internal_deg=34.0, external_deg=26.0),
        SeatedKneeExtension(side=RIGHT, count=4),
        level=SoftTissueLevel.NONE,
    )
    return made, analyse(made.session)


def test_what_was_done_without_labels_is_listed_with_its_counts(everything):
    _, analysis = everything
    counts = {(one.exercise, one.side): len(one.repetitions) for one in analysis.exercises}
    assert counts == {
        ("squat", None): 3,
        ("calf_raise", None): 4,
        ("seated_hip_rotation", LEFT): 3,
        ("seated_knee_extension", RIGHT): 4,
    }


def test_the_range_of_an_unlabelled_hip_rotation_comes_from_the_shank(everything):
    _, analysis = everything
    (found,) = (one for one in analysis.exercises if one.exercise == "seated_hip_rotation")
    assert found.measures["hip_internal_rotation_range_deg"] == pytest.approx(34.0, abs=3.0)
    assert found.measures["hip_external_rotation_range_deg"] == pytest.approx(26.0, abs=3.0)


def test_every_kind_of_movement_is_a_task_of_the_recording(everything):
    made, _ = everything
    kinds = Counter(span.task for span in found_in(made).tasks[0])
    assert set(kinds) == {
        Task.STANDING, Task.WALK, Task.SQUAT, Task.CALF_RAISE, Task.SIT, *SEATED,
    }  # fmt: skip
    assert kinds[Task.WALK] == kinds[Task.SQUAT] == kinds[Task.CALF_RAISE] == 1
