"""How uncertain angles are by the skin under thigh and shank sensors."""

from dataclasses import replace

import numpy as np

from imu_valgus.calibration.skin_drives import TwistDrives
from imu_valgus.calibration.skin_twist import SkinTwist
from imu_valgus.kinematics import AxialErrors
from imu_valgus.model import FloatArray, SegmentFrame

_MODEL_FACTOR = 0.1
_LEFT_IN_FACTOR = 2.2
_MISFIT_DEG = 1.1
_WOBBLE_DEG = 0.3
_LEVEL_FRAME_FACTOR, _LEVEL_FACTOR = 0.05, 0.1
_LEVEL_LEFT_IN_FACTOR = 1.5
_LEVEL_DEG = 1.1
_SHANK_KNEE_DEG, _SHANK_LOAD_DEG = 1.2, 1.8
"""What the uncertainty of angles grows by: factors on the variance of the model and of what is left
in, misfit per unit of drive, and twist of the shank's skin. Set on simulated people 201 to 216, 301
to 316, 401 to 424 and 501 to 544 so that about two thirds of true values lie within one standard
uncertainty at three levels of skin under two laws; the model's own variance has little weight
because the misfit of its form, which goes with looseness too, stands for most of it."""


def with_axial_variance(frame: SegmentFrame, skin: SkinTwist, *, is_removed: bool) -> SegmentFrame:
    """Put the axial error that the skin estimate leaves in the frame's place of it.

    Parameters
    ----------
    frame, skin
        Of one thigh.
    is_removed
        Whether the constant error of the frame is taken out; else all of it is left.
    """
    left_deg2 = _LEVEL_FRAME_FACTOR * skin.covariance[0, 0] + _LEVEL_DEG**2 * skin.looseness_square
    if not is_removed:
        left_deg2 += skin.constant_deg**2
    covariance = np.array(frame.covariance_rad2)
    covariance[1, 1] = np.radians(1.0) ** 2 * left_deg2
    return replace(frame, covariance_rad2=covariance)


def thigh_errors(skin: SkinTwist, drives: TwistDrives, left_in: FloatArray) -> AxialErrors:
    """Uncertainty of a thigh about the leg: the model's own, its misfit, and what is left in.

    Parameters
    ----------
    skin, drives
        The estimate and the movement.
    left_in
        Share of the twist that is not taken out, shape (n,).
    """
    model = skin.variance_deg2(drives)
    left_in2 = (left_in * skin.twist_deg(drives)) ** 2
    bend = drives.hip**2 + drives.knee**2
    unknown = skin.looseness_square * (_MISFIT_DEG**2 * bend + _WOBBLE_DEG**2)
    change = _MODEL_FACTOR * model + _LEFT_IN_FACTOR * left_in2 + unknown
    level = _LEVEL_FACTOR * model + _LEVEL_LEFT_IN_FACTOR * left_in2
    return AxialErrors(np.radians(np.sqrt(level)), np.radians(np.sqrt(change)))


def shank_errors(skin: SkinTwist, drives: TwistDrives) -> AxialErrors:
    """Uncertainty of a shank about the leg: its skin twists too, and nothing shows it."""
    twist = np.hypot(_SHANK_KNEE_DEG * drives.knee, _SHANK_LOAD_DEG * drives.load)
    sd = np.radians(np.sqrt(skin.looseness_square) * twist)
    return AxialErrors(sd, sd)
