"""How well repetitions are found in simulated sets, and what is found where there are none.

    python tests/segmentation/study_of_repetitions.py --sets 200 --walk-minutes 30 --people 10
    python tests/segmentation/study_of_repetitions.py --excursions 16

Prints counts, leading legs and timing errors over many people, sides, step heights, tempos, valgus
amounts and soft tissue, with both legs' sensors and with the leading leg's alone; then everything
that is found in walking, stepping on the spot, taps on a step, and sitting down and standing up.
With --excursions: error of the mean excursion of each leg, with moderate soft tissue.
"""

# ruff: noqa: T201
import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import Repetition, Session, Side, Task
from imu_valgus.pipeline import analyse
from imu_valgus.pipeline.exercises import exercises_of_session
from imu_valgus.pipeline.prepare import prepare_recordings
from imu_valgus.simulate import (
    DEMO_PLACEMENTS,
    Movement,
    SimulationSettings,
    Sitting,
    SoftTissue,
    SoftTissueLaw,
    SoftTissueLevel,
    Squat,
    Standing,
    StepInPlace,
    StepTap,
    StepUp,
    Turn,
    Walk,
    random_person,
    simulate_session,
)

HEIGHTS_M = (0.10, 0.10, 0.15, 0.20, 0.30)
COUNT = 10


@dataclass(frozen=True, slots=True)
class SetResult:
    """One simulated set: what was found against what was done."""

    is_count_exact: bool
    is_leg_right: bool
    n_others: int
    errors_s: np.ndarray


def found_in(session: Session) -> list[Repetition]:
    """Find repetitions of every kind, without labels and without calibration."""
    prepared, _ = prepare_recordings(session, fusion="vqf", rate_hz=100.0)
    done = exercises_of_session(session.info, prepared, {}, [()] * len(prepared))
    return [one for repetitions in done.repetitions for one in repetitions]


def random_step_ups(seed: int) -> StepUp:
    """Draw a set: side, height, tempo, pauses and valgus."""
    rng = np.random.default_rng([seed, 4])
    return StepUp(
        side=list(Side)[seed % 2],
        count=COUNT,
        step_height_m=HEIGHTS_M[seed % len(HEIGHTS_M)],
        repetition_s=rng.uniform(1.8, 8.0),
        pause_s=rng.uniform(0.5, 2.5),
        hip_internal_rotation_deg=rng.uniform(-3.0, 16.0),
        hip_adduction_deg=rng.uniform(1.0, 18.0),
        tibial_external_rotation_deg=rng.uniform(-2.0, 12.0),
        knee_abduction_deg=rng.uniform(-2.0, 8.0),
        excursion_sd=rng.uniform(0.05, 0.25),
    )


