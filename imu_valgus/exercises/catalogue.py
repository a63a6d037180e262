"""All exercises and checks, in the order of the programme."""

import re
from typing import Final

from imu_valgus.exercises import (
    clam_shell,
    knee_to_wall,
    plunge,
    seated_hip_rotation,
    seated_knee_extension,
    seated_tibial_rotation,
    standing_alignment,
    straight_leg_raise,
    wall_push,
    wall_slide,
)
from imu_valgus.exercises.counted import CALF_RAISE, SQUAT, STEP_UP
from imu_valgus.exercises.entry import Entry
from imu_valgus.exercises.timed import ANKLE, HIP, KNEE
from imu_valgus.model import Side

CATALOGUE: Final[tuple[Entry, ...]] = (
    *HIP,
    clam_shell.ENTRY,
    wall_slide.ENTRY,
    *KNEE,
    straight_leg_raise.ENTRY,
    seated_tibial_rotation.ENTRY,
    *ANKLE,
    plunge.ENTRY,
    wall_push.ENTRY,
    STEP_UP,
    SQUAT,
    CALF_RAISE,
    seated_knee_extension.ENTRY,
    seated_hip_rotation.ENTRY,
    knee_to_wall.ENTRY,
    standing_alignment.ENTRY,
)

COUNTED: Final = frozenset(entry.exercise.key for entry in (STEP_UP, SQUAT, CALF_RAISE))
"""Found in any recording, whatever its name."""

COMPARED: Final = frozenset({standing_alignment.ENTRY.exercise.key})
"""Made of rests that are compared, not of repetitions."""

_ALIASES: Final = {"popliteus": "seated_tibial_rotation", "side_lying_wall_slide": "wall_slide"}


def entry_named(name: str) -> Entry | None:
    """Find the exercise that a recording is named after.

    Parameters
    ----------
    name
        Of the recording's folder: the key of an exercise, with or without a side and a number.

    Examples
    --------
    >>> entry_named("clam-shell_left_2").exercise.key
    'clam_shell'
    >>> entry_named("treadmill") is None
    True
    """
    plain = re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
    words = [word for word in plain.split("_") if word not in {"left", "right"}]
    key = "_".join(words)
    key = _ALIASES.get(key, key)
    return next((entry for entry in CATALOGUE if entry.exercise.key == key), None)


def side_named(name: str) -> Side | None:
    """Find the side in the name of a recording.

    Examples
    --------
    >>> side_named("clam_shell_left"), side_named("clam_shell")
    (<Side.LEFT: 'left'>, None)
    """
    words = re.split(r"[^a-z]+", name.lower())
    return next((side for side in Side if side in words), None)
