"""The accuracy goals of the package, to be shown beside what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imu_valgus.benchmark.accuracy import AccuracyRow
from imu_valgus.benchmark.drift import DriftRow
from imu_valgus.model import Joint
from imu_valgus.simulate import SoftTissueLevel

Angle = tuple[Joint, str]

DEMEANED_WITHOUT_TISSUE_DEG: Final = 0.7
SEVERE_HIP_ROTATION_EXCURSION_DEG: Final = 2.5
GROWTH_DEG: Final = 0.3
"""Growth of the error from the first to the last minute of a walk that ends with a static trial."""
MOVED_PER_SD: Final = 1.0
"""Stated uncertainties that an error may move by in a walk that ends in full stride."""
COVERAGE: Final = (0.60, 0.76)
"""Share of true values within one standard uncertainty, hip and tibial rotation."""
STAGE_HARM_DEG: Final = 0.3
"""Error against optical motion capture that a stage may add to a waveform."""

HIP_ROTATION: Final[Angle] = (Joint.HIP, "internal_rotation")
TIBIAL_ROTATION: Final[Angle] = (Joint.KNEE, "internal_rotation")


@dataclass(frozen=True, slots=True)
class AngleGoal:
    """Goals of one angle under moderate soft tissue, in degrees; None where none was set.

    Parameters
    ----------
    rmse_deg, demeaned_deg
        Goals by task, in the order of ``leg_errors.TASKS``.
    excursion_deg
        Goal for the mean absolute error of step-up excursions per repetition.
    """

    rmse_deg: tuple[float | None, float | None]
    demeaned_deg: tuple[float, float]
    excursion_deg: float | None

    def is_met_by(self, row: AccuracyRow) -> bool:
        """Return whether every figure of a row reaches its goal."""
        return all(self._reached(row))

    def is_out_of_reach(self, row: AccuracyRow, unseen: AccuracyRow) -> bool:
        """Return whether every goal that a row misses is missed by what no sensor sees, too."""
        pairs = zip(self._reached(row), self._reached(unseen), strict=True)
        return not self.is_met_by(row) and not any(alone for found, alone in pairs if not found)

    def _reached(self, row: AccuracyRow) -> list[bool]:
        pairs = [
            *zip(row.rmse_deg, self.rmse_deg, strict=True),
            *zip(row.demeaned_deg, self.demeaned_deg, strict=True),
            (row.excursion.mae_deg, self.excursion_deg),
        ]
        return [goal is None or found <= goal for found, goal in pairs]


MODERATE: Final[Mapping[Angle, AngleGoal]] = {
    HIP_ROTATION: AngleGoal((3.0, 3.5), (1.5, 1.3), 1.5),
    TIBIAL_ROTATION: AngleGoal((2.5, 2.5), (1.2, 1.3), 0.7),
    (Joint.HIP, "adduction"): AngleGoal((1.8, 1.8), (0.6, 0.6), 1.2),
    (Joint.KNEE, "adduction"): AngleGoal((1.7, 1.8), (0.7, 1.0), 0.8),
    (Joint.HIP, "flexion"): AngleGoal((None, None), (1.0, 1.0), None),
    (Joint.KNEE, "flexion"): AngleGoal((None, None), (1.0, 1.0), None),
}
"""Five sensors, moderate soft tissue, means over at least twelve legs."""


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One goal beside what was measured.

    Parameters
    ----------
    what, measured, goal
        Name of the figure, its measured value and its goal, in words.
    is_met
        Whether the goal is met.
    """

    what: str
    measured: str
    goal: str
    is_met: bool


def goal_lines(rows: Sequence[AccuracyRow], drift: Sequence[DriftRow]) -> list[GoalLine]:
    """Compare the default's rows with the goals that are not set angle by angle.

    Parameters
    ----------
    rows
        Rows of the default with five sensors, of every level and law that was measured.
    drift
        Rows of long walks.

    Returns
    -------
    list of GoalLine
        One line per goal.
    """
    return [*_tissue_lines(rows), *_drift_lines(drift)]


def _tissue_lines(rows: Sequence[AccuracyRow]) -> Iterator[GoalLine]:
    bare = [max(row.demeaned_deg) for row in rows if row.level == SoftTissueLevel.NONE]
    if bare:
        yield _at_most(
            "Without soft tissue, largest error after removing the mean",
            max(bare),
            DEMEANED_WITHOUT_TISSUE_DEG,
        )
    for row in rows:
        if (row.joint, row.motion) == HIP_ROTATION and row.level == SoftTissueLevel.SEVERE:
            yield _at_most(
                f"Severe soft tissue ({row.law}), excursion of hip internal rotation",
                row.excursion.mae_deg,
                SEVERE_HIP_ROTATION_EXCURSION_DEG,
            )


def _drift_lines(drift: Sequence[DriftRow]) -> Iterator[GoalLine]:
    walks = dict.fromkeys((row.walk_minutes, row.has_end_trial) for row in drift)
    for walk in walks:
        of_walk = [row for row in drift if (row.walk_minutes, row.has_end_trial) == walk]
        where = f"First to last of {walk[0]:g} minutes, {end_words(of_walk[0])}"
        if of_walk[0].has_end_trial:
            worst = max(of_walk, key=lambda row: row.growth_deg)
            what = f"{where}, largest growth ({angle_words(worst.joint, worst.motion)})"
            yield _at_most(what, worst.growth_deg, GROWTH_DEG)
            continue
        # An error may grow as long as the stated uncertainty grows with it.
        worst = max(of_walk, key=lambda row: row.moved_deg / row.change_sd_deg)
        ratio = worst.moved_deg / worst.change_sd_deg
        yield GoalLine(
            f"{where}, largest shift of an error ({angle_words(worst.joint, worst.motion)})",
            f"{worst.moved_deg:.2f}°, {ratio:.1f} stated uncertainties",
            f"≤ {MOVED_PER_SD:g}",
            ratio <= MOVED_PER_SD,
        )


def _at_most(what: str, measured: float, goal: float) -> GoalLine:
    return GoalLine(what, f"{measured:.2f}°", f"≤ {goal:g}°", measured <= goal)


def angle_words(joint: Joint, motion: str) -> str:
    """Return the name of an angle in words.

    Parameters
    ----------
    joint
        Joint of the angle.
    motion
        One of `conventions.MOTIONS`.

    Returns
    -------
    str
        For example "knee internal rotation".
    """
    return f"{joint} {motion}".replace("_", " ")


def end_words(row: DriftRow) -> str:
    """Return how the recording of a walk ends, in words.

    Parameters
    ----------
    row
        Any row of that walk.

    Returns
    -------
    str
        Words that follow the length of the walk.
    """
    return "ends standing still" if row.has_end_trial else "ends in full stride"
