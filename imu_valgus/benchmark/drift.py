"""Whether a long walk is as accurate at its end as at its beginning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imu_valgus.benchmark.leg_errors import true_angles
from imu_valgus.benchmark.people import simulate_person
from imu_valgus.benchmark.speed import walk_script
from imu_valgus.conventions import MOTIONS
from imu_valgus.errors import InputError
from imu_valgus.model import FloatArray, Joint, JointAngles, SensorStream, Session, Task, TaskSpan
from imu_valgus.pipeline import Settings, analyse
from imu_valgus.simulate import RecordingTruth, SoftTissueLaw, SoftTissueLevel
from imu_valgus.simulate.parallel import work_through

_MINUTE_S = 60.0
_CUT_BEFORE_END_S = 2.0
"""A recording without a last static trial ends before the last steps, in full stride."""


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One angle in the first and in the last minute of a walk, in degrees, over legs.

    Parameters
    ----------
    level, law, walk_minutes, has_end_trial
        Soft tissue, length of the walk, and whether the recording ends with a static trial or in
        full stride.
    joint, motion
        Which angle.
    rmse_deg, demeaned_deg
        Root mean square error in the first and last minute, means over legs: with the level, and
        after removing the mean of each minute.
    moved_deg
        Shift of the mean error from the first to the last minute, root mean square over legs: the
        effect of drift alone.
    change_sd_deg
        Stated uncertainty of change in the last minute, root mean square over legs.
    n_legs
        Number of legs.
    """

    level: str
    law: str
    walk_minutes: float
    has_end_trial: bool
    joint: Joint
    motion: str
    rmse_deg: tuple[float, float]
    demeaned_deg: tuple[float, float]
    moved_deg: float
    change_sd_deg: float
    n_legs: int

    @property
    def growth_deg(self) -> float:
        """Growth of the error from the first to the last minute, the larger of the two figures."""
        with_level = self.rmse_deg[1] - self.rmse_deg[0]
        return max(with_level, self.demeaned_deg[1] - self.demeaned_deg[0])


@dataclass(frozen=True, slots=True)
class _Walker:
    seed: int
    level: SoftTissueLevel
    law: SoftTissueLaw
    minutes: float
    settings: Settings


@dataclass(frozen=True, slots=True, eq=False)
class _Minutes:
    """One joint of one leg; errors by minute (first, last) and motion, shape (2, 3)."""

    joint: Joint
    mean_deg: FloatArray
    demeaned_deg: FloatArray
    change_sd_deg: FloatArray


def measure_drift(
    *,
    seeds: Sequence[int],
    walk_minutes: float = 10.0,
    level: SoftTissueLevel = SoftTissueLevel.MODERATE,
    law: SoftTissueLaw = SoftTissueLaw.LINEAR,
    settings: Settings | None = None,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _step: None,
) -> tuple[DriftRow, ...]:
    """Compare the first with the last minute of a walk with a turn every half minute.

    Every walk is analysed twice: as recorded, with a static trial at its end, and cut off in full
    stride.

    Parameters
    ----------
    seeds
        Seeds of the people.
    walk_minutes
        Length of the walk in minutes, at least 3.
    level, law
        Level and law of soft tissue.
    settings
        Settings of the analysis; None for the default.
    jobs
        Number of processes that share the people.
    tell
        Function called with the name of each step.

    Returns
    -------
    tuple of DriftRow
        Rows by angle, first of the walks as recorded, then of those cut off.

    Raises
    ------
    InputError
        If the walk is too short to have a first and a last minute.
    """
    if walk_minutes < 3.0:
        raise InputError(
            f"A walk of {walk_minutes:g} minutes is too short to compare its first and last "
            "minute. Give at least 3 minutes."
        )
    walkers = [_Walker(seed, level, law, walk_minutes, settings or Settings()) for seed in seeds]
    measured = work_through(
        _measure_walker, walkers, jobs=jobs, tell=lambda step: tell(f"Walkers: {step}")
    )
    words = (str(level), str(law), walk_minutes)
    return tuple(
        row
        for index, has_end_trial in enumerate((True, False))
        for row in _rows(
            [leg for walker in measured for leg in walker[index]],
            words,
            has_end_trial=has_end_trial,
        )
    )


