"""The people that accuracy is measured on: fresh by seed, with step-ups of their own."""

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
"""People that settings were chosen on, in words; never to be measured on."""

FIRST_UNTUNED_SEED = 1001
"""People from here on were not looked at while settings were chosen."""


class Worn(StrEnum):
    """Which sensors an analysis is given."""

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
    """Simulate one person with five sensors doing `protocol_script`, or another script."""
    return simulate_session(
        random_person(seed),
        {"session": protocol_script(seed) if script is None else script},
        seed=seed,
        settings=SimulationSettings(soft_tissue=SoftTissue(level=level, law=law)),
    )


def sessions_as_worn(session: Session, worn: Worn) -> tuple[Session, ...]:
    """Return the session as given to the analysis: whole, or once for each leg."""
    if worn is Worn.FIVE:
        return (session,)
    return tuple(_of_one_leg(session, side) for side in Side)


def _of_one_leg(session: Session, side: Side) -> Session:
    recordings = tuple(
        Recording(
            recording.name,
            {place: stream for place, stream in recording.streams.items() if place.side is side},
            recording.tasks,
        )
        for recording in session.recordings
    )
    return replace(session, recordings=recordings)
