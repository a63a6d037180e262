"""How well the recorder keeps what virtual sensors send, with losses, outages and clock errors.

Five sensors of five makes have an angular velocity whose direction turns once per second, the same
for all. This direction gives the true time of every sample to some microseconds, through any
protocol, and what the recorder wrote is compared with it.
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
from imu_valgus.model import BoolArray, FloatArray, Placement, SessionInfo
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

RadioMaker = Callable[[Sequence[SimulatedSensor]], AbstractAsyncContextManager[Radio]]
"""Makes a radio that receives given virtual sensors, such as ``bumble_radio``."""


@dataclass(frozen=True, slots=True)
class SensorOutcome:
    """What became of one sensor's samples.

    Parameters
    ----------
    make
        Model of the sensor.
    accounting
        How its losses are counted.
    generated
        Number of samples that it measured.
    expected
        Number of samples expected between the first and the last received.
    received, lost
        Samples in the recording, and samples counted as lost. Outages of sensors whose losses
        cannot be counted are not included.
    reconnects
        How often the link was made again.
    clock_error_ms
        Root mean square error of its sample times against the mean of the sensors with a clock.
    stated_error_ms
        The recorder's own estimate of that error.
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
    """Result of the recording benchmark.

    Parameters
    ----------
    seconds
        Length of the recording.
    seed
        Seed of the losses.
    sensors
        Outcome of each sensor.
    clock_spread_ms
        Root mean square difference of the sample times of the sensors that have a clock.
    cpu_share
        CPU seconds per second of the whole process (virtual sensors, both ends of the virtual
        radio, recorder), as a share of one core.
    memory_growth_mb
        Resident memory at the end minus that after the first quarter; NaN where the system does
        not report it.
    stop_s
        Seconds from the request to stop until the journal was closed.
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
    """Record five virtual sensors with drops, absences and a stall, and compare with the truth.

    Parameters
    ----------
    make_radio
        Function that makes the virtual radio to record over.
    seconds
        Length of the recording, at least 40.
    seed
        Seed of the losses.
    tell
        Function called with the name of each step.

    Returns
    -------
    RecordingBenchmark
        Losses, clock errors and cost of the recording.

    Raises
    ------
    InputError
        If the recording is too short to hold all outages.
    """
    if seconds < 40.0:
        raise InputError(
            f"A recording benchmark of {seconds:g} s is too short. Give at least 40 s."
        )
    sensors = troubled_sensors(seconds, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell(f"Recording for {seconds:g} s")
        cost = asyncio.run(_record(make_radio, sensors, folder, seconds))
        tell("Comparing with the truth")
        outcomes, spread_ms = _judge(Journal.read(folder / JOURNAL_FILE), sensors)
    return RecordingBenchmark(seconds, seed, outcomes, spread_ms, **cost)


_TURN_RAD_S: Final = 20.0
"""Angular velocity of the true-time signal: 1146 °/s, within every sensor's range."""


def troubled_sensors(seconds: float, seed: int) -> tuple[SimulatedSensor, ...]:
    """Make virtual sensors of five makes with different faults, spread over a recording.

    Parameters
    ----------
    seconds
        Length of the recording; the faults scale with it.
    seed
        Seed of the losses.

    Returns
    -------
    tuple of SimulatedSensor
        One sensor of each make.
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
                clock_error_ppm=-35.0, lost_share=0.005, absences_s=((30.0 * at, 30.0 * at + 6.0),)
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


class _TrueTime:
    """Motion whose axis of rotation gives the time; a `Motion`."""

    def at(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return gravity and an angular velocity whose direction turns once per second."""
        angle = 2.0 * np.pi * time_s
        zeros = np.zeros_like(angle)
        gyr = _TURN_RAD_S * np.stack([np.cos(angle), np.sin(angle), zeros], axis=1)
        return np.tile([0.0, 0.0, 9.81], (angle.size, 1)), gyr


