"""What may twist a thigh sensor on the bone, and the knee that shows it."""

from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Task

HIP_UNIT_DEG = 40.0
KNEE_UNIT_DEG = 60.0
LARGEST_DRIVE = 1.5

CEILING_DEG = 8.0
"""Rotation beyond which part of the skin follows the bone again: own choice."""


@dataclass(frozen=True, slots=True, eq=False)
class TwistDrives:
    """What may twist the skin, sample by sample, relative to neutral stance.

    Parameters
    ----------
    hip, knee
        Flexion in units of 40 and 60 degrees, shape (n,).
    load
        Knee drive while the leg carries the body, else 0, shape (n,).
    rotation_deg
        Internal rotation of the hip as the sensors show it, shape (n,).
    """

    hip: FloatArray
    knee: FloatArray
    load: FloatArray
    rotation_deg: FloatArray

    def as_columns(self) -> FloatArray:
        """Regressors of the twist, shape (n, 9).

        Constant, hip, knee, load, hidden rotation; hidden rotation that comes to an end; and how
        far hip, knee and load bend away from proportion, each zero at zero and at one.
        """
        return np.stack(
            [
                np.ones_like(self.hip),
                self.hip,
                self.knee,
                self.load,
                -self.rotation_deg,
                -ended(self.rotation_deg),
                np.tanh(self.hip) / np.tanh(1.0) - self.hip,
                self.knee * np.abs(self.knee) - self.knee,
                self.load**2 - self.load,
            ],
            axis=-1,
        )


@dataclass(frozen=True, slots=True, eq=False)
class KneeWitness:
    """Knee adduction in one kind of movement, thinned out, and the drives beside it.

    Parameters
    ----------
    task
        The movement.
    drives
        At m samples.
    flexion_rad, adduction_deg
        Of the knee; adduction relative to neutral stance, shape (m,).
    """

    task: Task
    drives: TwistDrives
    flexion_rad: FloatArray
    adduction_deg: FloatArray


def ended(rotation_deg: FloatArray) -> FloatArray:
    """Rotation that comes to an end at `CEILING_DEG`, shape as given."""
    return CEILING_DEG * np.tanh(rotation_deg / CEILING_DEG)