def _measure_walker(walker: _Walker) -> tuple[list[_Minutes], list[_Minutes]]:
    script = walk_script(minutes=walker.minutes)
    simulated = simulate_person(walker.seed, level=walker.level, law=walker.law, script=script)
    truth = simulated.truth["session"]
    walk = next(span for span in truth.tasks if span.task is Task.WALK)
    end_s = walk.end_s - _CUT_BEFORE_END_S
    whole, cut = simulated.session, cut_off(simulated.session, end_s)
    return (
        _minutes(whole, truth, walk, walker.settings),
        _minutes(cut, truth, replace(walk, end_s=end_s), walker.settings),
    )


def cut_off(session: Session, end_s: float) -> Session:
    """Return the session as if every recording, with its labels, had ended at a given time.

    Parameters
    ----------
    session
        Session to cut; it stays as it is.
    end_s
        Time of the new end in seconds, on the clock of the recordings.

    Returns
    -------
    Session
        Session with the samples and labels before that time.
    """
    recordings = tuple(
        replace(
            recording,
            streams={place: _until(stream, end_s) for place, stream in recording.streams.items()},
            tasks=tuple(
                replace(span, end_s=min(span.end_s, end_s))
                for span in recording.tasks
                if span.start_s < end_s
            ),
        )
        for recording in session.recordings
    )
    return replace(session, recordings=recordings)


def _until(stream: SensorStream, end_s: float) -> SensorStream:
    kept = stream.time_s < end_s
    mag = None if stream.mag is None else stream.mag[kept]
    return replace(
        stream, time_s=stream.time_s[kept], acc=stream.acc[kept], gyr=stream.gyr[kept], mag=mag
    )


def _minutes(
    session: Session, truth: RecordingTruth, walk: TaskSpan, settings: Settings
) -> list[_Minutes]:
    (recording,) = analyse(session, settings=settings).recordings
    starts_s = (walk.start_s, walk.end_s - _MINUTE_S)
    return [_minutes_of(found, truth, starts_s) for found in recording.angles]


def _minutes_of(
    found: JointAngles, truth: RecordingTruth, starts_s: tuple[float, float]
) -> _Minutes:
    error = found.angles_deg - true_angles(found, truth)
    is_known = np.isfinite(error[:, 0])
    masks = [
        is_known & (found.time_s >= start_s) & (found.time_s < start_s + _MINUTE_S)
        for start_s in starts_s
    ]
    if not all(mask.any() for mask in masks):
        unknown = np.full((2, 3), np.nan)
        return _Minutes(found.joint, unknown, unknown, unknown)
    return _Minutes(
        found.joint,
        np.array([error[mask].mean(axis=0) for mask in masks]),
        np.array([error[mask].std(axis=0) for mask in masks]),
        np.array([np.sqrt(np.mean(found.change_sd_deg[mask] ** 2, axis=0)) for mask in masks]),
    )


def _rows(
    legs: Sequence[_Minutes], words: tuple[str, str, float], *, has_end_trial: bool
) -> list[DriftRow]:
    rows: list[DriftRow] = []
    for joint in Joint:
        of_joint = [leg for leg in legs if leg.joint is joint]
        if not of_joint:
            continue
        mean, demeaned, sd = (
            np.array([getattr(leg, name) for leg in of_joint])
            for name in ("mean_deg", "demeaned_deg", "change_sd_deg")
        )
        rmse = np.sqrt(mean**2 + demeaned**2).mean(axis=0)
        moved = np.sqrt(np.mean((mean[:, 1] - mean[:, 0]) ** 2, axis=0))
        rows += [
            DriftRow(
                *words,
                has_end_trial,
                joint,
                motion,
                rmse_deg=(float(rmse[0, i]), float(rmse[1, i])),
                demeaned_deg=(float(demeaned[:, 0, i].mean()), float(demeaned[:, 1, i].mean())),
                moved_deg=float(moved[i]),
                change_sd_deg=float(np.sqrt(np.mean(sd[:, 1, i] ** 2))),
                n_legs=len(of_joint),
            )
            for i, motion in enumerate(MOTIONS)
        ]
    return rows
