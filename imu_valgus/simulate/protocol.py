"""Ready-made sessions: the short demo, and the protocol that the recording command asks for."""

from functools import partial
from typing import Final

import numpy as np

from imu_valgus.model import Side
from imu_valgus.simulate.body import Person, random_person
from imu_valgus.simulate.clip import Movement
from imu_valgus.simulate.movements import SeatedHipRotation, SeatedKneeExtension, Squat, Standing
from imu_valgus.simulate.pose import SIDES, clipped_normal
from imu_valgus.simulate.session import SimulatedSession, SimulationSettings, simulate_session
from imu_valgus.simulate.step_up import StepUp
from imu_valgus.simulate.walking import Turn, Walk

_PROTOCOL: Final = 0x9207


def demo_script(*, step_height_m: float = 0.10) -> tuple[Movement, ...]:
    """Return the script of the demo: squats, a walk with a turn, step-ups and standing between.

    Parameters
    ----------
    step_height_m
        Height of the step.

    Returns
    -------
    tuple of Movement
        Script for :func:`simulate_session`.
    """
    return (
        Standing(6.0),
        Squat(count=5),
        Standing(3.0),
        Walk(duration_s=40.0, turns=(Turn(at_s=20.0, angle_deg=180.0),)),
        Standing(4.0),
        StepUp(side=Side.RIGHT, count=9, step_height_m=step_height_m),
        Standing(2.0),
        StepUp(side=Side.LEFT, count=9, step_height_m=step_height_m),
        Standing(6.0),
    )


def demo_session(
    seed: int = 1,
    *,
    person: Person | None = None,
    settings: SimulationSettings | None = None,
) -> SimulatedSession:
    """Simulate :func:`demo_script` as one recording called ``session``.

    Parameters
    ----------
    seed
        Seed of person (unless given) and of everything else.
    person
        Person who moves; None to draw one.
    settings
        Sensors, soft tissue and room; by default sensors on pelvis, thighs and shanks, and moderate
        soft tissue.

    Returns
    -------
    SimulatedSession
        The session with its truth.
    """
    mover = random_person(seed) if person is None else person
    return simulate_session(mover, {"session": demo_script()}, seed=seed, settings=settings)


def protocol_script(
    seed: int, *, walk_s: float = 40.0, with_seated: bool = True, step_height_m: float = 0.10
) -> tuple[Movement, ...]:
    """Draw the protocol: standing, squats, seated movements, a walk and step-ups.

    Unlike in the demo, valgus, depths and ranges differ from seed to seed, to measure how well they
    are told apart.

    Parameters
    ----------
    seed
        Seed of all draws; the same seed gives the same script.
    walk_s
        Duration of the walk, with a turn in the middle.
    with_seated
        Whether seated knee extensions and seated hip rotations are included.
    step_height_m
        Height of the step.

    Returns
    -------
    tuple of Movement
        Script for :func:`simulate_session`.
    """
    near = partial(clipped_normal, np.random.default_rng([seed, _PROTOCOL]))
    squats = Squat(
        count=5,
        depth_deg=near(80.0, 10.0, 55.0, 100.0),
        knee_abduction_deg=near(1.0, 2.0, -3.0, 6.0),
        hip_internal_rotation_deg=near(3.0, 4.0, -4.0, 12.0),
        pelvis_drop_deg=near(0.0, 0.5, -1.5, 1.5),
    )
    extensions = [
        SeatedKneeExtension(side=side, count=4, screw_home_deg=near(8.0, 3.0, 2.0, 15.0))
        for side in SIDES
    ]
    rotations = [
        SeatedHipRotation(
            side=side,
            count=3,
            internal_deg=near(30.0, 6.0, 15.0, 45.0),
            external_deg=near(25.0, 6.0, 12.0, 40.0),
        )
        for side in SIDES
    ]
    seated: tuple[Movement, ...] = (*extensions, *rotations, Standing(4.0)) if with_seated else ()
    right, left = (StepUp.random(seed, side=side, step_height_m=step_height_m) for side in SIDES)
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
        Seed of person (unless given), script and everything else.
    person
        Person who moves; None to draw one.
    settings
        Sensors, soft tissue and room; by default sensors on pelvis, thighs and shanks, and moderate
        soft tissue.
    walk_s, with_seated
        As in :func:`protocol_script`.

    Returns
    -------
    SimulatedSession
        The session with its truth.
    """
    mover = random_person(seed) if person is None else person
    script = protocol_script(seed, walk_s=walk_s, with_seated=with_seated)
    return simulate_session(mover, {"session": script}, seed=seed, settings=settings)
