"""Checks the sensors' synchronisation with taps that all of them felt.

All sensors are held in one hand, which is struck three times against the other; or the person who
wears them jumps three times. Every sensor feels the same shock, so its times of the shock must
agree. This sees what clocks cannot tell: delays that every packet of a sensor had, and the delay of
its own low-pass filter. It corrects nothing: it says how far the sensors are apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_valgus.model import FloatArray, Placement, SensorStream
from imu_valgus.recording.tap_times import GRID_S, TapSettings, find_shocks, lag_of, shock_of

__all__ = ["SensorTaps", "TapCheck", "TapSettings", "TapTiming", "check_taps"]


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
