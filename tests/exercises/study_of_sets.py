"""How well each analyser of the catalogue measures simulated sets: count, times, hold, range.

    python tests/exercises/study_of_sets.py --people 6 --levels none moderate

Prints, for each exercise and level of soft tissue: how many sets had the exact count, and the
largest error of start, end, hold and range over all people, sides and repetitions. The true range
is that of the simulated bones, repetition by repetition.
"""

# ruff: noqa: T201
import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from imu_valgus.model import Analysis, Side
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import (
    CalfRaise,
    ClamShell,
    Movement,
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


def random_sets(seed: int, side: Side) -> dict[str, Movement]:
    """Draw a set of each exercise; recordings are named after them."""
    rng = np.random.default_rng([seed, 9])

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    return {
        "clam_shell": ClamShell(
            side, 6, between(15.0, 40.0), out_s=between(0.7, 1.6), hold_s=between(1.0, 5.0)
        ),
        "wall_slide": WallSlide(
            side, 6, between(14.0, 32.0), out_s=between(0.8, 1.8), hold_s=between(1.0, 5.0)
        ),
        "straight_leg_raise": StraightLegRaise(
            side, 6, between(14.0, 40.0), between(0.0, 8.0), hold_s=between(0.4, 3.0)
        ),
        "popliteus": SeatedTibialRotation(
            side, 6, between(10.0, 25.0), out_s=between(0.6, 1.2), hold_s=between(0.3, 2.0)
        ),
        "plunge": Plunge(
            side, 6, between(25.0, 42.0), out_s=between(0.8, 1.8), hold_s=between(0.3, 2.0)
        ),
        "knee_to_wall": Plunge(side, 3, between(25.0, 45.0), hold_s=between(0.5, 3.0)),
        "wall_push": WallPush(side, 3, between(8.0, 22.0), hold_s=between(4.0, 8.0)),
        "seated_knee_extension": SeatedKneeExtension(
            side, 5, between(45.0, 85.0), repetition_s=between(1.8, 4.5)
        ),
        "seated_hip_rotation": SeatedHipRotation(
            side, 4, between(18.0, 45.0), between(15.0, 40.0), repetition_s=between(3.0, 7.0)
        ),
        "calf_raise": CalfRaise(6, out_s=between(0.6, 1.4), hold_s=between(0.2, 1.5)),
        "squat": Squat(5, between(62.0, 110.0), repetition_s=between(1.8, 4.5)),
    }


def simulated_sets(
    seed: int, side: Side, level: SoftTissueLevel
) -> tuple[SimulatedSession, Analysis]:
    """Simulate all exercises of one person in one session, without labels, and analyse it."""
    calibration = [Standing(6.0), Squat(count=4), Standing(3.0), Walk(duration_s=20.0)]
    scripts = {
        "calibration": calibration,
        **{
            name: [Standing(3.0), movement, Standing(2.5)]
            for name, movement in random_sets(seed, side).items()
        },
    }
    skin = SoftTissue(law=list(SoftTissueLaw)[seed % 2], level=level)
    settings = SimulationSettings(soft_tissue=skin, labelled=False)
    made = simulate_session(random_person(seed), scripts, seed=seed, settings=settings)
    return made, analyse(made.session)


def main() -> None:
    """Run the study and print it."""
    sys.path.append(str(Path(__file__).parents[1]))
    from support.exercise_truth import Errors, errors_of, largest

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--first", type=int, default=100)
    parser.add_argument("--levels", nargs="+", default=["none", "moderate"])
    asked = parser.parse_args()
    for level in map(SoftTissueLevel, asked.levels):
        errors: dict[str, list[Errors]] = defaultdict(list)
        wrong: dict[str, list[int]] = defaultdict(list)
        for seed in range(asked.first, asked.first + asked.people):
            made, analysis = simulated_sets(seed, list(Side)[seed % 2], level)
            for name in random_sets(seed, Side.RIGHT):
                errors[name].append(errors_of(made, analysis, name))
                if not errors[name][-1].is_exact:
                    wrong[name].append(seed)
        print(f"soft tissue {level}, {asked.people} people: largest errors")
        for name, of_sets in errors.items():
            exact = sum(error.is_exact for error in of_sets)
            worst = [
                largest([value for value in values if np.isfinite(value)])
                for values in zip(
                    *((e.start_s, e.end_s, e.hold_s, e.range_deg) for e in of_sets), strict=True
                )
            ]
            line = "start {:+.2f} s, end {:+.2f} s, hold {:+.2f} s, range {:+.1f} deg".format(
                *worst
            )
            print(f"  {name:22s} exact {exact}/{len(of_sets)} {wrong[name] or ''} {line}")


if __name__ == "__main__":
    main()