def simulated(
    seed: int, script: Sequence[Movement], *, lead: Side | None = None
) -> tuple[Session, tuple[Repetition, ...]]:
    """Simulate a script without labels; `lead`: only that leg wears sensors."""
    placements = [place for place in DEMO_PLACEMENTS if lead is None or place.side is lead]
    levels, laws = list(SoftTissueLevel), list(SoftTissueLaw)
    settings = SimulationSettings(
        placements=placements,
        labelled=False,
        soft_tissue=SoftTissue(level=levels[seed % 3], law=laws[seed // 3 % 2]),
    )
    made = simulate_session(random_person(seed), {"set": script}, seed=seed, settings=settings)
    return made.session, made.truth["set"].repetitions


def step_up_set(seed: int, *, one_leg: bool) -> SetResult:
    """Simulate a set with squats before it and compare."""
    movement = random_step_ups(seed)
    script = [Standing(5.0), Squat(count=3), Standing(2.0), movement, Standing(4.0)]
    session, truth = simulated(seed, script, lead=movement.side if one_leg else None)
    found = found_in(session)
    mine = [one for one in found if one.task is Task.STEP_UP and one.is_valid]
    true = [one for one in truth if one.task is Task.STEP_UP]
    squats = sum(one.task is Task.SQUAT for one in found)
    is_exact = len(mine) == len(true)
    errors = (
        np.array(
            [
                (one.start_s - other.start_s, one.top_s - other.top_s, one.end_s - other.end_s)
                for one, other in zip(mine, true, strict=True)
            ]
        )
        if is_exact
        else np.empty((0, 3))
    )
    n_others = sum(one.task not in {Task.STEP_UP, Task.SQUAT} for one in found)
    n_others += abs(squats - 3)
    is_leg_right = all(one.side is movement.side for one in mine)
    return SetResult(is_exact, is_leg_right, n_others, errors)


def nothing_to_count(seed: int, *, walk_minutes: float) -> Iterator[tuple[str, Sequence[Movement]]]:
    """Yield scripts in which no repetition is done."""
    rng = np.random.default_rng([seed, 5])
    walk_s = 60.0 * walk_minutes
    turns = tuple(Turn(at_s=at, angle_deg=180.0) for at in np.arange(30.0, walk_s - 10.0, 30.0))
    yield "walking", [Standing(5.0), Walk(duration_s=walk_s, turns=turns), Standing(3.0)]
    steps = [
        part
        for _ in range(6)
        for part in (
            StepInPlace(
                count=20, lift_deg=rng.uniform(25.0, 70.0), step_s=float(rng.uniform(0.45, 1.2))
            ),
            Standing(2.0),
        )
    ]
    yield "stepping on the spot", [Standing(5.0), *steps]
    sits = [part for _ in range(8) for part in (Sitting(rng.uniform(0.3, 4.0)), Standing(2.0))]
    yield "sitting down, standing up", [Standing(5.0), *sits]
    tap = StepTap(side=list(Side)[seed % 2], count=8, step_height_m=HEIGHTS_M[seed % 5])
    yield "taps on a step", [Standing(5.0), tap, Standing(3.0)]


def print_excursion_errors(people: int) -> None:
    """Print bias and spread between legs of the mean error of each excursion."""
    names = ("hip_internal_rotation", "hip_adduction", "tibial_external_rotation", "knee_abduction")
    errors: dict[str, list[float]] = {name: [] for name in names}
    for seed in range(300, 300 + people):
        steps = [StepUp.random(seed, side=side, count=4) for side in (Side.RIGHT, Side.LEFT)]
        script = [Standing(6.0), Squat(count=5), Standing(3.0), Walk(duration_s=30.0)]
        script += [Standing(4.0), steps[0], Standing(2.0), steps[1], Standing(6.0)]
        skin = SoftTissue(law=list(SoftTissueLaw)[seed % 2])
        settings = SimulationSettings(soft_tissue=skin)
        made = simulate_session(random_person(seed), {"set": script}, seed=seed, settings=settings)
        found = analyse(made.session).recordings[0].repetitions
        mine, true = (
            {
                (side, name): np.mean(
                    [
                        one.measures[f"{name}_excursion_deg"]
                        for one in ones
                        if one.task is Task.STEP_UP and one.side is side
                    ]
                )
                for side in Side
                for name in names
            }
            for ones in (found, made.truth["set"].repetitions)
        )
        for (_, name), value in {key: mine[key] - true[key] for key in mine}.items():
            errors[name].append(float(value))
    for name, values in errors.items():
        print(f"{name}: bias {np.mean(values):.1f}, between legs SD {np.std(values):.1f} deg")


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--walk-minutes", type=float, default=30.0)
    parser.add_argument("--people", type=int, default=6, help="for what is not to be counted")
    parser.add_argument("--excursions", type=int, default=0, help="people for excursion errors")
    asked = parser.parse_args()
    if asked.excursions:
        print_excursion_errors(asked.excursions)
        return
    for one_leg in (False, True):
        results = [step_up_set(seed, one_leg=one_leg) for seed in range(asked.sets)]
        errors = np.concatenate([result.errors_s for result in results])
        wrong = [seed for seed, one in enumerate(results) if not one.is_count_exact]
        print(f"{'leading leg only' if one_leg else 'both legs'}: {asked.sets} sets of {COUNT}")
        print(
            f"  count exact {100 * np.mean([one.is_count_exact for one in results]):.1f} %", wrong
        )
        print(f"  leading leg right {100 * np.mean([one.is_leg_right for one in results]):.1f} %")
        print(f"  other repetitions wrong: {sum(one.n_others for one in results)}")
        print("  start, top, end: mean", errors.mean(axis=0).round(3), "s, largest", end=" ")
        print(np.abs(errors).max(axis=0).round(3), "s")
    for one_leg in (False, True):
        counts: Counter[str] = Counter()
        for seed in range(asked.people):
            minutes = asked.walk_minutes / asked.people
            for name, script in nothing_to_count(seed, walk_minutes=minutes):
                lead = list(Side)[seed % 2] if one_leg else None
                session, _ = simulated(seed, script, lead=lead)
                for one in found_in(session):
                    valid = "" if one.is_valid else " (not valid)"
                    counts[f"{name}: {one.task}{valid}"] += 1
                counts[name] += 0
        print("one leg" if one_leg else "both legs", dict(counts))


if __name__ == "__main__":
    main()
