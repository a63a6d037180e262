"""Conformance of every fusion engine: one set of conventions, whatever library does the work."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from imu_valgus.errors import InputError
from imu_valgus.model import SensorStream
from imu_valgus.orientation import ENGINES, FilterState, estimate_orientation
from imu_valgus.orientation.levelling import level_from_motion


@dataclass(frozen=True)
class MovingSensor:
    stream: SensorStream
    to_earth: Rotation


def moving_sensor(
    *,
    length_s: float = 30.0,
    rate_hz: float = 100.0,
    seed: int = 0,
    mounting: Rotation | None = None,
    standing_s: float = 2.0,
) -> MovingSensor:
    """Make a thigh that stands, then walks: 40 deg of swing, some twist and tilt, turning about."""
    rng = np.random.default_rng(seed)
    fine = 2 * max(1, round(500.0 / rate_hz))
    n = round(length_s * rate_hz)
    t = np.arange(n * fine) / (rate_hz * fine)
    going = gaussian_filter1d((t > standing_s).astype(float), 0.3 * rate_hz * fine)
    phase = 2 * np.pi * np.cumsum(going) / (rate_hz * fine) * 0.9
    flexion = going * (np.deg2rad(20) * np.sin(phase) + np.deg2rad(6) * np.sin(2 * phase + 0.4))
    tilt = going * np.deg2rad(5) * np.sin(phase + 1.0)
    twist = going * np.deg2rad(6) * np.sin(phase + 2.0)
    heading = np.cumsum(going * np.deg2rad(25) * np.sin(2 * np.pi * t / 17.0)) / (rate_hz * fine)
    swing = Rotation.from_euler("ZXY", np.column_stack([heading, tilt, flexion]))
    to_earth = swing * Rotation.from_euler("Z", twist[:, None])
    if mounting is not None:
        to_earth = to_earth * mounting
    dt = t[1]
    gyr = (to_earth[:-1].inv() * to_earth[1:]).as_rotvec() / dt
    gyr = np.vstack([gyr[:1], gyr])
    hip = np.column_stack([0 * t, 0.015 * going * np.sin(phase), 0.02 * going * np.cos(2 * phase)])
    place = hip + to_earth.apply((mounting or Rotation.identity()).inv().apply([0.05, 0.02, -0.2]))
    acceleration = np.gradient(np.gradient(place, dt, axis=0), dt, axis=0)
    acc = to_earth.inv().apply(acceleration + np.array([0.0, 0.0, 9.81]))
    # What a sensor does: the rate is the mean over the period around the sample's time.
    gyr = gyr.reshape(n, fine, 3).mean(axis=1)
    middle = slice(fine // 2 - 1, None, fine)
    acc, kept = acc[middle], to_earth[middle]
    gyr += rng.normal(scale=0.003, size=gyr.shape)
    acc += rng.normal(scale=0.05, size=acc.shape)
    return MovingSensor(SensorStream(np.arange(n) / rate_hz, acc, gyr), kept)


def tilt_error_deg(found: Rotation, truth: Rotation) -> np.ndarray:
    """Angle between the true and the found vertical, both seen in the sensor."""
    up = np.array([0.0, 0.0, 1.0])
    cosine = (found.inv().apply(up) * truth.inv().apply(up)).sum(axis=-1)
    return np.rad2deg(np.arccos(np.clip(cosine, -1.0, 1.0)))


def heading_error_deg(found: Rotation, truth: Rotation) -> np.ndarray:
    """Heading of the found against the true orientation, first sample zero, unwrapped."""
    quaternion = (found * truth.inv()).as_quat()
    heading = 2.0 * np.arctan2(quaternion[:, 2], quaternion[:, 3])
    return np.rad2deg(np.unwrap(heading) - heading[0])


@pytest.fixture(scope="module")
def walker() -> MovingSensor:
    return moving_sensor()


every_engine = pytest.mark.parametrize("engine", list(ENGINES))


def test_the_public_names_are_exactly_three():
    assert list(ENGINES) == ["vqf", "ahrs-madgwick", "ahrs-mahony"]


@every_engine
def test_earth_has_z_up_and_the_rotation_goes_from_sensor_to_earth(engine, walker):
    series = estimate_orientation(walker.stream, engine=engine)
    error = tilt_error_deg(series.to_earth, walker.to_earth)
    assert np.sqrt(np.mean(error**2)) < 2.0
    assert series.is_known.all()
    drift = heading_error_deg(series.to_earth, walker.to_earth)
    assert np.abs(drift).max() < 3.0


@every_engine
def test_no_complete_sample_is_one_clear_sentence(engine, walker):
    nothing = np.full_like(walker.stream.gyr, np.nan)
    stream = SensorStream(walker.stream.time_s, walker.stream.acc, nothing)
    with pytest.raises(InputError, match="Only 0 of the 3000 samples"):
        estimate_orientation(stream, engine=engine)


def test_an_unknown_engine_is_refused_with_the_names_to_choose_from(walker):
    with pytest.raises(InputError, match=r"'ekf'\. Choose one of vqf, ahrs-madgwick, ahrs-mahony"):
        estimate_orientation(walker.stream, engine="ekf")


def run_alone(engine: str, rate_hz: float, gyr: np.ndarray, acc: np.ndarray) -> Rotation:
    level = level_from_motion(gyr[:300], acc[:300], rate_hz)
    return ENGINES[engine].start(rate_hz, level=level).update(gyr, acc)


@every_engine
@pytest.mark.parametrize("rate_hz", [25.0, 60.0, 250.0, 1000.0])
def test_tilt_holds_at_every_rate_and_mounting(engine, rate_hz):
    length_s = 8.0 if rate_hz > 500 else 15.0
    mounting = Rotation.random(rng=np.random.default_rng(round(rate_hz)))
    moving = moving_sensor(length_s=length_s, rate_hz=rate_hz, mounting=mounting)
    series = estimate_orientation(moving.stream, engine=engine)
    assert np.sqrt(np.mean(tilt_error_deg(series.to_earth, moving.to_earth) ** 2)) < 2.0


@every_engine
@given(seed=st.integers(0, 10_000))
@settings(max_examples=5, deadline=None)
def test_mounting_the_sensor_turned_turns_the_result_and_nothing_else(engine, seed, walker):
    mounting = Rotation.random(rng=np.random.default_rng(seed))
    part = slice(0, 900)
    turned = SensorStream(
        walker.stream.time_s[part],
        mounting.inv().apply(np.array(walker.stream.acc[part])),
        mounting.inv().apply(np.array(walker.stream.gyr[part])),
    )
    plain = SensorStream(turned.time_s, walker.stream.acc[part], walker.stream.gyr[part])
    unturned = estimate_orientation(plain, engine=engine).to_earth
    mounted = estimate_orientation(turned, engine=engine).to_earth * mounting.inv()
    # Madgwick's gradient step is only nearly the same in every sensor frame.
    limit_deg = 0.5 if engine == "ahrs-madgwick" else 0.05
    assert tilt_error_deg(mounted, unturned).max() < limit_deg
    assert np.abs(heading_error_deg(mounted, unturned)).max() < limit_deg


@every_engine
def test_samples_one_by_one_give_what_the_batch_gives(engine, walker):
    gyr, acc = walker.stream.gyr[:700], walker.stream.acc[:700]
    level = level_from_motion(gyr[:300], acc[:300], 100.0)
    batch = ENGINES[engine].start(100.0, level=level).update(gyr, acc)
    run = ENGINES[engine].start(100.0, level=level)
    one_by_one = [run.update(g, a).as_quat() for g, a in zip(gyr, acc, strict=True)]
    assert np.array_equal(np.array(one_by_one), batch.as_quat())


@every_engine
@pytest.mark.parametrize("cut", [1, 250, 699])
def test_a_run_resumed_in_the_middle_equals_one_run(engine, cut, walker):
    gyr, acc = walker.stream.gyr[:700], walker.stream.acc[:700]
    whole = ENGINES[engine].start(100.0).update(gyr, acc)
    first = ENGINES[engine].start(100.0)
    head = first.update(gyr[:cut], acc[:cut])
    state = FilterState(first.state().engine, tuple(first.state().values))
    second = ENGINES[engine].start(100.0, state=state)
    tail = second.update(gyr[cut:], acc[cut:])
    joined = np.vstack([head.as_quat(), tail.as_quat()])
    assert np.array_equal(joined, whole.as_quat())


@every_engine
def test_the_state_of_another_engine_is_refused(engine):
    with pytest.raises(InputError, match="a run of 'other'"):
        ENGINES[engine].start(100.0, state=FilterState("other", ()))


@every_engine
def test_without_a_level_a_run_levels_itself_on_the_first_sample(engine):
    mounting = Rotation.from_rotvec([1.0, -2.0, 0.4])
    run = ENGINES[engine].start(100.0)
    to_earth = run.update(np.zeros(3), mounting.inv().apply([0.0, 0.0, 9.81]))
    assert to_earth.single
    assert to_earth.apply(mounting.inv().apply([0.0, 0.0, 1.0])) == pytest.approx([0, 0, 1])


@every_engine
def test_memory_layout_and_precision_of_the_input_do_not_matter(engine, walker):
    gyr, acc = walker.stream.gyr[:300], walker.stream.acc[:300]
    plain = run_alone(engine, 100.0, gyr, acc).as_quat()
    strided = run_alone(engine, 100.0, np.asfortranarray(gyr), np.repeat(acc, 2, axis=0)[::2])
    assert np.array_equal(strided.as_quat(), plain)
    single = run_alone(engine, 100.0, gyr.astype(np.float32), acc.astype(np.float32)).as_quat()
    assert np.abs(single - plain).max() < 1e-4


@every_engine
@pytest.mark.parametrize("gap_s", [0.15, 0.5, 2.0])
def test_after_a_gap_in_walking_the_tilt_is_right_at_once(engine, gap_s, walker):
    gyr = walker.stream.gyr.copy()
    stop = 1200 + round(gap_s * 100)
    gyr[1200:stop] = np.nan
    series = estimate_orientation(
        SensorStream(walker.stream.time_s, walker.stream.acc, gyr), engine=engine
    )
    assert np.flatnonzero(~series.is_known).tolist() == list(range(1200, stop))
    error = tilt_error_deg(series.to_earth, walker.to_earth)
    assert error[stop:].max() < 2.5
    drift = heading_error_deg(series.to_earth, walker.to_earth)
    # Nobody knows how far a person turned meanwhile; it must not be thrown anywhere.
    assert abs(drift[stop + 100] - drift[1199]) < 20.0


@every_engine
def test_a_recording_that_starts_in_the_middle_of_walking_is_level_at_once(engine, walker):
    late = SensorStream(
        walker.stream.time_s[1037:], walker.stream.acc[1037:], walker.stream.gyr[1037:]
    )
    series = estimate_orientation(late, engine=engine)
    assert tilt_error_deg(series.to_earth, walker.to_earth[1037:])[:200].max() < 2.0


def test_a_few_lost_samples_are_bridged_and_known_and_the_ends_are_not(walker):
    acc = walker.stream.acc.copy()
    acc[1500:1510, 1] = np.nan
    acc[:20] = np.nan
    acc[-30:] = np.nan
    stream = SensorStream(walker.stream.time_s, acc, walker.stream.gyr)
    series = estimate_orientation(stream)
    assert np.flatnonzero(~series.is_known).tolist() == [*range(20), *range(2970, 3000)]
    assert tilt_error_deg(series.to_earth, walker.to_earth)[20:2970].max() < 2.0


def test_a_scrap_between_two_gaps_is_not_known(walker):
    acc = walker.stream.acc.copy()
    acc[1000:1100] = np.nan
    acc[1150:1250] = np.nan
    series = estimate_orientation(SensorStream(walker.stream.time_s, acc, walker.stream.gyr))
    assert np.flatnonzero(~series.is_known).tolist() == list(range(1000, 1250))


def test_without_vqf_the_error_says_what_to_choose(monkeypatch, walker):
    monkeypatch.setattr("imu_valgus.orientation._vqf.IS_INSTALLED", False)
    with pytest.raises(InputError, match="Choose 'ahrs-madgwick'"):
        estimate_orientation(walker.stream, engine="vqf")


@given(data=st.data(), n=st.integers(2, 12))
@settings(max_examples=40, deadline=None)
def test_any_finite_or_missing_samples_give_rotations_or_one_sentence(data, n):
    number = st.one_of(st.floats(-1e3, 1e3), st.just(float("nan")), st.just(0.0))
    rows = data.draw(st.lists(st.lists(number, min_size=6, max_size=6), min_size=n, max_size=n))
    values = np.array(rows)
    stream = SensorStream(np.arange(n) / 100.0, values[:, :3], values[:, 3:])
    for engine in ENGINES:
        try:
            series = estimate_orientation(stream, engine=engine)
        except InputError:
            assert not np.isfinite(values).all(axis=1).any()
        else:
            assert np.isfinite(series.to_earth.as_quat()).all()


@every_engine
def test_orientation_belongs_to_the_time_of_its_sample(engine):
    rate_hz, n = 100.0, 600
    time_s = np.arange(n) / rate_hz
    swing = np.deg2rad(60.0) * np.sin(2 * np.pi * 0.8 * time_s)
    speed = np.deg2rad(60.0) * 2 * np.pi * 0.8 * np.cos(2 * np.pi * 0.8 * time_s)
    truth = Rotation.from_euler("y", swing[:, None])
    gyr = np.column_stack([0 * speed, speed, 0 * speed])
    stream = SensorStream(time_s, truth.inv().apply([0.0, 0.0, 9.81]), gyr)
    series = estimate_orientation(stream, engine=engine)
    # Half a sample late would be 1.5 deg in the fastest moments.
    assert tilt_error_deg(series.to_earth, truth).max() < 0.3
