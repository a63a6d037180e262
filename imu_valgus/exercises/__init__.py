"""The programme's exercises and mobility checks: as data, and measured where sensors can see them.

Each exercise is one small module with an ``ENTRY``; ``catalogue`` lists them in order.
"""

from imu_valgus.exercises.catalogue import CATALOGUE, entry_named, side_named
from imu_valgus.exercises.motion import SetMotion

__all__ = ["CATALOGUE", "SetMotion", "entry_named", "side_named"]
