"""Check the sensors' synchronisation with taps that all of them felt.

All sensors are held in one hand, which is struck three times against the other, or the person who
wears them jumps three times. Every sensor feels the same shock, so the times at which they felt it
must agree. The check finds them to fractions of a sample, by comparing the shapes of the shock. It
shows what clocks cannot: a delay that all packets of a sensor have, and the delay of its low-pass
filter. It only reports how far the sensors are apart and corrects nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from imu_valgus.model import FloatArray, Placement, SensorStream

__all__ = ["SensorTaps", "TapCheck", "TapSettings", "TapTiming", "check_taps"]

_GRID_S: Final = 1e-3
"""Step of the grid on which shocks are compared; a parabola interpolates between its points."""

_HALF_WIDTH_S: Final = 0.08
"""Half-width of the piece around a tap whose shape is compared."""


@dataclass(frozen=True, slots=True)
class TapSettings:
    """What counts as a tap.

    Parameters
    ----------
    least_taps
        Minimum number of taps at each end. Three separate taps from a stumble, and give a spread.
    least_height_m_s2
        Minimum smoothed specific force above its median; a tap reaches several times as much,
        swinging arms do not.
    least_spacing_s
        Minimum time between taps, so that no tap is mistaken for its neighbour.
    search_s
        Largest lag between two sensors; less than half the spacing.
    smoothing_s
        Standard deviation of the Gaussian that makes sensors of different rates comparable: about
        a sample of the slowest ones.
    least_correlation
        Minimum correlation between the shapes of one tap in two sensors.
    resolution_of_sample
        Smallest standard error that is stated, as a share of the sampling interval, because the
        shape of a shock between samples is not known.
    tolerance_s
        Largest difference that never counts as a disagreement: at a fast swing of 400 °/s, 2 ms
        are 0.8°.
    """

    least_taps: int = 3
    least_height_m_s2: float = 5.0
    least_spacing_s: float = 0.3
    search_s: float = 0.14
    smoothing_s: float = 0.012
    least_correlation: float = 0.8
    resolution_of_sample: float = 0.05
    tolerance_s: float = 0.002


_DEFAULT: Final = TapSettings()


@dataclass(frozen=True, slots=True)
class TapTiming:
    """How late a sensor was at one end of the recording.

    Parameters
    ----------
    offset_s
        Time of the taps in this sensor minus the median of all sensors; positive where it is late.
    sd_s
        Standard error of the offset.
    taps
        Number of taps used.
    time_s
        Mean time of these taps on the recording's clock.
    """

    offset_s: float
    sd_s: float
    taps: int
    time_s: float


@dataclass(frozen=True, slots=True)
class SensorTaps:
    """Taps of one sensor.

    Parameters
    ----------
    placement
        Placement of the sensor.
    start, end
        Offset at the start and at the end; None where the taps were not found.
    sync_error_s
        Standard error of the sensor's times according to the fit of its clock.
    agrees
        Whether taps and clock fit agree, as far as they can be compared.
    """

    placement: Placement
    start: TapTiming | None
    end: TapTiming | None
    sync_error_s: float
    agrees: bool

    @property
    def drift_ppm(self) -> float:
        """Growth of the offset from start to end in 1e-6 s per s; NaN where one is not known."""
        if self.start is None or self.end is None:
            return float("nan")
        elapsed_s = self.end.time_s - self.start.time_s
        return 1e6 * (self.end.offset_s - self.start.offset_s) / elapsed_s

    @property
    def drift_sd_ppm(self) -> float:
        """Standard error of the drift, in the same unit."""
        if self.start is None or self.end is None:
            return float("nan")
        elapsed_s = self.end.time_s - self.start.time_s
        return 1e6 * float(np.hypot(self.start.sd_s, self.end.sd_s)) / elapsed_s


@dataclass(frozen=True, slots=True)
class TapCheck:
    """Result of the check.

    Parameters
    ----------
    sensors
        Taps of each sensor, in the order given.
    sentences
        The result in words, at least one sentence.
    """

    sensors: tuple[SensorTaps, ...]
    sentences: tuple[str, ...]

    @property
    def is_consistent(self) -> bool:
        """Whether all sensors' taps were found at both ends and agree with their clocks."""
        return all(s.agrees and s.start is not None and s.end is not None for s in self.sensors)


