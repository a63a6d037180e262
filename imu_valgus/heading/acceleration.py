"""Heading seen in the slow accelerations that two neighbouring segments share.

Two segments that meet in a joint have the same acceleration there. Written down in the heading of
each sensor, the two horizontal accelerations differ by the relative heading and nothing else, so
the angle between them is a measurement of the absolute relative heading without a magnetometer
(Kok, Hol and Schön 2014, IFAC World Congress; Weygers, Kok et al. 2020, IEEE Sensors Journal
20(14):7969, use the same fact, sample by sample).

What spoils it is skin that moves by a centimetre or two: at the frequency of steps its acceleration
is as large as that of the joint. But displacement, not acceleration, is bounded: below about 0.5 Hz
a walk that starts, turns or stops and a step-up move the joint by decimetres to metres, and the
skin still by its centimetre or two. So only the band from 0.05 to 0.5 Hz is used here. The same
band makes lever arms unimportant, except while turning, which is allowed for.
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
    """Band, windows and how far they are trusted; found on simulated people (docs/how-it-works.md).

    Parameters
    ----------
    band_hz
        Slow enough for skin and levers not to matter, fast enough for tilt mistakes not to.
    rate_low_pass_hz
        For the turn rate that carries the acceleration from sensor to joint.
    window_s, step_s
        Length and spacing of the windows.
    least_amplitude_m_s2
        Windows with less acceleration tell nothing.
    least_coherence
        Windows in which the two accelerations are less alike are left out.
    lever_arm_sd_m
        Uncertainty of the lever arms, which matters where the body turns.
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
"""With levers from body size."""

FITTED_LEVER_ARMS = AccelerationSettings(lever_arm_sd_m=0.03, floor_sd_rad=np.radians(1.0))
"""With levers that the movement itself has corrected."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadingObservations:
    """Relative headings seen in windows of a recording.

    Parameters
    ----------
    time_s
        Middles of the windows, shape (k,).
    offset_rad
        Turn about the vertical that brings the distal heading to the proximal, shape (k,).
    sd_rad
        Standard uncertainty of each, shape (k,).
    coherence
        Median likeness of the two accelerations over all windows that hold enough of it, those
        that were left out included, 0 to 1; NaN where there are too few.
    group
        Number of the kind of movement that each was seen in, shape (k,); windows of one kind share
        an error (`group_bias_sd_rad`), because skin and tilt err in step with the movement. None:
        they are all of one kind.
    group_bias_sd_rad
        Standard deviation of that error, by kind.
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
    """Horizontal acceleration of a joint, from one sensor, in that sensor's own heading.

    Parameters
    ----------
    stream
        Samples on the analysis clock, gyroscope bias removed.
    orientation
        Sensor to earth.
    lever_arm_m
        From the sensor to the joint, sensor frame, shape (3,).
    rate_hz
        Sampling rate.
    settings
        See `AccelerationSettings`.

    Returns
    -------
    ndarray of complex, shape (n,)
        East plus i north in m/s², slow part only; meaningless inside gaps.
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
    """Read the relative heading off the joint accelerations, window by window.

    Parameters
    ----------
    time_s
        Sample times, shape (n,).
    proximal, distal
        Acceleration of the joint seen from either side, shape (n,).
    turn_rate_rad_s
        Turn rate of the body about the vertical, shape (n,).
    is_known
        False in gaps of either sensor, shape (n,).
    rate_hz
        Sampling rate.
    settings
        See `AccelerationSettings`.
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
    # What is left when one is turned onto the other, as a share of their size.
    unlike = np.maximum(power_p + power_d - 2.0 * np.abs(cross), 0.0) / np.maximum(power_d, 1e-18)
    turning = _filtered(turn_rate_rad_s[:, None], (None, settings.band_hz[1]), rate_hz)[:, 0]
    swirl = np.sqrt(windowed(turning**4 + (np.gradient(turning) * rate_hz) ** 2).real)
    amplitude = np.sqrt(power_d)
    lever_arm = settings.lever_arm_sd_m * swirl / np.maximum(amplitude, 1e-9)
    sd = np.sqrt(0.25 * unlike + lever_arm**2 + settings.floor_sd_rad**2)
    moves = amplitude > settings.least_amplitude_m_s2
    moves &= windowed(near_gap.astype(np.float64)).real == 0.0
    likeness = float(np.median(coherence[moves])) if moves.sum() >= 3 else float("nan")
    keep = moves & (coherence > settings.least_coherence)
    middle = windowed(time_s).real
    return HeadingObservations(middle[keep], np.angle(cross)[keep], sd[keep], likeness)


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
