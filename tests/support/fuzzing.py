"""Throws random and damaged notifications at a decoder and counts what comes of it.

A decoder may give samples or raise ``DecodeError``; any other exception goes through to the caller,
who has then found a defect.
"""

import pickle
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.errors import DecodeError
from imu_valgus.sensors.packets import Decoder

_WEIGH_EVERY: Final = 500
_RESET_SHARE: Final = 0.002
_LONGEST_RANDOM: Final = 300
"""Longer than any notification in use (MTU 247)."""


@dataclass(frozen=True, slots=True)
class FuzzResult:
    """What became of the inputs.

    Parameters
    ----------
    inputs
        Notifications fed.
    input_bytes
        Their total length.
    samples
        Samples decoded from them.
    refusals
        How many were refused with ``DecodeError``.
    largest_state_bytes
        Largest size of the decoder's own state, pickled, in samples taken every 500 inputs.
    """

    inputs: int
    input_bytes: int
    samples: int
    refusals: int
    largest_state_bytes: int


def fuzz_decoder(
    decoder: Decoder, valid: Sequence[tuple[str, bytes]], *, inputs: int, seed: int
) -> FuzzResult:
    """Feed a decoder with damaged copies of valid notifications, and with noise.

    Parameters
    ----------
    decoder
        The decoder; it is reset now and then, as after a reconnect.
    valid
        Characteristics and bytes of a valid stream.
    inputs
        How many notifications to feed.
    seed
        Of the random numbers; the same seed gives the same inputs.

    Returns
    -------
    FuzzResult
        Counts.
    """
    randoms = random.Random(seed)
    input_bytes = samples = refusals = largest = 0
    for number, (characteristic, data) in enumerate(_damaged(valid, inputs, randoms)):
        input_bytes += len(data)
        try:
            samples += sum(len(block) for block in decoder.feed(characteristic, data))
        except DecodeError:
            refusals += 1
        if number % _WEIGH_EVERY == 0:
            largest = max(largest, len(pickle.dumps(decoder)))
        if randoms.random() < _RESET_SHARE:
            decoder.reset()
    return FuzzResult(inputs, input_bytes, samples, refusals, largest)


def _damaged(
    valid: Sequence[tuple[str, bytes]], inputs: int, randoms: random.Random
) -> Iterator[tuple[str, bytes]]:
    for number in range(inputs):
        characteristic, data = valid[number % len(valid)]
        yield characteristic, _DAMAGES[randoms.randrange(len(_DAMAGES))](data, randoms)


def _left_alone(data: bytes, _: random.Random) -> bytes:
    return data


def _with_flipped_bits(data: bytes, randoms: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(randoms.randint(1, 8) if data else 0):
        changed[randoms.randrange(len(changed))] ^= 1 << randoms.randrange(8)
    return bytes(changed)


def _with_extreme_bytes(data: bytes, randoms: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(randoms.randint(1, 8) if data else 0):
        changed[randoms.randrange(len(changed))] = randoms.choice((0x00, 0x55, 0x7F, 0x80, 0xFF))
    return bytes(changed)


def _cut(data: bytes, randoms: random.Random) -> bytes:
    start, stop = sorted(randoms.randint(0, len(data)) for _ in range(2))
    return data[start:stop]


def _lengthened(data: bytes, randoms: random.Random) -> bytes:
    return data + randoms.randbytes(randoms.randint(1, 40))


def _repeated(data: bytes, randoms: random.Random) -> bytes:
    return data + _cut(data, randoms)


def _noise(_: bytes, randoms: random.Random) -> bytes:
    return randoms.randbytes(randoms.randint(0, _LONGEST_RANDOM))


def _noise_with_true_start(data: bytes, randoms: random.Random) -> bytes:
    return data[: randoms.randint(1, 4)] + randoms.randbytes(max(0, len(data) - 2))


_DAMAGES: Final = (
    _left_alone,
    _with_flipped_bits,
    _with_extreme_bytes,
    _cut,
    _lengthened,
    _repeated,
    _noise,
    _noise_with_true_start,
)