def true_turns(gyr: FloatArray) -> FloatArray:
    """Return the true times of samples from the direction of their angular velocity.

    Parameters
    ----------
    gyr
        Angular velocity of the true-time signal in rad/s, shape (n, 3).

    Returns
    -------
    ndarray, shape (n,)
        Seconds modulo 1, from −0.5 to 0.5.
    """
    turns: FloatArray = np.arctan2(gyr[:, 1], gyr[:, 0]) / (2.0 * np.pi)
    return turns


async def _record(
    make_radio: RadioMaker, sensors: Sequence[SimulatedSensor], folder: Path, seconds: float
) -> dict[str, float]:
    """Record, and return the cost as fields of `RecordingBenchmark`."""
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
        stop_s = time.perf_counter() - stopping_s
        return {"cpu_share": share, "memory_growth_mb": growth_mb, "stop_s": stop_s}


async def _plans(radio: Radio, sensors: Sequence[SimulatedSensor]) -> list[SensorPlan]:
    addresses = {sensor.address for sensor in sensors}
    heard = await radio.scan(5.0, until=lambda devices: addresses <= {d.address for d in devices})
    found = {device.address: device for device in heard}
    plans = []
    for sensor in sensors:
        driver = driver_for(found[sensor.address].advertisement)
        if driver is None:
            raise DeviceError(f"There is no driver for the virtual sensor {sensor.address}.")
        plans.append(SensorPlan(found[sensor.address], driver, None, DeviceSettings()))
    return plans


def _resident_mb() -> float:
    """Return the resident memory from ``/proc``; NaN where there is none."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * 4096 / 1e6


def _judge(
    journal: Journal, sensors: Sequence[SimulatedSensor]
) -> tuple[tuple[SensorOutcome, ...], float]:
    """Compare the journal with the truth of the virtual sensors."""
    start_ns = RecordingHeader.from_json(journal.metadata or {}).start_ns
    events = [event_from_json(value) for value in journal.events]
    timed: list[TimedSamples] = []
    outcomes: list[SensorOutcome] = []
    has_clock: list[bool] = []
    for index, sensor in enumerate(sensors):
        setups = {
            event.connection: event
            for event in events
            if isinstance(event, SensorConfigured) and event.sensor == index
        }
        packets = (packet for packet in journal.packets if packet.sensor == index)
        table = decode_sensor(packets, [setups[k] for k in sorted(setups)], start_ns=start_ns)
        samples = None if table is None else time_samples(table)
        if table is None or samples is None:
            raise DeviceError(f"No samples arrived from the virtual sensor {sensor.address}.")
        timed.append(samples)
        has_clock.append(table.clock is not None)
        outcomes.append(_outcome(sensor, samples, setups, table.accounting))
    errors_s = _clock_errors_s(timed, np.array(has_clock))
    spread_ms = 1e3 * float(np.sqrt(np.nanmean(np.square(errors_s[has_clock]))))
    rms_ms = 1e3 * np.sqrt(np.nanmean(np.square(errors_s), axis=1))
    pairs = zip(outcomes, rms_ms.tolist(), strict=True)
    return tuple(replace(outcome, clock_error_ms=ms) for outcome, ms in pairs), spread_ms


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


def _clock_errors_s(timed: Sequence[TimedSamples], has_clock: BoolArray) -> FloatArray:
    """Return errors of sample times against the mean of sensors with a clock, (sensor, second)."""
    seconds = int(max(samples.time_s[-1] for samples in timed))
    errors = np.full((len(timed), seconds), np.nan)
    for row, samples in enumerate(timed):
        late = samples.time_s - true_turns(samples.values[:, 3:6])
        whole = np.floor(samples.time_s).astype(int)
        for second in range(seconds):
            late_in_second = late[whole == second]
            if late_in_second.size:
                # Known modulo one second, so averaged as directions are.
                mean = np.mean(np.exp(2j * np.pi * late_in_second))
                errors[row, second] = np.angle(mean) / (2.0 * np.pi)
    # Only seconds with samples from every sensor with a clock can be compared.
    common = np.mean(np.exp(2j * np.pi * errors[has_clock]), axis=0)
    relative: FloatArray = np.angle(np.exp(2j * np.pi * errors) * np.conj(common)) / (2.0 * np.pi)
    return relative