def check_taps(
    streams: Mapping[Placement, SensorStream],
    spans: Sequence[tuple[float, float]],
    *,
    sync_error_s: Mapping[Placement, float],
    settings: TapSettings = _DEFAULT,
) -> TapCheck:
    """Compare when the sensors felt the same taps.

    Parameters
    ----------
    streams
        Sensors on the recording's clock.
    spans
        Start and end in seconds of the times in which taps were requested; the first is the start
        of the recording, the last of several its end.
    sync_error_s
        Standard error of each sensor's times according to the fit of its clock.
    settings
        What counts as a tap.

    Returns
    -------
    TapCheck
        Offset and agreement of each sensor, and the result in words.
    """
    start = _timings(streams, spans[0], settings) if spans else {}
    end = _timings(streams, spans[-1], settings) if len(spans) > 1 else {}
    sensors = []
    for place in streams:
        timings = (start.get(place), end.get(place))
        error_s = sync_error_s[place]
        agrees = all(
            abs(timing.offset_s) <= max(settings.tolerance_s, 3.0 * np.hypot(error_s, timing.sd_s))
            for timing in timings
            if timing is not None
        )
        sensors.append(SensorTaps(place, *timings, error_s, agrees))
    return TapCheck(tuple(sensors), _sentences(sensors, len(spans)))


def _timings(
    streams: Mapping[Placement, SensorStream], span: tuple[float, float], settings: TapSettings
) -> dict[Placement, TapTiming]:
    """Find the common taps of a span and each sensor's offset from the median of all."""
    grid_s = np.arange(span[0], span[1], _GRID_S)
    shocks = {place: _shock(stream, grid_s, settings) for place, stream in streams.items()}
    peaks = {place: _tap_peaks(shock, settings) for place, shock in shocks.items()}
    if len(streams) < 2 or grid_s.size == 0:
        return {}
    guide = max(peaks, key=lambda place: (len(peaks[place]), np.nansum(shocks[place])))
    lags = np.array(
        [
            [_lag_s(shocks[guide], shocks[place], peak, settings) for place in streams]
            for peak in peaks[guide]
        ]
    ).reshape(-1, len(streams))
    # A tap needs two sensors that felt it; the guide is one of them, with a lag of zero.
    felt = np.count_nonzero(np.isfinite(lags), axis=1) >= 2
    taps, lags = peaks[guide][felt], lags[felt]
    if not len(taps):
        return {}
    late = lags - np.nanmedian(lags, axis=1, keepdims=True)
    sd_s = _standard_errors(late, streams.values(), settings)
    timings = {}
    for column, place in enumerate(streams):
        has_felt = np.isfinite(late[:, column])
        count = int(np.count_nonzero(has_felt))
        if count >= settings.least_taps:
            timings[place] = TapTiming(
                offset_s=float(late[has_felt, column].mean()),
                sd_s=float(sd_s[column]),
                taps=count,
                time_s=float(grid_s[taps[has_felt]].mean()),
            )
    return timings if len(timings) >= 2 else {}


def _shock(stream: SensorStream, grid_s: FloatArray, settings: TapSettings) -> FloatArray:
    """Return the smoothed specific force above its median on a grid, NaN in gaps."""
    force = np.linalg.norm(stream.acc, axis=1)
    known = np.isfinite(force)
    time_s, force = stream.time_s[known], force[known]
    near = np.searchsorted(time_s, [grid_s[0] - 1.0, grid_s[-1] + 1.0]) if grid_s.size else (0, 0)
    time_s, force = time_s[slice(*near)], force[slice(*near)]
    if time_s.size < 8:
        return np.full(grid_s.size, np.nan)
    # Shape-preserving: a cubic spline would ring beside a shock of one or two samples.
    shock = PchipInterpolator(time_s, force - np.median(force), extrapolate=False)(grid_s)
    shock = gaussian_filter1d(np.nan_to_num(shock), settings.smoothing_s / _GRID_S)
    after = np.clip(np.searchsorted(time_s, grid_s), 1, time_s.size - 1)
    distant = time_s[after] - time_s[after - 1] > 2.5 * float(np.median(np.diff(time_s)))
    outside = (grid_s < time_s[0]) | (grid_s > time_s[-1])
    return np.where(distant | outside, np.nan, shock)


def _tap_peaks(shock: FloatArray, settings: TapSettings) -> npt.NDArray[np.int64]:
    """Find the grid indices of taps that are far enough from the ends to be compared."""
    spacing = round(settings.least_spacing_s / _GRID_S)
    height = settings.least_height_m_s2
    peaks, _ = find_peaks(np.nan_to_num(shock), height=height, distance=spacing)
    margin = round((settings.search_s + _HALF_WIDTH_S) / _GRID_S) + 1
    return peaks[(peaks >= margin) & (peaks < shock.size - margin)].astype(np.int64)


