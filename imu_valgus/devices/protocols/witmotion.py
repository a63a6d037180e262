"""WitMotion sensors over Bluetooth 5 (WT901BLE and relatives): the stream of samples.

Frames carry no checksum, no number and (20 bytes) no time, and are not aligned with notifications:
what was lost cannot be known.
"""

from typing import Final

import numpy as np
from scipy import constants

from imu_valgus.devices.packets import BlockFlag, DecoderRecipe, SampleBlock
from imu_valgus.devices.protocols.witmotion_commands import NOTIFY_UUIDS
from imu_valgus.devices.protocols.witmotion_frames import (
    CALENDAR_CLOCK,
    FrameSplitter,
    MotionFrame,
    decode_motion,
    decode_register,
)
from imu_valgus.errors import DecodeError

PROTOCOL: Final = "witmotion-ble5"

_ACC_M_S2: Final = 16 * constants.g / 32768
_GYR_RAD_S: Final = np.deg2rad(2000.0) / 32768


class WitMotionDecoder:
    """Decoder of one sensor's byte stream.

    Parameters
    ----------
    rate_hz
        Nominal rate.
    """

    def __init__(self, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._splitter = FrameSplitter()
        self._skipped_before = 0

    @classmethod
    def from_recipe(cls, recipe: DecoderRecipe) -> "WitMotionDecoder":
        """Make the decoder that a recipe of this protocol describes."""
        return cls(rate_hz=recipe.number("rate_hz"))

    def feed(self, characteristic: str, data: bytes) -> tuple[SampleBlock, ...]:
        """Decode a notification: 20-byte frames together, 28-byte frames each with its time."""
        if characteristic not in NOTIFY_UUIDS:
            return ()
        skipped = self._splitter.skipped
        whole = self._splitter.feed(data)
        if not whole and self._splitter.skipped - skipped >= len(data) > 0:
            raise DecodeError(f"Expected frames of a WitMotion sensor, got {data[:28].hex(' ')}.")
        frames = [frame for frame in whole if decode_register(frame) is None]
        if not frames:
            return ()
        motion = [decode_motion(frame) for frame in frames]
        flags = BlockFlag.NONE
        if self._splitter.skipped != self._skipped_before:
            flags = BlockFlag.LOSS_SUSPECTED
            self._skipped_before = self._splitter.skipped
        groups = [[one] for one in motion] if motion[0].is_long else [motion]
        return tuple(
            self._block(group, flags if i == 0 else BlockFlag.NONE)
            for i, group in enumerate(groups)
        )

    def _block(self, group: list[MotionFrame], flags: BlockFlag) -> SampleBlock:
        counts = np.array([[*one.acc, *one.gyr] for one in group])
        if np.any((counts >= 32767) | (counts <= -32768)):
            flags |= BlockFlag.CLIPPED
        ticks = group[0].calendar_ms
        return SampleBlock(
            n=len(group),
            nominal_rate_hz=self._rate_hz,
            acc=counts[:, 0:3] * _ACC_M_S2,
            gyr=counts[:, 3:6] * _GYR_RAD_S,
            device_ticks=ticks,
            clock=None if ticks is None else CALENDAR_CLOCK,
            flags=flags,
        )

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._splitter.reset()
