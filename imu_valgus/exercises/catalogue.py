"""All exercises and checks, in the order of the programme."""

import re
from typing import Final

from imu_valgus.exercises.entry import Entry
from imu_valgus.exercises.lying import CLAM_SHELL, STRAIGHT_LEG_RAISE, WALL_SLIDE
from imu_valgus.exercises.seated import (
    SEATED_HIP_ROTATION,
    SEATED_KNEE_EXTENSION,
    SEATED_TIBIAL_ROTATION,
)
from imu_valgus.exercises.standing_alignment import STANDING_ALIGNMENT
from imu_valgus.exercises.upright import KNEE_TO_WALL, PLUNGE, WALL_PUSH
from imu_valgus.model import Exercise, ExerciseKind, Side


def _timed(key: str, name: str, region: str, kind: ExerciseKind, *, dose: str, cue: str) -> Entry:
    """List an exercise that sensors on the legs cannot judge: it is timed and logged."""
    return Entry(Exercise(key, name, region, kind, dose, cue, "time only", is_measured=False))


_HIP: Final = (
    _timed(
        "adductor_ball", "Adductor release with a ball", "hip", ExerciseKind.RELEASE,
        dose="30 s per side", cue="roll slowly over the inner thigh, with body weight",
    ),
    _timed(
        "tfl_ball", "Tensor fasciae latae release with a ball", "hip", ExerciseKind.RELEASE,
        dose="30 s per side", cue="roll slowly over the front of the hip's side",
    ),
    _timed(
        "side_lunge", "Side lunge", "hip", ExerciseKind.STRETCH,
        dose="30 s per side", cue="feel the stretch deep on the inside of the straight leg",
    ),
    _timed(
        "crossed_lunge", "Crossed lunge, hips to the side", "hip", ExerciseKind.STRETCH,
        dose="30 s per side", cue="feet in line, hold on to something",
    ),
    _timed(
        "butterfly", "Butterfly with the back to a wall", "hip", ExerciseKind.MOBILISATION,
        dose="3 times 60 s", cue="sit tall, soles together, let the knees sink",
    ),
)  # fmt: skip
_KNEE: Final = (
    _timed(
        "lateral_hamstring_ball", "Outer hamstring release with a ball", "knee",
        ExerciseKind.RELEASE,
        dose="60 s per side", cue="ball under the outer back of the knee, bend and straighten",
    ),
)  # fmt: skip
_ANKLE: Final = (
    _timed(
        "calf_roller", "Calf release on a roller", "ankle", ExerciseKind.RELEASE,
        dose="1 to 2 min per side", cue="roll from side to side",
    ),
    _timed(
        "calf_stretch", "Calf stretch", "ankle", ExerciseKind.STRETCH,
        dose="1 to 2 min", cue="toes up the wall, heel down, lean in",
    ),
    _timed(
        "short_foot", "Short foot", "ankle", ExerciseKind.STRENGTHENING,
        dose="20 times 5 s, first seated, then standing", cue="lift the arch, toes stay relaxed",
    ),
)  # fmt: skip

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

CATALOGUE: Final[tuple[Entry, ...]] = (
    *_HIP,
    CLAM_SHELL,
    WALL_SLIDE,
    *_KNEE,
    STRAIGHT_LEG_RAISE,
    SEATED_TIBIAL_ROTATION,
    *_ANKLE,
    PLUNGE,
    WALL_PUSH,
    STEP_UP,
    SQUAT,
    CALF_RAISE,
    SEATED_KNEE_EXTENSION,
    SEATED_HIP_ROTATION,
    KNEE_TO_WALL,
    STANDING_ALIGNMENT,
)

COUNTED: Final = frozenset(entry.exercise.key for entry in (STEP_UP, SQUAT, CALF_RAISE))
"""Exercises whose repetitions are found in any recording, whatever its name."""

COMPARED: Final = frozenset({STANDING_ALIGNMENT.exercise.key})
"""Checks that compare static trials instead of counting repetitions."""

_ALIASES: Final = {"popliteus": "seated_tibial_rotation", "side_lying_wall_slide": "wall_slide"}


def entry_named(name: str) -> Entry | None:
    """Find the exercise that a recording is named after.

    Parameters
    ----------
    name
        Folder name of the recording: the key of an exercise, with or without a side and a number.

    Returns
    -------
    Entry or None
        None if the name is not that of an exercise.

    Examples
    --------
    >>> entry_named("clam-shell_left_2").exercise.key
    'clam_shell'
    >>> entry_named("treadmill") is None
    True
    """
    plain = re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
    key = "_".join(word for word in plain.split("_") if word not in {"left", "right"})
    key = _ALIASES.get(key, key)
    return next((entry for entry in CATALOGUE if entry.exercise.key == key), None)


def side_named(name: str) -> Side | None:
    """Find the side in the folder name of a recording.

    Parameters
    ----------
    name
        Folder name of the recording.

    Returns
    -------
    Side or None
        None if the name holds no side.

    Examples
    --------
    >>> side_named("clam_shell_left"), side_named("clam_shell")
    (<Side.LEFT: 'left'>, None)
    """
    words = re.split(r"[^a-z]+", name.lower())
    return next((side for side in Side if side in words), None)
