"""Tap check: known offsets are found again, and missing taps are reported."""

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.model import Placement, SensorStream
from imu_valgus.signals.taps import TapCheck, check_taps

PLACES = (Placement.THIGH_RIGHT, Placement.SHANK_RIGHT, Placement.PELVIS)
SPANS = ((2.0, 12.0), (102.0, 112.0))
# People do not tap on a beat: a beat would meet the samples at one phase only.
TAPS = (4.0, 5.1138, 6.0271, 104.2063, 105.0417, 106.1522)


def tapped(
    rng: np.random.Generator,
    *,
    rate_hz: float = 104.0,
    late_s: float = 0.0,
    drift_ppm: float = 0.0,
    taps: Sequence[float] = TAPS,
    noise_m_s2: float = 0.05,
    width_s: float = 0.03,
) -> SensorStream:
    """Simulate a sensor that lies still but for half-sine shocks; its stamps are late."""
    true_s = np.arange(rng.uniform(0.0, 1.0 / rate_hz), 114.0, 1.0 / rate_hz)
    shock = np.zeros_like(true_s)
    for at in taps:
        phase = (true_s - at) / width_s + 0.5
        shock += 60.0 * np.where((phase > 0) & (phase < 1), np.sin(np.pi * phase), 0.0)
    up = np.array([0.6, 0.0, 0.8])
    acc = (9.81 + shock)[:, None] * up + rng.normal(0.0, noise_m_s2, (true_s.size, 3))
    stamped_s = true_s + late_s + 1e-6 * drift_ppm * (true_s - TAPS[0])
    return SensorStream(time_s=stamped_s, acc=acc, gyr=np.zeros_like(acc))


def checked(streams: Mapping[Placement, SensorStream], promised_s: float = 5e-4) -> TapCheck:
    return check_taps(streams, SPANS, sync_error_s=dict.fromkeys(streams, promised_s))


@settings(max_examples=25, deadline=None)
@given(
    late_s=st.floats(-0.08, 0.08),
    drift_ppm=st.floats(-100.0, 100.0),
    rate_hz=st.sampled_from([60.0, 100.0, 104.0, 208.0]),
    seed=st.integers(0, 10_000),
)
def test_an_offset_and_a_drift_are_found_within_their_uncertainty(
    late_s: float, drift_ppm: float, rate_hz: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    streams = {
        PLACES[0]: tapped(rng, rate_hz=rate_hz, late_s=late_s, drift_ppm=drift_ppm),
        PLACES[1]: tapped(rng),
        PLACES[2]: tapped(rng),
    }
    sensor = checked(streams).sensors[0]
    assert sensor.start is not None
    assert sensor.end is not None
    assert sensor.start.taps == sensor.end.taps == 3
    # The median of the two punctual sensors is off by some tenths of a millisecond itself.
    assert abs(sensor.start.offset_s - late_s) < 4.0 * sensor.start.sd_s + 5e-4
    assert abs(sensor.drift_ppm - drift_ppm) < 4.0 * sensor.drift_sd_ppm + 8.0
    assert abs(sensor.start.offset_s - late_s) < 2.5e-3


def three(seed: int = 1, **first: object) -> dict[Placement, SensorStream]:
    rng = np.random.default_rng(seed)
    return {PLACES[0]: tapped(rng, **first)} | {place: tapped(rng) for place in PLACES[1:]}  # type: ignore[arg-type]


def test_sensors_that_agree_are_reported_as_agreeing() -> None:
    check = checked(three())
    assert check.is_consistent
    assert check.sentences == (check.sentences[0],)
    assert "agree within" in check.sentences[0]


def test_a_late_sensor_is_reported_by_name_and_the_others_are_not_blamed() -> None:
    check = checked(three(late_s=0.02))
    assert [sensor.agrees for sensor in check.sensors] == [False, True, True]
    assert not check.is_consistent
    assert len(check.sentences) == 1
    assert "right thigh is 20." in check.sentences[0] or "right thigh is 19." in check.sentences[0]
    assert "late" in check.sentences[0]
    assert "early" in checked(three(late_s=-0.02)).sentences[0]


def test_a_clock_that_promised_little_is_not_contradicted() -> None:
    assert checked(three(late_s=0.02), promised_s=0.01).is_consistent


def test_two_sensors_share_their_difference() -> None:
    streams = dict(list(three(late_s=0.01).items())[:2])
    first, second = checked(streams).sensors
    assert first.start is not None
    assert second.start is not None
    assert abs(first.start.offset_s - 0.005) < 1e-3
    assert abs(first.start.offset_s + second.start.offset_s) < 1e-9


def test_missing_taps_are_reported_and_give_no_number() -> None:
    rng = np.random.default_rng(3)
    check = checked({place: tapped(rng, taps=(), noise_m_s2=1.0) for place in PLACES})
    assert all(sensor.start is None and sensor.end is None for sensor in check.sensors)
    assert np.isnan(check.sensors[0].drift_ppm)
    assert np.isnan(check.sensors[0].drift_sd_ppm)
    assert not check.is_consistent
    assert ["start" in s or "end" in s for s in check.sentences] == [True, True]
    assert all("fewer than three sharp taps" in sentence for sentence in check.sentences)


def test_two_taps_are_too_few() -> None:
    rng = np.random.default_rng(3)
    check = checked({place: tapped(rng, taps=TAPS[1:]) for place in PLACES})
    assert all(sensor.start is None and sensor.end is not None for sensor in check.sensors)


def test_a_sensor_that_did_not_feel_the_taps_is_named() -> None:
    check = checked(three(taps=()))
    assert check.sensors[0].start is None
    assert check.sensors[1].start is not None
    assert "fewer than three taps were found at the right thigh" in check.sentences[0]


def test_a_tap_beside_missing_samples_is_not_used() -> None:
    streams = three()
    whole = streams[PLACES[0]]
    kept = np.abs(whole.time_s - TAPS[1]) > 0.05
    streams[PLACES[0]] = SensorStream(whole.time_s[kept], whole.acc[kept], whole.gyr[kept])
    sensor = checked(streams).sensors[0]
    assert sensor.start is None
    assert sensor.end is not None


def test_a_recording_that_broke_off_has_no_end() -> None:
    streams = three()
    check = check_taps(streams, SPANS[:1], sync_error_s=dict.fromkeys(streams, 5e-4))
    assert all(sensor.end is None for sensor in check.sensors)
    assert "ended before the taps at its end" in check.sentences[0]


def test_a_lone_sensor_has_nothing_to_be_compared_with() -> None:
    check = checked({PLACES[0]: tapped(np.random.default_rng(1))})
    assert check.sensors[0].start is None
    assert check.sentences


@given(
    span=st.tuples(st.floats(-5.0, 30.0), st.floats(-5.0, 30.0)),
    seed=st.integers(0, 1000),
    rows=st.integers(0, 12),
)
@settings(max_examples=12, deadline=None)
def test_whatever_is_asked_ends_with_an_answer(
    span: tuple[float, float], seed: int, rows: int
) -> None:
    rng = np.random.default_rng(seed)
    streams = three(seed)
    few = rng.normal(0.0, 20.0, (rows, 3))
    streams[PLACES[2]] = SensorStream(np.arange(rows) / 50.0, few, few)
    check = check_taps(streams, [span, SPANS[1]], sync_error_s=dict.fromkeys(streams, 0.0))
    assert len(check.sensors) == 3
