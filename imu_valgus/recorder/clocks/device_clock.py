"""Maps a sensor's clock to the host's clock, from the arrival times of its packets.

A packet arrives at ``host(device time) + delay``. The delay is never negative: it comes from
waiting for the next radio event, repetitions and a busy computer. The true line therefore lies
*below* all arrivals and touches the quickest ones. Least squares would be off by the mean delay,
which differs between sensors by half the difference of their connection intervals (tens of
milliseconds).

The estimate is the line under all arrivals with the smallest mean delay: the edge of the lower
convex hull at the mean time. It cannot see a delay that even the quickest packets had.

Before the fit, wrapped tick counts become device seconds: rollovers are undone, restarts found.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from imu_valgus.model import FloatArray
from imu_valgus.sensors.packets import DeviceClock

__all__ = ["ClockFit", "ClockSettings", "UnwrappedClock", "fit_clock", "fit_epochs", "unwrap_ticks"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """Limits and margins of the clock fit.

    Parameters
    ----------
    shortest_free_slope_s
        Shorter takes get a fixed slope: over 10 s the slope of the hull is uncertain by about
        100 ppm (simulated), twice as much as crystals differ.
    crystal_ppm
        Largest error of an ordinary crystal; 20 to 50 ppm are usual.
    longest_window_s
        Longer takes are fitted piece by piece, because crystals drift with temperature.
    restart_margin_s
        A packet that arrives this much earlier than the quickest one possible shows that the
        clock restarted; packets that stay this much later show that it stood still.
    outage_s
        Silence after which a clock may have restarted unseen.
    most_epochs
        A clock that seems to restart more often than this keeps no time.
    """

    shortest_free_slope_s: float = 20.0
    crystal_ppm: float = 50.0
    longest_window_s: float = 600.0
    restart_margin_s: float = 1.0
    outage_s: float = 1.0
    most_epochs: int = 1000


_DEFAULT: Final = ClockSettings()

_LONGEST_UPTIME_S: Final = 1e10
_MOST_UNEQUAL: Final = 10.0
"""A clock that runs this many times too fast or too slow is none: its line means nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class UnwrappedClock:
    """Device times that only increase within an epoch.

    Parameters
    ----------
    device_s
        Device time in seconds, at the middle of the tick, shape (n,). An epoch that begins after
        more than three centuries begins at 0 instead, or its seconds would have no decimals.
    epoch
        Epoch of each packet, counted from 0, shape (n,). A new one begins with each restart of
        the clock.
    """

    device_s: FloatArray
    epoch: IntArray


def unwrap_ticks(
    ticks: IntArray,
    arrival_s: FloatArray,
    clock: DeviceClock,
    *,
    settings: ClockSettings = _DEFAULT,
) -> UnwrappedClock:
    """Undo the rollovers of a tick counter and find the restarts of the clock.

    A packet cannot arrive before it was sent. If its stamp says so by more than
    `restart_margin_s`, the clock jumped back. Late packets prove nothing (a sensor may send its
    backlog after an outage), unless a whole stretch of a few seconds after an outage stays late.

    Parameters
    ----------
    ticks
        Wrapped stamps in order of arrival, shape (n,).
    arrival_s
        Arrival times on the host clock in seconds, not decreasing, shape (n,).
    clock
        Length of a tick, and modulus.
    settings
        Limits and margins.

    Returns
    -------
    UnwrappedClock
        Device time and epoch of each packet.

    Raises
    ------
    ValueError
        If the clock restarts more than `most_epochs` times.
    """
    n = ticks.size
    device_s = np.empty(n)
    epoch = np.zeros(n, dtype=np.int64)
    start = number = 0
    while start < n:
        if number >= settings.most_epochs:
            raise ValueError(f"the clock seems to restart more than {number} times")
        seconds, length = _one_epoch(ticks[start:], arrival_s[start:], clock, settings)
        device_s[start : start + length] = seconds
        epoch[start : start + length] = number
        start += length
        number += 1
    return UnwrappedClock(device_s, epoch)


