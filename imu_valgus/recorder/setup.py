"""Before a recording: which sensors are there, who are they, where do they sit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import Placement
from imu_valgus.recorder.journal_entries import PlannedSensor
from imu_valgus.recorder.placement_memory import PlacementMemory, RememberedSensor
from imu_valgus.recorder.sensor_link import SensorPlan
from imu_valgus.sensors.ble import FoundSensor, Radio
from imu_valgus.sensors.catalogue import driver_for
from imu_valgus.sensors.driver import DeviceDriver, DeviceInfo, DeviceSettings

__all__ = [
    "Candidate",
    "KnownSensor",
    "find_candidates",
    "identify",
    "know_sensors",
    "place_sensors",
    "plan_recording",
]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A device that some driver knows how to handle."""

    found: FoundSensor
    driver: DeviceDriver


@dataclass(frozen=True, slots=True, eq=False)
class KnownSensor:
    """A sensor whose identity is known.

    Parameters
    ----------
    candidate
        How to reach it.
    sensor_id
        Serial number, or the address where it tells none.
    own_id
        As it tells it itself.
    """

    candidate: Candidate
    sensor_id: str
    own_id: str | None


async def find_candidates(radio: Radio, seconds: float) -> tuple[Candidate, ...]:
    """Scan for sensors that can be recorded, strongest signal first.

    Raises
    ------
    DeviceError
        If the adapter cannot scan.
    """
    heard = await radio.scan(seconds)
    drivers = [(found, driver_for(found.advertisement)) for found in heard]
    return tuple(Candidate(found, driver) for found, driver in drivers if driver is not None)


async def identify(radio: Radio, candidate: Candidate) -> DeviceInfo:
    """Connect, ask a sensor who it is, let it go.

    Raises
    ------
    DeviceError
        If it cannot be reached or does not answer.
    """
    link = await radio.connect(candidate.found, lambda: None)
    try:
        return await candidate.driver.identify(link)
    finally:
        await link.close()


async def know_sensors(
    radio: Radio, candidates: Sequence[Candidate], memory: PlacementMemory
) -> tuple[KnownSensor, ...]:
    """Find out who the candidates are; those met before are not connected to for it.

    A sensor that cannot be asked is left out.
    """
    known = []
    for candidate in candidates:
        met = memory.by_address(candidate.found.address)
        if met is not None:
            known.append(KnownSensor(candidate, met.sensor_id, met.own_id))
            continue
        try:
            info = await identify(radio, candidate)
        except DeviceError:
            continue
        sensor_id = info.own_id or candidate.found.address
        known.append(KnownSensor(candidate, sensor_id, info.own_id))
    return tuple(known)


def place_sensors(
    sensors: Sequence[KnownSensor],
    *,
    told: Mapping[str, Placement],
    memory: PlacementMemory,
) -> dict[Placement, KnownSensor]:
    """Say where sensors sit: as told now, else as remembered; others are left out.

    Parameters
    ----------
    sensors
        Within reach.
    told
        Placement by serial number, address or advertised name.
    memory
        What was learned before.

    Raises
    ------
    InputError
        If two sensors would sit in one place, or a sensor that was told of is not there.
    """
    placed: dict[Placement, KnownSensor] = {}
    used = set()
    for sensor in sensors:
        found = sensor.candidate.found
        names = (sensor.sensor_id, found.address, found.name)
        name = next((name for name in names if name in told), None)
        met = memory.by_id(sensor.sensor_id)
        placement = told[name] if name is not None else (met.placement if met else None)
        used.add(name)
        if placement is None or (name is None and placement in told.values()):
            continue
        if placement in placed:
            raise InputError(
                f"Two sensors would sit at the {placement.words}: "
                f"{placed[placement].sensor_id} and {sensor.sensor_id}; say where they are with "
                "--place SERIAL=PLACEMENT."
            )
        placed[placement] = sensor
    if missing := [name for name in told if name not in used]:
        there = ", ".join(sensor.sensor_id for sensor in sensors) or "none"
        raise InputError(
            f"The sensor '{missing[0]}' is not within reach; heard were: {there}. Switch it on, "
            "bring it near, and see that no other program or telephone is connected to it."
        )
    return placed


def plan_recording(
    placed: Mapping[Placement, KnownSensor], settings: DeviceSettings
) -> tuple[tuple[PlannedSensor, ...], tuple[SensorPlan, ...]]:
    """Make what header and recorder want, in the order of the body.

    Raises
    ------
    InputError
        If there is no sensor.
    """
    if not placed:
        raise InputError(
            "No sensor with a known place is within reach: wake the sensors (move or press them), "
            "then say where they sit with --place SERIAL=PLACEMENT or learn it with --learn."
        )
    order = [placement for placement in Placement if placement in placed]
    planned = tuple(PlannedSensor(place, placed[place].sensor_id) for place in order)
    plans = tuple(
        SensorPlan(
            placed[place].candidate.found,
            placed[place].candidate.driver,
            placed[place].own_id,
            settings,
        )
        for place in order
    )
    return planned, plans


def remembered(placed: Mapping[Placement, KnownSensor]) -> tuple[RememberedSensor, ...]:
    """Make what the memory keeps of placed sensors."""
    return tuple(
        RememberedSensor(sensor.sensor_id, place, sensor.candidate.found.address, sensor.own_id)
        for place, sensor in placed.items()
    )
