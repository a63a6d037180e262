"""Releases, stretches and what sensors on the legs cannot judge: timed and logged."""

from typing import Final

from imu_valgus.exercises.entry import Entry
from imu_valgus.model import Exercise, ExerciseKind

_LOGGED = "time only"


def _timed(key: str, name: str, region: str, kind: ExerciseKind, *, dose: str, cue: str) -> Entry:
    return Entry(Exercise(key, name, region, kind, dose, cue, _LOGGED, is_measured=False))


HIP: Final = (
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
KNEE: Final = (
    _timed(
        "lateral_hamstring_ball", "Outer hamstring release with a ball", "knee",
        ExerciseKind.RELEASE,
        dose="60 s per side", cue="ball under the outer back of the knee, bend and straighten",
    ),
)  # fmt: skip
ANKLE: Final = (
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
