"""The six-position calibration against sensors of known error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from imu_valgus.calibration.sensor_accelerometer import calibrate_accelerometer, fit_accelerometer
from imu_valgus.errors import InputError
from imu_valgus.model import SensorStream, Span

FACES = np.vstack([np.eye(3), -np.eye(3)])


def bad_sensor(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    cross = rng.normal(scale=0.008, size=(3, 3))
    matrix = np.eye(3) + np.diag(rng.uniform(-0.04, 0.04, 3)) + 0.5 * (cross + cross.T)
    return matrix, rng.uniform(-0.4, 0.4, 3)


def laid(directions: np.ndarray, rng: np.random.Generator, crooked_deg: float) -> np.ndarray:
    tilt = Rotation.from_rotvec(rng.normal(scale=np.deg2rad(crooked_deg), size=directions.shape))
    return 9.81 * tilt.apply(directions)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_six_crooked_faces_give_offset_and_scale(seed):
    rng = np.random.default_rng(seed)
    matrix, offset = bad_sensor(rng)
    rests = laid(FACES, rng, 0.7) @ matrix.T + offset + rng.normal(scale=0.003, size=(6, 3))
    found = fit_accelerometer(rests, made_from="a test")
    assert found.offset == pytest.approx(offset, abs=0.05)
    assert np.diag(found.matrix) == pytest.approx(np.diag(np.linalg.inv(matrix)), abs=0.004)
    tilts = laid(rng.normal(size=(200, 3)), rng, 0.0)
    tilts *= 9.81 / np.linalg.norm(tilts, axis=1, keepdims=True)
    before = tilts @ matrix.T + offset
    after = found.applied(before)

    def error_deg(v: np.ndarray) -> float:
        cosine = (v * tilts).sum(axis=1) / np.linalg.norm(v, axis=1) / 9.81
        return float(np.rad2deg(np.arccos(np.clip(cosine, -1, 1))).max())

    assert error_deg(after) < max(0.9, 0.5 * error_deg(before))


def test_six_more_leaning_positions_give_the_cross_axis_terms():
    rng = np.random.default_rng(3)
    matrix, offset = bad_sensor(rng)
    leaning = rng.normal(size=(12, 3))
    leaning /= np.linalg.norm(leaning, axis=1, keepdims=True)
    rests = laid(np.vstack([FACES, leaning]), rng, 1.0) @ matrix.T + offset
    found = fit_accelerometer(rests, made_from="a test")
    assert found.matrix == pytest.approx(np.linalg.inv(matrix), abs=1.5e-3)
    assert found.offset == pytest.approx(offset, abs=0.01)
    assert found.residual < 0.01


def recorded(directions: np.ndarray, rng: np.random.Generator) -> tuple[SensorStream, list[Span]]:
    pieces, spans, n = [], [], 0
    for direction in directions:
        pieces += [9.81 * direction + rng.normal(scale=0.03, size=(300, 3)), np.zeros((50, 3))]
        spans.append(Span(n, n + 300))
        n += 350
    acc = np.vstack(pieces)
    acc[10:20] = np.nan
    return SensorStream(np.arange(n) / 100.0, acc, np.zeros((n, 3))), spans


def test_a_recording_of_rests_is_calibrated_and_says_from_what():
    stream, spans = recorded(FACES, np.random.default_rng(0))
    found = calibrate_accelerometer(stream, [*spans, Span(0, 30)])
    assert found.matrix == pytest.approx(np.eye(3), abs=2e-3)
    assert found.made_from == "6 positions, 18 s"


def test_a_missing_face_is_named():
    stream, spans = recorded(FACES[[0, 1, 2, 3, 5]], np.random.default_rng(0))
    with pytest.raises(InputError, match="no rest with -y up among the 5 rests"):
        calibrate_accelerometer(stream, spans)
    with pytest.raises(InputError, match=r"no rest with \+x, -x, \+y, -y, \+z, -z up"):
        calibrate_accelerometer(stream, [])


def test_readings_in_g_are_refused():
    with pytest.raises(InputError, match="Check the unit"):
        fit_accelerometer(FACES, made_from="a test")


def test_dead_readings_are_refused():
    with pytest.raises(InputError, match="all six faces"):
        fit_accelerometer(np.zeros((6, 3)), made_from="a test")
