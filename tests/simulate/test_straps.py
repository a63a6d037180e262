"""A slipping strap turns what the sensor feels, and nothing else."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import SensorStream
from imu_valgus.simulate.straps import with_slipped_strap

TIME_S = np.arange(1000) / 100.0


def stream(**arguments) -> SensorStream:
    rng = np.random.default_rng(3)
    acc = np.tile([1.0, 9.0, -3.0], (TIME_S.size, 1)) + 0.1 * rng.standard_normal((TIME_S.size, 3))
    return SensorStream(TIME_S, acc, rng.standard_normal((TIME_S.size, 3)), **arguments)


def test_sizes_stay_and_nothing_differs_before_the_slip():
    given = stream(mag=np.tile([20.0, 0.0, -40.0], (TIME_S.size, 1)), sensor_id="A7")
    after = with_slipped_strap(given, at_s=5.0)
    early = TIME_S < 5.0
    for name in ("acc", "gyr", "mag"):
        was, now = getattr(given, name), getattr(after, name)
        assert np.allclose(was[early], now[early])
        assert not np.allclose(was[-1], now[-1])
    late = TIME_S > 5.5
    assert np.allclose(
        np.linalg.norm(after.gyr, axis=1)[late], np.linalg.norm(given.gyr, axis=1)[late]
    )
    assert after.sensor_id == "A7"


def test_the_gyroscope_feels_exactly_the_turn_of_the_slip():
    # A sensor at rest on the segment: what it integrates is the slip alone.
    still = SensorStream(
        TIME_S, np.tile([1.0, 9.0, -3.0], (TIME_S.size, 1)), np.zeros((TIME_S.size, 3))
    )
    after = with_slipped_strap(still, at_s=5.0, turn_deg=20.0, tilt_deg=15.0)
    slip = Rotation.identity()
    for rate in after.gyr:
        slip = slip * Rotation.from_rotvec(rate * 0.01)
    felt = slip.apply(np.array(after.acc[-1]))
    assert np.allclose(felt, still.acc[-1], atol=0.02)


def test_the_tilt_is_seen_by_gravity_and_the_turn_is_not():
    still = SensorStream(
        TIME_S, np.tile([1.0, 9.0, -3.0], (TIME_S.size, 1)), np.zeros((TIME_S.size, 3))
    )
    for turn_deg, tilt_deg in ((25.0, 0.0), (0.0, 30.0)):
        after = with_slipped_strap(still, at_s=5.0, turn_deg=turn_deg, tilt_deg=tilt_deg).acc[-1]
        cosine = after @ still.acc[-1] / (np.linalg.norm(after) * np.linalg.norm(still.acc[-1]))
        assert np.degrees(np.arccos(min(1.0, cosine))) == pytest.approx(tilt_deg, abs=1e-4)


def test_a_recording_without_samples_at_the_beginning_is_refused():
    nothing = SensorStream(np.empty(0), np.empty((0, 3)), np.empty((0, 3)))
    with pytest.raises(InputError, match="put standing first"):
        with_slipped_strap(nothing, at_s=1.0)
