"""Finds out before a recording which sensors are within reach and where they are worn."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import Placement
from imu_valgus.recorder.capture import SensorPlan
from imu_valgus.recorder.journal_entries import PlannedSensor
from imu_valgus.recorder.placement_memory import PlacementMemory, RememberedSensor
from imu_valgus.sensors.ble import FoundSensor, Radio
from imu_valgus.sensors.catalogue import driver_for
from imu_valgus.sensors.driver import DeviceDriver, DeviceInfo, DeviceSettings

__all__ = [
    "Candidate",
    "KnownSensor",
    "find_candidates",
    "know_sensors",
    "place_sensors",
    "plan_recording",
    "remembered",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A device that can be recorded.

    Parameters
    ----------
    found
        Result of the scan.
    driver
        Driver for this sensor model.
    """

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
        Serial number, or the address if the sensor reports none.
    own_id
        Serial number as the sensor reports it, None if it reports none.
    """

    candidate: Candidate
    sensor_id: str
    own_id: str | None


async def find_candidates(radio: Radio, seconds: float) -> tuple[Candidate, ...]:
    """Scan for sensors that can be recorded.

    Parameters
    ----------
    radio
        Bluetooth adapter.
    seconds
        How long to scan.

    Returns
    -------
    tuple of Candidate
        Strongest signal first.

    Raises
    ------
    DeviceError
        If the adapter cannot scan.
    """
    heard = await radio.scan(seconds)
    for found in heard:
        _log.debug("heard %s (%s), %d dBm", found.name, found.address, found.rssi_dbm)
    drivers = [(found, driver_for(found.advertisement)) for found in heard]
    return tuple(Candidate(found, driver) for found, driver in drivers if driver is not None)


async def know_sensors(
    radio: Radio, candidates: Sequence[Candidate], memory: PlacementMemory
) -> tuple[KnownSensor, ...]:
    """Find out the identity of sensors; only those that are not remembered are connected to.

    Parameters
    ----------
    radio
        Bluetooth adapter.
    candidates
        Sensors within reach.
    memory
        Sensors that were placed before.

    Returns
    -------
    tuple of KnownSensor
        Without the sensors that could not be reached.
    """
    known = []
    for candidate in candidates:
        remembered_sensor = memory.by_address(candidate.found.address)
        if remembered_sensor is not None:
            sensor_id, own_id = remembered_sensor.sensor_id, remembered_sensor.own_id
        else:
            try:
                own_id = (await _identify(radio, candidate)).own_id
            except DeviceError:
                continue
            except Exception as fault:  # noqa: BLE001 - one sensor must not keep the others out
                _log.error("%s cannot be identified", candidate.found.name, exc_info=fault)
                continue
            sensor_id = own_id or candidate.found.address
        known.append(KnownSensor(candidate, sensor_id, own_id))
    return tuple(known)


async def _identify(radio: Radio, candidate: Candidate) -> DeviceInfo:
    link = await radio.connect(candidate.found, lambda: None)
    try:
        return await candidate.driver.identify(link)
    finally:
        await link.close()


def place_sensors(
    sensors: Sequence[KnownSensor],
    *,
    places: Mapping[str, Placement],
    memory: PlacementMemory,
) -> dict[Placement, KnownSensor]:
    """Assign sensors to placements: as given by the person, otherwise as remembered.

    Parameters
    ----------
    sensors
        Sensors within reach.
    places
        Placements given by the person, by serial number, address or advertised name.
    memory
        Placements that were learned before.

    Returns
    -------
    dict of KnownSensor
        Sensor by placement, without the sensors whose placement is not known.

    Raises
    ------
    InputError
        If two sensors have the same placement, or a sensor in `places` is not within reach.
    """
    placed: dict[Placement, KnownSensor] = {}
    used = set()
    for sensor in sensors:
        found = sensor.candidate.found
        names = (sensor.sensor_id, found.address, found.name)
        name = next((name for name in names if name in places), None)
        if name is not None:
            placement = places[name]
            used.add(name)
        elif (known := memory.by_id(sensor.sensor_id)) and known.placement not in places.values():
            placement = known.placement
        else:
            continue
        if placement in placed:
            raise InputError(
                f"Two sensors are assigned to the {placement.words}: "
                f"{placed[placement].sensor_id} and {sensor.sensor_id}. Say where each one is "
                "worn with --place SERIAL=PLACEMENT."
            )
        placed[placement] = sensor
    if missing := [name for name in places if name not in used]:
        heard = ", ".join(sensor.sensor_id for sensor in sensors) or "none"
        raise InputError(
            f"The sensor '{missing[0]}' is not within reach (sensors heard: {heard}). Switch it "
            "on, bring it near, and check that no other program or phone is connected to it."
        )
    return placed


def plan_recording(
    placed: Mapping[Placement, KnownSensor], settings: DeviceSettings
) -> tuple[tuple[PlannedSensor, ...], tuple[SensorPlan, ...]]:
    """List the sensors of a recording for its header and for the recorder.

    Parameters
    ----------
    placed
        Sensor by placement.
    settings
        Requested rate and ranges.

    Returns
    -------
    tuple of PlannedSensor
        For the header, from the pelvis down.
    tuple of SensorPlan
        For the recorder, in the same order.

    Raises
    ------
    InputError
        If there is no sensor.
    """
    if not placed:
        raise InputError(
            "No sensor with a known place is within reach. Wake the sensors (move them or press "
            "their button), then say where they are worn with --place SERIAL=PLACEMENT, or use "
            "--learn."
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
    """Turn placed sensors into entries of the placement memory.

    Parameters
    ----------
    placed
        Sensor by placement.

    Returns
    -------
    tuple of RememberedSensor
        Entries to pass to `PlacementMemory.remembering`.
    """
    return tuple(
        RememberedSensor(sensor.sensor_id, place, sensor.candidate.found.address, sensor.own_id)
        for place, sensor in placed.items()
    )
