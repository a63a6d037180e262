"""What the gyroscope bias estimate has to tell the person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.model import Finding, GyroBias, Placement, Severity


@dataclass(frozen=True, slots=True, eq=False)
class StandTally:
    """How long one sensor stood still at most, and its bias, by name of the recording."""

    placement: Placement
    longest_s: Mapping[str, float]
    bias: Mapping[str, GyroBias]


def bias_findings(
    tallies: Sequence[StandTally],
    *,
    wanted_s: float,
    shortest_s: float,
    large_rad_s: float,
    drift_rad_s: float,
) -> tuple[Finding, ...]:
    """Word short or missing stands, large bias and drift between stands.

    Parameters
    ----------
    tallies
        One per sensor.
    wanted_s, shortest_s
        Stand that is wanted, and the shortest that a recording's own bias is taken from.
    large_rad_s, drift_rad_s
        Bias, and change between stands of one recording, that are told.

    Returns
    -------
    tuple of Finding
        In order: stands, then sensors.
    """
    return (
        *_of_stands(tallies, wanted_s=wanted_s, shortest_s=shortest_s),
        *_large(tallies, large_rad_s),
        *_drifting(tallies, drift_rad_s),
    )


def _of_stands(
    tallies: Sequence[StandTally], *, wanted_s: float, shortest_s: float
) -> Iterable[Finding]:
    for tally in tallies:
        longest_s = max(tally.longest_s.values(), default=0.0)
        sd_deg_s = np.rad2deg(max(float(bias.sd_rad_s.max()) for bias in tally.bias.values()))
        if longest_s >= shortest_s:
            continue
        found = f"the longest was {longest_s:.1f} s" if longest_s else "there was none"
        code = "gyro_bias_short_stand" if longest_s else "gyro_bias_unknown"
        message = (
            f"Expected the {tally.placement.words} sensor to be still for {shortest_s:g} s at "
            f"least once, but {found}: its gyroscope bias is only known to {sd_deg_s:.1f} deg/s, "
            f"rotations may drift; begin with {wanted_s:g} s or more of standing still."
        )
        yield Finding(Severity.WARNING, code, message, placement=tally.placement)
    known = [tally for tally in tallies if max(tally.longest_s.values()) >= shortest_s]
    yield from _borrowed(known, shortest_s)
    yield from _short(known, wanted_s=wanted_s, shortest_s=shortest_s)


def _borrowed(tallies: Sequence[StandTally], shortest_s: float) -> Iterable[Finding]:
    worst: dict[str, float] = {}
    for tally in tallies:
        for name, longest_s in tally.longest_s.items():
            if longest_s < shortest_s:
                sd_deg_s = float(np.rad2deg(tally.bias[name].sd_rad_s.max()))
                worst[name] = max(worst.get(name, 0.0), sd_deg_s)
    for name, sd_deg_s in worst.items():
        message = (
            f"'{name}' holds no stand of {shortest_s:g} s for every sensor: the gyroscope bias "
            f"was taken from the other recordings, known to {sd_deg_s:.2f} deg/s."
        )
        yield Finding(Severity.NOTE, "gyro_bias_borrowed", message, recording=name)


def _short(
    tallies: Sequence[StandTally], *, wanted_s: float, shortest_s: float
) -> Iterable[Finding]:
    names = dict.fromkeys(name for tally in tallies for name in tally.longest_s)
    for name in names:
        longest = [tally.longest_s[name] for tally in tallies if name in tally.longest_s]
        if shortest_s <= min(longest) < wanted_s:
            message = (
                f"The longest stand in '{name}' is {min(longest):.1f} s: {wanted_s:g} s or more "
                "of standing still would make the gyroscope bias more certain."
            )
            yield Finding(Severity.NOTE, "gyro_bias_stand_below_wanted", message, recording=name)


def _large(tallies: Sequence[StandTally], large_rad_s: float) -> Iterable[Finding]:
    for tally in tallies:
        for name, bias in tally.bias.items():
            size = float(np.linalg.norm(bias.bias_rad_s, axis=1).max())
            if size > large_rad_s:
                message = (
                    f"The gyroscope of the {tally.placement.words} sensor reads "
                    f"{np.rad2deg(size):.1f} deg/s at rest (limit {np.rad2deg(large_rad_s):g}): "
                    "this was removed, but let the sensor warm up for some minutes."
                )
                yield Finding(Severity.NOTE, "gyro_bias_large", message, name, tally.placement)
                break


def _drifting(tallies: Sequence[StandTally], drift_rad_s: float) -> Iterable[Finding]:
    for tally in tallies:
        for name, bias in tally.bias.items():
            change = float(np.linalg.norm(np.ptp(bias.bias_rad_s, axis=0)))
            if change > drift_rad_s:
                message = (
                    f"The gyroscope bias of the {tally.placement.words} sensor changed by "
                    f"{np.rad2deg(change):.1f} deg/s between stands of '{name}' (limit "
                    f"{np.rad2deg(drift_rad_s):.1f}): it was taken as linear between them, let "
                    "the sensor warm up for some minutes."
                )
                yield Finding(Severity.WARNING, "gyro_bias_drift", message, name, tally.placement)
