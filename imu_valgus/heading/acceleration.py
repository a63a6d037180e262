"""Relative heading from the slow accelerations that two neighbouring segments share.

Two segments that meet in a joint have the same acceleration there. Expressed in the heading of each
sensor, the two horizontal accelerations differ only by the relative heading, so the angle between
them measures the absolute relative heading without a magnetometer (Kok, Hol and Schön 2014, IFAC
World Congress; Weygers, Kok et al. 2020, IEEE Sensors Journal 20(14):7969, use the same fact,
sample by sample).

The difficulty is skin that moves by a centimetre or two: at the frequency of steps its acceleration
is as large as that of the joint. But displacement is bounded, not acceleration. Below about 0.5 Hz
a step-up, and a walk that starts, turns or stops, move the joint by decimetres to metres, and the
skin still by a centimetre or two. So only the band from 0.05 to 0.5 Hz is used here. In this band
lever arms matter little, except while turning, which the uncertainty allows for.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, sosfiltfilt

from imu_valgus.model import BoolArray, FloatArray, IntArray, OrientationSeries, SensorStream
from imu_valgus.rotations import rotate

ComplexArray = npt.NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class AccelerationSettings:
    """Band, windows and their weight, set on simulated people (docs/how-it-works.md).

    Parameters
    ----------
    band_hz
        Slow enough for skin and lever arms to matter little, fast enough for tilt errors too.
    rate_low_pass_hz
        Cut-off for the angular rate that carries the acceleration from sensor to joint.
    window_s, step_s
        Length and spacing of the windows.
    least_amplitude_m_s2
        Windows with less acceleration are left out.
    least_coherence
        Windows in which the two accelerations are less coherent are left out.
    lever_arm_sd_m
        Uncertainty of the lever arms, which matters while the body turns.
    floor_sd_rad
        Smallest uncertainty of one window.
    gap_margin_s
        Windows nearer than this to a gap are left out.
    """

    band_hz: tuple[float, float] = (0.05, 0.5)
    rate_low_pass_hz: float = 10.0
    window_s: float = 4.0
    step_s: float = 2.0
    least_amplitude_m_s2: float = 0.1
    least_coherence: float = 0.9
    lever_arm_sd_m: float = 0.08
    floor_sd_rad: float = np.radians(2.0)
    gap_margin_s: float = 3.0


BODY_LEVER_ARMS = AccelerationSettings()
"""For lever arms from body size."""

FITTED_LEVER_ARMS = AccelerationSettings(lever_arm_sd_m=0.03, floor_sd_rad=np.radians(1.0))
"""For lever arms that were fitted to the movement."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadingObservations:
    """Relative headings measured in windows of a recording.

    Parameters
    ----------
    time_s
        Middles of the windows, shape (k,).
    offset_rad
        Turn about the vertical that brings the distal to the proximal heading, shape (k,).
    sd_rad
        Standard uncertainty of each, shape (k,).
    coherence
        Median coherence of the two accelerations over all windows with enough acceleration, even
        those left out for low coherence, 0 to 1; NaN if there are too few.
    group
        Number of the kind of movement in each window, shape (k,). Windows of one kind share an
        error, because skin and tilt err in step with the movement. None if all are of one kind.
    group_bias_sd_rad
        Standard deviation of that shared error, by kind of movement.
    """

    time_s: FloatArray
    offset_rad: FloatArray
    sd_rad: FloatArray
    coherence: float = float("nan")
    group: IntArray | None = None
    group_bias_sd_rad: tuple[float, ...] = ()

    def __len__(self) -> int:
        return int(self.time_s.size)


