"""Inclination of single segments to gravity, which needs no heading and does not drift."""

import numpy as np

from imu_valgus.model import FloatArray, OrientationSeries, Side

_UP = np.array([0.0, 0.0, 1.0])


def sagittal_tilt_rad(segment: OrientationSeries) -> FloatArray:
    """Compute the tilt of a segment from the vertical about its own medio-lateral axis.

    Parameters
    ----------
    segment
        Segment-to-earth orientations (ISB axes).

    Returns
    -------
    ndarray, shape (n,)
        Radians; positive when the distal end has swung forwards (thigh raised, shank extended
        in front), negative when the proximal end leans forwards. NaN where not known.
    """
    up = segment.to_earth.inv().apply(_UP)
    return np.where(segment.is_known, np.arctan2(up[:, 0], up[:, 1]), np.nan)


def medial_tilt_rad(segment: OrientationSeries, *, side: Side) -> FloatArray:
    """Compute the lean of a segment's proximal end to the midline in its own frontal plane.

    Parameters
    ----------
    segment
        Segment-to-earth orientations (ISB axes).
    side
        Side of the leg: medial is to the left on a right leg.

    Returns
    -------
    ndarray, shape (n,)
        Radians; positive when the proximal end (for the shank: the knee) lies medial of the
        distal end. NaN where not known.
    """
    up = segment.to_earth.inv().apply(_UP)
    # The long axis leans to the right (+z) when up has a negative z component in the segment.
    lean_right = np.arctan2(-up[:, 2], np.hypot(up[:, 0], up[:, 1]))
    return np.where(segment.is_known, -side.sign * lean_right, np.nan)
