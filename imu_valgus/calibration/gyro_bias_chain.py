"""Joins the stands of one sensor over a donning: its gyroscope bias as a random walk."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from imu_valgus.model import FloatArray, GyroBias

WANDER_RAD_S_SQRT_S: Final = float(np.deg2rad(0.005))
"""Random walk of the bias: consumer parts lie between 0.002 and 0.01 (deg/s)/√s."""

UNKNOWN_RAD_S: Final = float(np.deg2rad(3.0))
"""Before any stand the bias is zero give or take this (zero-rate level of consumer parts)."""

CONTRADICTION: Final = 16.3
"""Squared change between two stands over its variance, passed by chance once in a thousand."""

SWAY_FREEDOM: Final = 3.0
"""Degrees of freedom of Student's t for stands shorter than wanted: people stir before they start,
so a short stand may be far more wrong than its own sway tells."""

REWEIGHTINGS: Final = 10
"""The weights of at most a few dozen short stands have settled after this many rounds."""


@dataclass(frozen=True, slots=True, eq=False)
class BiasNode:
    """A moment of the donning, and what a stand there says about the bias.

    Parameters
    ----------
    recording
        Its name.
    time_s, donning_s
        The moment on the recording's clock, and since the donning began.
    length_s
        Of the stand; 0 where the recording has none.
    rate
        Bias that the stand suggests in rad/s, shape (3,).
    information
        Inverse of its covariance, shape (3, 3); zeros without a stand.
    """

    recording: str
    time_s: float
    donning_s: float
    length_s: float
    rate: FloatArray
    information: FloatArray


def joined_bias(nodes: Sequence[BiasNode], *, good_stand_s: float) -> dict[str, GyroBias]:
    """Estimate the bias at every node from all stands together.

    Parameters
    ----------
    nodes
        In order of time, of one sensor.
    good_stand_s
        Stands this long are taken at their word; shorter ones are believed less where they
        contradict the others (Student's t, by iterated reweighting).

    Returns
    -------
    dict of str to GyroBias
        By name of the recording, one anchor per node.
    """
    information = np.array([node.information for node in nodes])
    rate = np.array([node.rate for node in nodes])
    is_short = np.array([0 < node.length_s < good_stand_s for node in nodes])
    coupling = _coupling(nodes, good_stand_s)
    weight = np.ones(len(nodes))
    for _ in range(REWEIGHTINGS if is_short.any() else 1):
        level, covariance = _solved(coupling, information * weight[:, None, None], rate)
        residual = rate - level
        squared = np.einsum("ni,nij,nj->n", residual, information, residual)
        weight = np.where(is_short, (SWAY_FREEDOM + 3.0) / (SWAY_FREEDOM + squared), 1.0)
        weight = np.minimum(weight, 1.0)
    return _by_recording(nodes, level, covariance)


def _coupling(nodes: Sequence[BiasNode], good_stand_s: float) -> FloatArray:
    """Precision of the random walk over the nodes, shape (n, n); the same for all three axes.

    Where two good stands differ by more than their uncertainty and the usual wander, the sensor
    warmed up or was switched off in between: the steps between them, and only those, are loosened.
    """
    gaps_s = np.maximum(np.diff([node.donning_s for node in nodes]), 1.0)
    variance = WANDER_RAD_S_SQRT_S**2 * gaps_s
    good = [index for index, node in enumerate(nodes) if node.length_s >= good_stand_s]
    for before, after in pairwise(good):
        steps = slice(before, after)
        change = nodes[after].rate - nodes[before].rate
        expected = variance[steps].sum() * np.eye(3)
        for index in (before, after):
            expected += np.linalg.inv(nodes[index].information)
        if change @ np.linalg.solve(expected, change) > CONTRADICTION:
            variance[steps] = change @ change / 3.0 * gaps_s[steps] / gaps_s[steps].sum()
    tightness = 1.0 / variance
    walk = np.diag(np.append(tightness, 0.0) + np.append(0.0, tightness))
    return np.asarray(walk - np.diag(tightness, 1) - np.diag(tightness, -1))


def _solved(
    coupling: FloatArray, information: FloatArray, rate: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Most likely bias at the nodes, shape (n, 3), and its covariance, shape (3 n, 3 n)."""
    size = rate.shape[0]
    precision = np.kron(coupling, np.eye(3))
    # One weak prior for the level: without any stand it is all there is.
    precision[:3, :3] += np.eye(3) / UNKNOWN_RAD_S**2
    for index in range(size):
        at = slice(3 * index, 3 * index + 3)
        precision[at, at] += information[index]
    covariance = np.linalg.inv(precision)
    weighted = np.einsum("nij,nj->ni", information, rate).ravel()
    return (covariance @ weighted).reshape(size, 3), np.asarray(covariance)


def _by_recording(
    nodes: Sequence[BiasNode], level: FloatArray, covariance: FloatArray
) -> dict[str, GyroBias]:
    found = {}
    for name in dict.fromkeys(node.recording for node in nodes):
        index = [i for i, node in enumerate(nodes) if node.recording == name]
        blocks = [covariance[3 * i : 3 * i + 3, 3 * i : 3 * i + 3] for i in index]
        found[name] = GyroBias(
            time_s=np.array([nodes[i].time_s for i in index]),
            bias_rad_s=level[index],
            sd_rad_s=np.sqrt([np.linalg.eigvalsh(block)[-1] for block in blocks]),
        )
    return found
