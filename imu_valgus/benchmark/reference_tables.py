"""The comparison with real references as Markdown tables."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from imu_valgus.benchmark.goals import STAGE_HARM_DEG, GoalLine
from imu_valgus.benchmark.reference import ContactError, WaveformError, median_abs
from imu_valgus.benchmark.tables import markdown_table
from imu_valgus.benchmark.variants import DEFAULT

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
