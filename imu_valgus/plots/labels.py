"""Names, units and directions of joint angles and measures, the same in every drawing and table."""

from dataclasses import dataclass

from imu_valgus.model import Joint, Side, Task
from imu_valgus.model.progress import MeasureKey
from imu_valgus.progress.verdict import with_unit

__all__ = [
    "AngleLabel",
    "MeasureLabel",
    "angle_label",
    "leg_words",
    "measure_label",
    "signed",
    "task_words",
]


@dataclass(frozen=True, slots=True)
class AngleLabel:
    """Name of a joint angle, and the directions that its signs stand for.

    Parameters
    ----------
    name
        Name for titles and table rows, with a capital letter.
    up, down
        Direction of positive and of negative values, in one or two words.
    """

    name: str
    up: str
    down: str

    @property
    def directions(self) -> str:
        """Unit and both directions, to write beside an axis.

        Examples
        --------
        >>> angle_label(Joint.HIP, "internal_rotation").directions
        '(deg)  ↑ internal  ↓ external'
        """
        return f"(deg)  ↑ {self.up}  ↓ {self.down}"


# Without a pelvis sensor the thigh angle is relative to the walking direction or to the standing
# posture. That is not the hip angle, and is never called so.
_LABELS: dict[tuple[Joint, str], AngleLabel] = {
    (Joint.HIP, "flexion"): AngleLabel("Hip flexion", "flexion", "extension"),
    (Joint.HIP, "adduction"): AngleLabel("Hip adduction", "adduction", "abduction"),
    (Joint.HIP, "internal_rotation"): AngleLabel("Hip rotation", "internal", "external"),
    (Joint.FEMUR, "flexion"): AngleLabel("Thigh (femur) flexion", "flexion", "extension"),
    (Joint.FEMUR, "adduction"): AngleLabel("Thigh (femur) adduction", "adduction", "abduction"),
    (Joint.FEMUR, "internal_rotation"): AngleLabel(
        "Thigh (femur) rotation", "internal", "external"
    ),
    (Joint.KNEE, "flexion"): AngleLabel("Knee flexion", "flexion", "extension"),
    (Joint.KNEE, "adduction"): AngleLabel("Knee adduction", "varus", "valgus"),
    (Joint.KNEE, "internal_rotation"): AngleLabel("Tibial rotation", "internal", "external"),
    (Joint.ANKLE, "flexion"): AngleLabel("Ankle flexion", "dorsiflexion", "plantarflexion"),
    (Joint.ANKLE, "adduction"): AngleLabel("Ankle inversion", "inversion", "eversion"),
    (Joint.ANKLE, "internal_rotation"): AngleLabel("Foot rotation", "internal", "external"),
}


def angle_label(joint: Joint, motion: str) -> AngleLabel:
    """Return the name and directions of a joint angle.

    Parameters
    ----------
    joint
        Joint of the angle; ``Joint.FEMUR`` is named thigh, never hip.
    motion
        Motion of the angle, one of ``conventions.MOTIONS``.

    Returns
    -------
    AngleLabel
        The label.

    Raises
    ------
    KeyError
        If the joint has no such motion.

    Examples
    --------
    >>> angle_label(Joint.FEMUR, "internal_rotation").name
    'Thigh (femur) rotation'
    """
    return _LABELS[joint, motion]


@dataclass(frozen=True, slots=True)
class MeasureLabel:
    """Name of a measure, its unit, and what larger values mean.

    Parameters
    ----------
    name
        Name without task and leg, with a capital letter.
    unit
        Unit as written beside an axis (°, points, s); empty if there is none.
    up
        What larger values mean, such as "more inward".
    """

    name: str
    unit: str
    up: str

    @property
    def directions(self) -> str:
        """Unit and direction, to write beside an axis.

        Examples
        --------
        >>> key = MeasureKey("hip_internal_rotation_excursion_deg", Task.STEP_UP, Side.LEFT)
        >>> measure_label(key).name, measure_label(key).directions
        ('Hip internal rotation, excursion', '(°)  ↑ more inward')
        """
        return f"({self.unit})  ↑ {self.up}" if self.unit else f"↑ {self.up}"


_UNITS = {"deg": "°", "points": "points", "per_min": "per minute", "s": "s", "cm": "cm", "m": "m"}

# The ending of a measure's name says where in the movement an angle is taken.
_TAKEN = {
    "loaded_peak": "peak under load",
    "excursion": "excursion",
    "peak": "peak",
    "matched": "at equal knee bend",
    "range": "range",
    "level": "mean level",
    "held": "held",
}

