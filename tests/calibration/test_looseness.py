"""What a mismatch says about how loose the sensors sit."""

import numpy as np
import pytest

from imu_valgus.calibration.looseness import log_likelihood
from imu_valgus.model import Joint

LOOSE = np.array([0.1, 0.3, 0.6, 1.0, 1.5, 2.2])


@pytest.mark.parametrize(
    ("mismatches", "most_likely"),
    [
        ({Joint.HIP: 0.013, Joint.KNEE: 0.012}, 0.1),
        ({Joint.HIP: 0.055, Joint.KNEE: 0.028}, 1.0),
        ({Joint.HIP: 0.11, Joint.KNEE: 0.055}, 2.2),
        ({Joint.KNEE: 0.15}, 2.2),
    ],
)
def test_more_mismatch_is_looser_skin(mismatches: dict[Joint, float], most_likely: float) -> None:
    assert LOOSE[log_likelihood(LOOSE, mismatches).argmax()] == most_likely


def test_without_a_mismatch_all_levels_are_equally_likely() -> None:
    np.testing.assert_array_equal(log_likelihood(LOOSE, {}), np.zeros(6))


def test_a_mismatch_of_nothing_is_no_error() -> None:
    assert np.isfinite(log_likelihood(LOOSE, {Joint.HIP: 0.0})).all()
