"""Kinematic time series: orientations, relative headings, joint angles."""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import MOTIONS
from imu_valgus.model._check import BoolArray, FloatArray, freeze_floats, frozen_bools
from imu_valgus.model.placement import Joint, Placement, Side

_AS_THE_LEVEL = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class OrientationSeries:
    """Rotations from a sensor's or a segment's frame to earth (z up, heading arbitrary).

    Parameters
    ----------
    time_s
        Sample times in seconds, shape (n,).
    to_earth
        n rotations; ``to_earth.apply(v)`` takes a vector of the frame to earth.
    is_known
        False where the rotation merely bridges a gap and must not be reported, shape (n,).

    Raises
    ------
    ValueError
        If the lengths do not agree.
    """

    time_s: FloatArray
    to_earth: Rotation
    is_known: BoolArray

    def __post_init__(self) -> None:
        freeze_floats(self, time_s=(None,))
        known = frozen_bools(self.is_known, name="is_known", shape=(self.time_s.size,))
        object.__setattr__(self, "is_known", known)
        if len(self.to_earth) != self.time_s.size:
            raise ValueError(f"Expected {self.time_s.size} rotations, got {len(self.to_earth)}.")

    def __len__(self) -> int:
        return int(self.time_s.size)


@dataclass(frozen=True, slots=True, eq=False)
class RelativeHeading:
    """By how much the distal frame must be turned about earth z to share the proximal heading.

    Parameters
    ----------
    proximal, distal
        The two placements. `proximal` is None where the distal heading is given relative to
        neutral stance or the walking direction (no pelvis sensor).
    time_s
        Sample times in seconds, shape (n,).
    offset_rad
        ``Rz(offset_rad) * distal_to_earth`` has the heading of the proximal frame, shape (n,).
    sd_rad
        Standard uncertainty of `offset_rad`, shape (n,).
    closure_deg
        Heading disagreement between the last standing anchor and the prediction from the first
        one; None with fewer than two anchors.
    n_anchors
        Number of standing anchors behind it.
    change_sd_rad
        Standard uncertainty of the heading relative to neutral stance in the same donning,
        shape (n,). Same as `sd_rad` where left out.
    pose_offset_rad, pose_offset_sd_rad
        How far the two frames are from facing the same way in neutral stance, with its standard
        uncertainty; infinite where nothing tells.
    n_windows
        Number of windows of shared acceleration behind it. Without windows and without anchors
        the heading was merely assumed.
    """

    proximal: Placement | None
    distal: Placement
    time_s: FloatArray
    offset_rad: FloatArray
    sd_rad: FloatArray
    closure_deg: float | None
    n_anchors: int
    change_sd_rad: FloatArray = field(default_factory=lambda: _AS_THE_LEVEL)
    pose_offset_rad: float = 0.0
    pose_offset_sd_rad: float = float("inf")
    n_windows: int = 0

    def __post_init__(self) -> None:
        if self.change_sd_rad is _AS_THE_LEVEL:
            object.__setattr__(self, "change_sd_rad", self.sd_rad)
        freeze_floats(self, time_s=(None,))
        n = self.time_s.size
        freeze_floats(self, offset_rad=(n,), sd_rad=(n,), change_sd_rad=(n,))


@dataclass(frozen=True, slots=True, eq=False)
class JointAngles:
    """Grood-Suntay angles of one joint in degrees; NaN where not known.

    Parameters
    ----------
    joint, side
        Which joint.
    time_s
        Sample times in seconds, shape (n,).
    angles_deg
        Flexion, adduction (varus, inversion) and internal rotation in the order of
        ``conventions.MOTIONS``, with the same sign on both sides, shape (n, 3).
    sd_deg
        Standard uncertainty of the level of each angle, shape (n, 3).
    change_sd_deg
        Standard uncertainty of each angle relative to neutral stance in the same donning,
        shape (n, 3). It applies to excursions and to changes within one donning. Same as
        `sd_deg` where left out.
    """

    joint: Joint
    side: Side
    time_s: FloatArray
    angles_deg: FloatArray
    sd_deg: FloatArray
    change_sd_deg: FloatArray = field(default_factory=lambda: _AS_THE_LEVEL)

    def __post_init__(self) -> None:
        if self.change_sd_deg is _AS_THE_LEVEL:
            object.__setattr__(self, "change_sd_deg", self.sd_deg)
        freeze_floats(self, time_s=(None,))
        n = self.time_s.size
        freeze_floats(self, angles_deg=(n, 3), sd_deg=(n, 3), change_sd_deg=(n, 3))

    @property
    def flexion_deg(self) -> FloatArray:
        """Flexion (ankle: dorsiflexion), shape (n,)."""
        return self.angles_deg[:, 0]

    @property
    def adduction_deg(self) -> FloatArray:
        """Adduction (knee: varus; ankle: inversion), shape (n,)."""
        return self.angles_deg[:, 1]

    @property
    def internal_rotation_deg(self) -> FloatArray:
        """Internal rotation of the distal segment, shape (n,)."""
        return self.angles_deg[:, 2]

    @property
    def valgus_deg(self) -> FloatArray:
        """Valgus, shape (n,): the one place where the sign of adduction is reversed."""
        return -self.angles_deg[:, 1]

    def motion_deg(self, motion: str) -> FloatArray:
        """Return the angle of the motion named as in ``conventions.MOTIONS``, shape (n,)."""
        return self.angles_deg[:, MOTIONS.index(motion)]
