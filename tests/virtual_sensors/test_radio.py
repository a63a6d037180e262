"""The demo's virtual world: sensors, person, time."""

import asyncio
import time

import numpy as np
import pytest

from imu_valgus.model import Placement, Side, Task
from imu_valgus.model.protocol import ProtocolStep, single_task
from imu_valgus.recorder.doctor import Verdict, examine, scan_rows
from imu_valgus.recorder.placement_memory import PlacementMemory, RememberedSensor
from imu_valgus.sensors.catalogue import decoder_of
from imu_valgus.sensors.packets import DecoderRecipe
from imu_valgus.sensors.protocols import open_profile
from imu_valgus.sensors.protocols.open_profile import OP_START
from imu_valgus.virtual_sensors.demo import start_demo
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.radio import simulated_radio
from imu_valgus.virtual_sensors.sensor import SensorBehaviour, SimulatedSensor, StillMotion
from imu_valgus.virtual_sensors.virtual_time import VirtualTimeLoop
from imu_valgus.virtual_sensors.wearer import Wearer, simulate_wearer


def test_virtual_time_leaps_and_keeps_order() -> None:
    async def wait() -> list[float]:
        loop = asyncio.get_running_loop()
        times = []
        for seconds in (60.0, 0.5, 3600.0):
            await asyncio.sleep(seconds)
            times.append(loop.time())
        return times

    begin = time.perf_counter()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(wait()) == pytest.approx([60.0, 60.5, 3660.5])
    assert time.perf_counter() - begin < 1.0


def test_work_for_other_threads_costs_no_virtual_time() -> None:
    async def work() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        ticking = asyncio.create_task(asyncio.sleep(1000.0))
        await asyncio.sleep(1.0)
        await loop.run_in_executor(None, time.sleep, 0.02)
        now = loop.time()
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, lambda: 1 // 0)
        ticking.cancel()
        return now, loop.time()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(work()) == pytest.approx((1.0, 1.0))


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    steps = (
        ProtocolStep(Task.STANDING, 4.0),
        ProtocolStep(Task.SEATED_KNEE_EXTENSION, 6.0, Side.LEFT),
        ProtocolStep(Task.OTHER, 3.0),
        ProtocolStep(Task.WALK, 8.0),
        ProtocolStep(Task.STANDING, 3.0),
    )
    return simulate_wearer(steps)


def test_the_person_does_what_the_protocol_says(wearer: Wearer) -> None:
    # The person stands still where the simulation lacks a movement; every step has a span.
    assert [span.task for span in wearer.tasks] == [
        Task.STANDING,
        Task.SEATED_KNEE_EXTENSION,
        Task.STANDING,
        Task.WALK,
        Task.STANDING,
    ]
    assert wearer.tasks[-1].end_s <= wearer.duration_s + 0.02
    assert wearer.tasks[3].end_s - wearer.tasks[3].start_s == pytest.approx(8.0, abs=1.5)


def rms_gyr(wearer: Wearer, place: Placement, begin_s: float, end_s: float) -> float:
    _, gyr = wearer.motions[place].at(np.arange(begin_s, end_s, 0.01))
    return float(np.sqrt(np.mean(np.sum(gyr**2, axis=1))))


def test_the_person_stands_until_it_begins_and_after_it_has_finished(wearer: Wearer) -> None:
    wearer.begin(1e9)
    for place in wearer.motions:
        assert rms_gyr(wearer, place, 0.0, 30.0) < 0.1
    wearer.begin(100.0)
    extension = wearer.tasks[1]
    span = (100.0 + extension.start_s, 100.0 + extension.end_s)
    assert rms_gyr(wearer, Placement.SHANK_LEFT, *span) > 0.5
    assert rms_gyr(wearer, Placement.SHANK_RIGHT, *span) < 0.1
    after_s = 100.0 + wearer.duration_s
    for place in wearer.motions:
        assert rms_gyr(wearer, place, after_s + 5.0, after_s + 30.0) < 0.1
    acc, _ = wearer.motions[Placement.PELVIS].at(np.array([0.0, after_s + 60.0]))
    assert np.linalg.norm(acc, axis=1) == pytest.approx(9.81, abs=0.6)


