"""Exercises whose repetitions are found in any recording, named or not."""

from typing import Final

from imu_valgus.exercises.entry import Entry
from imu_valgus.model import Exercise, ExerciseKind

STEP_UP: Final = Entry(
    Exercise(
        key="step_up",
        name="Step-up",
        region="whole leg",
        kind=ExerciseKind.INTEGRATION,
        dose="10 to 20 per side, starting with a step of 10 cm",
        cue="short foot, knee in line with the foot, lower slowly",
        measured="repetitions, phases, alignment angles, step-up alignment score",
        is_measured=True,
    )
)
SQUAT: Final = Entry(
    Exercise(
        key="squat",
        name="Squat",
        region="whole leg",
        kind=ExerciseKind.CALIBRATION,
        dose="5, once per session",
        cue="feet flat, knees in line with the feet",
        measured="repetitions, knee flexion, tempo",
        is_measured=True,
    )
)
CALF_RAISE: Final = Entry(
    Exercise(
        key="calf_raise",
        name="Calf raise",
        region="ankle",
        kind=ExerciseKind.STRENGTHENING,
        dose="as agreed",
        cue="knees straight, up and down without swing",
        measured="repetitions, tempo; not the height",
        is_measured=True,
    )
)
