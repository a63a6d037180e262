"""Simulated motion sensors: their mounting, their errors, the field around them, their samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import GRAVITY_M_S2
from imu_valgus.errors import InputError
from imu_valgus.model import BoolArray, FloatArray, Placement, Segment, SensorStream
from imu_valgus.rotations import compose
from imu_valgus.simulate.body import Person
from imu_valgus.simulate.chain import BodyMotion
from imu_valgus.simulate.pose import INTERNAL_RATE_HZ
from imu_valgus.simulate.soft_tissue import SkinMotion

_POSITIONS: Final[Mapping[Segment, FloatArray]] = {
    # Where straps sit, as shares of body height in the segment frame of the right side: our choice.
    Segment.PELVIS: np.array([-0.060, 0.020, 0.0]),
    Segment.THIGH: np.array([0.030, -0.150, 0.030]),
    Segment.SHANK: np.array([0.012, -0.170, 0.025]),
    Segment.FOOT: np.array([0.040, 0.005, 0.0]),
}


@dataclass(frozen=True, slots=True, eq=False)
class Mounting:
    """Mounting of a sensor on its segment in neutral standing.

    Parameters
    ----------
    sensor_to_segment
        Rotation from the sensor frame to the ISB segment frame.
    position_m
        Position of the sensor in the segment frame, from the proximal joint centre (pelvis: from
        the middle between the hip centres), shape (3,).
    """

    sensor_to_segment: Rotation
    position_m: FloatArray

    @classmethod
    def aligned(cls, segment: Segment, person: Person) -> Self:
        """Return the mounting in line with a segment, on its mid-plane."""
        return cls(Rotation.identity(), _POSITIONS[segment] * [1.0, 1.0, 0.0] * person.height_m)


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Specification of a sensor model.

    Defaults are our choices for a MEMS sensor in a wearable, a little worse than in data sheets:
    the Bosch BMI270 (BST-BMI270-DS000, 2023) states 0.007 deg/s/√Hz and 160 µg/√Hz.

    Parameters
    ----------
    rate_hz
        Sampling rate.
    gyr_noise_deg_s_sqrt_hz, acc_noise_m_s2_sqrt_hz
        Densities of white noise.
    gyr_bias_sd_deg_s, acc_bias_sd_m_s2
        Standard deviation between sensors of the constant biases.
    gyr_bias_walk_deg_s_sqrt_s
        Random walk of the gyroscope bias.
    scale_sd, axis_sd_deg
        Standard deviation between sensors of scale factors (relative) and axis misalignments.
    gyr_range_deg_s, acc_range_m_s2
        Largest values before saturation.
    bits
        Resolution over the whole range; 0 for no rounding.
    with_magnetometer, mag_noise_ut
        Whether there is a magnetometer, and the standard deviation of its noise.
    loss_share, packet_samples
        Share of lost packets, and samples per packet.
    gaps_s
        Start and duration of each stretch without samples.
    clock_offset_sd_s, clock_skew_sd
        Standard deviation between sensors of the constant and relative error of time stamps.

    Raises
    ------
    InputError
        If the sampling rate or the share of lost packets is out of range.
    """

    rate_hz: float = 100.0
    gyr_noise_deg_s_sqrt_hz: float = 0.01
    acc_noise_m_s2_sqrt_hz: float = 0.002
    gyr_bias_sd_deg_s: float = 0.5
    acc_bias_sd_m_s2: float = 0.08
    gyr_bias_walk_deg_s_sqrt_s: float = 0.002
    scale_sd: float = 0.003
    axis_sd_deg: float = 0.2
    gyr_range_deg_s: float = 2000.0
    acc_range_m_s2: float = 16.0 * GRAVITY_M_S2
    bits: int = 16
    with_magnetometer: bool = False
    mag_noise_ut: float = 0.5
    loss_share: float = 0.0
    packet_samples: int = 1
    gaps_s: tuple[tuple[float, float], ...] = ()
    clock_offset_sd_s: float = 0.0
    clock_skew_sd: float = 0.0

    def __post_init__(self) -> None:
        if not 10.0 <= self.rate_hz <= INTERNAL_RATE_HZ:
            raise InputError(
                f"A sampling rate of {self.rate_hz:g} Hz cannot be simulated. Choose one between "
                f"10 and {INTERNAL_RATE_HZ:g} Hz."
            )
        if not 0.0 <= self.loss_share < 1.0:
            raise InputError(
                f"A share of {self.loss_share:g} lost packets is out of range. Give a number from "
                "0 to below 1; 0.01 loses one packet in a hundred."
            )

    @classmethod
    def perfect(cls, rate_hz: float = 100.0) -> Self:
        """Return the settings of a sensor without errors."""
        return cls(
            rate_hz=rate_hz,
            gyr_noise_deg_s_sqrt_hz=0.0,
            acc_noise_m_s2_sqrt_hz=0.0,
            gyr_bias_sd_deg_s=0.0,
            acc_bias_sd_m_s2=0.0,
            gyr_bias_walk_deg_s_sqrt_s=0.0,
            scale_sd=0.0,
            axis_sd_deg=0.0,
            bits=0,
            mag_noise_ut=0.0,
        )


