"""Comparing blocks of samples."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from imu_valgus.sensors.packets import SampleBlock


def assert_same_blocks(found: Sequence[SampleBlock], expected: Sequence[SampleBlock]) -> None:
    """Check that stamps are equal and samples bit-identical (NaN equals NaN)."""
    assert len(found) == len(expected)
    for block, other in zip(found, expected, strict=True):
        for field in fields(SampleBlock):
            np.testing.assert_equal(getattr(block, field.name), getattr(other, field.name))
