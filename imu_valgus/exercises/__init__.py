"""The programme's exercises and mobility checks: a catalogue, and how sensors measure them."""

from imu_valgus.exercises.catalogue import CATALOGUE, entry_named, side_named
from imu_valgus.exercises.motion import SetMotion

__all__ = ["CATALOGUE", "SetMotion", "entry_named", "side_named"]
