"""The recorder over simulated sensors and every kind of trouble, in virtual time."""

import asyncio
import errno
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model import Placement, SessionInfo, Task
from imu_valgus.model.recorded import SensorRecord
from imu_valgus.recorder.capture import Recorder, SensorPlan
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter
from imu_valgus.recorder.journal_entries import LinkState, PlannedSensor, RecordingHeader
from imu_valgus.recorder.session_writer import RecordedSummary, write_recorded_session
from imu_valgus.recorder.status import Notice, RecordingStatus
from imu_valgus.sensors.catalogue import driver_for
from imu_valgus.sensors.driver import (
    Advertisement,
    DeviceDriver,
    DeviceInfo,
    DeviceSettings,
    GattLink,
)
from imu_valgus.sensors.drivers.open_profile import OpenProfileDriver
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import VirtualPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.radio import simulated_radio
from imu_valgus.virtual_sensors.sensor import SensorBehaviour, SimulatedSensor, StillMotion
from imu_valgus.virtual_sensors.virtual_time import VirtualTimeLoop

PLACES = tuple(Placement)


@dataclass(frozen=True)
class Take:
    summary: RecordedSummary
    notices: tuple[Notice, ...]
    status: RecordingStatus
    stop_took_s: float

    def record(self, placement: Placement) -> SensorRecord:
        return next(one for one in self.summary.sensors if one.placement is placement)


def sensor(
    peripheral: VirtualPeripheral, number: int = 0, behaviour: SensorBehaviour | None = None
) -> SimulatedSensor:
    return SimulatedSensor(
        f"C0:00:00:00:00:{number:02X}",
        peripheral,
        StillMotion(),
        behaviour=behaviour,
        seed=number,
    )


