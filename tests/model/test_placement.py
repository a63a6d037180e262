"""Sides, segments and placements."""

import pytest

from imu_valgus.model import Placement, Segment, Side


def test_every_placement_is_rebuilt_from_its_segment_and_side() -> None:
    for placement in Placement:
        side = placement.side or Side.RIGHT
        assert Placement.of(placement.segment, side) is placement


def test_pelvis_has_no_side() -> None:
    assert Placement.PELVIS.side is None
    assert Placement.of(Segment.PELVIS, Side.LEFT) is Placement.PELVIS


@pytest.mark.parametrize(("side", "sign"), [(Side.RIGHT, 1.0), (Side.LEFT, -1.0)])
def test_sign_is_positive_on_the_right(side: Side, sign: float) -> None:
    assert side.sign == sign
    assert side.other.sign == -sign
