"""How far an analysis is from references that lie beside a session's recordings.

A recording may hold ``reference_angles.csv`` (``time_s`` and columns such as
``knee_flexion_deg``, of one leg) and ``reference_contacts.csv`` (``foot``,
``initial_contact_s``, ``toe_off_s``), on the clock of its sensors.

The comparison with real references as Markdown tables.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from imu_valgus.benchmark.goals import STAGE_HARM_DEG, GoalLine
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


@dataclass(frozen=True, slots=True)
class WaveformError:
    """One angle of one recording against its reference, both after removing their means.

    Parameters
    ----------
    recording, joint, motion
        Which angle; `joint` as reported (femur where the reference says hip).
    rmse_deg
        Root mean square difference of the waveforms.
    gain
        Slope of the regression of ours on the reference; 1 keeps the amplitude.
    reference_sd_deg
        Standard deviation of the reference itself: the error of a constant.
    n_samples
        How many samples were compared.
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
    """One contact of the reference and what was found for it.

    Parameters
    ----------
    recording
        Which recording.
    initial_contact_s, toe_off_s
        Found minus reference, NaN where nothing was found within 0.1 s.
    n_extra
        Events of that foot found while the reference's foot was down.
    """

    recording: str
    initial_contact_s: float
    toe_off_s: float
    n_extra: int


@dataclass(frozen=True, slots=True)
class ReferenceResult:
    """Everything that one session's references tell.

    Parameters
    ----------
    by_stage
        Waveform errors by name of the variant, our stages switched on one after another.
    contacts
        Of the default.
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
    fusion: str = "vqf",
    tell: Callable[[str], None] = lambda _step: None,
) -> ReferenceResult:
    """Analyse a session stage by stage and compare it with the references beside it.

    Parameters
    ----------
    session
        Its folder.
    side
        The leg that the references are of.
    fusion
        Name of the orientation engine.
    tell
        Called with the name of each step.

    Raises
    ------
    InputError
        If there is no session, or no reference beside any of its recordings.
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
            f"{session}: expected reference_angles.csv or reference_contacts.csv in at least one "
            "recording, found none; put them beside the sensor files."
        )
    return ReferenceResult(by_stage, contacts)


def waveform_errors(analysis: Analysis, session: Path, *, side: Side) -> tuple[WaveformError, ...]:
    """Compare angles with the references of a session folder.

    Parameters
    ----------
    analysis
        Of that session.
    session
        Its folder.
    side
        The leg that the references are of.
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
    """Compare gait events with the force-plate contacts of a session folder."""
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


def _waveforms(name: str, joint: JointAngles, reference: pd.DataFrame) -> list[WaveformError]:
    referred = "hip" if joint.joint is Joint.FEMUR else str(joint.joint)
    at_s = reference["time_s"].to_numpy(dtype=np.float64)
    errors: list[WaveformError] = []
    for index, motion in enumerate(MOTIONS):
        column = f"{referred}_{motion}_deg"
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


def median_abs(values: Sequence[float]) -> float:
    """Median absolute value, NaN when there is none."""
    finite = [abs(value) for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else float("nan")


_GAINS_KEPT = (0.8, 1.25)


def waveform_table(errors: Sequence[WaveformError]) -> list[str]:
    """Show the default's waveform errors recording by recording."""
    head = ["angle", "RMSE of each recording", "mean", "gain", "SD of reference"]
    rows = []
    for name, group in _by_angle(errors).items():
        each = ", ".join(f"{error.rmse_deg:.1f}" for error in group)
        mean = _mean([error.rmse_deg for error in group])
        gain = _mean([error.gain for error in group])
        constant = _mean([error.reference_sd_deg for error in group])
        rows.append([name, each, f"{mean:.2f}", f"{gain:.2f}", f"{constant:.2f}"])
    return markdown_table(head, rows)


def stage_table(by_stage: Mapping[str, Sequence[WaveformError]]) -> list[str]:
    """Show mean error and mean gain, our stages switched on one after another."""
    groups = {name: _by_angle(errors) for name, errors in by_stage.items()}
    angles = list(next(iter(groups.values())))
    return markdown_table(
        ["angle", *groups],
        (
            [
                angle,
                *(
                    f"{_mean([e.rmse_deg for e in group[angle]]):.2f} "
                    f"({_mean([e.gain for e in group[angle]]):.2f})"
                    for group in groups.values()
                ),
            ]
            for angle in angles
        ),
    )


def contact_table(errors: Sequence[ContactError]) -> list[str]:
    """Show found minus true contacts in ms."""
    rows = [
        [
            error.recording,
            _ms(error.initial_contact_s),
            _ms(error.toe_off_s),
            str(error.n_extra),
        ]
        for error in errors
    ]
    contact = median_abs([error.initial_contact_s for error in errors])
    toe_off = median_abs([error.toe_off_s for error in errors])
    rows.append(["median absolute", _ms(contact), _ms(toe_off), ""])
    return markdown_table(["recording", "initial contact", "toe-off", "extra"], rows)


def reference_goals(by_stage: Mapping[str, Sequence[WaveformError]]) -> list[GoalLine]:
    """Compare stages with the goals: no stage harms a waveform, amplitudes stay."""
    names = list(by_stage)[: list(by_stage).index(DEFAULT[0]) + 1]
    groups = [_by_angle(by_stage[name]) for name in names]
    if len(groups) < 2 or not groups[0]:
        return []
    angles = list(groups[0])
    harms = {
        (name, angle): _mean_rmse(after[angle]) - _mean_rmse(before[angle])
        for name, (before, after) in zip(names[1:], pairwise(groups), strict=True)
        for angle in angles
    }
    (stage, angle), harm = max(harms.items(), key=lambda item: item[1])
    low, high = _GAINS_KEPT
    gains = {
        angle: (_mean_gain(groups[0][angle]), _mean_gain(groups[-1][angle])) for angle in angles
    }
    lost = [a for a, (was, now) in gains.items() if low <= was <= high and not low <= now <= high]
    return [
        GoalLine(
            f"Real leg, worst that a stage does to a waveform ({angle}, {stage})",
            f"{harm:+.2f}°",
            f"≤ {STAGE_HARM_DEG:g}°",
            harm <= STAGE_HARM_DEG,
        ),
        GoalLine(
            f"Real leg, amplitudes that the stages take out of {low:g} to {high:g}",
            ", ".join(lost) or "none",
            "none",
            not lost,
        ),
    ]


def _by_angle(errors: Sequence[WaveformError]) -> dict[str, list[WaveformError]]:
    groups: dict[str, list[WaveformError]] = {}
    for error in errors:
        groups.setdefault(f"{error.joint} {error.motion}".replace("_", " "), []).append(error)
    return groups


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _mean_rmse(errors: Sequence[WaveformError]) -> float:
    return _mean([error.rmse_deg for error in errors])


def _mean_gain(errors: Sequence[WaveformError]) -> float:
    return _mean([error.gain for error in errors])


def _ms(seconds: float) -> str:
    return f"{1000.0 * seconds:.0f}" if math.isfinite(seconds) else "none"