def record(
    folder: Path,
    sensors: Sequence[SimulatedSensor],
    seconds: float,
    *,
    during: Callable[[Recorder], Awaitable[None]] | None = None,
    own_ids: Sequence[str | None] | None = None,
) -> Take:
    """Record in virtual time and make the session from the journal."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualTimeLoop)

        async def everything() -> tuple[tuple[Notice, ...], RecordingStatus, float]:
            radio = simulated_radio(sensors)
            heard = {one.address: one for one in await radio.scan(1.0)}
            plans = []
            for one, own_id in zip(sensors, own_ids or [None] * len(sensors), strict=True):
                driver = driver_for(heard[one.address].advertisement)
                assert driver is not None
                plans.append(SensorPlan(heard[one.address], driver, own_id, DeviceSettings()))
            planned = tuple(
                PlannedSensor(place, one.address)
                for place, one in zip(PLACES, sensors, strict=False)
            )
            header = RecordingHeader("test", loop.time_ns(), planned, SessionInfo())
            journal = JournalWriter(folder / JOURNAL_FILE, header.to_json())
            recorder = Recorder(radio, plans, header, journal, clock_ns=loop.time_ns)
            running = asyncio.create_task(recorder.run())
            recorder.mark_task(Task.STANDING)
            if during is not None:
                await during(recorder)
            await asyncio.wait({running}, timeout=seconds)
            status, stopping_s = recorder.status(), loop.time()
            recorder.request_stop()
            await running
            return recorder.take_notices(), status, loop.time() - stopping_s

        notices, status, stop_took_s = runner.run(everything())
    summary = write_recorded_session(folder, Journal.read(folder / JOURNAL_FILE))
    return Take(summary, notices, status, stop_took_s)


def test_five_kinds_of_sensors_are_recorded_without_a_loss(tmp_path: Path) -> None:
    sensors = [
        sensor(OpenProfilePeripheral(), 0),
        sensor(DotPeripheral(), 1),
        sensor(MovesensePeripheral(), 2),
        sensor(MetaMotionPeripheral(), 3),
        sensor(WitMotionPeripheral(), 4),
    ]
    take = record(tmp_path, sensors, 30.0)
    assert take.notices == ()
    assert take.stop_took_s < 5.0
    assert [one.state for one in take.status.sensors] == [LinkState.STREAMING] * 5
    for one, live, virtual in zip(take.summary.sensors, take.status.sensors, sensors, strict=True):
        assert one.lost == 0
        assert one.received_share == 1.0
        assert one.reconnects == 0
        assert one.rate_hz == pytest.approx(one.nominal_rate_hz, rel=0.01)
        assert live.rate_hz == pytest.approx(one.nominal_rate_hz, rel=0.1)
        # Not more than the packet that is not full at the end is missing, nor what WitMotion
        # sends while its rate is measured before the recording.
        assert 0 <= virtual.generated - one.received < 500
        assert one.clock.sync_error_s < 0.02


def test_a_numbered_sensor_accounts_for_every_sample(tmp_path: Path) -> None:
    behaviour = SensorBehaviour(
        uptime_s=4294.967296 - 20.0,
        clock_error_ppm=40.0,
        lost_share=0.05,
        hang_ups_s=(10.0,),
        absences_s=((20.0, 26.0), (40.0, 53.0)),
    )
    virtual = sensor(OpenProfilePeripheral(), 0, behaviour)
    take = record(tmp_path, [virtual, sensor(OpenProfilePeripheral(), 1)], 70.0)
    troubled, bystander = take.summary.sensors
    assert troubled.reconnects >= 3
    assert troubled.clock.epochs == 1
    assert troubled.lost > 100
    assert virtual.generated - 20 <= troubled.received + troubled.lost <= virtual.generated
    assert bystander.lost == 0
    assert bystander.reconnects == 0
    assert any("dropped out" in notice.sentence for notice in take.notices)
    assert any("is back" in notice.sentence for notice in take.notices)


def test_losses_by_time_are_counted_too(tmp_path: Path) -> None:
    behaviour = SensorBehaviour(clock_error_ppm=-30.0, lost_share=0.03, absences_s=((20.0, 26.0),))
    virtual = sensor(DotPeripheral(), 0, behaviour)
    take = record(tmp_path, [virtual], 40.0)
    dot = take.record(PLACES[0])
    assert dot.loss_accounting == "from_time"
    # A DOT that is connected anew is stopped and configured: it measures nothing meanwhile.
    assert dot.lost > 0.03 * 40 * 60
    seconds = dot.received / dot.rate_hz + sum(gap.lost for gap in dot.gaps) / dot.rate_hz
    assert seconds == pytest.approx(take.summary.duration_s, abs=1.0)


def test_a_silent_sensor_is_noticed_and_set_up_anew(tmp_path: Path) -> None:
    virtual = sensor(OpenProfilePeripheral(), 0, SensorBehaviour(silences_s=(10.0,)))
    take = record(tmp_path, [virtual], 30.0)
    only = take.summary.sensors[0]
    assert only.reconnects == 1
    assert 1.5 < only.longest_gap_s < 5.0
    stalled = next(notice for notice in take.notices if "dropped out" in notice.sentence)
    assert "sent nothing" in stalled.sentence
    # Said within the watchdog's two seconds and a little.
    assert stalled.time_s < 12.5


def test_an_absent_sensor_does_not_hold_up_the_others(tmp_path: Path) -> None:
    away = sensor(OpenProfilePeripheral(), 1, SensorBehaviour(absences_s=((1.0, 1e9),)))
    take = record(tmp_path, [sensor(OpenProfilePeripheral(), 0), away], 90.0)
    assert [one.placement for one in take.summary.sensors] == [PLACES[0]]
    assert take.record(PLACES[0]).received > 3000
    assert any("sent no samples" in note for note in take.summary.notes)
    assert any("could not be reached 3 times" in notice.sentence for notice in take.notices)


def test_a_sensor_with_another_serial_number_is_not_recorded(tmp_path: Path) -> None:
    sensors = [sensor(OpenProfilePeripheral(b"AAAAAA"), 0), sensor(OpenProfilePeripheral(), 1)]
    take = record(tmp_path, sensors, 60.0, own_ids=["424242424242", None])
    assert [one.placement for one in take.summary.sensors] == [PLACES[1]]
    assert any("address of the sensor 424242424242" in n.sentence for n in take.notices)


def test_stopping_is_bounded_when_a_sensor_has_gone(tmp_path: Path) -> None:
    gone = sensor(OpenProfilePeripheral(), 0, SensorBehaviour(absences_s=((9.5, 1e9),)))
    take = record(tmp_path, [gone, sensor(DotPeripheral(), 1)], 9.0)
    assert take.stop_took_s <= 5.0
    assert len(take.summary.sensors) == 2


def test_nothing_is_left_running_after_the_end(tmp_path: Path) -> None:
    virtual = sensor(OpenProfilePeripheral(), 0)
    record(tmp_path, [virtual], 5.0)
    assert virtual.peripheral.streaming_rate_hz == 0.0


def test_a_full_disk_ends_the_recording_with_one_sentence_and_the_data_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = JournalWriter.flush

    def full_after_a_while(journal: JournalWriter) -> None:
        if journal.size > 20_000:
            raise journal._lost(OSError(errno.ENOSPC, "No space left on device"))
        flush(journal)

    monkeypatch.setattr(JournalWriter, "flush", full_after_a_while)
    with pytest.raises(InputError, match="free some space"):
        record(tmp_path, [sensor(OpenProfilePeripheral(), 0)], 600.0)
    monkeypatch.undo()
    summary = write_recorded_session(tmp_path, Journal.read(tmp_path / JOURNAL_FILE))
    assert summary.sensors[0].received > 500


def test_tasks_are_labelled_while_recording(tmp_path: Path) -> None:
    async def label(recorder: Recorder) -> None:
        assert await recorder.wait_until_streaming(10.0)
        recorder.mark_task(Task.WALK)
        await asyncio.sleep(10.0)
        recorder.mark_task(None)

    take = record(tmp_path, [sensor(OpenProfilePeripheral(), 0)], 5.0, during=label)
    walk = next(span for span in take.summary.tasks if span.task is Task.WALK)
    assert walk.end_s - walk.start_s == pytest.approx(10.0, abs=0.01)


def test_the_live_numbers_agree_with_the_ledger(tmp_path: Path) -> None:
    behaviour = SensorBehaviour(lost_share=0.1)
    take = record(tmp_path, [sensor(OpenProfilePeripheral(), 0, behaviour)], 40.0)
    live, written = take.status.sensors[0], take.summary.sensors[0]
    assert live.lost == pytest.approx(written.lost, abs=30)
    assert live.gaps == pytest.approx(len(written.gaps), abs=3)
    assert live.received_share == pytest.approx(written.received_share, abs=0.01)
    assert live.battery_percent == 90
    assert live.motion_deg_s == pytest.approx(0.0, abs=0.5)


class FaultyDriver(OpenProfileDriver):
    """A driver with a bug."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where, self.calls = where, 0

    async def identify(self, link: GattLink) -> DeviceInfo:
        self._fail("identify")
        return await super().identify(link)

    async def start(self, link: GattLink) -> None:
        self._fail("start")
        await super().start(link)

    async def stop(self, link: GattLink) -> None:
        self._fail("stop")
        await super().stop(link)

    def _fail(self, where: str) -> None:
        if where == self.where:
            self.calls += 1
            raise IndexError("index out of range")


@pytest.mark.parametrize("where", ["identify", "start", "stop"])
def test_a_driver_with_a_bug_costs_only_its_own_sensor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    broken = FaultyDriver(where)
    real = driver_for

    def driver_of(advertisement: Advertisement) -> DeviceDriver | None:
        found = real(advertisement)
        return broken if isinstance(found, OpenProfileDriver) else found

    monkeypatch.setattr(sys.modules[__name__], "driver_for", driver_of)
    take = record(tmp_path, [sensor(OpenProfilePeripheral(), 0), sensor(DotPeripheral(), 1)], 40.0)
    assert take.record(PLACES[1]).received > 300
    assert take.stop_took_s <= 5.0
    if where == "stop":
        assert len(take.summary.sensors) == 2
        assert broken.calls == 1
    else:
        assert len(take.summary.sensors) == 1
        assert broken.calls > 2
        assert any("internal fault: IndexError" in notice.sentence for notice in take.notices)
