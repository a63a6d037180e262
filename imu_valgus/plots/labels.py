"""Names and direction words of the joint angles, the same in every drawing and table."""

from dataclasses import dataclass

from imu_valgus.model import Joint

__all__ = ["AngleLabel", "angle_label"]


@dataclass(frozen=True, slots=True)
class AngleLabel:
    """What an angle is called, and which way up and down are.

    Parameters
    ----------
    name
        For titles and table rows, with a capital letter.
    up, down
        Direction of positive and of negative values, in one word or two.
    """

    name: str
    up: str
    down: str

    @property
    def directions(self) -> str:
        """The unit and both directions, for beside an axis.

        Examples
        --------
        >>> angle_label(Joint.HIP, "internal_rotation").directions
        '(deg)  ↑ internal  ↓ external'
        """
        return f"(deg)  ↑ {self.up}  ↓ {self.down}"


# Without a pelvis sensor the thigh is seen against the walking direction or the stance. That is
# not the hip, and never called so.
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
    """Return the words of one angle.

    Parameters
    ----------
    joint
        The joint; ``Joint.FEMUR`` gets its honest name, never "hip".
    motion
        As in ``conventions.MOTIONS``.

    Raises
    ------
    KeyError
        If there is no such motion.

    Examples
    --------
    >>> angle_label(Joint.FEMUR, "internal_rotation").name
    'Thigh (femur) rotation'
    """
    return _LABELS[joint, motion]
