"""Simulated recordings and sessions with known truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from imu_valgus.model import Placement, Recording, SensorStream, Session, SessionInfo, Side
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.chain import BodyMotion, body_motion
from imu_valgus.simulate.clip import Movement
from imu_valgus.simulate.pose import SIDES
from imu_valgus.simulate.script import play_script
from imu_valgus.simulate.sensors import (
    MagneticField,
    Mounting,
    SensorSettings,
    SensorUnit,
    random_mounting,
    sample_sensor,
)
from imu_valgus.simulate.soft_tissue import SkinMotion, SoftTissue, skin_motions
from imu_valgus.simulate.step_up import StepUp
from imu_valgus.simulate.truth import RecordingTruth, recording_truth

DEMO_PLACEMENTS: Final = (
    Placement.PELVIS,
    Placement.THIGH_RIGHT,
    Placement.THIGH_LEFT,
    Placement.SHANK_RIGHT,
    Placement.SHANK_LEFT,
)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedRecording:
    """A simulated recording and its truth.

    Parameters
    ----------
    recording
        Recording as a reader would return it.
    truth
        Truth of the recording.
    """

    recording: Recording
    truth: RecordingTruth


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """A simulated session and its truth.

    Parameters
    ----------
    session
        Session as a reader would return it.
    truth
        Truth by name of the recording.
    person
        Person who moved, after mirroring if the settings ask for it.
    mountings
        Mounting of each sensor in neutral standing.
    """

    session: Session
    truth: Mapping[str, RecordingTruth]
    person: Person
    mountings: Mapping[Placement, Mounting]


@dataclass(frozen=True, slots=True, eq=False)
class SimulationSettings:
    """Settings of a simulation, apart from person and movements.

    Parameters
    ----------
    placements
        Placements of the sensors.
    sensors
        Specification of all sensors, or one per placement.
    mountings
        Mountings of sensors; missing ones are drawn.
    soft_tissue
        Soft tissue between bones and sensors.
    magnetic_field
        Magnetic field in the room.
    world_heading_deg
        Turn of the whole room, counter-clockwise seen from above.
    mirrored
        Whether left and right of the person and of the movements are exchanged.
    labelled
        Whether the recordings carry task labels.
    """

    placements: Sequence[Placement] = DEMO_PLACEMENTS
    sensors: SensorSettings | Mapping[Placement, SensorSettings] = field(
        default_factory=SensorSettings
    )
    mountings: Mapping[Placement, Mounting] = field(default_factory=dict)
    soft_tissue: SoftTissue = field(default_factory=SoftTissue)
    magnetic_field: MagneticField = field(default_factory=MagneticField)
    world_heading_deg: float = 0.0
    mirrored: bool = False
    labelled: bool = True

    def sensor_settings(self, placement: Placement) -> SensorSettings:
        """Return the specification of the sensor at a placement."""
        if isinstance(self.sensors, SensorSettings):
            return self.sensors
        return self.sensors[placement]


# Purposes of random numbers: what is drawn for one never changes what is drawn for another.
_MOVEMENT, _SKIN, _UNIT, _MOUNTING, _NOISE = range(5)


def simulate_session(
    person: Person,
    scripts: Mapping[str, Sequence[Movement]],
    *,
    seed: int,
    settings: SimulationSettings | None = None,
) -> SimulatedSession:
    """Simulate all recordings of one donning.

    Parameters
    ----------
    person
        Person who moves.
    scripts
        Movements by recording name.
    seed
        Seed of all draws; the same seed gives the same arrays. The choice of placements does not
        change the samples of a sensor.
    settings
        Sensors, soft tissue and room; None for the defaults.

    Returns
    -------
    SimulatedSession
        The session as a reader would return it, and its truth.

    Raises
    ------
    InputError
        If a script is empty, or the person cannot do a movement.

    Examples
    --------
    >>> from imu_valgus.simulate import Person, Standing, simulate_session
    >>> simulated = simulate_session(Person(), {"standing": [Standing(2.0)]}, seed=1)
    >>> sorted(simulated.session.recordings[0].streams)[:2]
    [<Placement.PELVIS: 'pelvis'>, <Placement.SHANK_LEFT: 'shank_left'>]
    """
    settings = settings or SimulationSettings()
    mover = person.mirrored() if settings.mirrored else person
    worn = _worn_sensors(mover, settings, seed)
    recordings, truths = [], {}
    for number, (name, script) in enumerate(scripts.items()):
        played = play_script(script, person, np.random.default_rng([seed, _MOVEMENT, number]))
        played = played.mirrored() if settings.mirrored else played
        motion = body_motion(played.rows, mover, world_heading_deg=settings.world_heading_deg)
        skins = skin_motions(
            played.rows,
            played.rest,
            motion,
            settings.soft_tissue,
            rngs=_skin_rngs(seed, settings),
            pelvis_rng=np.random.default_rng([seed, _SKIN, len(SIDES)]),
        )
        streams = _streams(motion, worn, skins, settings, (seed, number))
        tasks = played.tasks if settings.labelled else ()
        recordings.append(Recording(name=name, streams=streams, tasks=tasks))
        truths[name] = recording_truth(name, played, motion, skins)
    return SimulatedSession(
        session=Session(
            info=_session_info(mover, scripts, seed),
            recordings=tuple(recordings),
            source_format="simulation",
        ),
        truth=MappingProxyType(truths),
        person=mover,
        mountings=MappingProxyType({p: mounting for p, (_, mounting) in worn.items()}),
    )


def simulate_recording(
    person: Person,
    script: Sequence[Movement],
    *,
    seed: int,
    name: str = "recording",
    settings: SimulationSettings | None = None,
) -> SimulatedRecording:
    """Simulate one recording.

    Parameters
    ----------
    person, seed, settings
        As in :func:`simulate_session`.
    script
        Movements of the recording.
    name
        Name of the recording.

    Returns
    -------
    SimulatedRecording
        The recording with its truth.
    """
    simulated = simulate_session(person, {name: script}, seed=seed, settings=settings)
    return SimulatedRecording(simulated.session.recordings[0], simulated.truth[name])


_Worn = Mapping[Placement, tuple[SensorUnit, Mounting]]


def _worn_sensors(person: Person, settings: SimulationSettings, seed: int) -> _Worn:
    order = list(Placement)
    worn = {}
    for placement in settings.placements:
        index = order.index(placement)
        unit = SensorUnit.drawn(
            settings.sensor_settings(placement),
            np.random.default_rng([seed, _UNIT, index]),
            f"SIM-{seed}-{index + 1}",
        )
        mounting = settings.mountings.get(placement) or random_mounting(
            placement, person, np.random.default_rng([seed, _MOUNTING, index])
        )
        worn[placement] = (unit, mounting)
    return worn


def _skin_rngs(seed: int, settings: SimulationSettings) -> dict[Side, np.random.Generator]:
    """Return the random numbers for the skin of each leg, exchanged if the person is mirrored."""
    return {
        side.other if settings.mirrored else side: np.random.default_rng([seed, _SKIN, i])
        for i, side in enumerate(SIDES)
    }


def _streams(
    motion: BodyMotion,
    worn: _Worn,
    skins: Mapping[Placement, SkinMotion],
    settings: SimulationSettings,
    seeds: tuple[int, int],
) -> dict[Placement, SensorStream]:
    seed, number = seeds
    order = list(Placement)
    return {
        placement: sample_sensor(
            motion,
            placement,
            mounting=mounting,
            skin=skins.get(placement),
            unit=unit,
            field=settings.magnetic_field,
            rng=np.random.default_rng([seed, _NOISE, number, order.index(placement)]),
        )
        for placement, (unit, mounting) in worn.items()
    }


def _session_info(
    person: Person, scripts: Mapping[str, Sequence[Movement]], seed: int
) -> SessionInfo:
    heights = {
        movement.step_height_m
        for script in scripts.values()
        for movement in script
        if isinstance(movement, StepUp)
    }
    return SessionInfo(
        subject=f"simulated-{seed}",
        height_m=person.height_m,
        sex=person.sex,
        step_height_m=heights.pop() if len(heights) == 1 else None,
    )
