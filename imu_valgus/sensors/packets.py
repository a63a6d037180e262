"""What a sensor's bytes become: blocks of samples with the device's own clock and counter.

A *decoder* turns notifications into :class:`SampleBlock` values. It knows the protocol and nothing
of radios, threads or the host's clock, so that a journal of raw notifications gives the very same
samples as the live stream did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from types import MappingProxyType
from typing import Protocol

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray
from imu_valgus.model._check import frozen_floats

RecipeValue = int | float | str


class LossAccounting(StrEnum):
    """How well samples that never arrived can be counted."""

    EXACT = "exact"
    """The protocol numbers its samples: every lost one is known."""
    FROM_TIME = "from_time"
    """The protocol stamps time only: losses are time missing over the nominal period."""
    NOT_DETECTABLE = "not_detectable"
    """Neither number nor time: losses can only be suspected from late arrivals."""


class StampedSample(StrEnum):
    """Which sample of a block the device's time stamp belongs to."""

    FIRST = "first"
    LAST = "last"


class BlockFlag(Flag):
    """What the device, or the decoder, says about a block."""

    NONE = 0
    OVERRUN = auto()
    """The device dropped samples of its own before this block."""
    CLIPPED = auto()
    """At least one value stands at the end of its range."""
    LOSS_SUSPECTED = auto()
    """The decoder found the stream out of step before this block (no exact count exists)."""
    RECONSTRUCTED = auto()
    """Acceleration and angular velocity were computed from orientation, not measured as such."""


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
        """Count of this clock at a time since power-on, wrapped.

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
    acc
        Specific force in m/s², shape (n, 3), +9.81 on an axis that points up at rest.
    gyr
        Angular velocity in rad/s, shape (n, 3), right-hand rule.
    mag
        Magnetic flux density in µT (or the maker's arbitrary unit brought near it), shape (n, 3).
    quat
        The device's own orientation, sensor to earth, scalar first (w, x, y, z), shape (n, 4).
    device_ticks
        Stamp in ticks of `clock`, of the sample that ``clock.stamps`` names; None: no stamp.
    clock
        The clock of `device_ticks`; None where the protocol has none.
    counter
        Number of the first sample modulo `counter_modulus`; None where samples are not numbered.
    counter_modulus
        Where the numbering returns to 0.
    nominal_rate_hz
        Rate that was asked of the device; the true one follows from the clock fit.
    flags
        Remarks of device and decoder.

    Raises
    ------
    ValueError
        If shapes do not agree, or a stamp or number has no clock or modulus to go with it.
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

    def is_same_as(self, other: "SampleBlock") -> bool:
        """Whether two blocks hold the same stamps and bit-identical samples (NaN equals NaN)."""
        return self._stamps == other._stamps and all(
            (mine is None) == (theirs is None)
            and (mine is None or theirs is None or np.array_equal(mine, theirs, equal_nan=True))
            for mine, theirs in zip(self._channels, other._channels, strict=True)
        )

    @property
    def _stamps(self) -> tuple[object, ...]:
        return (
            *(self.n, self.nominal_rate_hz, self.device_ticks, self.clock),
            *(self.counter, self.counter_modulus, self.flags),
        )

    @property
    def _channels(self) -> tuple[FloatArray | None, ...]:
        return (self.acc, self.gyr, self.mag, self.quat)


class Decoder(Protocol):
    """Turns the notifications of one device into samples; holds a bounded remainder between them.

    The result depends on the bytes since the last :meth:`reset` and on nothing else.
    """

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode one notification.

        Parameters
        ----------
        characteristic
            UUID it came from, 128 bit, lower case.
        data
            Its bytes, unchanged.

        Returns
        -------
        tuple of SampleBlock
            In order of time; empty for replies to commands and for parts of a packet.

        Raises
        ------
        DecodeError
            If the bytes are not a packet of the protocol; the decoder stays usable.
        """
        ...

    def reset(self) -> None:
        """Forget what was held between notifications: call after every reconnect."""
        ...


@dataclass(frozen=True, slots=True)
class DecoderRecipe:
    """All that is needed to make a device's decoder again from a journal, years later.

    Parameters
    ----------
    protocol
        Name under which ``catalogue.decoder_of`` knows the protocol.
    settings
        The protocol's own numbers and words (rate, ranges, mode).
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
            If the recipe lacks it or holds something else there.
        """
        value = self.settings.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(
                f"The recording describes its '{self.protocol}' sensor without a number for "
                f"'{name}': it was written by another version or is damaged."
            )
        return float(value)

    def as_mapping(self) -> dict[str, RecipeValue]:
        """Flatten for JSON or TOML; :meth:`from_mapping` is the way back."""
        return {"protocol": self.protocol, **self.settings}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, RecipeValue]) -> "DecoderRecipe":
        """Make the recipe that :meth:`as_mapping` wrote.

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
            raise InputError("A sensor's description in the recording names no protocol.")
        return cls(protocol, settings)