def _one_epoch(
    ticks: IntArray, arrival_s: FloatArray, clock: DeviceClock, settings: ClockSettings
) -> tuple[FloatArray, int]:
    """Unwrap from the first packet to the first restart, searching in growing stretches."""
    size = 256
    while True:
        part = slice(0, size)
        seconds = _forward_seconds(ticks[part], arrival_s[part], clock, settings)
        restart = _first_restart(seconds, arrival_s[part], settings)
        if restart is not None:
            return seconds[:restart], restart
        if size >= ticks.size:
            return seconds, ticks.size
        size *= 2


def _forward_seconds(
    ticks: IntArray, arrival_s: FloatArray, clock: DeviceClock, settings: ClockSettings
) -> FloatArray:
    """Unwrap as if the clock never jumped back, also over silences longer than the modulus."""
    # A 64-bit clock never wraps, and its modulus would not fit the arithmetic.
    step_s = np.mod(np.diff(ticks), min(clock.modulus, 2**62)) * clock.tick_s
    wrap_s = clock.modulus * clock.tick_s
    room_s = np.diff(arrival_s) + settings.restart_margin_s - step_s
    step_s += wrap_s * np.maximum(np.floor(room_s / wrap_s), 0.0)
    first_s = (float(ticks[0]) + 0.5) * clock.tick_s
    if first_s > _LONGEST_UPTIME_S:
        first_s = 0.5 * clock.tick_s
    forward: FloatArray = first_s + np.append(0.0, np.cumsum(step_s))
    return forward


def _first_restart(
    device_s: FloatArray, arrival_s: FloatArray, settings: ClockSettings
) -> int | None:
    """Find the first packet of the next epoch; None if the clock never restarted."""
    late_s = arrival_s - device_s
    quickest = np.minimum.accumulate(late_s)
    drift = settings.crystal_ppm * 4e-6 * (arrival_s - arrival_s[0])
    early = np.flatnonzero(late_s[1:] < quickest[:-1] - settings.restart_margin_s - drift[1:])
    stop = int(early[0]) + 1 if early.size else device_s.size
    for first, last in _stretches(arrival_s[:stop], settings.outage_s):
        lasts = arrival_s[last - 1] - arrival_s[first] > 5.0 * settings.restart_margin_s
        behind = late_s[first:last].min() - quickest[first - 1] - drift[last - 1]
        if lasts and behind > settings.restart_margin_s:
            return first
    return stop if early.size else None


def _stretches(arrival_s: FloatArray, outage_s: float) -> list[tuple[int, int]]:
    """Find the runs of packets between silences, without the first run."""
    starts = np.flatnonzero(np.diff(arrival_s) > outage_s) + 1
    stops = np.append(starts[1:], arrival_s.size)
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True)] if starts.size else []


@dataclass(frozen=True, slots=True, eq=False)
class ClockFit:
    """Continuous piecewise linear map from one epoch of a device clock to the host's clock.

    Parameters
    ----------
    device_s, host_s
        Corresponding times in seconds, shape (k,), k ≥ 2; device times increase.
    sync_error_s
        Estimated standard error of the host times, without the delay common to all sensors.
    is_slope_fixed
        Whether the take was too short to measure the rate of the clock.
    """

    device_s: FloatArray
    host_s: FloatArray
    sync_error_s: float
    is_slope_fixed: bool

    def to_host(self, device_s: FloatArray) -> FloatArray:
        """Convert device times to host times (s, any shape); the first and last piece go on."""
        x, y = self.device_s, self.host_s
        piece = np.clip(np.searchsorted(x, device_s) - 1, 0, x.size - 2)
        slope = np.diff(y) / np.diff(x)
        host: FloatArray = y[piece] + slope[piece] * (device_s - x[piece])
        return host

    @property
    def rate_error_ppm(self) -> float:
        """How much faster than the host's clock the device's clock runs, mean over the take."""
        host = float(self.host_s[-1] - self.host_s[0])
        return (float(self.device_s[-1] - self.device_s[0]) / host - 1.0) * 1e6


