"""The live numbers: what one thread counts and another one reads."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.errors import DecodeError
from imu_valgus.model import Placement, SessionInfo, Task
from imu_valgus.model.protocol import ProtocolStep
from imu_valgus.recorder.guide import Guide
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter
from imu_valgus.recorder.journal_entries import PlannedSensor, RecordingHeader, SensorConfigured
from imu_valgus.recorder.reception import CaptureDesk
from imu_valgus.recorder.status import LiveTally
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting, SampleBlock

_STRESS_S = 2.0


@pytest.fixture
def hurried_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class FakeDecoder:
    """Gives a block of four samples per notification, or raises."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault

    def feed(self, _: str, data: bytes) -> tuple[SampleBlock, ...]:
        if self.fault is not None and data == b"bad":
            raise self.fault
        return (SampleBlock(4, 100.0, gyr=np.ones((4, 3)), counter=0, counter_modulus=4),)

    def reset(self) -> None:
        pass


def desk_of(folder: Path, places: tuple[Placement, ...], fault: Exception | None = None):
    header = RecordingHeader(
        "test",
        time.perf_counter_ns(),
        tuple(PlannedSensor(place, str(place)) for place in places),
        SessionInfo(),
    )
    desk = CaptureDesk(header, JournalWriter(folder / JOURNAL_FILE, header.to_json()))
    for index in range(len(places)):
        setup = SensorConfigured(
            t_ns=header.start_ns,
            sensor=index,
            connection=0,
            characteristics=("uuid",),
            recipe=DecoderRecipe("fake", {}),
            nominal_rate_hz=100.0,
            loss_accounting=LossAccounting.EXACT,
            model="",
            firmware="",
        )
        desk.set_up(setup, FakeDecoder(fault if index == 0 else None))
    return desk


@pytest.mark.usefixtures("hurried_threads")
def test_status_and_notices_are_read_while_another_thread_counts(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, (Placement.THIGH_LEFT, Placement.SHANK_LEFT))
    take = [desk.callback(index, 0) for index in range(2)]
    sent = [0]
    is_over = threading.Event()
    faults: list[BaseException] = []

    def feed() -> None:
        try:
            while not is_over.is_set():
                for _ in range(20):
                    take[0](b"x")
                    take[1](b"x")
                for packet in desk._take_queue():
                    desk._count(packet)
                desk.notify(str(sent[0]))
                sent[0] += 1
        except Exception as fault:  # noqa: BLE001 - told by the other thread
            faults.append(fault)

    feeder = threading.Thread(target=feed)
    feeder.start()
    end_s = time.perf_counter() + _STRESS_S
    looks, heard = 0, []
    received = [0, 0]
    try:
        while time.perf_counter() < end_s:
            status = desk.status()
            heard += desk.take_notices()
            looks += 1
            now = [sensor.received for sensor in status.sensors]
            assert now[0] >= received[0]
            assert all(value % 4 == 0 for value in now)
            assert all(sensor.lost == 0 and sensor.age_s >= 0.0 for sensor in status.sensors)
            received = now
    finally:
        is_over.set()
        feeder.join()
        desk._journal.close()
    heard += desk.take_notices()
    assert faults == []
    assert looks > 100
    assert received[0] > 1000
    # Each notice once, in order.
    assert [notice.sentence for notice in heard] == [str(n) for n in range(sent[0])]


@pytest.mark.usefixtures("hurried_threads")
def test_no_warning_of_the_guide_is_lost_between_threads() -> None:
    guide = Guide(None, [ProtocolStep(Task.WALK, 10.0)])  # type: ignore[arg-type]
    count = 20_000

    def warn() -> None:
        for number in range(count):
            guide._new_warnings.append(str(number))

    warner = threading.Thread(target=warn)
    warner.start()
    heard: list[str] = []
    while warner.is_alive():
        heard += guide.take_warnings()
    heard += guide.take_warnings()
    assert heard == [str(number) for number in range(count)]


def test_a_count_that_was_read_does_not_change() -> None:
    tally = LiveTally()
    tally.set_up(LossAccounting.EXACT, 100.0)
    block = FakeDecoder().feed("", b"")[0]
    tally.take(block, 1.0)
    before = tally.count
    for k in range(100):
        tally.take(block, 1.0 + 0.1 * k)
    assert before.received == 4
    assert len(before.recent) == 1
    assert tally.count.received == 404
    assert 30 <= len(tally.count.recent) <= 32  # of the last three seconds
    assert tally.count.last_arrival_s == pytest.approx(10.9)


@pytest.mark.parametrize("fault", [IndexError("x"), MemoryError(), DecodeError("no packet")])
def test_a_decoder_that_fails_costs_no_packet(tmp_path: Path, fault: Exception) -> None:
    desk = desk_of(tmp_path, (Placement.THIGH_LEFT, Placement.SHANK_LEFT), fault)
    take = [desk.callback(index, 0) for index in range(2)]
    for data in (b"good", b"bad", b"good"):
        take[0](data)
        take[1](data)
        for packet in desk._take_queue():
            desk._count(packet)
    desk._journal.close()
    assert len(Journal.read(tmp_path / JOURNAL_FILE).packets) == 6
    counts = [sensor.received for sensor in desk.status().sensors]
    notices = desk.take_notices()
    if isinstance(fault, DecodeError):
        assert counts == [8, 12]
        assert notices == ()
    else:
        assert counts == [4, 12]
        assert "left thigh" in notices[0].sentence
        assert "all that it sends is recorded" in notices[0].sentence
