"""Valid streams of every protocol, made by the virtual sensors, to be damaged by the fuzzer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.sensors.packets import DecoderRecipe, RecipeValue
from imu_valgus.sensors.protocols import (
    dot,
    metamotion,
    movesense,
    open_profile,
    polar,
    thingy,
    witmotion,
)
from imu_valgus.sensors.protocols import polar as polar_commands
from imu_valgus.sensors.protocols import witmotion as witmotion_commands
from imu_valgus.sensors.protocols.dot import MEASUREMENT_UUID, encode_measurement
from imu_valgus.sensors.protocols.metamotion import (
    COMMAND_UUID,
    NOTIFY_UUID,
    Imu,
    ImuSettings,
)
from imu_valgus.sensors.protocols.open_profile import OP_START
from imu_valgus.sensors.protocols.polar import Measurement
from imu_valgus.virtual_sensors.peripherals.dot import DotPeripheral
from imu_valgus.virtual_sensors.peripherals.metamotion import MetaMotionPeripheral
from imu_valgus.virtual_sensors.peripherals.movesense import MovesensePeripheral
from imu_valgus.virtual_sensors.peripherals.open_profile import OpenProfilePeripheral
from imu_valgus.virtual_sensors.peripherals.peripheral import (
    MotionSamples,
    Notification,
    VirtualPeripheral,
)
from imu_valgus.virtual_sensors.peripherals.polar import OFFERED_SETTINGS, PolarPeripheral
from imu_valgus.virtual_sensors.peripherals.thingy import ThingyPeripheral
from imu_valgus.virtual_sensors.peripherals.witmotion import WitMotionPeripheral

_SAMPLES = 96
_MTU = 161
"""Small enough that long packets come in parts."""
_RANGES: Mapping[str, RecipeValue] = {"acc_range_g": 16.0, "gyr_range_dps": 2000.0}


@dataclass(frozen=True, slots=True)
class FuzzCase:
    """A stream as a sensor sends it.

    Parameters
    ----------
    name
        Protocol and mode.
    recipe
        Of the decoder.
    valid
        Notifications of 96 random samples.
    """

    name: str
    recipe: DecoderRecipe
    valid: tuple[Notification, ...]


def fuzz_cases() -> tuple[FuzzCase, ...]:
    """Make one case for every protocol and mode; always the same ones."""
    return (
        _case(
            "open_profile",
            DecoderRecipe(open_profile.PROTOCOL, {"rate_hz": 104, **_RANGES}),
            OpenProfilePeripheral(),
            open_profile.DATA_UUID,
            [(open_profile.CONTROL_UUID, bytes([OP_START]))],
        ),
        *(_dot(mode) for mode in dot.PayloadMode),
        *(_metamotion(imu) for imu in Imu),
        *(_movesense(channels) for channels in (6, 9)),
        _polar(),
        _case(
            "thingy",
            DecoderRecipe(thingy.PROTOCOL, {"rate_hz": 100, "with_mag": 1}),
            ThingyPeripheral(),
            thingy.RAW_UUID,
        ),
        *(_witmotion(has_calendar=has_calendar) for has_calendar in (False, True)),
    )


def _case(
    name: str,
    recipe: DecoderRecipe,
    peripheral: VirtualPeripheral,
    listen_to: str,
    commands: Sequence[tuple[str, bytes]] = (),
) -> FuzzCase:
    peripheral.on_connect(mtu=_MTU)
    peripheral.on_subscribe(listen_to, enabled=True)
    for uuid, command in commands:
        peripheral.write(uuid, command)
    rng = np.random.default_rng(1)
    acc, gyr = rng.uniform(-30, 30, (_SAMPLES, 3)), rng.uniform(-9, 9, (_SAMPLES, 3))
    samples = MotionSamples.of(np.arange(_SAMPLES) / recipe.number("rate_hz"), acc, gyr)
    return FuzzCase(name, recipe, tuple(peripheral.produce(samples)))


def _dot(mode: dot.PayloadMode) -> FuzzCase:
    return _case(
        f"dot_{mode.name.lower()}",
        DecoderRecipe(dot.PROTOCOL, {"rate_hz": 60, "mode": int(mode)}),
        DotPeripheral(),
        mode.characteristic,
        [(MEASUREMENT_UUID, encode_measurement(mode, start=True))],
    )


def _metamotion(imu: Imu) -> FuzzCase:
    settings = ImuSettings(imu, 100.0, 16.0, 2000.0)
    commands = (*settings.encode_start(), *settings.encode_subscriptions(on=True))
    return _case(
        f"metamotion_{imu.name.lower()}",
        DecoderRecipe(metamotion.PROTOCOL, {"rate_hz": 100, "imu": int(imu), **_RANGES}),
        MetaMotionPeripheral(imu=imu),
        NOTIFY_UUID,
        [(COMMAND_UUID, command) for command in commands],
    )


def _movesense(channels: int) -> FuzzCase:
    subscribe = movesense.encode_subscribe(99, channels=channels, rate_hz=104)
    return _case(
        f"movesense_imu{channels}",
        DecoderRecipe(movesense.PROTOCOL, {"rate_hz": 104, "channels": channels}),
        MovesensePeripheral(),
        movesense.DATA_UUID,
        [(movesense.COMMAND_UUID, subscribe)],
    )


def _polar() -> FuzzCase:
    start = polar_commands.Operation.START
    starts = [
        polar_commands.encode_command(start, measurement, OFFERED_SETTINGS[measurement])
        for measurement in Measurement
    ]
    return _case(
        "polar",
        DecoderRecipe(polar.PROTOCOL, {"rate_hz": 52, "acc_factor": 0.25, "gyr_factor": 0.0625}),
        PolarPeripheral(),
        polar_commands.DATA_UUID,
        [(polar_commands.CONTROL_UUID, command) for command in starts],
    )


def _witmotion(*, has_calendar: bool) -> FuzzCase:
    return _case(
        f"witmotion_{28 if has_calendar else 20}_bytes",
        DecoderRecipe(witmotion.PROTOCOL, {"rate_hz": 100}),
        WitMotionPeripheral(has_calendar=has_calendar),
        witmotion_commands.UUID_SETS[0].notify,
    )
