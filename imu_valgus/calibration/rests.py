"""What is known about a rest: when it was, how long, and where up is in each sensor's frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import FloatArray, Placement, Span


@dataclass(frozen=True, slots=True)
class Slip:
    """A sensor whose direction in standing changed for good.

    Parameters
    ----------
    placement
        Which sensor.
    change_deg
        Angle between up in its frame before and after.
    last_before_s, first_after_s
        End of the last stand before it and start of the first one after it.
    recording_before, recording_after
        Which recordings these stands belong to.
    """

    placement: Placement
    change_deg: float
    last_before_s: float
    first_after_s: float
    recording_before: str
    recording_after: str

    @property
    def words(self) -> str:
        """One sentence of what was seen and one of what to do."""
        if self.recording_before == self.recording_after:
            when = f"between {self.last_before_s:.0f} s and {self.first_after_s:.0f} s"
        else:
            when = (
                f"between {self.last_before_s:.0f} s of '{self.recording_before}' and "
                f"{self.first_after_s:.0f} s of '{self.recording_after}'"
            )
        return (
            f"The {self.placement.words} sensor's direction in standing changed by "
            f"{self.change_deg:.0f}° {when}: its strap slipped or was touched. Results after that "
            "are not to be trusted; fasten it and record again."
        )


@dataclass(frozen=True, slots=True, eq=False)
class StaticTrial:
    """One rest, in the neutral standing pose unless said otherwise.

    Parameters
    ----------
    recording
        Name of the recording.
    span
        Its samples.
    duration_s
        Its length.
    up
        Unit vector of the mean specific force in each sensor's frame, shape (3,). A sensor that
        has slipped by then is left out.
    is_labelled
        Whether the session says so, rather than our guess.
    start_s
        When it begins on the recording's clock.
    slips
        Of the sensors that are left out.
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
        """When it ends on the recording's clock."""
        return self.start_s + self.duration_s


def mean_up(trials: Sequence[StaticTrial]) -> Mapping[Placement, FloatArray]:
    """Mean direction of up per sensor, weighted by the length of the stands, shape (3,) each."""
    placements = dict.fromkeys(place for trial in trials for place in trial.up)
    means: dict[Placement, FloatArray] = {}
    for placement in placements:
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
    """Largest angle between two postures over the sensors that both know, 0 if there is none."""
    cosines = [
        float(up[place] @ other[place]) for place in up if place in other and place is not without
    ]
    return float(np.degrees(np.arccos(np.clip(min(cosines, default=1.0), -1.0, 1.0))))
