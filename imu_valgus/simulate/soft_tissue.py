"""Soft tissue between bone and sensor: twist, tilt and shift of the skin during movement."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.signal import bilinear, lfilter

from imu_valgus.model import FloatArray, Placement, Segment, Side
from imu_valgus.simulate.chain import BodyMotion
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ, SIDES, column


class SoftTissueLaw(StrEnum):
    """Law by which the skin follows the movement."""

    LINEAR = "linear"
    """Proportional to hip flexion, knee flexion, hip rotation and load."""
    LAGGED = "lagged"
    """Saturating, delayed, with hysteresis and muscle bulge."""


class SoftTissueLevel(StrEnum):
    """Amount of sensor movement on the bone."""

    NONE = "none"
    MODERATE = "moderate"
    SEVERE = "severe"


_SCALES: Final = {
    SoftTissueLevel.NONE: 0.0,
    SoftTissueLevel.MODERATE: 1.0,
    SoftTissueLevel.SEVERE: 2.0,
}

_LARGEST_LAG: Final = 0.75
"""However loose the skin, a quarter of the bone's rotation reaches the sensor: our choice."""

_SEGMENT_BELOW: Final = {Segment.THIGH: Segment.SHANK, Segment.SHANK: Segment.FOOT}


@dataclass(frozen=True, slots=True)
class SoftTissue:
    """Soft tissue of a person; the coefficients are drawn for each leg.

    Moderate is about 4 degrees peak to peak of axial thigh twist in walking, up to 7 degrees in
    step-ups, 1 to 2 degrees at the shank, and about a centimetre of skin shift. Severe is twice
    that and nearer to bone-referenced studies (thigh about 10 degrees and 18 mm). Our choice.

    Parameters
    ----------
    law
        Law by which the skin follows the movement.
    level
        Amount of movement.
    """

    law: SoftTissueLaw = SoftTissueLaw.LINEAR
    level: SoftTissueLevel = SoftTissueLevel.MODERATE


@dataclass(frozen=True, slots=True, eq=False)
class SkinMotion:
    """Movement of the skin under a sensor relative to the bone, in the segment frame.

    Parameters
    ----------
    rotation_rad
        Rotation vector, shape (n, 3); y is the axial twist.
    shift_m
        Translation, shape (n, 3).
    """

    rotation_rad: FloatArray
    shift_m: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Drive:
    """Signals that drive the skin of one leg, relative to standing; dimensionless or degrees."""

    hip: FloatArray
    knee: FloatArray
    rotation_deg: FloatArray
    load: FloatArray


def skin_motions(
    rows: FloatArray,
    rest: FloatArray,
    motion: BodyMotion,
    soft_tissue: SoftTissue,
    *,
    rngs: Mapping[Side, np.random.Generator],
    pelvis_rng: np.random.Generator,
) -> dict[Placement, SkinMotion]:
    """Move the skin of both thighs and shanks, and the belt on the pelvis.

    Parameters
    ----------
    rows, rest
        Poses on the internal clock, shape (n, c), and the neutral standing, shape (c,).
    motion
        Motion of the bones, whose accelerations shake the skin.
    soft_tissue
        Law and level of the movement.
    rngs, pelvis_rng
        Random numbers for the coefficients of each leg and of the belt; the same state gives the
        same person.

    Returns
    -------
    dict
        Skin motion by placement; empty if the level is none.
    """
    scale = _SCALES[soft_tissue.level]
    if scale == 0.0:
        return {}
    skins = {}
    for side, rng in rngs.items():
        drive = _drive(rows, rest, side)
        if soft_tissue.law is SoftTissueLaw.LAGGED:
            drive = _lagged(drive, rng)
        for segment, of_segment in ((Segment.THIGH, _thigh), (Segment.SHANK, _shank)):
            placement = Placement.of(segment, side)
            wobble = _wobble_m(motion, placement)
            skins[placement] = of_segment(drive, wobble, side, scale, rng)
    skins[Placement.PELVIS] = _pelvis(rows, rest, scale, pelvis_rng)
    return skins


def _pelvis(
    rows: FloatArray, rest: FloatArray, scale: float, rng: np.random.Generator
) -> SkinMotion:
    """Move the belt with the hips: both together tip it, their difference turns it."""
    change = [(rows - rest)[:, column("hip_flexion", side)] / 40.0 for side in SIDES]
    tip, roll, turn = rng.normal(0.0, (0.8, 0.3, 0.4))
    apart, together = change[0] - change[1], 0.5 * (change[0] + change[1])
    rotation = np.radians(np.stack([roll * apart, turn * apart, tip * together], axis=-1))
    return SkinMotion(rotation_rad=scale * rotation, shift_m=np.zeros_like(rotation))


