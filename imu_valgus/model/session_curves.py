"""The curves of one session that are kept, to lay weeks over each other."""

from dataclasses import dataclass
from typing import Final

from imu_valgus.model.movement import GaitCurve, RepetitionCurves
from imu_valgus.model.placement import Joint

OVERLAID_ANGLES: Final = (
    (Joint.HIP, "adduction"),
    (Joint.HIP, "internal_rotation"),
    (Joint.FEMUR, "adduction"),
    (Joint.FEMUR, "internal_rotation"),
    (Joint.KNEE, "flexion"),
    (Joint.KNEE, "adduction"),
    (Joint.KNEE, "internal_rotation"),
)
"""Angles of repetitions that are laid over each other, in one session and across weeks. Without a
pelvis sensor the femur stands in for the hip."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionCurves:
    """Curves of one session; empty where nobody walked or stepped up.

    Parameters
    ----------
    gait
        Mean curves over the gait cycle, each joint, motion and side once.
    step_ups
        Step-ups of each leading leg: the angles of that leg in every repetition that counts, each
        joint, motion and side once and with at least one repetition.

    Raises
    ------
    ValueError
        If an angle is there twice or a curve has no repetition.
    """

    gait: tuple[GaitCurve, ...] = ()
    step_ups: tuple[RepetitionCurves, ...] = ()

    def __post_init__(self) -> None:
        for curves in (self.gait, self.step_ups):
            if len({(one.joint, one.motion, one.side) for one in curves}) < len(curves):
                raise ValueError("Expected the curves of each angle and side once.")
        if any(len(one.curves_deg) == 0 for one in self.step_ups):
            raise ValueError("Expected curves of at least one repetition.")
