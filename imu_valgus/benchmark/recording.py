"""How well the recorder keeps what virtual sensors send, through every kind of trouble.

Five sensors of five makes turn at one revolution per second, all alike: the direction of their
angular velocity tells the true time of every sample to some microseconds, through any protocol.
What the recorder wrote is compared with it.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imu_valgus import __version__
from imu_valgus.benchmark.recording_sensors import troubled_sensors, true_turns
from imu_valgus.devices.ble import Radio
from imu_valgus.devices.capture import Recorder
from imu_valgus.devices.capture_decode import decode_sensor
from imu_valgus.devices.capture_log import (
    PlannedSensor,
    RecordingHeader,
    SensorConfigured,
    event_from_json,
)
from imu_valgus.devices.capture_sensor import SensorPlan
from imu_valgus.devices.capture_timing import TimedSamples, time_samples
from imu_valgus.devices.catalogue import driver_for
from imu_valgus.devices.driver import DeviceSettings
from imu_valgus.devices.journal import JOURNAL_FILE, Journal
from imu_valgus.devices.journal_writer import JournalWriter
from imu_valgus.devices.packets import LossAccounting
from imu_valgus.devices.simulated_sensor import SimulatedSensor
from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import FloatArray, Placement, SessionInfo

__all__ = ["RadioMaker", "RecordingBenchmark", "SensorOutcome", "measure_recording"]

RadioMaker = Callable[[Sequence[SimulatedSensor]], AbstractAsyncContextManager[Radio]]
"""Makes the radio that hears given virtual sensors, say ``testing.bumble_radio.bumble_radio``."""


@dataclass(frozen=True, slots=True)
class SensorOutcome:
    """What became of one sensor's samples.

    Parameters
    ----------
    make
        Its kind.
    accounting
        How its losses are counted.
    generated
        Samples that it measured.
    expected
        Samples there should be between the first and the last received.
    received, lost
        In the recording: arrived, and counted as lost; outages of sensors whose losses cannot be
        counted are no part of it.
    reconnects
        How often the link was made anew.
    clock_error_ms
        Rms error of its sample times against the mean of the sensors with a clock.
    stated_error_ms
        What the recorder says of that error.
    """

    make: str
    accounting: LossAccounting
    generated: int
    expected: int
    received: int
    lost: int
    reconnects: int
    clock_error_ms: float
    stated_error_ms: float

    @property
    def unaccounted(self) -> int:
        """Samples neither received nor counted as lost; negative where too many were counted."""
        return self.expected - self.received - self.lost


@dataclass(frozen=True, slots=True)
class RecordingBenchmark:
    """What was measured.

    Parameters
    ----------
    seconds
        Of the recording.
    seed
        Of the losses.
    sensors
        One by one.
    clock_spread_ms
        Rms difference of the sample times of the sensors that have a clock.
    cpu_share
        CPU seconds per second of the whole process: virtual sensors, both ends of the virtual
        radio and the recorder, share of one core.
    memory_growth_mb
        Resident memory at the end beyond that after the first quarter; NaN where the system does
        not tell.
    stop_s
        Time from the request to stop until the journal was closed.
    """

    seconds: float
    seed: int
    sensors: tuple[SensorOutcome, ...]
    clock_spread_ms: float
    cpu_share: float
    memory_growth_mb: float
    stop_s: float


def measure_recording(
    make_radio: RadioMaker,
    *,
    seconds: float = 120.0,
    seed: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> RecordingBenchmark:
    """Record five virtual sensors with drops, absences and a stall, and judge the result.

    Parameters
    ----------
    make_radio
        The virtual radio to record over.
    seconds
        Length of the recording, at least 40.
    seed
        Of the losses.
    tell
        Called with what is being done.

    Raises
    ------
    InputError
        If the recording would be too short for its troubles.
    """
    if seconds < 40.0:
        raise InputError(f"Expected at least 40 s for the recording benchmark, got {seconds:g} s.")
    sensors = troubled_sensors(seconds, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell(f"Recording for {seconds:g} s")
        cost = asyncio.run(_record(make_radio, sensors, folder, seconds))
        tell("Comparing with the truth")
        outcomes, spread_ms = _judge(Journal.read(folder / JOURNAL_FILE), sensors)
    return RecordingBenchmark(
        seconds, seed, outcomes, spread_ms, cost.cpu_share, cost.memory_growth_mb, cost.stop_s
    )


@dataclass(frozen=True, slots=True)
class _Cost:
    cpu_share: float
    memory_growth_mb: float
    stop_s: float


async def _record(
    make_radio: RadioMaker, sensors: Sequence[SimulatedSensor], folder: Path, seconds: float
) -> _Cost:
    async with make_radio(sensors) as radio:
        plans = await _plans(radio, sensors)
        planned = tuple(
            PlannedSensor(place, sensor.address)
            for place, sensor in zip(Placement, sensors, strict=False)
        )
        header = RecordingHeader(__version__, time.perf_counter_ns(), planned, SessionInfo())
        journal = JournalWriter(folder / JOURNAL_FILE, header.to_json())
        recorder = Recorder(radio, plans, header, journal)
        running = asyncio.create_task(recorder.run())
        await recorder.wait_until_streaming(30.0)
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        await asyncio.wait({running}, timeout=seconds / 4.0)
        memory_mb = _resident_mb()
        await asyncio.wait({running}, timeout=seconds * 3.0 / 4.0)
        growth_mb = _resident_mb() - memory_mb
        share = (time.process_time() - cpu_s) / (time.perf_counter() - wall_s)
        stopping_s = time.perf_counter()
        recorder.request_stop()
        await running
        return _Cost(share, growth_mb, time.perf_counter() - stopping_s)


async def _plans(radio: Radio, sensors: Sequence[SimulatedSensor]) -> list[SensorPlan]:
    addresses = {sensor.address for sensor in sensors}
    heard = await radio.scan(5.0, until=lambda all_: addresses <= {one.address for one in all_})
    found = {one.address: one for one in heard}
    plans = []
    for sensor in sensors:
        driver = driver_for(found[sensor.address].advertisement)
        if driver is None:
            raise DeviceError(f"No driver knows the virtual sensor {sensor.address}.")
        plans.append(SensorPlan(found[sensor.address], driver, None, DeviceSettings()))
    return plans


def _resident_mb() -> float:
    """Resident memory where the system tells it in ``/proc``."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * 4096 / 1e6


