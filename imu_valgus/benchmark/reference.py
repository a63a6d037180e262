"""How far an analysis is from real references, measured and shown as Markdown tables.

The folder of a recording may hold ``reference_angles.csv`` (``time_s`` and columns such as
``knee_flexion_deg``, of one leg) and ``reference_contacts.csv`` (``foot``,
``initial_contact_s``, ``toe_off_s``), both on the clock of its sensors.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from imu_valgus.benchmark.goals import STAGE_HARM_DEG, GoalLine, angle_words
from imu_valgus.benchmark.tables import markdown_table
from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES
from imu_valgus.conventions import MOTIONS
from imu_valgus.errors import InputError
from imu_valgus.io.sessions import read_session
from imu_valgus.model import (
    Analysis,
    EventKind,
    FloatArray,
    Joint,
    JointAngles,
    RecordingAnalysis,
    Side,
)
from imu_valgus.pipeline import analyse

ANGLES_FILE = "reference_angles.csv"
CONTACTS_FILE = "reference_contacts.csv"

_GAINS_KEPT = (0.8, 1.25)
"""An angle whose gain lies in this range keeps its amplitude."""


@dataclass(frozen=True, slots=True)
class WaveformError:
    """One angle of one recording against its reference, both after removing their means.

    Parameters
    ----------
    recording, joint, motion
        Recording and angle; `joint` as analysed (femur where the reference has the hip).
    rmse_deg
        Root mean square difference of the waveforms.
    gain
        Slope of the regression of our angle on the reference; 1 keeps the amplitude.
    reference_sd_deg
        Standard deviation of the reference itself, which is the error of a constant.
    n_samples
        Number of samples compared.
    """

    recording: str
    joint: Joint
    motion: str
    rmse_deg: float
    gain: float
    reference_sd_deg: float
    n_samples: int


@dataclass(frozen=True, slots=True)
class ContactError:
    """One foot contact of the reference against the events found for it.

    Parameters
    ----------
    recording
        Name of the recording.
    initial_contact_s, toe_off_s
        Time found minus that of the reference; NaN where nothing was found within 0.1 s.
    n_extra
        Number of further events of that foot while it was down in the reference.
    """

    recording: str
    initial_contact_s: float
    toe_off_s: float
    n_extra: int


@dataclass(frozen=True, slots=True)
class ReferenceResult:
    """Errors of one session against its references.

    Parameters
    ----------
    by_stage
        Waveform errors by name of the variant, our stages switched on one after another.
    contacts
        Contact errors of the default.
    """

    by_stage: Mapping[str, tuple[WaveformError, ...]]
    contacts: tuple[ContactError, ...]

    @property
    def waveforms(self) -> tuple[WaveformError, ...]:
        """Waveform errors of the default."""
        return self.by_stage[DEFAULT[0]]


def measure_reference(
    session: Path,
    *,
    side: Side,
    fusion: str | None = None,
    tell: Callable[[str], None] = lambda _step: None,
) -> ReferenceResult:
    """Analyse a session stage by stage and compare it with its references.

    Parameters
    ----------
    session
        Folder of the session.
    side
        Leg of the references.
    fusion
        Name of the orientation engine; None takes the best one that is installed.
    tell
        Function called with the name of each step.

    Returns
    -------
    ReferenceResult
        Waveform errors of every stage, and contact errors of the default.

    Raises
    ------
    InputError
        If there is no session, or no reference in any of its recordings.
    """
    tell(f"Reading {session}")
    read = read_session(session)
    by_stage: dict[str, tuple[WaveformError, ...]] = {}
    contacts: tuple[ContactError, ...] = ()
    for name, settings in OWN_STAGES:
        tell(f"References: {name}")
        analysis = analyse(read, settings=replace(settings, fusion=fusion))
        by_stage[name] = waveform_errors(analysis, session, side=side)
        if name == DEFAULT[0]:
            contacts = contact_errors(analysis, session)
    if not any(by_stage.values()) and not contacts:
        raise InputError(
            f"No recording of the session '{session}' holds {ANGLES_FILE} or {CONTACTS_FILE}. Put "
            "them beside the sensor files."
        )
    return ReferenceResult(by_stage, contacts)


def waveform_errors(analysis: Analysis, session: Path, *, side: Side) -> tuple[WaveformError, ...]:
    """Compare the angles of a leg with the references in a session folder.

    Parameters
    ----------
    analysis
        Analysis of the session.
    session
        Folder of the session, with its reference files.
    side
        Leg of the references.

    Returns
    -------
    tuple of WaveformError
        One error for each recording and angle with at least 50 samples to compare.
    """
    errors: list[WaveformError] = []
    for recording in analysis.recordings:
        file = session / recording.name / ANGLES_FILE
        if not file.exists():
            continue
        reference = pd.read_csv(file)
        for joint in recording.angles:
            if joint.side is side:
                errors += _waveforms(recording.name, joint, reference)
    return tuple(errors)


def contact_errors(analysis: Analysis, session: Path) -> tuple[ContactError, ...]:
    """Compare gait events with the force-plate contacts in a session folder.

    Parameters
    ----------
    analysis
        Analysis of the session.
    session
        Folder of the session, with its reference files.

    Returns
    -------
    tuple of ContactError
        One error for each contact of the reference.
    """
    errors: list[ContactError] = []
    for recording in analysis.recordings:
        file = session / recording.name / CONTACTS_FILE
        if not file.exists():
            continue
        table = pd.read_csv(file)
        times = table[["initial_contact_s", "toe_off_s"]].to_numpy(dtype=np.float64)
        for foot, (contact_s, toe_off_s) in zip(table["foot"], times, strict=True):
            errors.append(_contact(recording, Side(foot), float(contact_s), float(toe_off_s)))
    return tuple(errors)


def waveform_table(errors: Sequence[WaveformError]) -> list[str]:
    """Return a Markdown table of the default's waveform errors, recording by recording.

    Parameters
    ----------
    errors
        Waveform errors of the default.

    Returns
    -------
    list of str
        Lines of the table.
    """
    head = ["angle", "RMSE of each recording", "mean", "gain", "SD of reference"]
    rows = []
    for angle, group in errors_by_angle(errors).items():
        each = ", ".join(f"{error.rmse_deg:.1f}" for error in group)
        means = (_mean(group, figure) for figure in ("rmse_deg", "gain", "reference_sd_deg"))
        rows.append([angle, each, *(f"{mean:.2f}" for mean in means)])
    return markdown_table(head, rows)


def stage_table(by_stage: Mapping[str, Sequence[WaveformError]]) -> list[str]:
    """Return a Markdown table of mean error and mean gain, stage by stage.

    Parameters
    ----------
    by_stage
        Waveform errors by name of the variant, as in `ReferenceResult.by_stage`.

    Returns
    -------
    list of str
        Lines of the table.
    """
    groups = {name: errors_by_angle(errors) for name, errors in by_stage.items()}
    angles = list(next(iter(groups.values())))
    rows = (
        [
            angle,
            *(
                f"{_mean(group[angle], 'rmse_deg'):.2f} ({_mean(group[angle], 'gain'):.2f})"
                for group in groups.values()
            ),
        ]
        for angle in angles
    )
    return markdown_table(["angle", *groups], rows)


def contact_table(errors: Sequence[ContactError]) -> list[str]:
    """Return a Markdown table of the errors of contacts in ms, with their median.

    Parameters
    ----------
    errors
        Contact errors of the default.

    Returns
    -------
    list of str
        Lines of the table.
    """
    contact = median_abs([error.initial_contact_s for error in errors])
    toe_off = median_abs([error.toe_off_s for error in errors])
    rows = [
        *(
            (e.recording, _ms(e.initial_contact_s), _ms(e.toe_off_s), str(e.n_extra))
            for e in errors
        ),
        ("median absolute", _ms(contact), _ms(toe_off), ""),
    ]
    return markdown_table(["recording", "initial contact", "toe-off", "extra"], rows)


def reference_goals(by_stage: Mapping[str, Sequence[WaveformError]]) -> list[GoalLine]:
    """Compare stages with the goals: no stage worsens a waveform, and amplitudes are kept.

    Parameters
    ----------
    by_stage
        Waveform errors by name of the variant, as in `ReferenceResult.by_stage`.

    Returns
    -------
    list of GoalLine
        The two goals; empty without waveforms.
    """
    names = list(by_stage)[: list(by_stage).index(DEFAULT[0]) + 1]
    groups = [errors_by_angle(by_stage[name]) for name in names]
    if len(groups) < 2 or not groups[0]:
        return []
    angles = list(groups[0])
    harms = {
        (name, angle): _mean(after[angle], "rmse_deg") - _mean(before[angle], "rmse_deg")
        for name, (before, after) in zip(names[1:], pairwise(groups), strict=True)
        for angle in angles
    }
    (stage, angle), harm = max(harms.items(), key=lambda item: item[1])
    low, high = _GAINS_KEPT
    gains = {
        angle: (_mean(groups[0][angle], "gain"), _mean(groups[-1][angle], "gain"))
        for angle in angles
    }
    lost = [a for a, (was, now) in gains.items() if low <= was <= high and not low <= now <= high]
    return [
        GoalLine(
            f"Real leg, largest error that a stage adds to a waveform ({angle}, {stage})",
            f"{harm:+.2f}°",
            f"≤ {STAGE_HARM_DEG:g}°",
            harm <= STAGE_HARM_DEG,
        ),
        GoalLine(
            f"Real leg, angles whose gain the stages move out of {low:g} to {high:g}",
            ", ".join(lost) or "none",
            "none",
            not lost,
        ),
    ]


def errors_by_angle(errors: Sequence[WaveformError]) -> dict[str, list[WaveformError]]:
    """Group waveform errors by their angle in words.

    Parameters
    ----------
    errors
        Waveform errors of one variant.

    Returns
    -------
    dict of str to list of WaveformError
        Errors of all recordings by angle, in order of first appearance.
    """
    groups: dict[str, list[WaveformError]] = {}
    for error in errors:
        groups.setdefault(angle_words(error.joint, error.motion), []).append(error)
    return groups


def median_abs(values: Sequence[float]) -> float:
    """Return the median absolute value.

    Parameters
    ----------
    values
        Values; those that are not finite are left out.

    Returns
    -------
    float
        Median; NaN if no value is finite.
    """
    finite = [abs(value) for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else float("nan")


def _waveforms(name: str, joint: JointAngles, reference: pd.DataFrame) -> list[WaveformError]:
    reference_joint = "hip" if joint.joint is Joint.FEMUR else str(joint.joint)
    at_s = reference["time_s"].to_numpy(dtype=np.float64)
    errors: list[WaveformError] = []
    for index, motion in enumerate(MOTIONS):
        column = f"{reference_joint}_{motion}_deg"
        if column not in reference:
            continue
        true = reference[column].to_numpy(dtype=np.float64)
        ours = np.interp(at_s, joint.time_s, joint.angles_deg[:, index], left=np.nan, right=np.nan)
        usable = np.isfinite(true) & np.isfinite(ours)
        if np.count_nonzero(usable) < 50:
            continue
        error = ours[usable] - true[usable]
        errors.append(
            WaveformError(
                name,
                joint.joint,
                motion,
                rmse_deg=float(error.std()),
                gain=float(np.polyfit(true[usable], ours[usable], 1)[0]),
                reference_sd_deg=float(true[usable].std()),
                n_samples=int(np.count_nonzero(usable)),
            )
        )
    return errors


def _contact(
    recording: RecordingAnalysis, side: Side, contact_s: float, toe_off_s: float
) -> ContactError:
    def times(kind: EventKind) -> FloatArray:
        return np.array(
            [event.time_s for event in recording.events if (event.side, event.kind) == (side, kind)]
        )

    contacts, toe_offs = times(EventKind.INITIAL_CONTACT), times(EventKind.TOE_OFF)
    down = (contact_s - 0.1, toe_off_s + 0.1)
    n_within = sum(
        int(np.count_nonzero((found > down[0]) & (found < down[1])))
        for found in (contacts, toe_offs)
    )
    errors = (_nearest(contacts, contact_s), _nearest(toe_offs, toe_off_s))
    n_matched = sum(np.isfinite(error) for error in errors)
    return ContactError(recording.name, *errors, n_extra=int(n_within - n_matched))


def _nearest(found: FloatArray, true_s: float) -> float:
    if found.size == 0:
        return float("nan")
    error = float(found[np.argmin(np.abs(found - true_s))] - true_s)
    return error if abs(error) <= 0.1 else float("nan")


def _mean(errors: Sequence[WaveformError], figure: str) -> float:
    return float(sum(getattr(error, figure) for error in errors) / len(errors))


def _ms(seconds: float) -> str:
    return f"{1000.0 * seconds:.0f}" if math.isfinite(seconds) else "none"
