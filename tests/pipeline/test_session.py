"""The whole analysis on simulated people: accuracy, symmetries, gaps, what is withheld."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import (
    Analysis,
    Grade,
    Joint,
    JointAngles,
    Placement,
    Recording,
    SensorStream,
    Session,
    Severity,
    Side,
    Task,
)
from imu_valgus.pipeline import Settings, analyse
from imu_valgus.rotations import rotate
from imu_valgus.simulate import (
    SimulatedSession,
    SimulationSettings,
    Squat,
    Standing,
    demo_session,
    random_person,
    simulate_session,
)
from imu_valgus.simulate.truth_errors import angle_errors, event_errors

TASKS = (Task.WALK, Task.STEP_UP, Task.SQUAT)


@pytest.fixture(scope="module")
def demo() -> SimulatedSession:
    return demo_session(1)


@pytest.fixture(scope="module")
def analysis(demo: SimulatedSession) -> Analysis:
    return analyse(demo.session)


def joints(analysis: Analysis) -> Iterator[JointAngles]:
    for recording in analysis.recordings:
        yield from recording.angles


def joint_of(analysis: Analysis, joint: Joint, side: Side) -> JointAngles:
    return next(one for one in joints(analysis) if one.joint is joint and one.side is side)


def changed_streams(
    session: Session, change: dict[Placement, SensorStream] | None = None, *, keep: str = ""
) -> Session:
    """Return the session with some streams replaced, and only those whose name holds `keep`."""
    recordings = []
    for recording in session.recordings:
        streams = {**recording.streams, **(change or {})}
        kept = {place: stream for place, stream in streams.items() if keep in place}
        recordings.append(Recording(recording.name, kept, recording.tasks))
    return replace(session, recordings=tuple(recordings))


def difference_deg(one: JointAngles, other: JointAngles) -> np.ndarray:
    """Difference of the same joint in two analyses whose clocks may begin elsewhere."""
    inner = (one.time_s > other.time_s[0]) & (one.time_s < other.time_s[-1])
    time_s = one.time_s[inner]
    columns = [np.interp(time_s, other.time_s, other.angles_deg[:, index]) for index in range(3)]
    return np.stack(columns, axis=-1) - one.angles_deg[inner]


def test_knee_flexion_is_within_two_degrees_of_the_truth(
    demo: SimulatedSession, analysis: Analysis
) -> None:
    flexion = [
        error
        for error in angle_errors(analysis, demo.truth, tasks=TASKS)
        if (error.joint, error.motion) == (Joint.KNEE, "flexion")
    ]
    assert len(flexion) == 6
    assert max(error.rmse_deg for error in flexion) < 2.0


def test_every_step_is_found_and_timed(demo: SimulatedSession, analysis: Analysis) -> None:
    for events in event_errors(analysis, demo.truth):
        assert events.n_true > 70
        assert events.n_missed == 0
        assert events.n_extra == 0
        assert events.median_abs_s < 0.040


def test_five_squats_are_counted(demo: SimulatedSession, analysis: Analysis) -> None:
    squats = [r for r in analysis.recordings[0].repetitions if r.task is Task.SQUAT]
    true = [r for r in demo.truth["session"].repetitions if r.task is Task.SQUAT]
    assert [squat.number for squat in squats] == [1, 2, 3, 4, 5]
    for found, expected in zip(squats, true, strict=True):
        assert found.top_s == pytest.approx(expected.top_s, abs=0.2)


def test_all_joints_of_the_worn_sensors_are_there(analysis: Analysis) -> None:
    found = {(one.joint, one.side) for one in joints(analysis)}
    assert found == {(joint, side) for joint in (Joint.HIP, Joint.KNEE) for side in Side}


def test_without_a_pelvis_the_angles_are_the_femurs(demo: SimulatedSession) -> None:
    right = analyse(changed_streams(demo.session, keep="_right"))
    assert {(one.joint, one.side) for one in joints(right)} == {
        (Joint.FEMUR, Side.RIGHT),
        (Joint.KNEE, Side.RIGHT),
    }


def test_knee_does_not_depend_on_the_other_leg(demo: SimulatedSession, analysis: Analysis) -> None:
    alone = analyse(changed_streams(demo.session, keep="_right"))
    apart = difference_deg(
        joint_of(analysis, Joint.KNEE, Side.RIGHT), joint_of(alone, Joint.KNEE, Side.RIGHT)
    )
    assert np.nanmax(np.abs(apart)) < 1.0


@pytest.mark.parametrize("seed", [3, 11])
def test_any_mounting_gives_the_same_angles(
    demo: SimulatedSession, analysis: Analysis, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    turned: dict[Placement, SensorStream] = {}
    for placement, stream in demo.session.recordings[0].streams.items():
        turn = Rotation.random(rng=rng)
        turned[placement] = replace(
            stream, acc=rotate(turn, stream.acc), gyr=rotate(turn, stream.gyr)
        )
    other = analyse(changed_streams(demo.session, turned))
    for one, same in zip(joints(analysis), joints(other), strict=True):
        np.testing.assert_allclose(same.angles_deg, one.angles_deg, atol=0.5)


def test_facing_another_way_gives_the_same_angles(analysis: Analysis) -> None:
    turned = analyse(demo_session(1, settings=SimulationSettings(world_heading_deg=117.0)).session)
    for one, same in zip(joints(analysis), joints(turned), strict=True):
        assert np.nanmax(np.abs(difference_deg(one, same))) < 0.5


def test_a_mirrored_session_has_the_angles_of_the_other_leg(
    demo: SimulatedSession, analysis: Analysis
) -> None:
    # In a mirror a push keeps its length and a turn changes its sense: acc is reflected along
    # one axis of the sensor, gyr along the two others.
    mirrored: dict[Placement, SensorStream] = {}
    for placement, stream in demo.session.recordings[0].streams.items():
        side = placement.side
        twin = placement if side is None else Placement.of(placement.segment, side.other)
        mirrored[twin] = replace(
            stream, acc=stream.acc * [-1.0, 1.0, 1.0], gyr=stream.gyr * [1.0, -1.0, -1.0]
        )
    recording = demo.session.recordings[0]
    tasks = tuple(
        replace(span, side=None if span.side is None else span.side.other)
        for span in recording.tasks
    )
    other = analyse(replace(demo.session, recordings=(Recording(recording.name, mirrored, tasks),)))
    for one in joints(analysis):
        apart = difference_deg(one, joint_of(other, one.joint, one.side.other))
        assert np.nanmax(np.abs(apart)) < 0.5


def test_results_in_a_gap_are_not_known(demo: SimulatedSession) -> None:
    shank = demo.session.recordings[0].streams[Placement.SHANK_LEFT]
    lost = (shank.time_s > 40.0) & (shank.time_s < 41.0)
    gappy = SensorStream(shank.time_s[~lost], shank.acc[~lost], shank.gyr[~lost])
    found = analyse(changed_streams(demo.session, {Placement.SHANK_LEFT: gappy}))
    left = joint_of(found, Joint.KNEE, Side.LEFT)
    inside = (left.time_s > 40.06) & (left.time_s < 40.94)
    assert np.isnan(left.angles_deg[inside]).all()
    assert np.isfinite(joint_of(found, Joint.KNEE, Side.RIGHT).angles_deg[inside]).all()
    assert not any(
        event.side is Side.LEFT and 40.1 < event.time_s < 40.9
        for event in found.recordings[0].events
    )


def test_standing_alone_withholds_what_needs_a_movement(demo: SimulatedSession) -> None:
    recording = demo.session.recordings[0]
    streams = {}
    for placement, stream in recording.streams.items():
        early = stream.time_s < 5.5
        streams[placement] = SensorStream(
            stream.time_s[early], stream.acc[early], stream.gyr[early]
        )
    short = replace(
        demo.session,
        recordings=(Recording("standing", streams, tuple(recording.tasks[:1])),),
        findings=(),
    )
    found = analyse(short)
    assert all(np.isnan(one.angles_deg).all() for one in joints(found))
    assert all(frame.grade is Grade.POOR for frame in found.frames.values())
    withheld = [f for f in found.findings if f.severity is Severity.WITHHELD]
    assert {finding.placement for finding in withheld} == set(found.frames) - {Placement.PELVIS}


def test_a_pelvis_that_never_bends_leaves_the_femurs_angles(demo: SimulatedSession) -> None:
    recording = demo.session.recordings[0]
    walk = next(span for span in recording.tasks if span.task is Task.WALK)
    streams = {}
    for placement, stream in recording.streams.items():
        inside = (stream.time_s > walk.start_s - 5.0) & (stream.time_s < walk.end_s + 4.0)
        streams[placement] = SensorStream(
            stream.time_s[inside], stream.acc[inside], stream.gyr[inside]
        )
    found = analyse(replace(demo.session, recordings=(Recording("walk", streams),)))
    assert {one.joint for one in joints(found)} == {Joint.FEMUR, Joint.KNEE}
    assert any(f.code == "pelvis_axis_unknown" for f in found.findings)
    assert not any(f.severity is Severity.WITHHELD for f in found.findings)


def test_without_standing_still_an_error_says_what_to_do(demo: SimulatedSession) -> None:
    recording = demo.session.recordings[0]
    walk = next(span for span in recording.tasks if span.task is Task.WALK)
    streams = {}
    for placement, stream in recording.streams.items():
        inside = (stream.time_s > walk.start_s + 4.0) & (stream.time_s < walk.end_s - 4.0)
        streams[placement] = SensorStream(
            stream.time_s[inside], stream.acc[inside], stream.gyr[inside]
        )
    session = replace(demo.session, recordings=(Recording("walk", streams),))
    with pytest.raises(InputError, match="standing"):
        analyse(session)


def test_exchanged_thigh_and_shank_are_noticed(demo: SimulatedSession) -> None:
    streams = demo.session.recordings[0].streams
    swapped = {
        Placement.THIGH_RIGHT: streams[Placement.SHANK_RIGHT],
        Placement.SHANK_RIGHT: streams[Placement.THIGH_RIGHT],
    }
    found = analyse(changed_streams(demo.session, swapped))
    reasons = " ".join(found.frames[Placement.THIGH_RIGHT].reasons)
    assert "exchanged" in reasons
    assert found.frames[Placement.THIGH_RIGHT].grade is Grade.POOR
    assert "exchanged" not in " ".join(found.frames[Placement.THIGH_LEFT].reasons)


def test_exchanged_left_and_right_shanks_are_noticed(demo: SimulatedSession) -> None:
    streams = demo.session.recordings[0].streams
    swapped = {
        Placement.SHANK_LEFT: streams[Placement.SHANK_RIGHT],
        Placement.SHANK_RIGHT: streams[Placement.SHANK_LEFT],
    }
    found = analyse(changed_streams(demo.session, swapped))
    assert "left and right" in " ".join(found.frames[Placement.SHANK_LEFT].reasons)


def test_unlabelled_tasks_are_found(demo: SimulatedSession) -> None:
    bare = tuple(replace(recording, tasks=()) for recording in demo.session.recordings)
    found = analyse(replace(demo.session, recordings=bare))
    spans = {span.task: span for span in found.recordings[0].tasks if span.task is Task.WALK}
    walk = next(span for span in demo.truth["session"].tasks if span.task is Task.WALK)
    assert spans[Task.WALK].start_s == pytest.approx(walk.start_s, abs=1.5)
    assert spans[Task.WALK].end_s == pytest.approx(walk.end_s, abs=1.5)
    squats = [r for r in found.recordings[0].repetitions if r.task is Task.SQUAT]
    assert len(squats) == 5


@pytest.mark.parametrize("fusion", ["ahrs-madgwick", "ahrs-mahony"])
def test_the_ahrs_engines_agree_with_the_default(
    demo: SimulatedSession, analysis: Analysis, fusion: str
) -> None:
    right = changed_streams(demo.session, keep="_right")
    other = analyse(right, settings=Settings(fusion=fusion))
    assert other.fusion == fusion
    apart = difference_deg(
        joint_of(analysis, Joint.KNEE, Side.RIGHT), joint_of(other, Joint.KNEE, Side.RIGHT)
    )
    assert np.nanstd(apart[:, 0]) < 2.0


def test_analysing_twice_gives_the_same_bits(demo: SimulatedSession, analysis: Analysis) -> None:
    again = analyse(demo.session)
    for one, same in zip(joints(analysis), joints(again), strict=True):
        np.testing.assert_array_equal(same.angles_deg, one.angles_deg)
        np.testing.assert_array_equal(same.sd_deg, one.sd_deg)


def test_without_vqf_the_second_best_engine_is_used_and_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imu_valgus.pipeline.session.DEFAULT_ENGINE", "ahrs-madgwick")
    movements = (Standing(6.0), Squat(count=3), Standing(3.0))
    short = simulate_session(random_person(1), {"squats": movements}, seed=1).session
    fallen_back = analyse(short)
    assert fallen_back.fusion == "ahrs-madgwick"
    notes = [one for one in fallen_back.findings if one.code == "fusion_fallback"]
    assert [note.severity for note in notes] == [Severity.NOTE]
    chosen = analyse(short, settings=Settings(fusion="ahrs-mahony"))
    assert not [one for one in chosen.findings if one.code == "fusion_fallback"]
