"""Rests of a donning, without the sensors whose straps had slipped by then.

A strap has slipped if one sensor alone shows a lasting change of direction in standing. A person
who stands differently turns neighbouring segments together, and a leg that stands on a step or sits
comes back. A sensor that alone shows another direction from some static trial on has moved on the
body. A strap that turns about the vertical does not change the direction of gravity, so it is not
found here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from imu_valgus.model import FloatArray, Placement, Segment, Span

_LEAST_CHANGE_DEG: Mapping[Segment, float] = {
    Segment.PELVIS: 15.0,
    Segment.THIGH: 12.0,
    Segment.SHANK: 12.0,
    Segment.FOOT: 15.0,
}
"""A smaller change may be posture (own choice). Static trials of one real donning differed by up to
10 degrees on a shank; pelvis and feet can also tip alone."""


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


@dataclass(frozen=True, slots=True)
class SlipSettings:
    """Limits that separate a slipped strap from another posture; own choices.

    Parameters
    ----------
    others_deg
        Largest angle of every other sensor from the reference pose.
    others_share
        Largest change of another sensor at the same moment, as a share of this one's.
    largest_change_deg
        A larger change is sitting or a raised leg, not a strap.
    stray_share
        Largest share of the time in static trials that may contradict: a foot on the step for a
        moment.
    least_s
        Shortest total of the static trials before and of those after, unless one is labelled.
    apart_s
        Rests with a shorter break between them count as one static trial. After a slip there must
        be two static trials or a labelled one: a single last one may be a foot left on the step.
    """

    others_deg: float = 15.0
    others_share: float = 0.5
    largest_change_deg: float = 45.0
    stray_share: float = 0.1
    least_s: float = 2.0
    apart_s: float = 2.0


DEFAULT_SETTINGS = SlipSettings()


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
        Largest angle over the sensors in both postures; 0 if there are none.
    """
    cosines = [
        float(up[place] @ other[place]) for place in up if place in other and place is not without
    ]
    return float(np.degrees(np.arccos(np.clip(min(cosines, default=1.0), -1.0, 1.0))))


def without_slipped(
    rests: Sequence[StaticTrial],
    reference: Mapping[Placement, FloatArray],
    *,
    settings: SlipSettings = DEFAULT_SETTINGS,
) -> tuple[tuple[StaticTrial, ...], Mapping[Placement, FloatArray], tuple[Slip, ...]]:
    """Leave slipped sensors out of the rests on the other side of the slip.

    Parameters
    ----------
    rests
        Rests of any posture, in order of recording and time.
    reference
        Up in each sensor's frame in standing, as far as it is known; it may be wrong for a slipped
        sensor.
    settings
        See `SlipSettings`.

    Returns
    -------
    rests
        The same rests. A slipped sensor keeps the static trials before the slip, unless only those
        after it are labelled.
    reference
        Reference corrected for the slipped sensors.
    slips
        Slips found, one per sensor.
    """
    kept = list(rests)
    true_reference = dict(reference)
    slips: list[Slip] = []
    for placement in reference:
        found = _find_slip(placement, rests, reference, settings)
        if found is None:
            continue
        slip, before, after = found
        labels_before = any(trial.is_labelled for trial in before)
        only_after = any(trial.is_labelled for trial in after) and not labels_before
        good, bad_from = (after, 0) if only_after else (before, rests.index(after[0]))
        bad_to = rests.index(after[0]) if only_after else len(rests)
        for index in range(bad_from, bad_to):
            up = {p: vector for p, vector in kept[index].up.items() if p is not placement}
            kept[index] = replace(kept[index], up=up, slips=(*kept[index].slips, slip))
        true_reference[placement] = mean_up(good)[placement]
        slips.append(slip)
    return tuple(kept), true_reference, tuple(slips)


def _find_slip(
    placement: Placement,
    rests: Sequence[StaticTrial],
    reference: Mapping[Placement, FloatArray],
    settings: SlipSettings,
) -> tuple[Slip, Sequence[StaticTrial], Sequence[StaticTrial]] | None:
    """Split a sensor's static trials where its direction changed for good, if it did."""
    trials = [
        rest
        for rest in rests
        if placement in rest.up
        and any(place in reference for place in rest.up if place is not placement)
        and distance_deg(rest.up, reference, without=placement) <= settings.others_deg
        and _angle_deg(rest.up[placement], reference[placement]) <= settings.largest_change_deg
    ]
    if len(trials) < 2:
        return None
    first_after, stray_share = _best_split(
        np.array([trial.up[placement] for trial in trials]),
        np.array([trial.duration_s for trial in trials]),
    )
    before, after = trials[:first_after], trials[first_after:]
    up_before, up_after = mean_up(before), mean_up(after)
    change_deg = _angle_deg(up_before[placement], up_after[placement])
    # Only at that moment, because another strap may slip at another time.
    others_deg = distance_deg(before[-1].up, after[0].up, without=placement)
    if (
        not _LEAST_CHANGE_DEG[placement.segment] < change_deg <= settings.largest_change_deg
        or others_deg > settings.others_share * change_deg
        or stray_share > settings.stray_share
        or not _is_sure(before, 1, settings)
        or not _is_sure(after, 2, settings)
    ):
        return None
    last, first = before[-1], after[0]
    slip = Slip(placement, change_deg, last.end_s, first.start_s, last.recording, first.recording)
    return slip, before, after


def _best_split(ups: FloatArray, weights: FloatArray) -> tuple[int, float]:
    """Index at which two mean directions fit best, and the share of time on the wrong side."""
    sums = np.cumsum(weights[:, None] * ups, axis=0)
    lengths_before = np.linalg.norm(sums[:-1], axis=1)
    lengths_after = np.linalg.norm(sums[-1] - sums[:-1], axis=1)
    # The longer a sum of unit vectors, the less the directions in it differ.
    index = int(np.argmax(lengths_before + lengths_after))
    before = sums[index] / lengths_before[index]
    after = (sums[-1] - sums[index]) / lengths_after[index]
    is_nearer_after = ups @ after > ups @ before
    is_after = np.arange(len(ups)) > index
    return index + 1, float(weights[is_nearer_after != is_after].sum() / weights.sum())


def _is_sure(trials: Sequence[StaticTrial], least_count: int, settings: SlipSettings) -> bool:
    """Whether these static trials suffice to say how the sensor sat in them."""
    if any(trial.is_labelled for trial in trials):
        return True
    breaks = sum(
        later.recording != earlier.recording or later.start_s - earlier.end_s > settings.apart_s
        for earlier, later in pairwise(trials)
    )
    return (
        breaks + 1 >= least_count and sum(trial.duration_s for trial in trials) >= settings.least_s
    )


def _angle_deg(up: FloatArray, other: FloatArray) -> float:
    return float(np.degrees(np.arccos(np.clip(up @ other, -1.0, 1.0))))
