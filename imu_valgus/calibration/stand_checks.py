"""Grades of a sensor by how the person stood: long enough, alike each time, no strap slipped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_valgus.calibration.rests import Stand
from imu_valgus.model import FloatArray, Grade, Placement


@dataclass(frozen=True, slots=True)
class StandCheckSettings:
    """Limits of the grades.

    Parameters
    ----------
    warn_deg, fail_deg
        Spread of up between stands (a moved strap, or a changed posture). The stands of one real
        donning differed by 7 degrees, so only more than 12 fails.
    short_s
        A shorter total of standing is told.
    """

    warn_deg: float = 6.0
    fail_deg: float = 12.0
    short_s: float = 3.0


DEFAULT_SETTINGS = StandCheckSettings()


def stand_checks(
    placement: Placement,
    up: FloatArray,
    stands: Sequence[Stand],
    *,
    settings: StandCheckSettings = DEFAULT_SETTINGS,
) -> list[tuple[Grade, str]]:
    """Grade the standing of one sensor, with a sentence for each doubt.

    Parameters
    ----------
    placement
        Where the sensor sits.
    up
        Mean of up in its frame in standing, shape (3,).
    stands
        All of the donning, also those in which this sensor had slipped.
    settings
        See `StandCheckSettings`.
    """
    own = [stand for stand in stands if placement in stand.up]
    checks: list[tuple[Grade, str]] = []
    stood_s = sum(stand.duration_s for stand in own)
    if stood_s < settings.short_s:
        reason = f"Standing still lasted {stood_s:.1f} s; stand for 5 s or more next time."
        checks.append((Grade.FAIR, reason))
    slips = dict.fromkeys(
        slip for stand in stands for slip in stand.slips if slip.placement is placement
    )
    checks += [(Grade.POOR, slip.words) for slip in slips]
    angles = [np.degrees(np.arccos(np.clip(stand.up[placement] @ up, -1, 1))) for stand in own]
    spread = float(max(angles, default=0.0))
    if spread > settings.warn_deg:
        grade = Grade.POOR if spread > settings.fail_deg else Grade.FAIR
        reason = (
            f"The standing pose of the {placement.words} differs by {spread:.0f}° between stands: "
            "the strap moved or the person stood differently."
        )
        checks.append((grade, reason))
    return checks
