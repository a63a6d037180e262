"""Names of the body: sides, segments, sensor placements, joints."""

from enum import StrEnum


class Side(StrEnum):
    """Side of the body."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def sign(self) -> float:
        """Return +1 for right, −1 for left: the factor from x and y angles to clinical ones."""
        return 1.0 if self is Side.RIGHT else -1.0

    @property
    def other(self) -> "Side":
        """The opposite side."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


class Segment(StrEnum):
    """Body segment, from proximal to distal."""

    PELVIS = "pelvis"
    THIGH = "thigh"
    SHANK = "shank"
    FOOT = "foot"


class Placement(StrEnum):
    """Segment and side that carry a sensor; the value is the file name of the plain session."""

    PELVIS = "pelvis"
    THIGH_RIGHT = "thigh_right"
    THIGH_LEFT = "thigh_left"
    SHANK_RIGHT = "shank_right"
    SHANK_LEFT = "shank_left"
    FOOT_RIGHT = "foot_right"
    FOOT_LEFT = "foot_left"

    @property
    def segment(self) -> Segment:
        """The segment."""
        return Segment(self.value.partition("_")[0])

    @property
    def side(self) -> Side | None:
        """The side, None for the pelvis."""
        side = self.value.partition("_")[2]
        return Side(side) if side else None

    @property
    def words(self) -> str:
        """The place in plain words, for messages and reports.

        Examples
        --------
        >>> Placement.THIGH_RIGHT.words
        'right thigh'
        """
        segment, _, side = self.value.partition("_")
        return f"{side} {segment}".strip()

    @staticmethod
    def of(segment: Segment, side: Side) -> "Placement":
        """Return the placement of a segment; the pelvis is the same for both sides."""
        return Placement.PELVIS if segment is Segment.PELVIS else Placement(f"{segment}_{side}")


class Joint(StrEnum):
    """Joint whose angles are reported.

    ``FEMUR`` stands in for the hip when no pelvis sensor is worn: the thigh relative to the
    walking direction or neutral stance. It is never called hip.
    """

    HIP = "hip"
    FEMUR = "femur"
    KNEE = "knee"
    ANKLE = "ankle"

    @property
    def segments(self) -> tuple[Segment | None, Segment]:
        """Proximal and distal segment; the femur's angles have no proximal segment."""
        return _SEGMENTS[self]


_SEGMENTS: dict[Joint, tuple[Segment | None, Segment]] = {
    Joint.HIP: (Segment.PELVIS, Segment.THIGH),
    Joint.FEMUR: (None, Segment.THIGH),
    Joint.KNEE: (Segment.THIGH, Segment.SHANK),
    Joint.ANKLE: (Segment.SHANK, Segment.FOOT),
}