def _judge(
    journal: Journal, sensors: Sequence[SimulatedSensor]
) -> tuple[tuple[SensorOutcome, ...], float]:
    """Compare what was written with what the virtual sensors know."""
    start_ns = RecordingHeader.from_json(journal.metadata or {}).start_ns
    events = [event_from_json(value) for value in journal.events]
    timed, outcomes = [], []
    for index, sensor in enumerate(sensors):
        setups = {
            event.connection: event
            for event in events
            if isinstance(event, SensorConfigured) and event.sensor == index
        }
        own = (packet for packet in journal.packets if packet.sensor == index)
        table = decode_sensor(own, [setups[k] for k in sorted(setups)], start_ns=start_ns)
        samples = None if table is None else time_samples(table)
        if table is None or samples is None:
            raise DeviceError(f"Nothing arrived from the virtual sensor {sensor.address}.")
        timed.append((samples, table.clock is not None))
        outcomes.append(_outcome(sensor, samples, setups, table.accounting))
    errors_s = _clock_errors_s(timed)
    clocked = np.array([has_clock for _, has_clock in timed])
    spread_ms = 1e3 * float(np.sqrt(np.nanmean(np.square(errors_s[clocked]))))
    rms_ms = 1e3 * np.sqrt(np.nanmean(np.square(errors_s), axis=1))
    return tuple(
        replace(outcome, clock_error_ms=float(error))
        for outcome, error in zip(outcomes, rms_ms, strict=True)
    ), spread_ms


def _outcome(
    sensor: SimulatedSensor,
    samples: TimedSamples,
    setups: dict[int, SensorConfigured],
    accounting: LossAccounting,
) -> SensorOutcome:
    true_hz = setups[0].nominal_rate_hz * (1.0 + sensor.behaviour.rate_error)
    span_s = float(samples.time_s[-1] - samples.time_s[0])
    is_numbered = accounting is LossAccounting.EXACT
    return SensorOutcome(
        make=setups[0].model,
        accounting=accounting,
        generated=sensor.generated,
        expected=sensor.generated if is_numbered else round(span_s * true_hz) + 1,
        received=int(samples.time_s.size),
        lost=samples.lost,
        reconnects=len(setups) - 1,
        clock_error_ms=float("nan"),
        stated_error_ms=1e3 * samples.clock.sync_error_s,
    )


def _clock_errors_s(timed: Sequence[tuple[TimedSamples, bool]]) -> FloatArray:
    """Errors of sample times, by sensor and second, against the mean of those with a clock."""
    seconds = int(max(samples.time_s[-1] for samples, _ in timed))
    errors = np.full((len(timed), seconds), np.nan)
    for row, (samples, _) in enumerate(timed):
        late = samples.time_s - true_turns(samples.values[:, 3:6])
        whole = np.floor(samples.time_s).astype(int)
        for second in range(seconds):
            own = late[whole == second]
            if own.size:
                # A time of day on a circle of one second: averaged as directions are.
                turn = np.angle(np.mean(np.exp(2j * np.pi * own))) / (2.0 * np.pi)
                errors[row, second] = turn
    # Only seconds in which every sensor with a clock delivered can be compared.
    clocked = errors[[has_clock for _, has_clock in timed]]
    common = np.mean(np.exp(2j * np.pi * clocked), axis=0)
    relative: FloatArray = np.angle(np.exp(2j * np.pi * errors) * np.conj(common)) / (2.0 * np.pi)
    return relative
