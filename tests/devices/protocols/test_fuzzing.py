"""Damaged and random notifications: samples or DecodeError, bounded memory, usable afterwards.

``IMU_VALGUS_FUZZ_INPUTS=200000`` runs the long version.
"""

import os

import numpy as np
import pytest

from imu_valgus.devices.catalogue import DECODERS, decoder_of
from imu_valgus.devices.packets import DecoderRecipe
from imu_valgus.devices.protocols import (
    dot,
    metamotion,
    movesense,
    open_profile,
    polar,
    thingy,
    witmotion,
)
from imu_valgus.devices.protocols.dot_commands import MEASUREMENT_UUID, encode_measurement
from imu_valgus.devices.protocols.dot_peripheral import DotPeripheral
from imu_valgus.devices.protocols.fuzzing import fuzz_decoder
from imu_valgus.devices.protocols.metamotion_commands import (
    COMMAND_UUID,
    NOTIFY_UUID,
    Imu,
    ImuSettings,
)
from imu_valgus.devices.protocols.metamotion_peripheral import MetaMotionPeripheral
from imu_valgus.devices.protocols.movesense_peripheral import MovesensePeripheral
from imu_valgus.devices.protocols.open_profile_peripheral import OpenProfilePeripheral
from imu_valgus.devices.protocols.peripheral import MotionSamples
from imu_valgus.devices.protocols.polar_commands import (
    CONTROL_UUID,
    DATA_UUID,
    Operation,
    Setting,
    encode_command,
)
from imu_valgus.devices.protocols.polar_frames import Measurement
from imu_valgus.devices.protocols.polar_peripheral import PolarPeripheral
from imu_valgus.devices.protocols.thingy_peripheral import ThingyPeripheral
from imu_valgus.devices.protocols.witmotion_commands import UUID_SETS
from imu_valgus.devices.protocols.witmotion_peripheral import WitMotionPeripheral
from imu_valgus.errors import DecodeError

INPUTS = int(os.environ.get("IMU_VALGUS_FUZZ_INPUTS", "10000"))
"""Per case; a decoder with several modes is one case for each."""
LARGEST_STATE_BYTES = 1024
LARGEST_STATE_BYTES_OF_POLAR = 8192
"""It holds up to two seconds of both sensors while they wait for each other."""
FEWEST_BYTES_PER_SAMPLE = 12

RANGES = {"acc_range_g": 16.0, "gyr_range_dps": 2000.0}


def _movesense(channels):
    subscribe = movesense.encode_subscribe(99, channels=channels, rate_hz=104)
    return (
        DecoderRecipe(movesense.PROTOCOL, {"rate_hz": 104, "channels": channels}),
        MovesensePeripheral(),
        movesense.DATA_UUID,
        ((movesense.COMMAND_UUID, subscribe),),
    )


def _dot(mode):
    return (
        DecoderRecipe(dot.PROTOCOL, {"rate_hz": 60, "mode": int(mode)}),
        DotPeripheral(),
        mode.characteristic,
        ((MEASUREMENT_UUID, encode_measurement(mode, start=True)),),
    )


def _metamotion(imu):
    settings = ImuSettings(imu, 100.0, 16.0, 2000.0)
    commands = (*settings.encode_start(), *settings.encode_subscriptions(on=True))
    return (
        DecoderRecipe(metamotion.PROTOCOL, {"rate_hz": 100, "imu": int(imu), **RANGES}),
        MetaMotionPeripheral(imu=imu),
        NOTIFY_UUID,
        tuple((COMMAND_UUID, command) for command in commands),
    )


def _witmotion(has_calendar):
    return (
        DecoderRecipe(witmotion.PROTOCOL, {"rate_hz": 100}),
        WitMotionPeripheral(has_calendar=has_calendar),
        UUID_SETS[0].notify,
        (),
    )


