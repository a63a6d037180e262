"""Simulated people, movements and sensors with known truth."""

from imu_valgus.simulate.body import GaitStyle, LegPosture, Person, random_person
from imu_valgus.simulate.clip import Movement
from imu_valgus.simulate.exercises import (
    CalfRaise,
    ClamShell,
    Plunge,
    SeatedTibialRotation,
    StraightLegRaise,
    TrunkBow,
    WallPush,
    WallSlide,
)
from imu_valgus.simulate.look_alikes import StepInPlace, StepTap
from imu_valgus.simulate.movements import (
    LegSwing,
    SeatedHipRotation,
    SeatedKneeExtension,
    Sitting,
    Squat,
    Standing,
)
from imu_valgus.simulate.protocol import (
    demo_script,
    demo_session,
    protocol_script,
    protocol_session,
)
from imu_valgus.simulate.sensors import MagneticField, Mounting, SensorSettings
from imu_valgus.simulate.session import (
    DEMO_PLACEMENTS,
    SimulatedRecording,
    SimulatedSession,
    SimulationSettings,
    simulate_recording,
    simulate_session,
)
from imu_valgus.simulate.soft_tissue import SoftTissue, SoftTissueLaw, SoftTissueLevel
from imu_valgus.simulate.step_up import StepUp
from imu_valgus.simulate.truth import RecordingTruth
from imu_valgus.simulate.walking import Turn, Walk, WalkSpeed

__all__ = [
    "DEMO_PLACEMENTS",
    "CalfRaise",
    "ClamShell",
    "GaitStyle",
    "LegPosture",
    "LegSwing",
    "MagneticField",
    "Mounting",
    "Movement",
    "Person",
    "Plunge",
    "RecordingTruth",
    "SeatedHipRotation",
    "SeatedKneeExtension",
    "SeatedTibialRotation",
    "SensorSettings",
    "SimulatedRecording",
    "SimulatedSession",
    "SimulationSettings",
    "Sitting",
    "SoftTissue",
    "SoftTissueLaw",
    "SoftTissueLevel",
    "Squat",
    "Standing",
    "StepInPlace",
    "StepTap",
    "StepUp",
    "StraightLegRaise",
    "TrunkBow",
    "Turn",
    "Walk",
    "WalkSpeed",
    "WallPush",
    "WallSlide",
    "demo_script",
    "demo_session",
    "protocol_script",
    "protocol_session",
    "random_person",
    "simulate_recording",
    "simulate_session",
]
