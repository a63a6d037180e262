"""Recorder, drivers and unmodified bleak over a real Bluetooth stack (bumble) in this process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

pytest.importorskip("bumble", reason="bumble is not installed: pip install 'imu_valgus[test]'")

from imu_valgus.errors import DeviceError
from imu_valgus.model import Placement, SessionInfo
from imu_valgus.recorder.capture import Recorder, SensorPlan
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter
from imu_valgus.recorder.journal_entries import PlannedSensor, RecordingHeader
from imu_valgus.recorder.session_writer import RecordedSummary, write_recorded_session
from imu_valgus.sensors.ble import FoundSensor, Radio, RadioLimits
from imu_valgus.sensors.catalogue import driver_for
from imu_valgus.sensors.driver import BATTERY_LEVEL_UUID, DeviceSettings
from imu_valgus.sensors.protocols import open_profile
from imu_valgus.virtual_sensors.bumble.radio import bumble_radio
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import VirtualPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.sensor import SensorBehaviour, SimulatedSensor, StillMotion

T = TypeVar("T")


def sensor(
    peripheral: VirtualPeripheral, number: int = 0, behaviour: SensorBehaviour | None = None
) -> SimulatedSensor:
    address = f"C0:00:00:00:00:{number:02X}"
    return SimulatedSensor(address, peripheral, StillMotion(), behaviour=behaviour, seed=number)


def on_the_air(
    sensors: Sequence[SimulatedSensor],
    act: Callable[[Radio, dict[str, FoundSensor]], Awaitable[T]],
    *,
    limits: RadioLimits | None = None,
) -> T:
    """Switch sensors on, scan until all are heard, act."""

    async def everything() -> T:
        async with bumble_radio(sensors, limits=limits) as radio:
            addresses = {sensor.address for sensor in sensors}
            heard = await radio.scan(
                3.0, until=lambda so_far: addresses <= {found.address for found in so_far}
            )
            return await act(radio, {found.address: found for found in heard})

    return asyncio.run(everything())


def record(folder: Path, sensors: Sequence[SimulatedSensor], seconds: float) -> RecordedSummary:
    async def act(radio: Radio, heard: dict[str, FoundSensor]) -> None:
        plans = []
        for virtual in sensors:
            found = heard[virtual.address]
            driver = driver_for(found.advertisement)
            assert driver is not None
            plans.append(SensorPlan(found, driver, None, DeviceSettings()))
        planned = tuple(
            PlannedSensor(place, virtual.address)
            for place, virtual in zip(Placement, sensors, strict=False)
        )
        header = RecordingHeader("test", time.perf_counter_ns(), planned, SessionInfo())
        journal = JournalWriter(folder / JOURNAL_FILE, header.to_json())
        recorder = Recorder(radio, plans, header, journal)
        running = asyncio.create_task(recorder.run())
        assert await recorder.wait_until_streaming(10.0)
        await asyncio.sleep(seconds)
        recorder.request_stop()
        await running

    on_the_air(sensors, act)
    return write_recorded_session(folder, Journal.read(folder / JOURNAL_FILE))


def test_five_makes_are_recorded_through_drop_loss_and_rollover(tmp_path: Path) -> None:
    numbered = sensor(
        OpenProfilePeripheral(),
        0,
        SensorBehaviour(
            uptime_s=2**32 * 1e-6 - 6.0, clock_error_ppm=45.0, lost_share=0.05, hang_ups_s=(5.5,)
        ),
    )
    sensors = [
        numbered,
        sensor(DotPeripheral("D4:22:CD:00:00:01"), 1),
        sensor(MovesensePeripheral(), 2),
        sensor(MetaMotionPeripheral(), 3),
        sensor(WitMotionPeripheral(), 4),
    ]
    summary = record(tmp_path, sensors, 5.0)
    assert len(summary.sensors) == 5
    troubled, *bystanders = summary.sensors
    assert troubled.reconnects == 1
    assert troubled.clock.epochs == 1
    assert troubled.lost > 0
    assert numbered.generated - 20 <= troubled.received + troubled.lost <= numbered.generated
    for bystander in bystanders:
        assert bystander.lost == 0
        assert bystander.reconnects == 0
        assert bystander.rate_hz == pytest.approx(bystander.nominal_rate_hz, rel=0.02)


@pytest.mark.parametrize("mtu", [23, 65, 185])
def test_notifications_fit_the_mtu_of_the_sensor(mtu: int) -> None:
    async def act(radio: Radio, heard: dict[str, FoundSensor]) -> int:
        found = next(iter(heard.values()))
        driver = driver_for(found.advertisement)
        assert driver is not None
        lengths: list[int] = []
        link = await radio.connect(found, lambda: None)
        await driver.identify(link)
        await driver.configure(link, DeviceSettings())
        await link.subscribe(open_profile.DATA_UUID, lambda data: lengths.append(len(data)))
        await driver.start(link)
        await asyncio.sleep(0.4)
        await link.close()
        return max(lengths)

    virtual = sensor(OpenProfilePeripheral(), 0, SensorBehaviour(mtu=mtu))
    longest = on_the_air([virtual], act)
    assert mtu - 3 - 12 < longest <= mtu - 3 or longest == 8 + 10 * 12


def test_an_absent_sensor_is_given_up_in_time() -> None:
    async def act(radio: Radio, heard: dict[str, FoundSensor]) -> float:
        virtual.behaviour = SensorBehaviour(absences_s=((0.0, 1e9),))
        await asyncio.sleep(0.1)
        begin = time.perf_counter()
        with pytest.raises(DeviceError, match="does not answer"):
            await radio.connect(next(iter(heard.values())), lambda: None)
        # The adapter is free again: the next attempt is not refused as a second one.
        virtual.behaviour = SensorBehaviour()
        await asyncio.sleep(0.1)
        link = await radio.connect(next(iter(heard.values())), lambda: None)
        await link.close()
        return time.perf_counter() - begin

    virtual = sensor(OpenProfilePeripheral())
    assert on_the_air([virtual], act, limits=RadioLimits(connect_s=0.8)) < 3.0


def test_a_link_lost_in_the_middle_of_a_question_ends_it() -> None:
    async def act(radio: Radio, heard: dict[str, FoundSensor]) -> tuple[float, bool]:
        lost = asyncio.Event()
        link = await radio.connect(next(iter(heard.values())), lost.set)
        virtual.behaviour = SensorBehaviour(absences_s=((0.0, 1e9),))
        await asyncio.sleep(0.05)
        begin = time.perf_counter()
        with pytest.raises(DeviceError, match="lost"):
            await link.read(BATTERY_LEVEL_UUID)
        return time.perf_counter() - begin, lost.is_set()

    virtual = sensor(OpenProfilePeripheral())
    took_s, is_reported = on_the_air([virtual], act)
    assert took_s < 2.0
    assert is_reported


def test_a_refusal_of_the_sensor_is_reported() -> None:
    async def act(radio: Radio, heard: dict[str, FoundSensor]) -> None:
        link = await radio.connect(next(iter(heard.values())), lambda: None)
        with pytest.raises(DeviceError, match="Could not write"):
            await link.write(BATTERY_LEVEL_UUID, b"\x00")
        with pytest.raises(DeviceError, match="Could not read"):
            await link.read("00002a00-0000-1000-8000-00805f9b34aa")
        await link.close()
        await link.close()

    on_the_air([sensor(OpenProfilePeripheral())], act)


def test_two_listeners_share_a_characteristic() -> None:
    async def act(radio: Radio, heard: dict[str, FoundSensor]) -> tuple[int, int]:
        found = next(iter(heard.values()))
        driver = driver_for(found.advertisement)
        assert driver is not None
        first: list[bytes] = []
        second: list[bytes] = []
        link = await radio.connect(found, lambda: None)
        await driver.identify(link)
        await driver.configure(link, DeviceSettings())
        await link.subscribe(open_profile.DATA_UUID, first.append)
        await link.subscribe(open_profile.DATA_UUID, second.append)
        await driver.start(link)
        await asyncio.sleep(0.3)
        await link.unsubscribe(open_profile.DATA_UUID, second.append)
        count = len(second)
        await asyncio.sleep(0.3)
        await link.close()
        assert len(second) == count
        return len(first), count

    first, second = on_the_air([sensor(OpenProfilePeripheral())], act)
    assert first > second > 0