def _polar():
    settings = ((0, 52), (1, 16), (2, None), (4, 3))
    starts = [
        encode_command(
            Operation.START,
            measurement,
            {Setting(k): (scale if v is None else v,) for k, v in settings},
        )
        for measurement, scale in ((Measurement.ACC, 8), (Measurement.GYR, 2000))
    ]
    return (
        DecoderRecipe(polar.PROTOCOL, {"rate_hz": 52, "acc_factor": 0.25, "gyr_factor": 0.0625}),
        PolarPeripheral(),
        DATA_UUID,
        tuple((CONTROL_UUID, start) for start in starts),
    )


def _thingy():
    return (
        DecoderRecipe(thingy.PROTOCOL, {"rate_hz": 100, "with_mag": 1}),
        ThingyPeripheral(),
        thingy.RAW_UUID,
        (),
    )


def _open_profile():
    return (
        DecoderRecipe(open_profile.PROTOCOL, {"rate_hz": 104, **RANGES}),
        OpenProfilePeripheral(),
        open_profile.DATA_UUID,
        ((open_profile.CONTROL_UUID, b"\x01"),),
    )


CASES = {
    "open_profile": _open_profile,
    **{f"dot_{mode.name.lower()}": lambda mode=mode: _dot(mode) for mode in dot.PayloadMode},
    "polar": _polar,
    "thingy": _thingy,
    "witmotion_20": lambda: _witmotion(False),
    "witmotion_28": lambda: _witmotion(True),
    "metamotion_r": lambda: _metamotion(Imu.BMI160),
    "metamotion_s": lambda: _metamotion(Imu.BMI270),
    "movesense_6": lambda: _movesense(6),
    "movesense_9": lambda: _movesense(9),
}


def _valid_stream(case):
    recipe, peripheral, uuid, commands = CASES[case]()
    peripheral.on_connect(mtu=161)
    peripheral.on_subscribe(uuid, enabled=True)
    for target, data in commands:
        peripheral.write(target, data)
    rng = np.random.default_rng(1)
    acc, gyr = rng.uniform(-30, 30, (96, 3)), rng.uniform(-9, 9, (96, 3))
    samples = MotionSamples.of(np.arange(96) / recipe.number("rate_hz"), acc, gyr)
    return recipe, peripheral.produce(samples)


@pytest.mark.parametrize("case", CASES)
def test_damage_gives_samples_or_a_refusal_and_holds_no_memory(case):
    recipe, valid = _valid_stream(case)
    decoder = decoder_of(recipe)
    result = fuzz_decoder(decoder, valid, inputs=INPUTS, seed=20261122)
    assert result.samples > 0
    assert result.refusals > 0
    most = LARGEST_STATE_BYTES_OF_POLAR if case == "polar" else LARGEST_STATE_BYTES
    assert result.largest_state_bytes < most
    assert result.samples * FEWEST_BYTES_PER_SAMPLE <= result.input_bytes


@pytest.mark.parametrize("case", CASES)
def test_after_damage_and_a_reset_a_valid_stream_decodes_as_if_nothing_had_been(case):
    recipe, valid = _valid_stream(case)
    fresh, used = decoder_of(recipe), decoder_of(recipe)
    fuzz_decoder(used, valid, inputs=300, seed=7)
    used.reset()
    expected = [block for uuid, data in valid for block in fresh.feed(uuid, data)]
    found = [block for uuid, data in valid for block in used.feed(uuid, data)]
    assert sum(map(len, expected)) >= 60
    assert len(found) == len(expected)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one.acc, other.acc)
        np.testing.assert_array_equal(one.gyr, other.gyr)


@pytest.mark.parametrize("case", CASES)
def test_other_characteristics_are_none_of_a_decoders_business(case):
    recipe, _ = _valid_stream(case)
    assert decoder_of(recipe).feed("00002a19-0000-1000-8000-00805f9b34fb", b"\x01") == ()


@pytest.mark.parametrize("case", CASES)
def test_an_empty_notification_is_refused_or_empty(case):
    recipe, valid = _valid_stream(case)
    try:
        assert decoder_of(recipe).feed(valid[0][0], b"") == ()
    except DecodeError as error:
        assert "Expected" in str(error)  # noqa: PT017 - both outcomes are right


def test_every_protocol_of_the_catalogue_is_fuzzed():
    assert {CASES[case]()[0].protocol for case in CASES} == set(DECODERS)