def fit_epochs(
    clock: UnwrappedClock,
    arrival_s: FloatArray,
    *,
    settings: ClockSettings = _DEFAULT,
) -> tuple[ClockFit, ...]:
    """Fit every epoch; short epochs use the rate measured in the longest one.

    Parameters
    ----------
    clock
        Device times of the packets' *last* samples.
    arrival_s
        Arrival times on the host clock in seconds, same shape.
    settings
        Limits and margins.

    Returns
    -------
    tuple of ClockFit
        One fit per epoch, in order.
    """
    count = int(clock.epoch[-1]) + 1 if clock.epoch.size else 0
    edges = np.searchsorted(clock.epoch, np.arange(count + 1))
    parts = [slice(int(a), int(b)) for a, b in pairwise(edges)]
    spans = [float(np.ptp(clock.device_s[part])) for part in parts]
    slope: float | None = None
    fits: dict[int, ClockFit] = {}
    for number in sorted(range(count), key=lambda k: -spans[k]):
        part = parts[number]
        fit = fit_clock(
            clock.device_s[part], arrival_s[part], fallback_slope=slope or 1.0, settings=settings
        )
        if slope is None and not fit.is_slope_fixed:
            slope = 1.0 / (1.0 + fit.rate_error_ppm * 1e-6)
        fits[number] = fit
    return tuple(fits[number] for number in range(count))


