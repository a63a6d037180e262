"""The few measures that are shown first, chosen beforehand so that none is picked for its result.

Of twenty unchanged measures one is expected to look changed. Reports and commands therefore show
only these unless all measures are asked for.
"""

from collections.abc import Iterable
from typing import Final

from imu_valgus.model import Task
from imu_valgus.model.progress import MeasureKey

HEADLINE: Final[tuple[tuple[str, Task], ...]] = (
    ("score", Task.STEP_UP),
    ("hip_internal_rotation_excursion_deg", Task.STEP_UP),
    ("femur_internal_rotation_excursion_deg", Task.STEP_UP),
    ("hip_adduction_excursion_deg", Task.STEP_UP),
    ("femur_adduction_excursion_deg", Task.STEP_UP),
    ("shank_medial_tilt_deg", Task.STEP_UP),
    ("tibial_external_rotation_excursion_deg", Task.STEP_UP),
    ("knee_abduction_excursion_deg", Task.STEP_UP),
    ("hip_internal_rotation_range_deg", Task.WALK),
    ("femur_internal_rotation_range_deg", Task.WALK),
    ("knee_internal_rotation_range_deg", Task.WALK),
)
"""Name and task of the measures shown first, in that order, for either leg.

The femur stands in where no pelvis sensor is worn; rotation of the tibia relative to the femur is
named after the knee. Excursions and ranges do not depend on where zero lies.
"""


def headline_keys(keys: Iterable[MeasureKey]) -> tuple[MeasureKey, ...]:
    """Pick the headline measures, in the order of :data:`HEADLINE`, left leg first.

    Parameters
    ----------
    keys
        Keys of the available measures, in any order.

    Returns
    -------
    tuple of MeasureKey
        Those that are headline measures, each once.

    Examples
    --------
    >>> from imu_valgus.model import Side
    >>> keys = [
    ...     MeasureKey("cadence_per_min", Task.WALK, None),
    ...     MeasureKey("shank_medial_tilt_deg", Task.STEP_UP, Side.RIGHT),
    ...     MeasureKey("score", Task.STEP_UP, Side.RIGHT),
    ... ]
    >>> [key.name for key in headline_keys(keys)]
    ['score', 'shank_medial_tilt_deg']
    """
    rank = {name_and_task: index for index, name_and_task in enumerate(HEADLINE)}
    chosen = {key for key in keys if (key.name, key.task) in rank}
    return tuple(sorted(chosen, key=lambda key: (rank[key.name, key.task], key.side or "")))
