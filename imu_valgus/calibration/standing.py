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

from imu_valgus.calibration.rests import Stand, distance_deg, mean_up
from imu_valgus.calibration.slips import without_slipped
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

__all__ = ["Stand", "StandingSettings", "find_stands", "mean_up"]


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
    reference, findings = _reference(rests, _mean_up_in_walking(recordings, settings))
    kept, reference, slips = without_slipped(rests, reference)
    stands = tuple(
        rest
        for rest in kept
        if rest.up and distance_deg(rest.up, reference) <= settings.tolerance_deg
    )
    findings += tuple(
        Finding(Severity.WARNING, "strap_slipped", slip.words, placement=slip.placement)
        for slip in slips
    )
    return stands, findings


def _reference(
    rests: Sequence[Stand], walking: Mapping[Placement, FloatArray]
) -> tuple[Mapping[Placement, FloatArray], tuple[Finding, ...]]:
    """Up in standing by labels, else by the mean posture in walking, else by the first rest."""
    labelled = [rest for rest in rests if rest.is_labelled]
    if labelled:
        return mean_up(labelled), ()
    if walking:
        return min(rests, key=lambda rest: distance_deg(rest.up, walking)).up, ()
    finding = Finding(
        Severity.NOTE,
        "standing_assumed",
        "No standing was labelled and nobody walks, so the first rest of the session "
        "was taken for standing; label it as 'standing' if it was not.",
    )
    return rests[0].up, (finding,)


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
    start_s = float(recording.time_s[span.start])
    return Stand(recording.name, span, len(span) / recording.rate_hz, up, is_labelled, start_s)


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
