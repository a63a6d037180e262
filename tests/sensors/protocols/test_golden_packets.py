"""Every golden packet of ``firmware_notes/packets.toml``."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.sensors.catalogue import DECODERS, decoder_of
from imu_valgus.sensors.packets import BlockFlag, DecoderRecipe
from imu_valgus.sensors.protocols import dot, movesense, polar, witmotion
from imu_valgus.sensors.protocols.dot import PayloadMode
from imu_valgus.sensors.protocols.metamotion import SHORTEST_INTERVAL, Imu, ImuSettings
from imu_valgus.sensors.protocols.open_profile import OP_START, StreamState
from imu_valgus.sensors.protocols.polar import Measurement, Operation, Setting

FILE = Path(__file__).parents[3] / "firmware_notes" / "packets.toml"
PACKETS = tomllib.loads(FILE.read_text(encoding="utf-8"))["packet"]


def _board(imu):
    return ImuSettings(imu, 100.0, 16.0, 2000.0)


def _profile_settings():
    return StreamState(
        is_running=False,
        rate_hz=104,
        acc_range_g=16,
        gyr_range_dps=2000,
        samples_per_packet=10,
        kind=1,
    )


MADE_BY = {
    "dot.start_custom_5": lambda: dot.encode_measurement(PayloadMode.CUSTOM_5, start=True),
    "dot.stop_custom_5": lambda: dot.encode_measurement(PayloadMode.CUSTOM_5, start=False),
    "witmotion.read_voltage": lambda: witmotion.encode_read_register(witmotion.REGISTER_VOLTAGE),
    "witmotion.unlock": lambda: witmotion.UNLOCK,
    "witmotion.set_100_hz": lambda: witmotion.encode_write_register(
        witmotion.REGISTER_RATE, witmotion.RATE_CODES[100.0]
    ),
    "witmotion.save": lambda: witmotion.SAVE,
    "metamotion.shortest_interval": lambda: SHORTEST_INTERVAL,
    "metamotion.configure_bmi160": lambda: _board(Imu.BMI160).encode_configuration(),
    "metamotion.configure_bmi270": lambda: _board(Imu.BMI270).encode_configuration(),
    "metamotion.subscribe_bmi160": lambda: _board(Imu.BMI160).encode_subscriptions(on=True),
    "metamotion.subscribe_bmi270": lambda: _board(Imu.BMI270).encode_subscriptions(on=True),
    "movesense.subscribe_imu9_104": lambda: movesense.encode_subscribe(99, channels=9, rate_hz=104),
    "movesense.unsubscribe": lambda: movesense.encode_unsubscribe(99),
    "polar.start_acc": lambda: polar.encode_command(
        Operation.START,
        Measurement.ACC,
        {Setting.RATE_HZ: (200,), Setting.RESOLUTION_BITS: (16,), Setting.RANGE: (8,)},
    ),
    "polar.stop_acc": lambda: polar.encode_command(Operation.STOP, Measurement.ACC),
    "open_profile.start": lambda: bytes([OP_START]),
    "open_profile.configure": lambda: _profile_settings().encode_command(),
}


UNITS = {
    "acc_m_s2": ("acc", 1.0),
    "acc_g": ("acc", 9.80665),
    "gyr_dps": ("gyr", np.pi / 180),
    "mag_ut": ("mag", 1.0),
    "quat": ("quat", 1.0),
}


def _of_kind(kind):
    chosen = [packet for packet in PACKETS if packet["kind"] == kind]
    return pytest.mark.parametrize(
        "packet", chosen, ids=[f"{p['device']}: {p['name']}" for p in chosen]
    )


def _parts(packet):
    return [bytes.fromhex(part) for part in packet["hex"].split("|")]


@_of_kind("command")
def test_our_commands_are_the_documented_bytes(packet):
    made = MADE_BY[packet["made_by"]]()
    assert ([made] if isinstance(made, bytes) else list(made)) == _parts(packet)


@_of_kind("notification")
def test_documented_notifications_give_the_documented_samples(packet):
    decoder = decoder_of(DecoderRecipe.from_mapping(packet["recipe"]))
    blocks = [b for part in _parts(packet) for b in decoder.feed(packet["uuid"], part)]
    samples = dict(packet["samples"])
    assert blocks[0].device_ticks == samples.pop("device_ticks", None)
    assert blocks[0].counter == samples.pop("counter", None)
    assert bool(blocks[0].flags & BlockFlag.OVERRUN) == samples.pop("overrun", False)
    assert {"acc", "gyr"} <= {UNITS[name][0] for name in samples}
    for name, expected in samples.items():
        channel, factor = UNITS[name]
        found = np.vstack([getattr(block, channel) for block in blocks])
        np.testing.assert_allclose(found / factor, expected, rtol=1e-6, atol=1e-9)


def test_every_packet_names_its_source_and_every_protocol_has_a_notification():
    assert all(len(packet["source"]) > 10 for packet in PACKETS)
    covered = {p["recipe"]["protocol"] for p in PACKETS if p["kind"] == "notification"}
    assert covered == set(DECODERS)
