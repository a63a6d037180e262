"""Find excursions: stretches in which a signal leaves rest, gets far enough and comes back.

Everything that repeats in an exercise is an excursion of some signal: the tilt of a thigh, the lean
of a shank, the height of the body. Two thresholds find it (it has to get far, and it ends near
rest). Its edges are then moved outwards to where the movement really begins and ends, because a
slow movement crosses a threshold late.
"""

from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray
from imu_valgus.signals.series import runs


@dataclass(frozen=True, slots=True)
class ExcursionSettings:
    """When a signal counts as away from rest.

    Parameters
    ----------
    reach
        Minimum height of an excursion, in the unit of the signal.
    leave
        Below this value the signal is back at rest.
    edge_share
        The movement begins and ends where its rate falls below this share of the excursion's
        fastest rate.
    edge_rate
        Lowest limit for that rate, in units per second; anything slower is sway.
    longest_edge_s
        Longest time by which an edge is moved outwards.
    """

    reach: float
    leave: float
    edge_share: float = 0.06
    edge_rate: float = 2.0
    longest_edge_s: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Excursion:
    """One excursion in samples, half-open.

    Parameters
    ----------
    start, stop
        First sample of the movement, and first sample back at rest.
    top
        Sample at which the signal is largest.
    out, back
        First and last sample above the lower threshold.
    """

    start: int
    top: int
    stop: int
    out: int
    back: int


def find_excursions(
    signal: FloatArray, rate_hz: float, *, settings: ExcursionSettings
) -> tuple[Excursion, ...]:
    """Find where a signal leaves rest, gets far enough and returns.

    Parameters
    ----------
    signal
        Smooth signal, about zero at rest and positive outwards, shape (n,).
    rate_hz
        Sampling rate.
    settings
        Thresholds, see `ExcursionSettings`.

    Returns
    -------
    tuple of Excursion
        In order of time; excursions that the signal's start or end cuts off are left out.

    Examples
    --------
    >>> t = np.arange(0.0, 6.0, 0.01)
    >>> bend_deg = np.where((t > 2) & (t < 4), 20.0 - 20.0 * np.cos(np.pi * (t - 2)), 0.0)
    >>> found = find_excursions(bend_deg, 100.0, settings=ExcursionSettings(reach=20.0, leave=8.0))
    >>> [round(at / 100.0, 1) for at in (found[0].start, found[0].top, found[0].stop)]
    [2.0, 3.0, 4.0]
    """
    if signal.size < 3:
        return ()
    rate = np.gradient(signal) * rate_hz
    found = []
    for out, stop in runs(signal > settings.leave):
        top = out + int(np.argmax(signal[out:stop]))
        if out == 0 or stop == signal.size or signal[top] < settings.reach:
            continue
        reach = round(settings.longest_edge_s * rate_hz)
        start = _edge(rate, (out, top), -1, reach, settings)
        end = _edge(rate, (stop - 1, top), +1, reach, settings)
        found.append(Excursion(start, top, end + 1, out, stop - 1))
    return tuple(found)


def _edge(
    rate: FloatArray, flank: tuple[int, int], step: int, reach: int, settings: ExcursionSettings
) -> int:
    """Move from a threshold crossing away from the top to where the signal hardly changes."""
    at, top = flank
    fastest = float(np.abs(rate[min(at, top) : max(at, top) + 1]).max())
    limit = max(settings.edge_rate, settings.edge_share * fastest)
    # Before the top the signal rises (positive rate), after it the signal falls.
    last = int(np.clip(at + step * reach, 0, rate.size - 1))
    outward = -step * rate[min(at, last) : max(at, last) + 1][::step]
    quiet = np.flatnonzero(outward < limit)
    return at + step * (int(quiet[0]) if quiet.size else outward.size - 1)