def fit_clock(
    device_s: FloatArray,
    arrival_s: FloatArray,
    *,
    fallback_slope: float = 1.0,
    settings: ClockSettings = _DEFAULT,
) -> ClockFit:
    """Fit the map from device to host time below all arrivals, by the lower convex hull.

    Parameters
    ----------
    device_s
        Device times of the packets' *last* samples in seconds, shape (n,), n ≥ 1.
    arrival_s
        Arrival times on the host clock in seconds, shape (n,).
    fallback_slope
        Host seconds per device second, for takes that are too short to measure it.
    settings
        Limits and margins.

    Returns
    -------
    ClockFit
        Piecewise linear map with its error.
    """
    if (np.diff(device_s) < 0.0).any():
        order = np.argsort(device_s, kind="stable")
        device_s, arrival_s = device_s[order], arrival_s[order]
    span = float(device_s[-1] - device_s[0])
    if span < settings.shortest_free_slope_s:
        return _offset_fit(device_s, arrival_s, fallback_slope, settings)
    count = int(np.ceil(span / settings.longest_window_s))
    window = np.minimum((device_s - device_s[0]) * count // span, count - 1)
    starts = np.flatnonzero(np.diff(window, prepend=-1.0))
    knots_x, knots_y, errors = [], [], []
    slopes = []
    for start, stop in pairwise([*starts.tolist(), window.size]):
        x, arrived = device_s[start:stop], arrival_s[start:stop]
        # With few packets, or a short stretch between outages, the line would be unstable.
        if x.size < 16 or np.ptp(x) < 0.3 * span / count:
            continue
        late = arrived - x
        slope, value, middle = _lower_line(x, late)
        if not 1.0 / _MOST_UNEQUAL < 1.0 + slope < _MOST_UNEQUAL:
            continue
        knots_x.append(middle)
        knots_y.append(middle + value)
        slopes.append(1.0 + slope)
        errors.append(np.hypot(_spread_of_parts(x, late), _phase_error(x, arrived)))
    if not knots_x:
        return _offset_fit(device_s, arrival_s, fallback_slope, settings)
    before, after = knots_x[0] - device_s[0] + 1.0, device_s[-1] - knots_x[-1] + 1.0
    x = np.array([knots_x[0] - before, *knots_x, knots_x[-1] + after])
    y = np.array([knots_y[0] - slopes[0] * before, *knots_y, knots_y[-1] + slopes[-1] * after])
    return ClockFit(x, y, float(np.sqrt(np.mean(np.square(errors)))), is_slope_fixed=False)


def _offset_fit(
    device_s: FloatArray, arrival_s: FloatArray, slope: float, settings: ClockSettings
) -> ClockFit:
    """Fit the offset only, with a given slope."""
    span = float(device_s[-1] - device_s[0])
    late = arrival_s - slope * device_s
    x = np.array([device_s[0] - 1.0, device_s[-1] + 1.0])
    lowest = [late[part].min() for part in _quarters(late.size)]
    drift = settings.crystal_ppm * 1e-6 * span / np.sqrt(12.0)
    error = np.sqrt(np.var(lowest) + drift**2 + _phase_error(device_s, arrival_s) ** 2)
    return ClockFit(x, slope * x + late.min(), float(error), is_slope_fixed=True)


def _lower_line(x: FloatArray, late: FloatArray) -> tuple[float, float, float]:
    """Find the edge of the lower hull of (x, late) at the mean of x: slope, value there, mean of x.

    Starts with two points on either side of the mean. The point farthest below their line replaces
    the one on its side. This ends after a few rounds, each of which takes one pass over the data.
    """
    middle = float(x.mean())
    left, right = 0, x.size - 1
    if x[right] <= x[left]:
        return 0.0, float(late.min()), middle
    while True:
        slope = float((late[right] - late[left]) / (x[right] - x[left]))
        below = late - late[left] - slope * (x - x[left])
        lowest = int(below.argmin())
        if below[lowest] > -1e-9:
            return slope, float(late[left] + slope * (middle - x[left])), middle
        if x[lowest] <= middle:
            left = lowest
        else:
            right = lowest


def _spread_of_parts(x: FloatArray, late: FloatArray) -> float:
    """Spread of the lines found from four interleaved quarters of the packets.

    In simulations it is within about 30 % of the error of the line through all packets, as long as
    the packets visit all phases of the connection interval.
    """
    lines = []
    for part in _quarters(x.size):
        slope, value, middle = _lower_line(x[part], late[part])
        lines.append(value + slope * (np.array([x[0], x.mean(), x[-1]]) - middle))
    return float(np.sqrt(np.mean(np.var(lines, axis=0))))


def _quarters(count: int) -> list[IntArray]:
    """Divide packets into four quarters of stretches that take turns; none of them is empty."""
    stretches = 4 * min(8, max(1, count // 4))
    quarter = np.arange(count) * stretches // max(count, stretches) % 4
    parts = [np.flatnonzero(quarter == k) for k in range(4)]
    return [part for part in parts if part.size]


_INTERVALS_S: Final = np.arange(7.5e-3, 0.1, 1.25e-3)
"""Connection intervals that Bluetooth LE allows (multiples of 1.25 ms), up to the usual longest."""


def _phase_error(device_s: FloatArray, arrival_s: FloatArray) -> float:
    """Error that the spread cannot show, because packets visit few phases of the interval.

    A sensor with 60 packets per second on a 50 ms connection interval meets only three phases:
    even its quickest packet may have waited 16.7 ms. The interval is visible as a rhythm in the
    arrivals.
    """
    seconds = arrival_s - arrival_s[0]
    early = seconds < 20.0
    # The packet rate of the sensor is a rhythm, too, but its stamps show it as well.
    is_radio = (_coherence(seconds[early]) > 0.35) & (_coherence(device_s[early]) < 0.35)
    coherent = np.flatnonzero(is_radio)
    if np.count_nonzero(early) < 50 or coherent.size == 0:
        return 0.0
    interval = float(_INTERVALS_S[coherent[-1]])
    # Only within a minute, because drift between the two clocks shifts the phases.
    phases = np.sort(np.mod(device_s[seconds < 60.0], interval))
    widest = np.diff(phases, append=phases[0] + interval).max()
    # The unseen delay lies anywhere from 0 to the widest gap between phases.
    return float(widest / np.sqrt(3.0))


def _coherence(seconds: FloatArray) -> FloatArray:
    """Measure how strongly times keep to the rhythm of each connection interval, 0 to 1."""
    phasors = np.exp(2j * np.pi * np.outer(1.0 / _INTERVALS_S, seconds - seconds[0]))
    strength: FloatArray = np.abs(phasors.mean(axis=1))
    return strength
