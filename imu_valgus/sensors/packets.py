"""Blocks of samples with the clock and counter of the device, as a decoder makes them from bytes.

A *decoder* turns notifications into :class:`SampleBlock` values. It knows the protocol but nothing
of radios, threads or the host's clock, so a journal of raw notifications decodes to exactly the
samples of the live stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from types import MappingProxyType
from typing import Protocol

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray
from imu_valgus.model._check import frozen_floats

RecipeValue = int | float | str


class LossAccounting(StrEnum):
    """How well samples that never arrived can be counted."""

    EXACT = "exact"
    """The protocol numbers its samples, so every lost one is known."""
    FROM_TIME = "from_time"
    """The protocol stamps time only: losses are the missing time over the nominal period."""
    NOT_DETECTABLE = "not_detectable"
    """Neither number nor time: late arrivals are the only hint of a loss."""


class StampedSample(StrEnum):
    """Which sample of a block the device's time stamp belongs to."""

    FIRST = "first"
    LAST = "last"


class BlockFlag(Flag):
    """What the device or the decoder reports about a block."""

    NONE = 0
    OVERRUN = auto()
    """The device dropped some of its samples before this block."""
    CLIPPED = auto()
    """At least one value is at the end of its range."""
    LOSS_SUSPECTED = auto()
    """The decoder found the stream out of step before this block; the loss cannot be counted."""
    RECONSTRUCTED = auto()
    """Acceleration and angular velocity were computed from orientation, not measured."""


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """The clock that stamps a device's packets.

    Parameters
    ----------
    tick_s
        Nominal length of one tick in seconds.
    modulus
        The tick count returns to 0 after this many ticks.
    stamps
        Which sample of a block the stamp belongs to.
    """

    tick_s: float
    modulus: int
    stamps: StampedSample = StampedSample.FIRST

    def ticks_at(self, time_s: float) -> int:
        """Return the wrapped tick count at a time since power-on in seconds.

        Examples
        --------
        >>> DeviceClock(1e-6, 2**32).ticks_at(4294.967297)
        1
        """
        return round(time_s / self.tick_s) % self.modulus


@dataclass(frozen=True, slots=True, eq=False)
class SampleBlock:
    """Consecutive, equally spaced samples of one packet, in the sensor's frame.

    A channel that the device does not send is None; a row of NaN is a value that is not known.

    Parameters
    ----------
    n
        Number of samples.
    nominal_rate_hz
        Rate that the device was asked for; the true one follows from the clock fit.
    acc
        Specific force in m/s², shape (n, 3), +9.81 on an axis that points up at rest.
    gyr
        Angular velocity in rad/s, shape (n, 3), right-hand rule.
    mag
        Magnetic flux density in µT (or the maker's arbitrary unit scaled near it), shape (n, 3).
    quat
        The device's own orientation, sensor to earth, scalar first (w, x, y, z), shape (n, 4).
    device_ticks
        Time stamp in ticks of `clock`, for the sample that ``clock.stamps`` names; None without
        a stamp.
    clock
        Clock of `device_ticks`; None where the protocol has none.
    counter
        Number of the first sample modulo `counter_modulus`; None where samples are not numbered.
    counter_modulus
        Number of samples after which `counter` returns to 0.
    flags
        What device and decoder report about this block.

    Raises
    ------
    ValueError
        If shapes do not agree, a stamp comes without a clock, or a counter without its modulus.
    """

    n: int
    nominal_rate_hz: float
    acc: FloatArray | None = None
    gyr: FloatArray | None = None
    mag: FloatArray | None = None
    quat: FloatArray | None = None
    device_ticks: int | None = None
    clock: DeviceClock | None = None
    counter: int | None = None
    counter_modulus: int | None = None
    flags: BlockFlag = BlockFlag.NONE

    def __post_init__(self) -> None:
        for name, width in (("acc", 3), ("gyr", 3), ("mag", 3), ("quat", 4)):
            values = getattr(self, name)
            if values is not None:
                frozen = frozen_floats(values, name=name, shape=(self.n, width))
                object.__setattr__(self, name, frozen)
        if self.device_ticks is not None and self.clock is None:
            msg = "Expected a clock beside `device_ticks`, got None."
            raise ValueError(msg)
        if (self.counter is None) != (self.counter_modulus is None):
            msg = "Expected `counter` and `counter_modulus` both or neither."
            raise ValueError(msg)

    def __len__(self) -> int:
        return self.n


class Decoder(Protocol):
    """Turns the notifications of one device into samples.

    The result depends on the bytes since the last :meth:`reset` and on nothing else. What a decoder
    holds between notifications is bounded.
    """

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode one notification.

        Parameters
        ----------
        characteristic
            UUID of the characteristic, 128 bit, lower case.
        data
            Bytes of the notification, unchanged.

        Returns
        -------
        tuple of SampleBlock
            Blocks in order of time; empty for replies to commands and for parts of a packet.

        Raises
        ------
        DecodeError
            If the bytes are not a packet of the protocol; the decoder stays usable.
        """
        ...

    def reset(self) -> None:
        """Forget what was held between notifications; call this after every reconnect."""
        ...


@dataclass(frozen=True, slots=True)
class DecoderRecipe:
    """Everything needed to rebuild a device's decoder from a journal, even years later.

    Parameters
    ----------
    protocol
        Name under which ``catalogue.decoder_of`` knows the protocol.
    settings
        Numbers and words that the protocol's decoder needs (rate, ranges, mode).
    """

    protocol: str
    settings: Mapping[str, RecipeValue]

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def number(self, name: str) -> float:
        """Return a numeric setting.

        Raises
        ------
        InputError
            If the recipe has no number under this name.
        """
        value = self.settings.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(
                f"The recording holds no number '{name}' for its '{self.protocol}' sensor. It is "
                "damaged or was written by another version: read it with the version that made it."
            )
        return float(value)

    def as_mapping(self) -> dict[str, RecipeValue]:
        """Flatten the recipe for JSON or TOML; :meth:`from_mapping` is the way back."""
        return {"protocol": self.protocol, **self.settings}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, RecipeValue]) -> "DecoderRecipe":
        """Rebuild the recipe that :meth:`as_mapping` flattened.

        Raises
        ------
        InputError
            If the mapping names no protocol.

        Examples
        --------
        >>> recipe = DecoderRecipe("witmotion", {"rate_hz": 100})
        >>> DecoderRecipe.from_mapping(recipe.as_mapping()) == recipe
        True
        """
        settings = dict(mapping)
        protocol = settings.pop("protocol", None)
        if not isinstance(protocol, str):
            raise InputError(
                "The recording names no protocol for one of its sensors. It is damaged or was "
                "written by another version: read it with the version that made it."
            )
        return cls(protocol, settings)