_ANGLES = {
    "hip_flexion": ("Hip flexion", "more bent"),
    "hip_adduction": ("Hip adduction", "more adduction"),
    "hip_internal_rotation": ("Hip internal rotation", "more inward"),
    "hip_external_rotation": ("Hip external rotation", "more outward"),
    "femur_flexion": ("Thigh (femur) flexion", "more flexion"),
    "femur_adduction": ("Thigh (femur) adduction", "more adduction"),
    "femur_internal_rotation": ("Thigh (femur) internal rotation", "more inward"),
    "knee_flexion": ("Knee flexion", "more bent"),
    "knee_adduction": ("Knee adduction", "more varus"),
    "knee_abduction": ("Knee abduction", "more valgus"),
    "knee_internal_rotation": ("Tibial internal rotation", "more inward"),
    "tibial_internal_rotation": ("Tibial internal rotation", "more inward"),
    "tibial_external_rotation": ("Tibial external rotation", "more outward"),
    "ankle_flexion": ("Ankle dorsiflexion", "more dorsiflexion"),
    "ankle_adduction": ("Ankle inversion", "more inversion"),
    "ankle_internal_rotation": ("Foot internal rotation", "more inward"),
    "frontal_projection": ("Knee angle seen from the front", "knee more inward"),
    "shank_medial_tilt": ("Shank tilt", "knee more inward"),
}

_OTHERS = {
    "score": ("Step-up alignment score", "higher"),
    "sideways_reversals": ("Sideways reversals of the knee", "more reversals"),
    "stride_time_s": ("Stride time", "longer"),
    "step_time_s": ("Step time", "longer"),
    "stance_share": ("Stance, share of the stride", "longer"),
    "cadence_per_min": ("Cadence", "more steps"),
    "step_time_ratio": ("Step time, right over left", "right step longer"),
    "duration_s": ("Duration", "longer"),
}


def measure_label(key: MeasureKey) -> MeasureLabel:
    """Return the label of a measure; an unknown measure is labelled with its column name.

    Parameters
    ----------
    key
        Measure, with its task and leg.

    Returns
    -------
    MeasureLabel
        The label.

    Examples
    --------
    >>> measure_label(MeasureKey("heel_lift_deg", Task.OTHER, None)).directions
    '(°)  ↑ larger'
    """
    unit = _UNITS.get(key.unit, "")
    if key.name in _OTHERS:
        name, up = _OTHERS[key.name]
        return MeasureLabel(name, unit, up)
    stem = key.name.removesuffix(f"_{key.unit}") if unit else key.name
    taken = next((end for end in _TAKEN if stem.endswith(f"_{end}")), "")
    stem = stem.removesuffix(f"_{taken}") if taken else stem
    plain = stem.replace("_", " ").capitalize()
    name, up = _ANGLES.get(stem, (plain, "larger"))
    if taken == "range":
        up = "larger range"
    return MeasureLabel(f"{name}, {_TAKEN[taken]}" if taken else name, unit, up)


_TASKS = {"step_up": "step-up", "walk": "walking"}


def task_words(task: Task) -> str:
    """Return the name of a task in plain words.

    Parameters
    ----------
    task
        Task of a recording or measure.

    Returns
    -------
    str
        Name in the singular and in lower case.

    Examples
    --------
    >>> task_words(Task.STEP_UP), task_words(Task.CALF_RAISE)
    ('step-up', 'calf raise')
    """
    return _TASKS.get(task, task.replace("_", " "))


def leg_words(side: Side | None) -> str:
    """Return the name of a leg.

    Parameters
    ----------
    side
        The leg, None for both legs together.

    Returns
    -------
    str
        Name in lower case.

    Examples
    --------
    >>> leg_words(Side.LEFT), leg_words(None)
    ('left leg', 'both legs')
    """
    return f"{side} leg" if side else "both legs"


def signed(value: float, unit: str) -> str:
    """Write a change with its sign, a true minus and its unit.

    Parameters
    ----------
    value
        Change, positive for an increase.
    unit
        Unit of the measure, such as "deg" or "points"; empty for none.

    Returns
    -------
    str
        Text without a sign if the change rounds to zero.

    Examples
    --------
    >>> signed(-4.21, "deg"), signed(0.0, "points")
    ('−4.2°', '0.0 points')
    >>> signed(1.61, "")
    '+1.6'
    """
    size = with_unit(abs(value), unit)
    if not any(digit in size for digit in "123456789"):
        return size
    return f"{'−' if value < 0 else '+'}{size}"
