"""Find squats from tilts: both legs bend together, and the shank leans less than the thigh."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from imu_valgus.model import FloatArray, Placement, Segment, Side
from imu_valgus.segmentation.excursions import Excursion, ExcursionSettings, find_excursions
from imu_valgus.signals.series import sampling_rate, smooth


@dataclass(frozen=True, slots=True)
class SquatSettings:
    """Limits of squats; our own choices, checked on simulated and real recordings.

    Parameters
    ----------
    thigh
        What counts as a bend of the thigh.
    shank_deg
        Minimum lean of the shank at the bottom; on a chair it stays upright.
    shank_share
        Minimum and largest lean of the shank over that of the thigh. Without a chair the knees must
        come forwards in a deep bend, or the body falls backwards: at least a fifth (real squats
        0.25, simulated sitting down up to 0.16). Swinging a straight leg tilts both segments
        alike, and a foot that hangs in the air tilts the shank almost as far.
    shank_fall_deg
        Largest lean of the shank during the squat beyond its lean at the bottom.
    joined_share
        Minimum tilt of the other thigh over this one, where it is worn.
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
        Tilt of each sensor from neutral standing, shape (n,), NaN where not known.
    settings
        Limits, see `SquatSettings`.

    Returns
    -------
    tuple of Excursion
        In order of time, from the right leg where both are worn; the top is the deepest point.
    """
    rate_hz = sampling_rate(time_s)
    tilts = {place: smooth(tilt, rate_hz) for place, tilt in tilts_deg.items()}
    for side in (Side.RIGHT, Side.LEFT):
        thigh = tilts.get(Placement.of(Segment.THIGH, side))
        shank = tilts.get(Placement.of(Segment.SHANK, side))
        if thigh is None or shank is None:
            continue
        other_thigh = tilts.get(Placement.of(Segment.THIGH, side.other))
        return tuple(
            bend
            for bend in find_excursions(thigh, rate_hz, settings=settings.thigh)
            if settings.lasts_s[0] <= (bend.stop - bend.start) / rate_hz <= settings.lasts_s[1]
            and _is_squat(bend, thigh, shank, other_thigh, settings)
        )
    return ()


def _is_squat(
    bend: Excursion,
    thigh: FloatArray,
    shank: FloatArray,
    other_thigh: FloatArray | None,
    settings: SquatSettings,
) -> bool:
    inside = slice(bend.start, bend.stop)
    thigh, shank = thigh[inside], shank[inside]
    far = thigh > 0.85 * thigh.max()
    lean = float(np.median(shank[far]))
    least, most = (share * float(thigh.max()) for share in settings.shank_share)
    leans = max(settings.shank_deg, least) < lean < most
    swings = float(shank.max()) - lean > settings.shank_fall_deg
    if not leans or swings:
        return False
    if other_thigh is None:
        return True
    share = np.median(other_thigh[inside][far]) / np.median(thigh[far])
    return bool(settings.joined_share < share < 1.0 / settings.joined_share)
