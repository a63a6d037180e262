"""What is read back from one session's results to compare weeks."""

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
"""Angles whose repetitions are overlaid, within a session and across weeks. Without a pelvis
sensor the femur stands in for the hip."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionCurves:
    """Curves of one session; empty where nobody walked or stepped up.

    Parameters
    ----------
    gait
        Mean curves over the gait cycle, each joint, motion and side once.
    step_ups
        Angles of the leading leg in every valid step-up, each joint, motion and side once and
        with at least one repetition.

    Raises
    ------
    ValueError
        If an angle appears twice or a curve has no repetition.
    """

    gait: tuple[GaitCurve, ...] = ()
    step_ups: tuple[RepetitionCurves, ...] = ()

    def __post_init__(self) -> None:
        for curves in (self.gait, self.step_ups):
            if len({(curve.joint, curve.motion, curve.side) for curve in curves}) < len(curves):
                raise ValueError("Every angle of one side may have a curve only once.")
        if any(len(curve.curves_deg) == 0 for curve in self.step_ups):
            raise ValueError("Every step-up curve needs at least one repetition.")


@dataclass(frozen=True, slots=True)
class SessionTrust:
    """How well a session was recorded; None where that is not known.

    Parameters
    ----------
    sync_error_s
        Largest error between the clocks of two sensors in seconds.
    lost_share
        Share of samples lost by the worst sensor, 0 to 1.
    drift_deg
        Largest heading change between two static trials of one recording in degrees.
    """

    sync_error_s: float | None = None
    lost_share: float | None = None
    drift_deg: float | None = None
