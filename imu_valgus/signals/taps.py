"""Checks the sensors' synchronisation with taps that all of them felt.

All sensors are held in one hand, which is struck three times against the other; or the person who
wears them jumps three times. Every sensor feels the same shock, so its times of the shock must
agree. This sees what clocks cannot tell: delays that every packet of a sensor had, and the delay of
its own low-pass filter. It corrects nothing: it says how far the sensors are apart.

When sensors felt a shock, to fractions of a sample.
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

__all__ = [
    "GRID_S",
    "SensorTaps",
    "TapCheck",
    "TapSettings",
    "TapTiming",
    "check_taps",
    "find_shocks",
    "lag_of",
    "shock_of",
]


@dataclass(frozen=True, slots=True)
class TapSettings:
    """What counts as a tap.

    Parameters
    ----------
    least_taps
        At each end. Three tell a tap from a stumble, and give a spread.
    least_height_m_s2
        Of the smoothed specific force above its median; a tap reaches several times as much,
        swinging arms do not.
    least_spacing_s
        Between taps, so that none is taken for its neighbour.
    search_s
        How far apart two sensors may be; less than half the spacing.
    smoothing_s
        Standard deviation of the Gaussian that makes sensors of different rates comparable: about
        a sample of the slowest ones.
    least_correlation
        Between the shapes of one tap in two sensors.
    resolution_of_sample
        Smallest standard error that is told, as a share of the sampling interval: the shape of a
        shock between samples is not known.
    tolerance_s
        Differences that are never called a disagreement: at a fast swing of 400 °/s, 2 ms are 0.8°.
    """

    least_taps: int = 3
    least_height_m_s2: float = 5.0
    least_spacing_s: float = 0.3
    search_s: float = 0.14
    smoothing_s: float = 0.012
    least_correlation: float = 0.8
    resolution_of_sample: float = 0.05
    tolerance_s: float = 0.002


GRID_S: Final = 1e-3
"""Shocks are compared on this grid; between its points a parabola tells."""

_HALF_WIDTH_S: Final = 0.08
"""Of the piece around a tap whose shape is compared."""


def shock_of(stream: SensorStream, grid_s: FloatArray, settings: TapSettings) -> FloatArray:
    """Smooth the specific force above its median on a grid; NaN in gaps."""
    force = np.linalg.norm(stream.acc, axis=1)
    known = np.isfinite(force)
    time_s, force = stream.time_s[known], force[known]
    near = np.searchsorted(time_s, [grid_s[0] - 1.0, grid_s[-1] + 1.0]) if grid_s.size else (0, 0)
    time_s, force = time_s[slice(*near)], force[slice(*near)]
    if time_s.size < 8:
        return np.full(grid_s.size, np.nan)
    # Shape-preserving: a cubic spline would ring beside a shock of one or two samples.
    shock = PchipInterpolator(time_s, force - np.median(force), extrapolate=False)(grid_s)
    shock = gaussian_filter1d(np.nan_to_num(shock), settings.smoothing_s / GRID_S)
    after = np.clip(np.searchsorted(time_s, grid_s), 1, time_s.size - 1)
    distant = time_s[after] - time_s[after - 1] > 2.5 * float(np.median(np.diff(time_s)))
    outside = (grid_s < time_s[0]) | (grid_s > time_s[-1])
    return np.where(distant | outside, np.nan, shock)


def find_shocks(shock: FloatArray, settings: TapSettings) -> npt.NDArray[np.int64]:
    """Find the grid indices of shocks, far enough from the ends to be compared."""
    spacing = round(settings.least_spacing_s / GRID_S)
    height = settings.least_height_m_s2
    peaks, _ = find_peaks(np.nan_to_num(shock), height=height, distance=spacing)
    margin = round((settings.search_s + _HALF_WIDTH_S) / GRID_S) + 1
    return peaks[(peaks >= margin) & (peaks < shock.size - margin)].astype(np.int64)


def lag_of(guide: FloatArray, other: FloatArray, at: int, settings: TapSettings) -> float:
    """Tell how much later the other sensor has the tap, s; NaN where it does not have it."""
    half, search = round(_HALF_WIDTH_S / GRID_S), round(settings.search_s / GRID_S)
    shape = guide[at - half : at + half + 1]
    wide = other[at - half - search : at + half + search + 1]
    if not (np.isfinite(shape).all() and np.isfinite(wide).all()):
        return float("nan")
    pieces = np.lib.stride_tricks.sliding_window_view(wide, shape.size)
    centred = pieces - pieces.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(centred, axis=1) * np.linalg.norm(shape - shape.mean())
    likeness = centred @ (shape - shape.mean()) / np.maximum(scale, 1e-9)
    # A faint echo of like shape must not win over the tap itself.
    is_tall = pieces.max(axis=1) >= 0.5 * float(wide.max())
    best = int(np.argmax(np.where(is_tall, likeness, -1.0)))
    is_tap = pieces[best].max() >= settings.least_height_m_s2
    if not is_tap or likeness[best] < settings.least_correlation or not 0 < best < 2 * search:
        return float("nan")
    left, top, right = likeness[best - 1 : best + 2]
    return GRID_S * float(best - search + _vertex(left, top, right))


def _vertex(left: float, top: float, right: float) -> float:
    """Where between three points of a parabola its top lies, in steps from the middle one."""
    bend = left - 2.0 * top + right
    return 0.5 * (left - right) / bend if bend < 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class TapTiming:
    """How late a sensor was at one end of the recording.

    Parameters
    ----------
    offset_s
        Its time of the taps minus the median of all sensors; positive: its times are late.
    sd_s
        Standard error.
    taps
        How many it rests on.
    time_s
        Mean time of these taps on the recording's clock.
    """

    offset_s: float
    sd_s: float
    taps: int
    time_s: float


@dataclass(frozen=True, slots=True)
class SensorTaps:
    """One sensor at the start and at the end; None where its taps were not found."""

    placement: Placement
    start: TapTiming | None
    end: TapTiming | None
    sync_error_s: float
    """What the fit of its clock had promised (standard error)."""
    agrees: bool
    """Whether taps and clock fit agree, as far as they can be compared."""

    @property
    def drift_ppm(self) -> float:
        """Growth of the offset from start to end, 1e-6 s per s; nan where one is not known."""
        if self.start is None or self.end is None:
            return float("nan")
        elapsed_s = self.end.time_s - self.start.time_s
        return 1e6 * (self.end.offset_s - self.start.offset_s) / elapsed_s

    @property
    def drift_sd_ppm(self) -> float:
        """Standard error of the drift."""
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
        In the order given.
    sentences
        What it means, at least one.
    """

    sensors: tuple[SensorTaps, ...]
    sentences: tuple[str, ...]

    @property
    def is_consistent(self) -> bool:
        """Whether every sensor's taps were found at both ends and agree with its clock."""
        return all(s.agrees and s.start is not None and s.end is not None for s in self.sensors)


