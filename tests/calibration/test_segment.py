"""Sensor-to-segment frames: exact on clean evidence, weighed, graded with reasons."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.axes import AxisObservation
from imu_valgus.calibration.rests import StaticTrial
from imu_valgus.calibration.segment import MovementEvidence, estimate_segment_frames
from imu_valgus.model import Grade, Placement, SegmentFrame, Span, Task, TaskSpan

THIGH = Placement.THIGH_RIGHT
TIME_S = np.arange(600) / 100.0


def frame_of(
    *,
    mounting: Rotation,
    axes: list[tuple[Task, float, float]],
    stand_tilts_deg: tuple[float, ...] = (0.0,),
    stood_s: float = 6.0,
    flexion_deg: np.ndarray | None = None,
) -> SegmentFrame:
    """Estimate a thigh frame from axes as (task, error about the long axis, sd), degrees."""
    to_sensor = mounting.inv()
    trials = [
        StaticTrial(
            "session",
            Span(0, 600),
            stood_s / len(stand_tilts_deg),
            {THIGH: (to_sensor * Rotation.from_euler("x", tilt, degrees=True)).apply([0, 1, 0])},
            is_labelled=False,
        )
        for tilt in stand_tilts_deg
    ]
    observations = [
        AxisObservation(
            THIGH,
            task,
            to_sensor.apply(Rotation.from_euler("y", error, degrees=True).apply([0, 0, -1.0])),
            np.radians(sd),
            planarity=0.99,
            range_deg=60.0,
            duration_s=10.0,
        )
        for task, error, sd in axes
    ]
    bend = 60.0 * np.sin(np.pi * TIME_S / 6.0) if flexion_deg is None else flexion_deg
    flexed = Rotation.from_euler("z", np.radians(bend)[:, None])
    ups = to_sensor.apply(flexed.inv().apply([0.0, 1.0, 0.0]))
    evidence = MovementEvidence(TIME_S, {THIGH: ups}, (TaskSpan(Task.SQUAT, 0.0, 6.0),))
    return estimate_segment_frames(trials, observations, [evidence])[THIGH]


@pytest.mark.parametrize("seed", range(5))
def test_clean_evidence_gives_the_mounting_back_with_its_sign(seed: int) -> None:
    mounting = Rotation.random(rng=np.random.default_rng(seed))
    frame = frame_of(mounting=mounting, axes=[(Task.SQUAT, 0.0, 6.0), (Task.WALK, 0.0, 4.0)])
    error = frame.sensor_to_segment * mounting.inv()
    assert np.degrees(error.magnitude()) < 0.01
    assert frame.grade is Grade.GOOD
    assert frame.reasons == ()
    assert frame.evidence == ("standing 6.0 s", "squats 10 s", "walking 10 s")


def test_better_evidence_weighs_more() -> None:
    frame = frame_of(
        mounting=Rotation.identity(), axes=[(Task.SQUAT, 9.0, 9.0), (Task.WALK, 0.0, 3.0)]
    )
    about_leg_deg = frame.sensor_to_segment.as_rotvec(degrees=True)[1]
    assert abs(about_leg_deg) == pytest.approx(9.0 / (1.0 + 9.0), abs=0.2)


def test_contradicting_axes_are_reported_and_widen_the_uncertainty() -> None:
    agree = frame_of(mounting=Rotation.identity(), axes=[(Task.SQUAT, 0, 4), (Task.WALK, 0, 4)])
    differ = frame_of(mounting=Rotation.identity(), axes=[(Task.SQUAT, -20, 4), (Task.WALK, 20, 4)])
    assert differ.covariance_rad2[1, 1] > 4.0 * agree.covariance_rad2[1, 1]
    assert differ.grade is not Grade.GOOD
    assert any("Different movements" in reason for reason in differ.reasons)


def test_no_movement_is_poor_and_says_so() -> None:
    frame = frame_of(mounting=Rotation.identity(), axes=[])
    assert frame.grade is Grade.POOR
    assert any("No movement" in reason for reason in frame.reasons)
    assert np.degrees(np.sqrt(frame.covariance_rad2[1, 1])) > 40.0


def test_unclear_front_and_back_is_poor() -> None:
    swing = 20.0 * np.sin(2.0 * np.pi * TIME_S)
    frame = frame_of(mounting=Rotation.identity(), axes=[(Task.SQUAT, 0.0, 6.0)], flexion_deg=swing)
    assert frame.grade is Grade.POOR
    assert any("Front and back" in reason for reason in frame.reasons)


@pytest.mark.parametrize(
    ("tilt", "grade"), [(3.0, Grade.GOOD), (18.0, Grade.FAIR), (40.0, Grade.POOR)]
)
def test_a_changed_standing_pose_is_reported(tilt: float, grade: Grade) -> None:
    frame = frame_of(
        mounting=Rotation.identity(), axes=[(Task.WALK, 0.0, 4.0)], stand_tilts_deg=(0.0, tilt)
    )
    assert frame.grade is grade
    assert any("differs" in reason for reason in frame.reasons) == (grade is not Grade.GOOD)


def test_short_standing_is_reported() -> None:
    frame = frame_of(mounting=Rotation.identity(), axes=[(Task.WALK, 0.0, 4.0)], stood_s=1.0)
    assert frame.grade is Grade.FAIR
    assert any("Standing still lasted 1.0 s" in reason for reason in frame.reasons)
