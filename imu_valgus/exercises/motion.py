"""What sensors show of a set: inclinations of segments, joint angles and postures, leg by leg.

Inclinations come from gravity alone: they know no heading and do not drift. Gravity shows an axial
turn while the segment lies (clam shell), not while it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import BoolArray, FloatArray, Joint, JointAngles, Placement, Segment, Side


@dataclass(frozen=True, slots=True, eq=False)
class SetMotion:
    """Motion of one recording, or of a span of it.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    ups
        Unit vector up in each *segment's* frame (x anterior, y proximal, z right), shape (n, 3);
        NaN where unknown.
    angles
        Joint angles on the same samples.
    """

    time_s: FloatArray
    ups: Mapping[Placement, FloatArray]
    angles: Mapping[tuple[Joint, Side], JointAngles]

    @property
    def rate_hz(self) -> float:
        """Sampling rate."""
        return float((self.time_s.size - 1) / (self.time_s[-1] - self.time_s[0]))

    def has_leg(self, side: Side) -> bool:
        """Whether sensors are worn on thigh and shank of a leg."""
        return all(
            Placement.of(segment, side) in self.ups for segment in (Segment.THIGH, Segment.SHANK)
        )

    def forward_deg(self, segment: Segment, side: Side) -> FloatArray:
        """Return the turn about the medio-lateral axis, shape (n,).

        0 degrees upright, positive with the lower end forwards; 90 degrees when lying on the back,
        or when the thigh is level in sitting.
        """
        up = self._up(segment, side)
        return _unwrapped_deg(np.arctan2(up[:, 0], up[:, 1]))

    def medial_deg(self, segment: Segment, side: Side) -> FloatArray:
        """Return the lean of the upper end towards the midline, shape (n,)."""
        up = self._up(segment, side)
        return np.asarray(side.sign * np.degrees(np.arcsin(np.clip(up[:, 2], -1.0, 1.0))))

    def raised_deg(self, segment: Segment, side: Side) -> FloatArray:
        """Return how far the lower end is raised above the upper one, shape (n,)."""
        up = self._up(segment, side)
        return np.asarray(np.degrees(np.arcsin(np.clip(-up[:, 1], -1.0, 1.0))))

    def internal_roll_deg(
        self, segment: Segment, side: Side, *, bend_deg: float = 0.0
    ) -> FloatArray:
        """Return the turn about the long axis of a lying segment, internal positive.

        Parameters
        ----------
        segment, side
            Segment of the leg. While it stands, the turn means nothing.
        bend_deg
            Bend of the joint above. If not 0, the turn is about the long axis of the segment
            above: about the thigh's, read from the shank of a knee bent by this much.

        Returns
        -------
        ndarray, shape (n,)
            Degrees from an arbitrary zero.
        """
        up, bend = self._up(segment, side), np.radians(bend_deg)
        forwards = up[:, 0] * np.cos(bend) + up[:, 1] * np.sin(bend)
        return side.sign * _unwrapped_deg(np.arctan2(-forwards, up[:, 2]))

    def knee_bend_deg(self, side: Side) -> FloatArray:
        """Return knee flexion as the difference of two inclinations, shape (n,)."""
        return self.forward_deg(Segment.THIGH, side) - self.forward_deg(Segment.SHANK, side)

    def change_of_up_deg(self, placement: Placement, start: int, stop: int) -> float:
        """Return the largest turn against gravity within [start, stop), from its first sample."""
        inside = self.ups[placement][start:stop]
        known = inside[np.isfinite(inside).all(axis=1)]
        if not len(known):
            return float("nan")
        return float(np.degrees(np.arccos(np.clip(known @ known[0], -1.0, 1.0))).max())

    def _up(self, segment: Segment, side: Side) -> FloatArray:
        return self.ups[Placement.of(segment, side)]


def is_lying(motion: SetMotion, side: Side) -> BoolArray:
    """Return where the thigh is nearly level, and the pelvis too if it has a sensor.

    Parameters
    ----------
    motion
        Motion of the recording.
    side
        Leg to look at.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where the person lies.
    """
    lying = np.abs(motion.raised_deg(Segment.THIGH, side)) < 55.0
    pelvis = motion.ups.get(Placement.PELVIS)
    if pelvis is not None:
        lying &= np.abs(np.degrees(np.arcsin(np.clip(pelvis[:, 1], -1.0, 1.0)))) < 50.0
    return np.asarray(lying)


def is_seated(motion: SetMotion, side: Side) -> BoolArray:
    """Return where the thigh is nearly level and points forwards.

    Parameters
    ----------
    motion
        Motion of the recording.
    side
        Leg to look at.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where the person sits.
    """
    forward = motion.forward_deg(Segment.THIGH, side)
    return np.asarray((forward > 55.0) & (forward < 120.0))


def is_on_feet(motion: SetMotion, side: Side) -> BoolArray:
    """Return where the shank is nearer to upright than to level.

    Parameters
    ----------
    motion
        Motion of the recording.
    side
        Leg to look at.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where the shank is upright.
    """
    return np.asarray(np.abs(motion.forward_deg(Segment.SHANK, side)) < 65.0)


def _unwrapped_deg(angle_rad: FloatArray) -> FloatArray:
    """Unwrap across gaps, which stay NaN."""
    known = np.isfinite(angle_rad)
    unwrapped = np.array(angle_rad)
    unwrapped[known] = np.unwrap(angle_rad[known])
    return np.asarray(np.degrees(unwrapped))
