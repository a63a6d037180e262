"""Repairs and refusals, each told in one sentence that names the file."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.raw_samples import nodding_sensor

from imu_valgus.errors import InputError
from imu_valgus.io.cleaning.raw import RawSamples
from imu_valgus.io.cleaning.repair import check_together, repair_streams
from imu_valgus.model import Finding, Placement, Recording, SensorStream, Severity

SOURCE = "walk/thigh_right.csv"


def repaired_stream(raw: RawSamples) -> tuple[SensorStream, tuple[Finding, ...]]:
    streams, findings = repair_streams({"": raw})
    return streams[""], findings[""]


def test_good_samples_pass_unchanged_and_untold() -> None:
    raw = nodding_sensor()
    stream, findings = repaired_stream(raw)
    assert findings == ()
    np.testing.assert_array_equal(stream.acc, raw.acc)
    np.testing.assert_array_equal(stream.gyr, raw.gyr)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf, 3e38])
def test_a_broken_reading_makes_the_whole_vector_a_gap(broken: float) -> None:
    raw = nodding_sensor()
    acc = raw.acc.copy()
    acc[40, 1] = broken
    stream, findings = repaired_stream(replace(raw, acc=acc))
    assert np.isnan(stream.acc[40]).all()
    assert np.isfinite(stream.gyr).all()
    assert np.isfinite(np.delete(stream.acc, 40, axis=0)).all()
    (finding,) = findings
    assert finding.code == "rows_without_numbers"
    assert finding.message.startswith(f"{SOURCE}: 1 of 1000 rows hold no usable accelerometer")


def test_g_and_degrees_are_turned_into_si_units_and_told() -> None:
    raw = nodding_sensor()
    given = replace(raw, acc=raw.acc / 9.81, gyr=np.degrees(raw.gyr))
    stream, findings = repaired_stream(given)
    np.testing.assert_allclose(stream.acc, raw.acc)
    np.testing.assert_allclose(stream.gyr, raw.gyr)
    assert [(f.code, f.severity) for f in findings] == [
        ("acc_unit", Severity.WARNING),
        ("gyr_unit", Severity.WARNING),
    ]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda raw: raw.rows(np.arange(3)), "only 3 samples, fewer than 20"),
        (
            lambda raw: replace(raw, time_s=np.full(1000, 4.0)),
            "time stamps do not increase; every row has 4",
        ),
        (lambda raw: replace(raw, acc=0 * raw.acc), "the accelerometer reads zero throughout"),
        (lambda raw: replace(raw, gyr=0 * raw.gyr), "the gyroscope reads zero throughout"),
        (lambda raw: replace(raw, acc=raw.acc * np.nan), "no row holds an accelerometer reading"),
        (
            lambda raw: replace(raw, acc=0 * raw.acc + 9.0, gyr=0 * raw.gyr + 0.1),
            "every row holds the same values",
        ),
        (
            lambda raw: replace(raw, acc=raw.acc - [0.0, 9.81, 0.0]),
            "gravity seems to have been removed",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(
    spoil: Callable[[RawSamples], RawSamples], says: str
) -> None:
    with pytest.raises(InputError) as caught:
        repaired_stream(spoil(nodding_sensor(amplitude_rad=0.1)))
    assert str(caught.value).startswith(SOURCE)
    assert says in str(caught.value)


def recording(**streams: SensorStream) -> Recording:
    return Recording("walk", {Placement(name): stream for name, stream in streams.items()})


def part(raw: RawSamples, start: int, stop: int) -> SensorStream:
    rows = slice(start, stop)
    return SensorStream(raw.time_s[rows], raw.acc[rows], raw.gyr[rows])


def test_a_sensor_that_stops_early_is_told() -> None:
    raw = nodding_sensor()
    findings = check_together(
        recording(thigh_right=part(raw, 0, 1000), shank_right=part(raw, 0, 600))
    )
    (finding,) = findings
    assert (finding.code, finding.placement) == ("sensor_stops_early", Placement.SHANK_RIGHT)
    assert "stops 4.0 s before" in finding.message


def test_a_sensor_that_starts_late_is_told() -> None:
    raw = nodding_sensor()
    findings = check_together(
        recording(thigh_right=part(raw, 300, 1000), shank_right=part(raw, 0, 1000))
    )
    assert [(f.code, f.placement) for f in findings] == [
        ("sensor_starts_late", Placement.THIGH_RIGHT)
    ]


def test_a_usual_start_of_an_app_is_not_worth_telling() -> None:
    raw = nodding_sensor()
    parts = {"thigh_right": part(raw, 20, 1000), "shank_right": part(raw, 0, 980)}
    assert check_together(recording(**parts)) == ()


def test_clocks_without_common_time_are_refused() -> None:
    raw = nodding_sensor()
    parts = {"thigh_right": part(raw, 0, 400), "shank_right": part(raw, 500, 1000)}
    with pytest.raises(InputError, match=r"'walk'.*one clock.*right thigh ends at 3\.99 s"):
        check_together(recording(**parts))


def test_saturation_is_told() -> None:
    raw = nodding_sensor(amplitude_rad=1.5)
    gyr = np.clip(10 * raw.gyr, -4.363, 4.363)
    stream = SensorStream(raw.time_s, raw.acc, gyr)
    (finding,) = check_together(recording(thigh_right=stream))
    assert finding.code == "saturation"