_DEFAULT: Final = TapSettings()


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
        On the recording's clock.
    spans
        When taps were asked for, seconds; the first is the start, the last of several the end.
    sync_error_s
        Standard error of each sensor's times as the clock fit tells it.
    settings
        What counts as a tap.
    """
    start = _timings(streams, spans[0], settings) if spans else {}
    end = _timings(streams, spans[-1], settings) if len(spans) > 1 else {}
    sensors = tuple(
        SensorTaps(
            place,
            start.get(place),
            end.get(place),
            sync_error_s[place],
            _agrees((start.get(place), end.get(place)), sync_error_s[place], settings),
        )
        for place in streams
    )
    return TapCheck(sensors, _sentences(sensors, len(spans)))


def _agrees(timings: Sequence[TapTiming | None], promised_s: float, settings: TapSettings) -> bool:
    return all(
        abs(timing.offset_s) <= max(settings.tolerance_s, 3.0 * np.hypot(promised_s, timing.sd_s))
        for timing in timings
        if timing is not None
    )


def _timings(
    streams: Mapping[Placement, SensorStream], span: tuple[float, float], settings: TapSettings
) -> dict[Placement, TapTiming]:
    """Find the common taps of a span and each sensor's offset from the median of all."""
    grid_s = np.arange(span[0], span[1], GRID_S)
    shocks = {place: shock_of(stream, grid_s, settings) for place, stream in streams.items()}
    peaks = {place: find_shocks(shock, settings) for place, shock in shocks.items()}
    if len(streams) < 2 or grid_s.size == 0:
        return {}
    guide = max(peaks, key=lambda place: (len(peaks[place]), np.nansum(shocks[place])))
    lags = np.array(
        [
            [lag_of(shocks[guide], shocks[place], at, settings) for place in streams]
            for at in peaks[guide]
        ]
    ).reshape(-1, len(streams))
    # A tap that fewer than two sensors felt is none; the guide's own lag is zero.
    felt = np.count_nonzero(np.isfinite(lags), axis=1) >= 2
    taps, lags = peaks[guide][felt], lags[felt]
    if not len(taps):
        return {}
    late = lags - np.nanmedian(lags, axis=1, keepdims=True)
    sd_s = _standard_errors(late, streams.values(), settings)
    timings = {}
    for column, place in enumerate(streams):
        seen = np.isfinite(late[:, column])
        count = int(np.count_nonzero(seen))
        if count >= settings.least_taps:
            timings[place] = TapTiming(
                offset_s=float(late[seen, column].mean()),
                sd_s=float(sd_s[column]),
                taps=count,
                time_s=float(grid_s[taps[seen]].mean()),
            )
    return timings if len(timings) >= 2 else {}