@dataclass(frozen=True, slots=True, eq=False)
class SensorUnit:
    """One sensor as manufactured: the errors that stay the same over a session.

    Parameters
    ----------
    sensor_id
        Name of the sensor.
    settings
        Specification of its model.
    gyr_bias_rad_s, acc_bias_m_s2
        Constant biases in the sensor frame, shape (3,).
    gyr_matrix, acc_matrix
        Scale and misalignment that multiply the true vector, shape (3, 3).
    clock_offset_s, clock_skew
        Constant and relative error of the time stamps.
    """

    sensor_id: str
    settings: SensorSettings
    gyr_bias_rad_s: FloatArray
    acc_bias_m_s2: FloatArray
    gyr_matrix: FloatArray
    acc_matrix: FloatArray
    clock_offset_s: float
    clock_skew: float

    @classmethod
    def drawn(cls, settings: SensorSettings, rng: np.random.Generator, sensor_id: str) -> Self:
        """Draw the errors of one sensor."""

        def matrix() -> FloatArray:
            spread = np.full((3, 3), np.radians(settings.axis_sd_deg))
            np.fill_diagonal(spread, settings.scale_sd)
            return np.asarray(np.eye(3) + spread * rng.standard_normal((3, 3)))

        return cls(
            sensor_id=sensor_id,
            settings=settings,
            gyr_bias_rad_s=np.radians(settings.gyr_bias_sd_deg_s) * rng.standard_normal(3),
            acc_bias_m_s2=settings.acc_bias_sd_m_s2 * rng.standard_normal(3),
            gyr_matrix=matrix(),
            acc_matrix=matrix(),
            clock_offset_s=float(settings.clock_offset_sd_s * rng.standard_normal()),
            clock_skew=float(settings.clock_skew_sd * rng.standard_normal()),
        )


