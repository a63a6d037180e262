"""Joint angles over time, with their uncertainty, and the heading they rest on."""

from dataclasses import dataclass, field

import numpy as np

from imu_valgus.conventions import MOTIONS
from imu_valgus.model._check import FloatArray, frozen_floats
from imu_valgus.model.placement import Joint, Placement, Side

_AS_THE_LEVEL = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class JointAngles:
    """Grood-Suntay angles of one joint in degrees; NaN where not known.

    Parameters
    ----------
    joint, side
        Which joint.
    time_s
        Sample times, shape (n,).
    angles_deg
        Flexion, adduction (varus, inversion), internal rotation in the order of
        ``conventions.MOTIONS``, positive on both sides, shape (n, 3).
    sd_deg
        Standard uncertainty of the level of each, shape (n, 3).
    change_sd_deg
        Standard uncertainty of each relative to neutral stance in the same donning, shape (n, 3):
        what counts for excursions and for changes that need no new donning. Left out: as `sd_deg`.
    """

    joint: Joint
    side: Side
    time_s: FloatArray
    angles_deg: FloatArray
    sd_deg: FloatArray
    change_sd_deg: FloatArray = field(default_factory=lambda: _AS_THE_LEVEL)

    def __post_init__(self) -> None:
        time_s = frozen_floats(self.time_s, name="time_s", shape=(None,))
        n = time_s.size
        object.__setattr__(self, "time_s", time_s)
        angles = frozen_floats(self.angles_deg, name="angles_deg", shape=(n, 3))
        object.__setattr__(self, "angles_deg", angles)
        sd = frozen_floats(self.sd_deg, name="sd_deg", shape=(n, 3))
        object.__setattr__(self, "sd_deg", sd)
        change = sd if self.change_sd_deg is _AS_THE_LEVEL else self.change_sd_deg
        change = frozen_floats(change, name="change_sd_deg", shape=(n, 3))
        object.__setattr__(self, "change_sd_deg", change)

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
        """Valgus, the one place where the sign of adduction is turned, shape (n,)."""
        return -self.angles_deg[:, 1]

    def motion_deg(self, motion: str) -> FloatArray:
        """Return the angle of the name in ``conventions.MOTIONS``, shape (n,)."""
        return self.angles_deg[:, MOTIONS.index(motion)]


@dataclass(frozen=True, slots=True, eq=False)
class RelativeHeading:
    """By how much the distal frame must be turned about earth z to share the proximal heading.

    Parameters
    ----------
    proximal, distal
        The two placements; `proximal` is None where the distal heading is given relative to the
        neutral stance or the walking direction (no pelvis sensor).
    time_s
        Sample times, shape (n,).
    offset_rad
        ``Rz(offset_rad) * distal_to_earth`` has the heading of the proximal frame, shape (n,).
    sd_rad
        Standard uncertainty of `offset_rad`, shape (n,).
    closure_deg
        Heading disagreement between the last standing anchor and what the first one predicts;
        None with fewer than two anchors.
    n_anchors
        How many standing anchors it rests on.
    change_sd_rad
        Standard uncertainty of the heading relative to neutral stance in the same donning, (n,).
        Left out: as `sd_rad`.
    pose_offset_rad, pose_offset_sd_rad
        How far the two frames are from facing the same way in neutral stance, and how well that
        is known; infinite where nothing tells.
    n_windows
        How many windows of shared acceleration it rests on; with no anchor either, the heading
        was merely assumed.
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
        time_s = frozen_floats(self.time_s, name="time_s", shape=(None,))
        n = time_s.size
        object.__setattr__(self, "time_s", time_s)
        offset = frozen_floats(self.offset_rad, name="offset_rad", shape=(n,))
        object.__setattr__(self, "offset_rad", offset)
        sd = frozen_floats(self.sd_rad, name="sd_rad", shape=(n,))
        object.__setattr__(self, "sd_rad", sd)
        change = sd if self.change_sd_rad is _AS_THE_LEVEL else self.change_sd_rad
        change = frozen_floats(change, name="change_sd_rad", shape=(n,))
        object.__setattr__(self, "change_sd_rad", change)
