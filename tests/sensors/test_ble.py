"""The access to Bluetooth: every failure of the library becomes one sentence."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import imu_valgus
from imu_valgus.errors import DeviceError
from imu_valgus.sensors.ble import bounded
from imu_valgus.sensors.protocols.witmotion import UUID_SETS
from imu_valgus.virtual_sensors.peripherals.peripheral import Property, Service
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.radio import simulated_radio
from imu_valgus.virtual_sensors.sensor import SimulatedSensor, StillMotion

if TYPE_CHECKING:
    from collections.abc import Awaitable

bleak_exc = pytest.importorskip(
    "bleak.exc", reason="bleak is not installed: pip install 'imu_valgus[ble]'"
)


async def failing(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory"), "Bluetooth service does not run"),
        (ConnectionRefusedError(111, "refused"), "Bluetooth service does not run"),
        (bleak_exc.BleakError("Not connected."), "Could not scan: Not connected."),
        (EOFError(), "Could not scan: EOFError."),
        (
            bleak_exc.BleakBluetoothNotAvailableError(
                "off", bleak_exc.BleakBluetoothNotAvailableReason.POWERED_OFF
            ),
            "Bluetooth is switched off; switch it on.",
        ),
    ],
)
def test_every_failure_of_the_radio_is_one_sentence(error: Exception, words: str) -> None:
    with pytest.raises(DeviceError) as caught:
        asyncio.run(bounded(failing(error), 1.0, "scan"))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_reason_that_bleak_knows_has_advice() -> None:
    for reason in bleak_exc.BleakBluetoothNotAvailableReason:
        error = bleak_exc.BleakBluetoothNotAvailableError("words of bleak", reason)
        with pytest.raises(DeviceError) as caught:
            asyncio.run(bounded(failing(error), 1.0, "scan"))
        assert "words of bleak" not in str(caught.value) or reason.name == "UNKNOWN"


def test_an_action_that_never_answers_is_given_up() -> None:
    waiting: Awaitable[None] = asyncio.sleep(60.0)
    with pytest.raises(DeviceError, match=r"no answer within 0\.05 s"):
        asyncio.run(bounded(waiting, 0.05, "read"))


def test_bleak_is_imported_in_two_modules_only() -> None:
    root = Path(imu_valgus.__file__).parent
    importing = {
        path.name
        for path in root.rglob("*.py")
        if any(
            line.strip().startswith(("import bleak", "from bleak"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    }
    assert importing == {"ble.py", "bleak_backend.py"}


class PickyWitMotion(WitMotionPeripheral):
    """Offers one kind of write only, because models of the maker differ."""

    def __init__(self, kind: Property) -> None:
        super().__init__()
        self.kind = kind

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(
            Service(
                service.uuid,
                tuple(
                    replace(row, properties=frozenset({self.kind}))
                    if Property.WRITE in row.properties
                    else row
                    for row in service.characteristics
                ),
            )
            for service in super().services
        )


@pytest.mark.parametrize("kind", [Property.WRITE, Property.WRITE_WITHOUT_RESPONSE])
@pytest.mark.parametrize("asked_response", [True, False])
def test_a_write_uses_the_kind_that_the_sensor_offers(kind: Property, asked_response: bool) -> None:
    sensor = SimulatedSensor("A1", PickyWitMotion(kind), StillMotion())
    radio = simulated_radio([sensor])

    async def write() -> None:
        found = await radio.scan(0.3)
        link = await radio.connect(found[0], lambda: None)
        await link.write(UUID_SETS[0].write, b"\xff\xaa\x69\x88\xb5", response=asked_response)
        await link.close()

    asyncio.run(write())


def test_a_characteristic_that_takes_no_writes_is_reported() -> None:
    sensor = SimulatedSensor("A1", PickyWitMotion(Property.READ), StillMotion())
    radio = simulated_radio([sensor])

    async def write() -> None:
        found = await radio.scan(0.3)
        link = await radio.connect(found[0], lambda: None)
        await link.write(UUID_SETS[0].write, b"\x00")

    with pytest.raises(DeviceError, match="does not offer write"):
        asyncio.run(write())
