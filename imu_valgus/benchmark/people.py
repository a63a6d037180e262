"""The simulated people that accuracy is measured on, one per seed."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from imu_valgus.model import Recording, Session, Side
from imu_valgus.simulate import (
    Movement,
    SimulatedSession,
    SimulationSettings,
    SoftTissue,
    SoftTissueLaw,
    SoftTissueLevel,
    protocol_script,
    random_person,
    simulate_session,
)

TUNING_SEEDS = "1 to 6, 101 to 112, 201 to 216, 301 to 316, 401 to 424 and 501 to 544"
"""Seeds of people that settings were chosen on, in words; accuracy is never measured on them."""

FIRST_UNTUNED_SEED = 1001
"""People from this seed on played no part in the choice of settings."""


class Worn(StrEnum):
    """Which sensors the analysis is given."""

    FIVE = "five"
    """Pelvis, both thighs, both shanks."""
    TWO = "two"
    """Thigh and shank of one leg; a person is analysed once for each leg."""


def simulate_person(
    seed: int,
    *,
    level: SoftTissueLevel,
    law: SoftTissueLaw,
    script: Sequence[Movement] | None = None,
) -> SimulatedSession:
    """Simulate one person with five sensors.

    Parameters
    ----------
    seed
        Seed of the person.
    level, law
        How much soft tissue moves the sensors, and by which law.
    script
        Movements of the session; None for `protocol_script`.

    Returns
    -------
    SimulatedSession
        The session with its truth.
    """
    return simulate_session(
        random_person(seed),
        {"session": protocol_script(seed) if script is None else script},
        seed=seed,
        settings=SimulationSettings(soft_tissue=SoftTissue(level=level, law=law)),
    )


def sessions_as_worn(session: Session, worn: Worn) -> tuple[Session, ...]:
    """Return the session as given to the analysis: whole, or once for each leg.

    Parameters
    ----------
    session
        Session with five sensors.
    worn
        Sensors to keep.

    Returns
    -------
    tuple of Session
        One session, or one for each side.
    """
    if worn is Worn.FIVE:
        return (session,)
    return tuple(
        replace(session, recordings=tuple(_of_side(r, side) for r in session.recordings))
        for side in Side
    )


def _of_side(recording: Recording, side: Side) -> Recording:
    streams = {place: stream for place, stream in recording.streams.items() if place.side is side}
    return replace(recording, streams=streams)
