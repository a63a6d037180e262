"""Knee-to-wall check: how far the shank leans forwards with the heel on the floor."""

from imu_valgus.exercises.entry import Analyser, Entry
from imu_valgus.exercises.motion import is_on_feet
from imu_valgus.exercises.plunge import is_front_leg, over_the_foot, shank_lean_deg
from imu_valgus.model import Exercise, ExerciseKind

ENTRY = Entry(
    Exercise(
        key="knee_to_wall",
        name="Knee to wall",
        region="ankle",
        kind=ExerciseKind.CHECK,
        dose="3 per side",
        cue="toes about 8 cm from the wall, knee touches it, heel down",
        measured="shank inclination, which is the dorsiflexion under load",
        is_measured=True,
    ),
    Analyser(
        signal=shank_lean_deg,
        range_name="shank_inclination_range_deg",
        reach_deg=12.0,
        posture=is_on_feet,
        measures=over_the_foot,
        is_done=is_front_leg,
        note="Counted from your own standing; only true while the heel stays on the floor.",
    ),
)
