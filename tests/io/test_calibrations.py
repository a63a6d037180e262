"""Calibration files: what goes out comes back; anything else is one sentence."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.io.calibrations import load_calibrations, read_calibration, write_calibration
from imu_valgus.model.calibration import SensorCalibration, TriaxialCorrection

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def calibration(sensor_id: str = "A", created: datetime = NOON) -> SensorCalibration:
    matrix = np.eye(3) + np.arange(9.0).reshape(3, 3) / 1000.0
    correction = TriaxialCorrection(
        matrix, np.array([0.1, -0.2, 1 / 3]), 0.004, "6 positions, 30 s"
    )
    return SensorCalibration(sensor_id, created, accelerometer=correction, magnetometer=correction)


def same(one: SensorCalibration, other: SensorCalibration) -> bool:
    return (
        one.sensor_id == other.sensor_id
        and one.created == other.created
        and np.array_equal(one.accelerometer.matrix, other.accelerometer.matrix)
        and np.array_equal(one.accelerometer.offset, other.accelerometer.offset)
        and one.magnetometer.residual == other.magnetometer.residual
        and one.magnetometer.made_from == other.magnetometer.made_from
    )


def changed(tmp_path, **changes):
    file = write_calibration(calibration(), tmp_path)
    document = json.loads(file.read_text())
    for key, value in changes.items():
        part, _, inner = key.partition("__")
        if inner:
            document[part][inner] = value
        else:
            document[part] = value
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize(
    "sensor_id", ["A", "D4:22:CD:00:11:22", "../../etc", "..", "Knie rechts ü"]
)
def test_a_calibration_comes_back_exactly_whatever_the_sensor_is_called(tmp_path, sensor_id):
    folder = tmp_path / "calibration"
    file = write_calibration(calibration(sensor_id), folder)
    assert file.parent.parent == folder
    assert file.name == "2026-11-22.json"
    ((back,), findings) = load_calibrations(folder)
    assert same(back, calibration(sensor_id))
    assert findings == ()


def test_the_same_day_replaces_and_leaves_nothing_behind(tmp_path):
    write_calibration(calibration(), tmp_path)
    write_calibration(calibration(created=NOON.replace(hour=20)), tmp_path)
    ((back,), _) = load_calibrations(tmp_path)
    assert back.created.hour == 20
    assert [f.name for f in (tmp_path / "A").iterdir()] == ["2026-11-22.json"]


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path):
    assert load_calibrations(tmp_path / "nowhere") == ((), ())


def test_a_broken_file_is_a_warning_and_the_rest_stays_usable(tmp_path):
    write_calibration(calibration("A"), tmp_path)
    broken = write_calibration(calibration("B"), tmp_path)
    broken.write_text("{")
    (found, (finding,)) = load_calibrations(tmp_path)
    assert [c.sensor_id for c in found] == ["A"]
    assert str(broken) in finding.message


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "imu-valgus sensor calibration 2"}, r"newer format 2.*Update"),
        ({"format": "imu-valgus sensor calibration 0"}, "but holds format 0"),
        ({"format": "something"}, "but holds 'something'"),
        ({"format": None}, "but holds None"),
        ({"accelerometer__unit": "g"}, r"accelerometer in m/s\^2, but holds 'g'"),
        ({"magnetometer__unit": "gauss"}, "magnetometer in uT, but holds 'gauss'"),
        ({"accelerometer__matrix": [[1, 2], [3, 4]]}, "3 x 3 matrix"),
        ({"accelerometer__matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 0]]}, "inverted"),
        ({"accelerometer__matrix": [[1, 0, 0], [0, True, 0], [0, 0, 1]]}, "but holds True"),
        ({"accelerometer__offset": [1, 2, 10**400]}, "too large"),
        ({"accelerometer__residual": -1}, "residual of zero or more"),
        ({"accelerometer__made_from": 3}, '"made_from" as text'),
        ({"accelerometer": 5}, "with unit, matrix and offset"),
        ({"sensor_id": ""}, '"sensor_id" as text'),
        ({"created": "yesterday"}, "yesterday"),
        ({"created": "2026-11-22T12:00:00"}, "time zone"),
    ],
)
def test_a_file_that_says_something_impossible_is_refused_in_words(tmp_path, changes, sentence):
    file = changed(tmp_path, **changes)
    with pytest.raises(InputError, match=sentence) as error:
        read_calibration(file)
    assert str(file) in str(error.value)


def test_numbers_that_are_none_and_files_that_are_none_are_refused(tmp_path):
    file = write_calibration(calibration(), tmp_path)
    file.write_text(file.read_text().replace("0.004", "NaN"))
    with pytest.raises(InputError, match="the number NaN"):
        read_calibration(file)
    with pytest.raises(InputError, match="No such file"):
        read_calibration(tmp_path / "none.json")
    file.write_bytes(b"[" * 60_000)
    with pytest.raises(InputError, match="hold JSON, but holds a mistake"):
        read_calibration(file)
    file.write_bytes(b" " * 200_000)
    with pytest.raises(InputError, match="hold about a kilobyte, but holds much more"):
        read_calibration(file)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder"):
        write_calibration(calibration(), tmp_path / "file")


@given(junk=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_one_sentence(junk, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "junk.json"
    file.write_bytes(junk)
    with pytest.raises(InputError):
        read_calibration(file)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_changed_value_gives_a_calibration_or_one_sentence(data, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "changed"
    file = write_calibration(calibration(), folder)
    document = json.loads(file.read_text())
    part = data.draw(st.sampled_from([document, document["accelerometer"]]))
    key = data.draw(st.sampled_from(sorted(part)))
    simple = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
    value = st.recursive(simple, lambda v: st.lists(v, max_size=3), max_leaves=12)
    part[key] = data.draw(value)
    file.write_text(json.dumps(document))
    try:
        back = read_calibration(file)
    except InputError:
        return
    assert np.isfinite(back.accelerometer.matrix).all() or back.accelerometer is None