def joint_acceleration(
    stream: SensorStream,
    orientation: OrientationSeries,
    *,
    lever_arm_m: FloatArray,
    rate_hz: float,
    settings: AccelerationSettings = BODY_LEVER_ARMS,
) -> ComplexArray:
    """Compute the horizontal acceleration of a joint from one sensor, in that sensor's heading.

    Parameters
    ----------
    stream
        Samples on the analysis clock, gyroscope bias removed.
    orientation
        Sensor-to-earth orientation.
    lever_arm_m
        Vector from the sensor to the joint, sensor frame, shape (3,).
    rate_hz
        Sampling rate.
    settings
        See `AccelerationSettings`.

    Returns
    -------
    ndarray of complex, shape (n,)
        Earth x plus i times earth y in m/s², slow part only; meaningless inside gaps.
    """
    gyr = _filtered(np.nan_to_num(stream.gyr), (None, settings.rate_low_pass_hz), rate_hz)
    turning = np.gradient(gyr, axis=0) * rate_hz
    at_joint = (
        np.nan_to_num(stream.acc)
        + np.cross(turning, lever_arm_m)
        + np.cross(gyr, np.cross(gyr, lever_arm_m))
    )
    in_earth = rotate(orientation.to_earth, at_joint)[:, :2]
    in_earth[~orientation.is_known] = 0.0
    slow = _filtered(in_earth, settings.band_hz, rate_hz)
    return np.asarray(slow[:, 0] + 1j * slow[:, 1])


def observe_heading(
    time_s: FloatArray,
    proximal: ComplexArray,
    distal: ComplexArray,
    *,
    turn_rate_rad_s: FloatArray,
    is_known: BoolArray,
    rate_hz: float,
    settings: AccelerationSettings = BODY_LEVER_ARMS,
) -> HeadingObservations:
    """Measure the relative heading from the joint accelerations, window by window.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    proximal, distal
        Acceleration of the joint from either sensor, shape (n,).
    turn_rate_rad_s
        Angular rate of the body about the vertical, shape (n,).
    is_known
        False in gaps of either sensor, shape (n,).
    rate_hz
        Sampling rate.
    settings
        See `AccelerationSettings`.

    Returns
    -------
    HeadingObservations
        Windows that pass all limits; empty for a recording shorter than a window.
    """
    size, step = int(settings.window_s * rate_hz), int(settings.step_s * rate_hz)
    if time_s.size < size + step:
        return HeadingObservations(np.empty(0), np.empty(0), np.empty(0))
    weight = np.hanning(size)
    weight /= weight.sum()
    margin = int(2.0 * settings.gap_margin_s * rate_hz) + 1
    near_gap = maximum_filter1d((~is_known).astype(np.uint8), margin)

    def windowed(values: npt.NDArray[np.inexact]) -> npt.NDArray[np.inexact]:
        views = np.lib.stride_tricks.sliding_window_view(values, size)[::step]
        return np.asarray(views @ weight)

    cross = windowed(proximal * np.conj(distal))
    power_p = windowed(np.abs(proximal) ** 2).real
    power_d = windowed(np.abs(distal) ** 2).real
    strength = np.sqrt(np.maximum(power_p * power_d, 1e-18))
    coherence = np.abs(cross) / strength
    # Power that remains when one is turned onto the other, as a share of the distal power.
    unlike = np.maximum(power_p + power_d - 2.0 * np.abs(cross), 0.0) / np.maximum(power_d, 1e-18)
    turning = _filtered(turn_rate_rad_s[:, None], (None, settings.band_hz[1]), rate_hz)[:, 0]
    swirl = np.sqrt(windowed(turning**4 + (np.gradient(turning) * rate_hz) ** 2).real)
    amplitude = np.sqrt(power_d)
    lever_arm = settings.lever_arm_sd_m * swirl / np.maximum(amplitude, 1e-9)
    sd = np.sqrt(0.25 * unlike + lever_arm**2 + settings.floor_sd_rad**2)
    moves = amplitude > settings.least_amplitude_m_s2
    moves &= windowed(near_gap.astype(np.float64)).real == 0.0
    median = float(np.median(coherence[moves])) if moves.sum() >= 3 else float("nan")
    keep = moves & (coherence > settings.least_coherence)
    middle_s = windowed(time_s).real
    return HeadingObservations(middle_s[keep], np.angle(cross)[keep], sd[keep], median)


def _filtered(
    values: FloatArray, band_hz: tuple[float | None, float], rate_hz: float
) -> FloatArray:
    low, high = band_hz
    if len(values) < 64:
        return np.zeros_like(values)
    if low is None:
        sections = butter(2, min(high, 0.45 * rate_hz), fs=rate_hz, output="sos")
    else:
        sections = butter(2, [low, high], btype="band", fs=rate_hz, output="sos")
    return np.asarray(sosfiltfilt(sections, values, axis=0))
