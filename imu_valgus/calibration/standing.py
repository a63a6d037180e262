"""Which rests are neutral standing, and where up is in each sensor's frame then.

A rest may be standing, sitting or a stop in between. Labels decide where there are any. Without
labels, standing is the posture closest to the mean posture in walking, for a walking leg swings
about its standing pose; without walking, the first rest of the session is taken for standing,
and that is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from imu_valgus.model import (
    AlignedRecording,
    BoolArray,
    Finding,
    FloatArray,
    Placement,
    Severity,
    Span,
    Task,
)


@dataclass(frozen=True, slots=True)
class StandingSettings:
    """Limits for taking a rest as standing.

    Parameters
    ----------
    tolerance_deg
        Largest angle between up in a rest and up in the reference stand, for every sensor. The
        stands of one real donning differed by up to 7 degrees.
    walking_rate_rad_s
        Root mean square of the angular rate over two seconds above which a leg walks or swings.
    """

    tolerance_deg: float = 15.0
    walking_rate_rad_s: float = np.radians(60.0)


DEFAULT_SETTINGS = StandingSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """One rest in the neutral standing pose.

    Parameters
    ----------
    recording
        Name of the recording.
    span
        Its samples.
    duration_s
        Its length.
    up
        Unit vector of the mean specific force in each sensor's frame, shape (3,).
    is_labelled
        Whether the session says so, rather than our guess.
    """

    recording: str
    span: Span
    duration_s: float
    up: Mapping[Placement, FloatArray]
    is_labelled: bool


def find_stands(
    recordings: Sequence[AlignedRecording],
    stills: Mapping[str, Sequence[Span]],
    *,
    settings: StandingSettings = DEFAULT_SETTINGS,
) -> tuple[tuple[Stand, ...], tuple[Finding, ...]]:
    """Find the rests that are neutral standing.

    Parameters
    ----------
    recordings
        Of one donning, in order.
    stills
        Rests of each recording, by its name.
    settings
        See `StandingSettings`.

    Returns
    -------
    stands, findings
        In order of recording and time; empty when nobody ever stood still.
    """
    rests = [
        _describe(recording, span)
        for recording in recordings
        for span in stills.get(recording.name, ())
    ]
    rests = [rest for rest in rests if rest.up]
    if not rests:
        return (), ()
    labelled = [rest for rest in rests if rest.is_labelled]
    findings: tuple[Finding, ...] = ()
    if labelled:
        reference = mean_up(labelled)
    else:
        walking = _mean_up_in_walking(recordings, settings)
        if walking:
            reference = min(rests, key=lambda rest: _distance_deg(rest.up, walking)).up
        else:
            reference = rests[0].up
            findings = (
                Finding(
                    Severity.NOTE,
                    "standing_assumed",
                    "No standing was labelled and nobody walks, so the first rest of the session "
                    "was taken for standing; label it as 'standing' if it was not.",
                ),
            )
    stands = tuple(
        rest for rest in rests if _distance_deg(rest.up, reference) <= settings.tolerance_deg
    )
    return stands, findings


def mean_up(stands: Sequence[Stand]) -> Mapping[Placement, FloatArray]:
    """Mean direction of up per sensor, weighted by the length of the stands, shape (3,) each."""
    placements = dict.fromkeys(place for stand in stands for place in stand.up)
    means: dict[Placement, FloatArray] = {}
    for placement in placements:
        total = np.sum(
            [stand.up[placement] * stand.duration_s for stand in stands if placement in stand.up],
            axis=0,
        )
        means[placement] = total / np.linalg.norm(total)
    return means


def _describe(recording: AlignedRecording, span: Span) -> Stand:
    middle_s = float(recording.time_s[int(span.middle)])
    is_labelled = any(
        task.task is Task.STANDING and task.start_s <= middle_s < task.end_s
        for task in recording.tasks
    )
    up: dict[Placement, FloatArray] = {}
    for placement, stream in recording.streams.items():
        acc = stream.acc[span.slice]
        known = np.isfinite(acc).all(axis=1)
        if known.any():
            mean = acc[known].mean(axis=0)
            up[placement] = mean / np.linalg.norm(mean)
    return Stand(recording.name, span, len(span) / recording.rate_hz, up, is_labelled)


def _mean_up_in_walking(
    recordings: Sequence[AlignedRecording], settings: StandingSettings
) -> dict[Placement, FloatArray]:
    """Mean specific force while the legs swing, in each sensor's frame; empty without walking."""
    sums: dict[Placement, FloatArray] = {}
    for recording in recordings:
        swings = [
            _swings(stream.gyr, recording.rate_hz, settings)
            for placement, stream in recording.streams.items()
            if placement.segment == "shank"
        ]
        walking: BoolArray = (
            np.logical_or.reduce(swings) if swings else np.zeros(len(recording), dtype=np.bool_)
        )
        for placement, stream in recording.streams.items():
            usable = walking & np.isfinite(stream.acc).all(axis=1)
            total = sums.get(placement, np.zeros(3)) + stream.acc[usable].sum(axis=0)
            sums[placement] = np.asarray(total, dtype=np.float64)
    return {
        placement: total / np.linalg.norm(total)
        for placement, total in sums.items()
        if np.linalg.norm(total) > 0.0
    }


def _swings(gyr: FloatArray, rate_hz: float, settings: StandingSettings) -> BoolArray:
    power = np.nan_to_num(np.sum(gyr**2, axis=1))
    mean = uniform_filter1d(power, max(1, int(2.0 * rate_hz)), mode="nearest")
    return np.asarray(np.sqrt(np.maximum(mean, 0.0)) > settings.walking_rate_rad_s)


def _distance_deg(
    up: Mapping[Placement, FloatArray], other: Mapping[Placement, FloatArray]
) -> float:
    """Largest angle between two postures over the sensors that both know."""
    cosines = [float(up[place] @ other[place]) for place in up if place in other]
    return float(np.degrees(np.arccos(np.clip(min(cosines, default=1.0), -1.0, 1.0))))
