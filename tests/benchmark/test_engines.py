"""The comparison of the engines: repeatable, in the right order, honest about its people."""

import json

import pytest

from imu_valgus.benchmark import engines
from imu_valgus.benchmark.engines import compare_engines, main, speed_of_engines
from imu_valgus.simulate import Squat, Standing


@pytest.fixture
def short(monkeypatch):
    script = {"squats": (Standing(4.0), Squat(count=2), Standing(3.0))}
    monkeypatch.setattr(engines, "SCRIPTS", script)


@pytest.mark.usefixtures("short")
def test_the_comparison_is_repeatable_and_within_what_a_filter_can_do():
    first = compare_engines([1], engines=["vqf"])
    second = compare_engines([1], engines=["vqf"])
    assert [r.tilt_rms_deg for r in first] == [r.tilt_rms_deg for r in second]
    (result,) = first
    assert (result.engine, result.movement) == ("vqf", "squats")
    assert 0.05 < result.tilt_rms_deg < 2.0
    assert result.cpu_s_per_hour > 0


@pytest.mark.usefixtures("short")
def test_the_command_prints_a_line_per_engine_and_the_same_as_json(capsys):
    main(["--seeds", "2"])
    text = capsys.readouterr().out
    assert text.startswith("1 simulated people, seeds 2\n")
    main(["--seeds", "2", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["seeds"] == [2]
    for result in document["results"]:
        assert f"{result['engine']:14} {result['tilt_rms_deg']:7.2f}" in text


def test_the_speed_of_every_engine_is_measured():
    spent = speed_of_engines(minutes=0.1, sensors=1)
    assert list(spent) == ["vqf", "ahrs-madgwick", "ahrs-mahony"]
    assert spent["ahrs-madgwick"] > spent["vqf"] > 0
