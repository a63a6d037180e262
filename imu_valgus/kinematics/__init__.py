"""Joint angles and segment tilts from segment orientations."""

from imu_valgus.kinematics.joints import AxialErrors, OrientationErrors, estimate_joint_angles
from imu_valgus.kinematics.segments import medial_tilt_rad, sagittal_tilt_rad

__all__ = [
    "AxialErrors",
    "OrientationErrors",
    "estimate_joint_angles",
    "medial_tilt_rad",
    "sagittal_tilt_rad",
]
