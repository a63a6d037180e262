"""The supported sensors: a driver for an advertisement, a decoder for a recorded recipe."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from imu_valgus.errors import InputError
from imu_valgus.sensors.driver import Advertisement, DeviceDriver
from imu_valgus.sensors.drivers.dot import DotDriver
from imu_valgus.sensors.drivers.metamotion import MetaMotionDriver
from imu_valgus.sensors.drivers.movesense import MovesenseDriver
from imu_valgus.sensors.drivers.open_profile import OpenProfileDriver
from imu_valgus.sensors.drivers.polar import PolarDriver
from imu_valgus.sensors.drivers.thingy import ThingyDriver
from imu_valgus.sensors.drivers.witmotion import WitMotionDriver
from imu_valgus.sensors.packets import Decoder, DecoderRecipe
from imu_valgus.sensors.protocols import (
    dot,
    metamotion,
    movesense,
    open_profile,
    polar,
    thingy,
    witmotion,
)

DRIVERS: tuple[type[DeviceDriver], ...] = (
    OpenProfileDriver,
    DotDriver,
    MetaMotionDriver,
    MovesenseDriver,
    PolarDriver,
    ThingyDriver,
    WitMotionDriver,
)
"""Drivers in the order in which they are tried on an advertisement."""

DECODERS: Mapping[str, Callable[[DecoderRecipe], Decoder]] = MappingProxyType(
    {
        open_profile.PROTOCOL: open_profile.OpenProfileDecoder.from_recipe,
        dot.PROTOCOL: dot.DotDecoder.from_recipe,
        metamotion.PROTOCOL: metamotion.MetaMotionDecoder.from_recipe,
        movesense.PROTOCOL: movesense.MovesenseDecoder.from_recipe,
        polar.PROTOCOL: polar.PolarDecoder.from_recipe,
        thingy.PROTOCOL: thingy.ThingyDecoder.from_recipe,
        witmotion.PROTOCOL: witmotion.WitMotionDecoder.from_recipe,
    }
)
"""Functions that make a decoder, by the protocol name in a recipe."""


def driver_for(advertisement: Advertisement) -> DeviceDriver | None:
    """Make the driver for a sensor.

    Parameters
    ----------
    advertisement
        What the sensor advertises.

    Returns
    -------
    DeviceDriver or None
        A new driver; None where no driver knows the sensor.
    """
    return next((driver() for driver in DRIVERS if driver.matches(advertisement)), None)


def decoder_of(recipe: DecoderRecipe) -> Decoder:
    """Make the decoder that a recording describes.

    Parameters
    ----------
    recipe
        Protocol and settings from the recording.

    Returns
    -------
    Decoder
        A new decoder.

    Raises
    ------
    InputError
        If the protocol is not known or its description is incomplete.
    """
    make = DECODERS.get(recipe.protocol)
    if make is None:
        raise InputError(
            f"The recording uses the sensor protocol '{recipe.protocol}', which this version does "
            f"not know (it knows {', '.join(DECODERS)}). Install a newer imu_valgus."
        )
    return make(recipe)