def _standard_errors(
    late_s: FloatArray, streams: Iterable[SensorStream], settings: TapSettings
) -> FloatArray:
    """Estimate how well mean offsets are known, from their spread from tap to tap.

    The spread of three values is a poor estimate, so a sensor's own is averaged with that of all;
    what the median of all sensors adds is counted too.
    """
    counts = np.maximum(np.count_nonzero(np.isfinite(late_s), axis=0), 1)
    means = np.nansum(late_s, axis=0) / counts
    own = np.nansum((late_s - means) ** 2, axis=0) / np.maximum(counts - 1, 1)
    finest = [settings.resolution_of_sample * _interval_s(one) for one in streams]
    own = np.maximum(own, np.square(finest))
    shared = float(own.mean())
    errors: FloatArray = np.sqrt((0.5 * (own + shared) + shared / own.size) / counts)
    return errors


def _interval_s(stream: SensorStream) -> float:
    return float(np.median(np.diff(stream.time_s))) if len(stream) > 1 else 0.0


def _sentences(sensors: Sequence[SensorTaps], spans: int) -> tuple[str, ...]:
    said = []
    for name, found in (
        ("start", [sensor.start for sensor in sensors]),
        ("end", [sensor.end for sensor in sensors]),
    ):
        missing = [s.placement.words for s, t in zip(sensors, found, strict=True) if t is None]
        if name == "end" and spans < 2:
            said.append("Tap check: the recording ended before the taps at its end.")
        elif len(missing) == len(sensors):
            said.append(
                f"Tap check at the {name}: expected three sharp taps felt by all sensors at once, "
                "found fewer; strike harder, a second apart."
            )
        elif missing:
            said.append(
                f"Tap check at the {name}: fewer than three taps were found at the "
                f"{', '.join(missing)}; nothing is said of {'it' if len(missing) == 1 else 'them'}."
            )
    said += [_disagreement(sensor) for sensor in sensors if not sensor.agrees]
    known = [t for s in sensors for t in (s.start, s.end) if t is not None]
    if known and all(sensor.agrees for sensor in sensors):
        widest = 1e3 * max(abs(timing.offset_s) for timing in known)
        said.append(
            f"Tap check: sensors agree within {widest:.1f} ms, as far as their clocks promised."
        )
    return tuple(said)


def _disagreement(sensor: SensorTaps) -> str:
    timings = [timing for timing in (sensor.start, sensor.end) if timing is not None]
    worst = max(timings, key=lambda timing: abs(timing.offset_s))
    word = "late" if worst.offset_s > 0 else "early"
    return (
        f"Tap check: the {sensor.placement.words} is {1e3 * abs(worst.offset_s):.1f} ms "
        f"(± {1e3 * worst.sd_s:.1f}) {word} against the others, its clock promised "
        f"±{1e3 * sensor.sync_error_s:.1f} ms; its times were not changed."
    )
