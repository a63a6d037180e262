"""A session as the recording command asks for it, done by a drawn person in a drawn way."""

import numpy as np

from imu_valgus.model import Side
from imu_valgus.simulate.body import Person, random_person
from imu_valgus.simulate.clip import Movement
from imu_valgus.simulate.movements import SeatedHipRotation, SeatedKneeExtension, Squat, Standing
from imu_valgus.simulate.session import SimulatedSession, SimulationSettings, simulate_session
from imu_valgus.simulate.step_up import StepUp
from imu_valgus.simulate.walking import Turn, Walk

_PROTOCOL = 0x9207


def protocol_script(
    seed: int, *, walk_s: float = 40.0, with_seated: bool = True, step_height_m: float = 0.10
) -> tuple[Movement, ...]:
    """Draw how a person goes through stand, squats, seated movements, walk and step-ups.

    Unlike the demo's script, the amounts of valgus, depths and ranges differ from person to person:
    for measuring how well they are told apart.

    Parameters
    ----------
    seed
        Same seed, same session.
    walk_s
        Length of the walk, with a turn in the middle.
    with_seated
        Whether seated knee extension and seated hip rotation are part of it.
    step_height_m
        Height of the step.
    """
    rng = np.random.default_rng([seed, _PROTOCOL])

    def near(mean: float, sd: float, low: float, high: float) -> float:
        return float(np.clip(rng.normal(mean, sd), low, high))

    squats = Squat(
        count=5,
        depth_deg=near(80.0, 10.0, 55.0, 100.0),
        knee_abduction_deg=near(1.0, 2.0, -3.0, 6.0),
        hip_internal_rotation_deg=near(3.0, 4.0, -4.0, 12.0),
        pelvis_drop_deg=near(0.0, 0.5, -1.5, 1.5),
    )
    extensions = [
        SeatedKneeExtension(side=side, count=4, screw_home_deg=near(8.0, 3.0, 2.0, 15.0))
        for side in (Side.RIGHT, Side.LEFT)
    ]
    rotations = [
        SeatedHipRotation(
            side=side,
            count=3,
            internal_deg=near(30.0, 6.0, 15.0, 45.0),
            external_deg=near(25.0, 6.0, 12.0, 40.0),
        )
        for side in (Side.RIGHT, Side.LEFT)
    ]
    seated: tuple[Movement, ...] = (*extensions, *rotations, Standing(4.0)) if with_seated else ()
    right, left = (
        StepUp.random(seed, side=side, step_height_m=step_height_m)
        for side in (Side.RIGHT, Side.LEFT)
    )
    return (
        Standing(6.0),
        squats,
        Standing(3.0),
        *seated,
        Walk(duration_s=walk_s, turns=(Turn(at_s=0.5 * walk_s, angle_deg=180.0),)),
        Standing(4.0),
        right,
        Standing(3.0),
        left,
        Standing(6.0),
    )


def protocol_session(
    seed: int,
    *,
    person: Person | None = None,
    settings: SimulationSettings | None = None,
    walk_s: float = 40.0,
    with_seated: bool = True,
) -> SimulatedSession:
    """Simulate :func:`protocol_script` as one recording called ``session``.

    Parameters
    ----------
    seed
        Of the person (unless given), the script and everything else.
    person
        Who moves; None draws one.
    settings
        Sensors, soft tissue, room; by default pelvis, thighs and shanks, moderate soft tissue.
    walk_s, with_seated
        As in :func:`protocol_script`.
    """
    mover = random_person(seed) if person is None else person
    script = protocol_script(seed, walk_s=walk_s, with_seated=with_seated)
    return simulate_session(mover, {"session": script}, seed=seed, settings=settings)