@dataclass(frozen=True, slots=True)
class MagneticField:
    """Magnetic field of the earth, and of iron in a building, in µT.

    Earth x points to magnetic north.

    Parameters
    ----------
    horizontal_ut, down_ut
        Field of the earth; defaults are about those of central Europe (our choice).
    iron_a_m2
        Typical moment of the magnetised parts under the floor; 0 for none. 4 A m² turns the
        field by about 30 degrees (standard deviation) 5 cm above the floor and by 1 degree at 1 m.
        De Vries et al. (2009), Gait & Posture 29:535, measured 29 and 3 degrees in a laboratory.
    spacing_m, depth_m
        Distance between the parts, and their depth below the floor.
    seed
        Seed of the positions and moments of the parts.
    """

    horizontal_ut: float = 20.0
    down_ut: float = 44.0
    iron_a_m2: float = 0.0
    spacing_m: float = 1.2
    depth_m: float = 0.15
    seed: int = 0

    def at(self, position_m: FloatArray) -> FloatArray:
        """Return the field in earth at positions in earth, both of shape (n, 3)."""
        field = np.tile([self.horizontal_ut, 0.0, -self.down_ut], (len(position_m), 1))
        if self.iron_a_m2 == 0.0:
            return field
        low = np.floor(position_m[:, :2].min(axis=0) / self.spacing_m).astype(int) - 1
        high = np.ceil(position_m[:, :2].max(axis=0) / self.spacing_m).astype(int) + 1
        for i in range(low[0], high[0] + 1):
            for j in range(low[1], high[1] + 1):
                rng = np.random.default_rng([self.seed, i + 2**20, j + 2**20])
                moment = self.iron_a_m2 * rng.standard_normal(3)
                jitter = rng.uniform(-0.4, 0.4, size=2)
                part = [(i + jitter[0]) * self.spacing_m, (j + jitter[1]) * self.spacing_m]
                field += _dipole_ut(position_m - [*part, -self.depth_m], moment)
        return field


def random_mounting(placement: Placement, person: Person, rng: np.random.Generator) -> Mounting:
    """Draw a mounting: any orientation, near the usual place of the strap.

    Parameters
    ----------
    placement
        Placement of the sensor.
    person
        Person whose height scales the position.
    rng
        Random numbers.

    Returns
    -------
    Mounting
        Mounting with a position about 1 cm (standard deviation) around the usual one.
    """
    share = _POSITIONS[placement.segment].copy()
    if placement.side is not None:
        share[2] *= placement.side.sign
    jitter = rng.normal(0.0, 0.01, size=3)
    return Mounting(
        sensor_to_segment=Rotation.random(random_state=rng),
        position_m=share * person.height_m + jitter,
    )


def sample_sensor(
    motion: BodyMotion,
    placement: Placement,
    *,
    mounting: Mounting,
    skin: SkinMotion | None,
    unit: SensorUnit,
    field: MagneticField,
    rng: np.random.Generator,
) -> SensorStream:
    """Sample one sensor.

    Each sample is the mean over one sampling period centred at its time: a gyroscope sample is
    exactly the rotation from one edge of the period to the other, an accelerometer sample exactly
    the change of velocity. That is a box filter without delay.

    Parameters
    ----------
    motion, placement
        Motion of the bones, and where the sensor is worn.
    mounting, skin
        Mounting of the sensor, and motion of the skin under it; None for skin that does not move.
    unit
        Sensor with its constant errors.
    field
        Magnetic field around it.
    rng
        Random numbers for sampling phase, noise, bias random walk and losses.

    Returns
    -------
    SensorStream
        Samples with the time stamps of the sensor's clock.
    """
    settings = unit.settings
    turns, path = _sensor_splines(motion, placement, mounting, skin)
    duration_s = motion.heading_rad.size / INTERNAL_RATE_HZ
    period = 1.0 / settings.rate_hz
    n = int(np.floor((duration_s - 2.0 / INTERNAL_RATE_HZ) / period)) - 1
    edges: FloatArray = rng.uniform(0.0, period) + period * np.arange(n + 1, dtype=np.float64)
    middle: FloatArray = edges[:-1] + 0.5 * period
    at_edges = Rotation.from_quat(turns(edges))
    to_earth = Rotation.from_quat(turns(middle))
    gyr = compose(at_edges[:-1].inv(), at_edges[1:]).as_rotvec() * settings.rate_hz
    velocity = path(edges, 1)
    force = np.diff(velocity, axis=0) * settings.rate_hz + [0.0, 0.0, GRAVITY_M_S2]
    acc = to_earth.apply(force, inverse=True)
    mag = None
    if settings.with_magnetometer:
        mag = to_earth.apply(field.at(path(middle)), inverse=True)
        mag += settings.mag_noise_ut * rng.standard_normal(mag.shape)
    gyr, acc = _with_errors(gyr, acc, unit, rng)
    kept = _kept(middle, settings, rng)
    return SensorStream(
        time_s=(middle * (1.0 + unit.clock_skew) + unit.clock_offset_s)[kept],
        acc=acc[kept],
        gyr=gyr[kept],
        mag=None if mag is None else mag[kept],
        sensor_id=unit.sensor_id,
    )


