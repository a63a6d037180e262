"""A relative heading right to within half a turn everywhere, for unwrapping the evidence."""

import numpy as np

from imu_valgus.heading.acceleration import HeadingObservations
from imu_valgus.model import BoolArray, FloatArray

_FAR_FROM_STANDS_S = 120.0
_PIECE_S = 60.0
_LEAST_AGREEMENT = 0.8
_FEWEST_WINDOWS = 3
"""Half a turn of drift takes longer than two minutes."""


def first_guess(
    knots_s: FloatArray, at_s: FloatArray, seen: FloatArray, observations: HeadingObservations
) -> FloatArray:
    """Heading near enough to unwrap everything else: through the stands, and windows far from any.

    Half an hour of drift can turn the heading right round, so far from stands a constant would not
    do. Near them windows have no say: a few odd ones in a row could turn the guess round.

    Parameters
    ----------
    knots_s
        Where the guess is wanted, shape (k,).
    at_s, seen
        Times of the stands and the headings seen there in radians, shape (m,).
    observations
        Headings seen in shared accelerations.
    """
    far = np.ones(len(observations), dtype=np.bool_)
    if at_s.size:
        far = np.abs(observations.time_s[:, None] - at_s).min(axis=1) > _FAR_FROM_STANDS_S
    piece_s, piece_rad = _agreeing_pieces(observations, far)
    order = np.argsort(np.concatenate([at_s, piece_s]), kind="stable")
    times_s = np.concatenate([at_s, piece_s])[order]
    turns = np.unwrap(np.concatenate([seen, piece_rad])[order])
    if not times_s.size:
        pointer = np.exp(1j * observations.offset_rad) / observations.sd_rad**2
        return np.full(knots_s.size, float(np.angle(pointer.sum())))
    return np.asarray(np.interp(knots_s, times_s, turns))


def _agreeing_pieces(
    observations: HeadingObservations, usable: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Mean time and heading of the minutes in which several windows agree."""
    if not usable.any():
        return np.empty(0), np.empty(0)
    time_s, weights = observations.time_s[usable], observations.sd_rad[usable] ** -2
    pointers = weights * np.exp(1j * observations.offset_rad[usable])
    _, member, count = np.unique(
        np.floor(time_s / _PIECE_S), return_inverse=True, return_counts=True
    )
    total = np.bincount(member, pointers.real) + 1j * np.bincount(member, pointers.imag)
    weight = np.bincount(member, weights)
    agree = (np.abs(total) > _LEAST_AGREEMENT * weight) & (count >= _FEWEST_WINDOWS)
    middle_s = np.bincount(member, weights * time_s) / weight
    return middle_s[agree], np.angle(total)[agree]