def test_a_simulated_sensor_keeps_its_own_clock_and_counts_what_it_measures() -> None:
    behaviour = SensorBehaviour(uptime_s=50.0, clock_error_ppm=100.0, rate_error=0.01)
    sensor = SimulatedSensor("C0", OpenProfilePeripheral(), StillMotion(), behaviour=behaviour)
    sensor.on_connect(mtu=247)
    sensor.peripheral.on_subscribe(open_profile.DATA_UUID, enabled=True)
    sensor.peripheral.write(open_profile.CONTROL_UUID, bytes([OP_START]))
    settings = {"rate_hz": 104, "acc_range_g": 16, "gyr_range_dps": 2000}
    decoder = decoder_of(DecoderRecipe(open_profile.PROTOCOL, settings))
    blocks = [
        block
        for tick in range(6000)
        for _, data in sensor.measure(0.015 * tick)
        for block in decoder.feed(open_profile.DATA_UUID, data)
    ]
    received = sum(block.n for block in blocks)
    assert sensor.generated - 4 < received <= sensor.generated
    assert sensor.generated == pytest.approx(90.0 * 104.0 * 1.01, abs=2)
    ticks = [block.device_ticks for block in blocks if block.device_ticks is not None]
    assert ticks[0] == pytest.approx(50.0e6, abs=20.0)
    per_sample_us = (ticks[-1] - ticks[0]) / (received - blocks[-1].n)
    assert per_sample_us == pytest.approx(1e6 / (104.0 * 1.01) * (1 + 100e-6), rel=1e-6)


def test_a_scan_of_the_demo_hears_every_make_and_knows_remembered_places() -> None:
    memory = PlacementMemory().remembering(
        [RememberedSensor("X", Placement.SHANK_LEFT, "E1:00:5E:00:00:05", "X")]
    )
    radio = start_demo(single_task(Task.STANDING, 4.0)).radio
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        rows = runner.run(scan_rows(radio, 2.0, memory))
    assert {row.make for row in rows} == {
        "MetaMotion",
        "OpenProfile",
        "Dot",
        "Movesense",
        "WitMotion",
    }
    assert [row.rssi_dbm for row in rows] == sorted((row.rssi_dbm for row in rows), reverse=True)
    placed = [row.address for row in rows if row.placement is Placement.SHANK_LEFT]
    assert placed == ["E1:00:5E:00:00:05"]


def test_the_doctor_tests_reception_and_says_what_to_do() -> None:
    lossy = SimulatedSensor(
        "C0:00:00:00:00:01",
        OpenProfilePeripheral(battery_percent=9),
        StillMotion(),
        behaviour=SensorBehaviour(lost_share=0.3),
    )
    fine = SimulatedSensor("C0:00:00:00:00:02", WitMotionPeripheral(), StillMotion())
    deaf = SimulatedSensor(
        "C0:00:00:00:00:03",
        OpenProfilePeripheral(name="DEAF"),
        StillMotion(),
        behaviour=SensorBehaviour(absences_s=((4.0, 1e9),)),
    )

    async def see_the_doctor() -> list[tuple[Verdict, str, str]]:
        radio = simulated_radio([lossy, fine, deaf])
        findings = await examine(lambda: radio, seconds=10.0, tell=lambda _: None)
        return [(finding.verdict, finding.what, finding.advice) for finding in findings]

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        findings = runner.run(see_the_doctor())
    lines = "\n".join(f"{verdict} {what} -> {advice}" for verdict, what, advice in findings)
    assert (
        "good WT901BLE68 (WitMotion Bluetooth 5): 100.0 of 100 Hz, losses not detectable" in lines
    )
    assert "doubtful OVP-IMU (Open firmware profile 1)" in lines
    assert "doubtful OVP-IMU: battery at 9 %" in lines
    assert "problem DEAF: Could not connect to DEAF" in lines
    assert all(advice for verdict, _, advice in findings if verdict is not Verdict.GOOD)
