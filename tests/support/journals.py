"""Journals as a recorder would have written them, made without any radio."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from imu_valgus.model import Placement, SessionInfo, Side, Task
from imu_valgus.recorder.journal import JournalWriter, Packet
from imu_valgus.recorder.journal_entries import (
    LinkChange,
    LinkState,
    PlannedSensor,
    RecordingHeader,
    SensorConfigured,
    TaskMark,
    WallClock,
    event_to_json,
)
from imu_valgus.sensors.packets import DecoderRecipe, LossAccounting
from imu_valgus.sensors.protocols import open_profile
from imu_valgus.sensors.protocols.open_profile import OP_START
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import MotionSamples

_START_NS = 5_000_000_000
_RATE_HZ = 104.0

SAMPLES_PER_PACKET = 4
"""What a sensor with the open profile sends unless told otherwise."""

_PLACEMENTS = (Placement.THIGH_RIGHT, Placement.SHANK_RIGHT)


def write_example_journal(
    path: Path,
    *,
    duration_s: float = 30.0,
    placements: Sequence[Placement] = _PLACEMENTS,
    info: SessionInfo | None = None,
    outages_s: Mapping[Placement, tuple[float, float]] | None = None,
) -> int:
    """Write the journal of a recording with open-profile sensors, standing and then walking.

    Parameters
    ----------
    path
        Of the journal.
    duration_s
        Length; the first third is labelled as standing, the rest as walking.
    placements
        One sensor each.
    info
        The person.
    outages_s
        By placement, a span in which its packets are lost.

    Returns
    -------
    int
        Number of packets written.
    """
    sensors = tuple(PlannedSensor(p, f"SN{k:04d}") for k, p in enumerate(placements))
    header = RecordingHeader("test", _START_NS, sensors, info or SessionInfo(subject="S01"))
    packets = [
        packet
        for index, placement in enumerate(placements)
        for packet in _packets(index, duration_s, (outages_s or {}).get(placement))
    ]
    packets.sort(key=lambda packet: packet.arrival_ns)
    with JournalWriter(path, header.to_json()) as journal:
        journal.append_event(event_to_json(WallClock(_START_NS, 1_700_000_000_000_000_000)))
        for index in range(len(sensors)):
            journal.append_event(event_to_json(_configured(index)))
            streaming = LinkChange(_START_NS, index, LinkState.STREAMING)
            journal.append_event(event_to_json(streaming))
        journal.append_event(event_to_json(TaskMark(_START_NS, Task.STANDING)))
        walk_ns = _START_NS + int(duration_s / 3 * 1e9)
        is_walking = False
        for packet in packets:
            if packet.arrival_ns >= walk_ns and not is_walking:
                is_walking = True
                journal.append_event(event_to_json(TaskMark(walk_ns, Task.WALK, Side.RIGHT)))
            journal.append_packet(packet)
    return len(packets)


def _configured(index: int) -> SensorConfigured:
    recipe = DecoderRecipe(
        open_profile.PROTOCOL, {"rate_hz": 104, "acc_range_g": 16, "gyr_range_dps": 2000}
    )
    return SensorConfigured(
        t_ns=_START_NS,
        sensor=index,
        connection=0,
        characteristics=(open_profile.DATA_UUID,),
        recipe=recipe,
        nominal_rate_hz=_RATE_HZ,
        loss_accounting=LossAccounting.EXACT,
        model="Open firmware profile 1",
        firmware="1.0",
    )


def _packets(index: int, duration_s: float, outage_s: tuple[float, float] | None) -> list[Packet]:
    """Let a virtual sensor measure; its clock has its own offset and rate."""
    sensor = OpenProfilePeripheral()
    sensor.on_connect(mtu=247)
    sensor.on_subscribe(open_profile.DATA_UUID, enabled=True)
    sensor.write(open_profile.CONTROL_UUID, bytes([OP_START]))
    rng = np.random.default_rng(index)
    true_s = 0.05 + np.arange(int(duration_s * _RATE_HZ)) / _RATE_HZ
    device_s = (true_s + rng.uniform(0.0, 100.0)) * (1.0 + rng.uniform(-40e-6, 40e-6))
    packets = []
    for first in range(0, true_s.size - SAMPLES_PER_PACKET + 1, SAMPLES_PER_PACKET):
        part = slice(first, first + SAMPLES_PER_PACKET)
        samples = MotionSamples.of(device_s[part], *example_motion(true_s[part]))
        for _, data in sensor.produce(samples):
            arrival_s = true_s[part][-1] + 0.005 + rng.exponential(0.003)
            if outage_s is None or not outage_s[0] <= arrival_s < outage_s[1]:
                packets.append(Packet(index, 0, _START_NS + int(arrival_s * 1e9), data))
    return packets


def example_motion(time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the motion that `write_example_journal` records: acc in m/s², gyr in rad/s, (n, 3)."""
    wave = np.sin(2 * np.pi * time_s)
    acc = np.stack([wave, np.full_like(wave, 9.81), 0.5 * wave], axis=1)
    gyr = np.stack([0.2 * wave, 0.1 * wave, 3.0 * wave], axis=1)
    return acc, gyr
