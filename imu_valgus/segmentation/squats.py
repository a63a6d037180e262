"""Squats from tilts: both legs bend together and the shank leans most where the thigh does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from imu_valgus.model import FloatArray, Placement, Segment, Side
from imu_valgus.segmentation.excursions import Excursion, ExcursionSettings, find_excursions
from imu_valgus.signals.series import sampling_rate, smooth


@dataclass(frozen=True, slots=True)
class SquatSettings:
    """Limits of squats; own choices, checked on simulated and real recordings.

    Parameters
    ----------
    thigh
        What counts as a bend of the thigh.
    shank_deg
        Least lean of the shank at the bottom: on a chair it stands upright.
    shank_share
        Least and largest lean of the shank over that of the thigh. Without a chair the knees must
        come forwards with a deep bend, or the body falls backwards: a fifth at least (real squats
        0.25, simulated sitting down up to 0.16). A straight leg that is swung tilts both alike, a
        foot that hangs in the air tilts the shank almost as far.
    shank_fall_deg
        By how much the shank may lean further than at the bottom at any time of the squat.
    joined_share
        Least tilt of the other thigh over this one, where it is worn.
    lasts_s
        Shortest and longest duration of one squat.
    """

    thigh: ExcursionSettings = field(
        default_factory=lambda: ExcursionSettings(reach=35.0, leave=13.0)
    )
    shank_deg: float = 8.0
    shank_share: tuple[float, float] = (0.2, 0.78)
    shank_fall_deg: float = 7.0
    joined_share: float = 0.6
    lasts_s: tuple[float, float] = (0.9, 12.0)


DEFAULT_SETTINGS = SquatSettings()


def find_squats(
    time_s: FloatArray,
    tilts_deg: Mapping[Placement, FloatArray],
    *,
    settings: SquatSettings = DEFAULT_SETTINGS,
) -> tuple[Excursion, ...]:
    """Find single squats.

    Parameters
    ----------
    time_s
        Uniform sample times, shape (n,).
    tilts_deg
        Tilt from neutral standing of each sensor, shape (n,), NaN where not known.
    settings
        See `SquatSettings`.

    Returns
    -------
    tuple of Hump
        In order of time, of the right leg where both are worn; the top is the deepest point.
    """
    rate_hz = sampling_rate(time_s)
    for side in (Side.RIGHT, Side.LEFT):
        thigh = tilts_deg.get(Placement.of(Segment.THIGH, side))
        shank = tilts_deg.get(Placement.of(Segment.SHANK, side))
        if thigh is None or shank is None:
            continue
        other = tilts_deg.get(Placement.of(Segment.THIGH, side.other))
        bend = _Bend(
            smooth(thigh, rate_hz),
            smooth(shank, rate_hz),
            None if other is None else smooth(other, rate_hz),
        )
        excursions = find_excursions(bend.thigh, rate_hz, settings=settings.thigh)
        return tuple(
            excursion for excursion in excursions if _is_squat(excursion, bend, rate_hz, settings)
        )
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class _Bend:
    thigh: FloatArray
    shank: FloatArray
    other_thigh: FloatArray | None


def _is_squat(excursion: Excursion, bend: _Bend, rate_hz: float, settings: SquatSettings) -> bool:
    shortest, longest = settings.lasts_s
    if not shortest <= (excursion.stop - excursion.start) / rate_hz <= longest:
        return False
    inside = slice(excursion.start, excursion.stop)
    thigh, shank = bend.thigh[inside], bend.shank[inside]
    far = thigh > 0.85 * thigh.max()
    lean = float(np.median(shank[far]))
    least, most = (share * float(thigh.max()) for share in settings.shank_share)
    leans = max(settings.shank_deg, least) < lean < most
    swings = float(shank.max()) - lean > settings.shank_fall_deg
    if not leans or swings:
        return False
    if bend.other_thigh is None:
        return True
    share = np.median(bend.other_thigh[inside][far]) / np.median(thigh[far])
    return bool(settings.joined_share < share < 1.0 / settings.joined_share)
