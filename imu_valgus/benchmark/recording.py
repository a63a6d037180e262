"""How well the recorder keeps what virtual sensors send, through every kind of trouble.

Five sensors of five makes turn at one revolution per second, all alike: the direction of their
angular velocity tells the true time of every sample to some microseconds, through any protocol.
What the recorder wrote is compared with it.

The virtual sensors of the recording benchmark: they tell the true time, and have troubles.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from imu_valgus._version import __version__
from imu_valgus.errors import DeviceError, InputError
from imu_valgus.model import FloatArray, Placement, SessionInfo
from imu_valgus.recorder.capture import Recorder, SensorPlan
from imu_valgus.recorder.clocks.sample_times import TimedSamples, time_samples
from imu_valgus.recorder.decode import decode_sensor
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter
from imu_valgus.recorder.journal_entries import (
    PlannedSensor,
    RecordingHeader,
    SensorConfigured,
    event_from_json,
)
from imu_valgus.sensors.ble import Radio
from imu_valgus.sensors.catalogue import driver_for
from imu_valgus.sensors.driver import DeviceSettings
from imu_valgus.sensors.packets import LossAccounting
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral
from imu_valgus.virtual_sensors.sensor import SensorBehaviour, SimulatedSensor

if TYPE_CHECKING:
    from imu_valgus.virtual_sensors.peripherals.peripheral import VirtualPeripheral

__all__ = [
    "RadioMaker",
    "RecordingBenchmark",
    "SensorOutcome",
    "measure_recording",
    "troubled_sensors",
    "true_turns",
]

_TURN_RAD_S: Final = 20.0
"""Angular velocity of the true-time signal: 1146 °/s, inside every sensor's range."""


class _TrueTime:
    """Motion whose direction of turning tells the time; a `Motion`."""

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """One turn of the vector per second."""
        angle = 2.0 * np.pi * time_s
        zeros = np.zeros_like(angle)
        gyr = _TURN_RAD_S * np.stack([np.cos(angle), np.sin(angle), zeros], axis=1)
        return np.tile([0.0, 0.0, 9.81], (angle.size, 1)), gyr


def troubled_sensors(seconds: float, seed: int) -> tuple[SimulatedSensor, ...]:
    """Make five sensors with five kinds of trouble, spread over a recording.

    Parameters
    ----------
    seconds
        Of the recording.
    seed
        Of the losses.
    """
    at = seconds / 120.0
    rollover_s = 2**32 * 1e-6 - 60.0 * at
    makes: tuple[tuple[VirtualPeripheral, SensorBehaviour], ...] = (
        (
            OpenProfilePeripheral(b"BENCH1", name="OVP-01"),
            SensorBehaviour(
                uptime_s=rollover_s,
                clock_error_ppm=40.0,
                lost_share=0.01,
                hang_ups_s=(20.0 * at,),
                absences_s=((90.0 * at, 90.0 * at + 13.0),),
            ),
        ),
        (
            DotPeripheral("D4:22:CD:00:00:0B"),
            SensorBehaviour(
                clock_error_ppm=-35.0,
                lost_share=0.005,
                absences_s=((30.0 * at, 30.0 * at + 6.0),),
            ),
        ),
        (
            MovesensePeripheral("214030000012"),
            SensorBehaviour(clock_error_ppm=20.0, silences_s=(50.0 * at,)),
        ),
        (
            MetaMotionPeripheral("05BE13"),
            SensorBehaviour(rate_error=-0.004, hang_ups_s=(70.0 * at,)),
        ),
        (WitMotionPeripheral("WT901BENCH"), SensorBehaviour(rate_error=0.003)),
    )
    return tuple(
        SimulatedSensor(
            f"C0:BE:00:00:00:{number:02X}",
            peripheral,
            _TrueTime(),
            behaviour=behaviour,
            seed=100 * seed + number,
        )
        for number, (peripheral, behaviour) in enumerate(makes)
    )


def true_turns(gyr: FloatArray) -> FloatArray:
    """Return the true times of samples modulo 1 s, from angular velocities of shape (n, 3)."""
    turns: FloatArray = np.arctan2(gyr[:, 1], gyr[:, 0]) / (2.0 * np.pi)
    return turns


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
