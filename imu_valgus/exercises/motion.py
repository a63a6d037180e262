"""What an analyser sees of a set: inclinations of segments and angles of joints, one leg at a time.

Inclinations come from gravity alone: they know no heading and do not drift. An axial turn is seen
by gravity when the segment lies (clam shell), not when it stands.

Postures that exercises are done in, from inclinations.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import BoolArray, FloatArray, Joint, JointAngles, Placement, Segment, Side


@dataclass(frozen=True, slots=True, eq=False)
class SetMotion:
    """One recording, or a span of it, as analysers of exercises see it.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    ups
        Unit vector up in each *segment's* frame (x anterior, y proximal, z right), shape (n, 3),
        NaN where not known.
    angles
        Joint angles on the same samples.
    """

    time_s: FloatArray
    ups: Mapping[Placement, FloatArray]
    angles: Mapping[tuple[Joint, Side], JointAngles]

    @property
    def rate_hz(self) -> float:
        """Rate of the clock."""
        return float((self.time_s.size - 1) / (self.time_s[-1] - self.time_s[0]))

    def has_leg(self, side: Side) -> bool:
        """Whether thigh and shank of a leg are worn."""
        return all(
            Placement.of(segment, side) in self.ups for segment in (Segment.THIGH, Segment.SHANK)
        )

    def forward_deg(self, segment: Segment, side: Side) -> FloatArray:
        """Turn about the medio-lateral axis: 0 upright, positive with the lower end forwards.

        90 degrees when lying on the back or when the thigh is level in sitting. Shape (n,).
        """
        up = self._up(segment, side)
        return _unwrapped_deg(np.arctan2(up[:, 0], up[:, 1]))

    def medial_deg(self, segment: Segment, side: Side) -> FloatArray:
        """Lean of the upper end towards the midline, shape (n,)."""
        up = self._up(segment, side)
        return np.asarray(side.sign * np.degrees(np.arcsin(np.clip(up[:, 2], -1.0, 1.0))))

    def raised_deg(self, segment: Segment, side: Side) -> FloatArray:
        """Inclination of the long axis: positive with the lower end above the upper, shape (n,)."""
        up = self._up(segment, side)
        return np.asarray(np.degrees(np.arcsin(np.clip(-up[:, 1], -1.0, 1.0))))

    def internal_roll_deg(
        self, segment: Segment, side: Side, *, turned_deg: float = 0.0
    ) -> FloatArray:
        """Turn about the long axis of a lying segment, internal positive, shape (n,).

        Its zero is arbitrary; it means nothing while the segment stands. With `turned_deg`, the
        turn about the axis that the long axis becomes by bending back that much at the joint
        above: about the thigh's, seen by the shank of a knee bent by so much.
        """
        up, turned = self._up(segment, side), np.radians(turned_deg)
        forwards = up[:, 0] * np.cos(turned) + up[:, 1] * np.sin(turned)
        return side.sign * _unwrapped_deg(np.arctan2(-forwards, up[:, 2]))

    def knee_bend_deg(self, side: Side) -> FloatArray:
        """Knee flexion as the difference of two inclinations: no heading, shape (n,)."""
        return self.forward_deg(Segment.THIGH, side) - self.forward_deg(Segment.SHANK, side)

    def change_of_up_deg(self, placement: Placement, start: int, stop: int) -> float:
        """Largest turn of a segment against gravity within [start, stop) from its start."""
        inside = self.ups[placement][start:stop]
        known = inside[np.isfinite(inside).all(axis=1)]
        if not len(known):
            return float("nan")
        return float(np.degrees(np.arccos(np.clip(known @ known[0], -1.0, 1.0))).max())

    def _up(self, segment: Segment, side: Side) -> FloatArray:
        return self.ups[Placement.of(segment, side)]


def _unwrapped_deg(angle_rad: FloatArray) -> FloatArray:
    """Unwrap over gaps; they stay NaN."""
    known = np.isfinite(angle_rad)
    turned = np.array(angle_rad)
    turned[known] = np.unwrap(angle_rad[known])
    return np.asarray(np.degrees(turned))


def is_lying(motion: SetMotion, side: Side) -> BoolArray:
    """Thigh nearly level, and level the pelvis too where it is worn, shape (n,)."""
    thigh = np.abs(motion.raised_deg(Segment.THIGH, side))
    lying = thigh < 55.0
    pelvis = motion.ups.get(Placement.PELVIS)
    if pelvis is not None:
        lying &= np.abs(np.degrees(np.arcsin(np.clip(pelvis[:, 1], -1.0, 1.0)))) < 50.0
    return np.asarray(lying)


def is_seated(motion: SetMotion, side: Side) -> BoolArray:
    """Thigh nearly level and in front, shape (n,)."""
    forward = motion.forward_deg(Segment.THIGH, side)
    return np.asarray((forward > 55.0) & (forward < 120.0))


def is_on_feet(motion: SetMotion, side: Side) -> BoolArray:
    """Shank nearer to upright than to level, shape (n,)."""
    return np.asarray(np.abs(motion.forward_deg(Segment.SHANK, side)) < 65.0)