def _sensor_splines(
    motion: BodyMotion, placement: Placement, mounting: Mounting, skin: SkinMotion | None
) -> tuple[CubicSpline, CubicSpline]:
    """Return orientation (quaternion, sensor to earth) and position in earth over time."""
    bone = motion.to_earth[placement]
    if skin is not None:
        bone = compose(bone, Rotation.from_rotvec(skin.rotation_rad))
    quaternions = compose(bone, mounting.sensor_to_segment).as_quat()
    flips = np.einsum("ij,ij->i", quaternions[1:], quaternions[:-1]) < 0.0
    quaternions[1:] *= np.where(np.cumsum(flips) % 2 == 1, -1.0, 1.0)[:, None]
    at = mounting.position_m if skin is None else mounting.position_m + skin.shift_m
    path = motion.origin_m[placement] + motion.to_earth[placement].apply(at)
    time_s = np.arange(len(path)) / INTERNAL_RATE_HZ
    return CubicSpline(time_s, quaternions), CubicSpline(time_s, path)


def _with_errors(
    gyr: FloatArray, acc: FloatArray, unit: SensorUnit, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    settings = unit.settings
    root = np.sqrt(0.5 * settings.rate_hz)
    walk = np.cumsum(rng.standard_normal(gyr.shape), axis=0) / np.sqrt(settings.rate_hz)
    drift = np.radians(settings.gyr_bias_walk_deg_s_sqrt_s) * walk
    gyr_noise = np.radians(settings.gyr_noise_deg_s_sqrt_hz) * root
    acc_noise = settings.acc_noise_m_s2_sqrt_hz * root
    gyr = gyr @ unit.gyr_matrix.T + unit.gyr_bias_rad_s + drift
    gyr = gyr + gyr_noise * rng.standard_normal(gyr.shape)
    acc = acc @ unit.acc_matrix.T + unit.acc_bias_m_s2
    acc = acc + acc_noise * rng.standard_normal(acc.shape)
    return (
        _digitised(gyr, np.radians(settings.gyr_range_deg_s), settings.bits),
        _digitised(acc, settings.acc_range_m_s2, settings.bits),
    )


def _digitised(values: FloatArray, full_scale: float, bits: int) -> FloatArray:
    limited = np.clip(values, -full_scale, full_scale)
    if bits == 0:
        return limited
    step = full_scale / 2.0 ** (bits - 1)
    return np.asarray(np.round(limited / step) * step, dtype=np.float64)


def _kept(time_s: FloatArray, settings: SensorSettings, rng: np.random.Generator) -> BoolArray:
    packet = np.arange(time_s.size) // max(1, settings.packet_samples)
    lost = rng.random(packet[-1] + 1) < settings.loss_share
    kept = ~lost[packet]
    for start_s, length_s in settings.gaps_s:
        kept &= (time_s < start_s) | (time_s >= start_s + length_s)
    return np.asarray(kept)


def _dipole_ut(offset_m: FloatArray, moment_a_m2: FloatArray) -> FloatArray:
    """Field of a magnetic dipole (Jackson, Classical Electrodynamics, 3rd ed., eq. 5.56)."""
    distance = np.linalg.norm(offset_m, axis=1, keepdims=True)
    direction = offset_m / distance
    along = direction @ moment_a_m2
    return np.asarray(0.1 * (3.0 * direction * along[:, None] - moment_a_m2) / distance**3)