def _lag_s(guide: FloatArray, other: FloatArray, peak: int, settings: TapSettings) -> float:
    """Return how much later the other sensor felt the tap; NaN where it did not feel it."""
    half, search = round(_HALF_WIDTH_S / _GRID_S), round(settings.search_s / _GRID_S)
    shape = guide[peak - half : peak + half + 1]
    wide = other[peak - half - search : peak + half + search + 1]
    if not (np.isfinite(shape).all() and np.isfinite(wide).all()):
        return float("nan")
    pieces = np.lib.stride_tricks.sliding_window_view(wide, shape.size)
    centred = pieces - pieces.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(centred, axis=1) * np.linalg.norm(shape - shape.mean())
    correlation = centred @ (shape - shape.mean()) / np.maximum(scale, 1e-9)
    # A faint echo of similar shape must not win over the tap itself.
    is_tall = pieces.max(axis=1) >= 0.5 * float(wide.max())
    best = int(np.argmax(np.where(is_tall, correlation, -1.0)))
    is_tap = pieces[best].max() >= settings.least_height_m_s2
    if not is_tap or correlation[best] < settings.least_correlation or not 0 < best < 2 * search:
        return float("nan")
    # The top of the parabola through the best point and its two neighbours.
    left, top, right = correlation[best - 1 : best + 2]
    bend = left - 2.0 * top + right
    vertex = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
    return _GRID_S * float(best - search + vertex)


def _standard_errors(
    late_s: FloatArray, streams: Iterable[SensorStream], settings: TapSettings
) -> FloatArray:
    """Estimate the standard errors of mean offsets from their spread between taps.

    The spread of three values is a poor estimate, so each sensor's variance is averaged with that
    of all sensors. The error of the median of all sensors is added.
    """
    counts = np.maximum(np.count_nonzero(np.isfinite(late_s), axis=0), 1)
    means = np.nansum(late_s, axis=0) / counts
    variances = np.nansum((late_s - means) ** 2, axis=0) / np.maximum(counts - 1, 1)
    finest = [settings.resolution_of_sample * _interval_s(stream) for stream in streams]
    variances = np.maximum(variances, np.square(finest))
    shared = float(variances.mean())
    errors: FloatArray = np.sqrt((0.5 * (variances + shared) + shared / variances.size) / counts)
    return errors


def _interval_s(stream: SensorStream) -> float:
    return float(np.median(np.diff(stream.time_s))) if len(stream) > 1 else 0.0


def _sentences(sensors: Sequence[SensorTaps], spans: int) -> tuple[str, ...]:
    sentences = []
    for name, timings in (
        ("start", [sensor.start for sensor in sensors]),
        ("end", [sensor.end for sensor in sensors]),
    ):
        missing = [s.placement.words for s, t in zip(sensors, timings, strict=True) if t is None]
        if name == "end" and spans < 2:
            sentences.append("Tap check: the recording ended before the taps at its end.")
        elif len(missing) == len(sensors):
            sentences.append(
                f"Tap check at the {name}: fewer than three sharp taps were felt by all sensors at "
                "once. Strike harder, with a second between the taps."
            )
        elif missing:
            sentences.append(
                f"Tap check at the {name}: fewer than three taps were found at the "
                f"{', '.join(missing)}, so nothing is known about "
                f"{'it' if len(missing) == 1 else 'them'}."
            )
    sentences += [_disagreement(sensor) for sensor in sensors if not sensor.agrees]
    known = [t for s in sensors for t in (s.start, s.end) if t is not None]
    if known and all(sensor.agrees for sensor in sensors):
        widest = 1e3 * max(abs(timing.offset_s) for timing in known)
        sentences.append(
            f"Tap check: the sensors agree within {widest:.1f} ms, which fits the stated accuracy "
            "of their clocks."
        )
    return tuple(sentences)


def _disagreement(sensor: SensorTaps) -> str:
    timings = [timing for timing in (sensor.start, sensor.end) if timing is not None]
    worst = max(timings, key=lambda timing: abs(timing.offset_s))
    word = "late" if worst.offset_s > 0 else "early"
    return (
        f"Tap check: the {sensor.placement.words} is {1e3 * abs(worst.offset_s):.1f} ms "
        f"(± {1e3 * worst.sd_s:.1f}) {word} compared with the others, but its clock should be "
        f"right within ±{1e3 * sensor.sync_error_s:.1f} ms. Its times were not changed."
    )