def _drive(rows: FloatArray, rest: FloatArray, side: Side) -> _Drive:
    change = rows - rest
    knee_deg = change[:, column("knee_flexion", side)]
    on_leg = rows[:, column("support", side)] * (rows[:, column("seat_support")] < 0.5)
    return _Drive(
        hip=change[:, column("hip_flexion", side)] / 40.0,
        knee=knee_deg / 60.0,
        rotation_deg=change[:, column("hip_rotation", side)],
        load=on_leg * np.clip(knee_deg / 60.0, 0.0, 1.5),
    )


def _lagged(drive: _Drive, rng: np.random.Generator) -> _Drive:
    """Saturate and delay the signals, with hysteresis."""
    delay_s = rng.uniform(0.02, 0.06)
    width_deg_s = 120.0
    hip, knee, rotation = (
        _first_order(signal, delay_s) for signal in (drive.hip, drive.knee, drive.rotation_deg)
    )
    rate = np.gradient(knee) * INTERNAL_RATE_HZ * 60.0
    return _Drive(
        hip=1.1 * np.tanh(1.4 * hip),
        knee=np.sign(knee) * np.abs(knee) ** 1.5 + 0.12 * np.tanh(rate / width_deg_s),
        rotation_deg=6.0 * np.tanh(rotation / 6.0),
        load=drive.load**2 * 1.5,
    )


def _first_order(signal: FloatArray, time_s: float) -> FloatArray:
    keep = np.exp(-1.0 / (INTERNAL_RATE_HZ * time_s))
    start = [keep * signal[0]]
    followed, _ = lfilter([1.0 - keep], [1.0, -keep], signal, zi=start)
    return np.asarray(followed, dtype=np.float64)


def _thigh(
    drive: _Drive,
    wobble_m: FloatArray,
    side: Side,
    scale: float,
    rng: np.random.Generator,
) -> SkinMotion:
    a, b, e = rng.normal(0.0, (1.4, 1.7, 3.5))
    lag = float(np.clip(rng.normal(0.35, 0.1), 0.1, min(0.6, _LARGEST_LAG / scale)))
    # The skin lags behind a thigh that turns inwards: the sensor measures too little rotation.
    twist = a * drive.hip + b * drive.knee - lag * drive.rotation_deg + e * drive.load
    tilt = rng.normal(0.0, 0.5, size=(2, 2)) @ np.stack([drive.hip, drive.knee])
    shift_mm = (
        rng.normal(0.0, (4.0, 5.0, 3.0))[:, None] * drive.hip
        + rng.normal(0.0, (4.0, 5.0, 3.0))[:, None] * drive.knee
    )
    return _skin(twist, tilt, shift_mm.T, wobble_m, side=side, scale=scale)


def _shank(
    drive: _Drive,
    wobble_m: FloatArray,
    side: Side,
    scale: float,
    rng: np.random.Generator,
) -> SkinMotion:
    twist = rng.normal(0.0, 1.8) * drive.knee + rng.normal(0.0, 1.2) * drive.load
    tilt = rng.normal(0.0, 0.3, size=(2, 2)) @ np.stack([drive.hip, drive.knee])
    shift_mm = rng.normal(0.0, (2.0, 3.0, 2.0))[:, None] * drive.knee
    return _skin(twist, tilt, shift_mm.T, 0.5 * wobble_m, side=side, scale=scale)


def _skin(
    twist_deg: FloatArray,
    tilt_deg: FloatArray,
    shift_mm: FloatArray,
    wobble_m: FloatArray,
    *,
    side: Side,
    scale: float,
) -> SkinMotion:
    # Skin that slides sideways moves around the limb: a tenth of a degree per millimetre.
    twist = side.sign * twist_deg - 100.0 * wobble_m[:, 2]
    rotation = np.radians(np.stack([side.sign * tilt_deg[0], twist, tilt_deg[1]], axis=-1))
    return SkinMotion(rotation_rad=scale * rotation, shift_m=scale * (1e-3 * shift_mm + wobble_m))


def _wobble_m(motion: BodyMotion, placement: Placement) -> FloatArray:
    """Shake the skin, half of it loose, like a mass on a damped spring (9 Hz, our choice)."""
    # The strap sits at the middle of the segment, between its two joint centres.
    below = Placement(f"{_SEGMENT_BELOW[placement.segment]}_{placement.side}")
    path = 0.5 * (motion.origin_m[placement] + motion.origin_m[below])
    step = 1.0 / INTERNAL_RATE_HZ
    acceleration = np.gradient(np.gradient(path, step, axis=0), step, axis=0)
    in_segment = motion.to_earth[placement].apply(acceleration, inverse=True)
    omega = 2.0 * np.pi * 9.0
    numerator, denominator = bilinear([-0.5], [1.0, 0.6 * omega, omega**2], fs=INTERNAL_RATE_HZ)
    return np.asarray(lfilter(numerator, denominator, in_segment, axis=0), dtype=np.float64)
