"""Rests of a donning: when they were, how long, and where up is in each sensor's frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Placement, Span


@dataclass(frozen=True, slots=True)
class Slip:
    """A lasting change of a sensor's direction in standing.

    Parameters
    ----------
    placement
        Where the sensor sits.
    change_deg
        Angle between up in its frame before and after.
    last_before_s, first_after_s
        End of the last static trial before the change, and start of the first one after it, on
        the clocks of their recordings.
    recording_before, recording_after
        Names of the recordings with these static trials.
    """

    placement: Placement
    change_deg: float
    last_before_s: float
    first_after_s: float
    recording_before: str
    recording_after: str

    @property
    def words(self) -> str:
        """What was observed, and what to do, for a person."""
        if self.recording_before == self.recording_after:
            when = f"between {self.last_before_s:.0f} s and {self.first_after_s:.0f} s"
        else:
            when = (
                f"between {self.last_before_s:.0f} s of '{self.recording_before}' and "
                f"{self.first_after_s:.0f} s of '{self.recording_after}'"
            )
        return (
            f"The {self.placement.words} sensor's direction in standing changed by "
            f"{self.change_deg:.0f}° {when}: its strap slipped or was touched. Do not rely on "
            "results after that. Fasten the strap and record again."
        )


@dataclass(frozen=True, slots=True, eq=False)
class StaticTrial:
    """A rest in the neutral standing pose; while these are still being found, any rest.

    Parameters
    ----------
    recording
        Name of the recording.
    span
        Samples of the rest.
    duration_s
        Length of the rest.
    up
        Unit vector of the mean specific force in each sensor's frame, shape (3,). A sensor that
        has slipped by then is left out.
    is_labelled
        Whether the session labels it as standing.
    start_s
        Start on the recording's clock.
    slips
        Slips of the sensors that are left out.
    """

    recording: str
    span: Span
    duration_s: float
    up: Mapping[Placement, FloatArray]
    is_labelled: bool
    start_s: float = 0.0
    slips: tuple[Slip, ...] = ()

    @property
    def end_s(self) -> float:
        """End on the recording's clock."""
        return self.start_s + self.duration_s


def mean_up(trials: Sequence[StaticTrial]) -> Mapping[Placement, FloatArray]:
    """Average the direction of up in each sensor's frame, weighted by the length of the trials.

    Parameters
    ----------
    trials
        Static trials of one donning.

    Returns
    -------
    Mapping of Placement to ndarray
        Unit vectors, shape (3,).
    """
    means: dict[Placement, FloatArray] = {}
    for placement in dict.fromkeys(place for trial in trials for place in trial.up):
        total = np.sum(
            [trial.up[placement] * trial.duration_s for trial in trials if placement in trial.up],
            axis=0,
        )
        means[placement] = total / np.linalg.norm(total)
    return means


def distance_deg(
    up: Mapping[Placement, FloatArray],
    other: Mapping[Placement, FloatArray],
    *,
    without: Placement | None = None,
) -> float:
    """Find the largest angle between two postures in degrees.

    Parameters
    ----------
    up, other
        Up in each sensor's frame in either posture, unit vectors, shape (3,).
    without
        Sensor to leave out.

    Returns
    -------
    float
        Over the sensors in both postures; 0 if there are none.
    """
    cosines = [
        float(up[place] @ other[place]) for place in up if place in other and place is not without
    ]
    return float(np.degrees(np.arccos(np.clip(min(cosines, default=1.0), -1.0, 1.0))))
