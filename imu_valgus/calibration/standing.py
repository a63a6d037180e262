"""The static trials of a donning: which rests are neutral standing, and how well they agree.

A rest may be standing, sitting or a stop in between. Labels decide if there are any. Without
labels, standing is the rest closest to the mean posture in walking, because a walking leg swings
about its standing pose. Without walking, the first rest of the session is taken for standing, and
a finding says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from imu_valgus.calibration.rests import StaticTrial, distance_deg, mean_up, without_slipped
from imu_valgus.model import (
    AlignedRecording,
    BoolArray,
    Finding,
    FloatArray,
    Grade,
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
        Largest angle between up in a rest and up in the reference pose, for every sensor. The
        static trials of one real donning differed by up to 7 degrees.
    walking_rate_rad_s
        Root mean square of the angular rate over two seconds above which a leg walks or swings.
    """

    tolerance_deg: float = 15.0
    walking_rate_rad_s: float = np.radians(60.0)


@dataclass(frozen=True, slots=True)
class StaticTrialCheckSettings:
    """Limits of the grades.

    Parameters
    ----------
    warn_deg, fail_deg
        Spread of up between static trials (a moved strap or a changed posture) above which a
        sensor is fair or poor. Those of one real donning differed by 7 degrees, so the upper limit
        is 12.
    short_s
        Total time of standing below which a sensor is fair.
    """

    warn_deg: float = 6.0
    fail_deg: float = 12.0
    short_s: float = 3.0


DEFAULT_SETTINGS = StandingSettings()
DEFAULT_CHECK_SETTINGS = StaticTrialCheckSettings()


def find_static_trials(
    recordings: Sequence[AlignedRecording],
    stills: Mapping[str, Sequence[Span]],
    *,
    settings: StandingSettings = DEFAULT_SETTINGS,
) -> tuple[tuple[StaticTrial, ...], tuple[Finding, ...]]:
    """Find the rests that are neutral standing.

    Parameters
    ----------
    recordings
        Recordings of one donning, in order.
    stills
        Rests of each recording, by its name.
    settings
        See `StandingSettings`.

    Returns
    -------
    trials
        Static trials in order of recording and time; empty if nobody ever stood still.
    findings
        Slipped straps, and a guess at what standing was.
    """
    rests = [
        _rest(recording, span)
        for recording in recordings
        for span in stills.get(recording.name, ())
    ]
    rests = [rest for rest in rests if rest.up]
    if not rests:
        return (), ()
    reference, findings = _reference(rests, _mean_up_in_walking(recordings, settings))
    kept, reference, slips = without_slipped(rests, reference)
    trials = tuple(
        rest
        for rest in kept
        if rest.up and distance_deg(rest.up, reference) <= settings.tolerance_deg
    )
    findings += tuple(
        Finding(Severity.WARNING, "strap_slipped", slip.words, placement=slip.placement)
        for slip in slips
    )
    return trials, findings


def static_trial_checks(
    placement: Placement,
    up: FloatArray,
    trials: Sequence[StaticTrial],
    *,
    settings: StaticTrialCheckSettings = DEFAULT_CHECK_SETTINGS,
) -> list[tuple[Grade, str]]:
    """Grade the static trials of one sensor, with a sentence for each doubt.

    Parameters
    ----------
    placement
        Where the sensor sits.
    up
        Mean of up in its frame in standing, unit vector, shape (3,).
    trials
        All static trials of the donning, including those in which this sensor had slipped.
    settings
        See `StaticTrialCheckSettings`.

    Returns
    -------
    list of (Grade, str)
        Empty without reason for doubt.
    """
    of_sensor = [trial for trial in trials if placement in trial.up]
    checks: list[tuple[Grade, str]] = []
    stood_s = sum(trial.duration_s for trial in of_sensor)
    if stood_s < settings.short_s:
        reason = f"Standing still lasted {stood_s:.1f} s. Stand still for 5 s or more next time."
        checks.append((Grade.FAIR, reason))
    slips = dict.fromkeys(
        slip for trial in trials for slip in trial.slips if slip.placement is placement
    )
    checks += [(Grade.POOR, slip.words) for slip in slips]
    angles = [np.degrees(np.arccos(np.clip(t.up[placement] @ up, -1, 1))) for t in of_sensor]
    spread = float(max(angles, default=0.0))
    if spread > settings.warn_deg:
        grade = Grade.POOR if spread > settings.fail_deg else Grade.FAIR
        reason = (
            f"The standing pose of the {placement.words} differs by {spread:.0f}° between times of "
            "standing still: the strap moved or the person stood differently."
        )
        checks.append((grade, reason))
    return checks


def _rest(recording: AlignedRecording, span: Span) -> StaticTrial:
    """Describe one rest, whatever its posture."""
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
    return StaticTrial(
        recording.name, span, len(span) / recording.rate_hz, up, is_labelled, start_s
    )


def _reference(
    rests: Sequence[StaticTrial], walking: Mapping[Placement, FloatArray]
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
        "No standing was labelled and nobody walks, so the first rest of the session was taken for "
        "standing. If it was something else, label the standing as 'standing'.",
    )
    return rests[0].up, (finding,)


def _mean_up_in_walking(
    recordings: Sequence[AlignedRecording], settings: StandingSettings
) -> dict[Placement, FloatArray]:
    """Mean specific force while the legs swing, in each sensor's frame; empty without walking."""
    sums: dict[Placement, FloatArray] = {}
    for recording in recordings:
        walking: BoolArray = np.zeros(len(recording), dtype=np.bool_)
        for placement, stream in recording.streams.items():
            if placement.segment == "shank":
                walking |= _swings(stream.gyr, recording.rate_hz, settings)
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
    """Whether a leg swings at each sample, shape (n,)."""
    power = np.nan_to_num(np.sum(gyr**2, axis=1))
    mean = uniform_filter1d(power, max(1, int(2.0 * rate_hz)), mode="nearest")
    return np.asarray(np.sqrt(np.maximum(mean, 0.0)) > settings.walking_rate_rad_s)
