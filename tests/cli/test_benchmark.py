"""The benchmark commands that need more than the analysis say so."""

import pytest
from typer.testing import CliRunner

from imu_valgus.cli.main import app
from imu_valgus.errors import MissingExtraError


def test_the_recording_benchmark_names_the_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imu_valgus.cli.benchmark.find_spec", lambda _name: None)
    result = CliRunner().invoke(app, ["benchmark", "recording"])
    assert isinstance(result.exception, MissingExtraError)
    assert "imu_valgus[test]" in str(result.exception)


@pytest.mark.slow
def test_accuracy_prints_one_table_per_level_of_soft_tissue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from imu_valgus.benchmark.accuracy import measure_accuracy
    from imu_valgus.benchmark.variants import OWN_STAGES
    from imu_valgus.simulate import SoftTissueLevel

    rows = measure_accuracy(
        seeds=[3001], levels=[SoftTissueLevel.MODERATE], variants=OWN_STAGES[-1:]
    )
    monkeypatch.setattr("imu_valgus.benchmark.accuracy.measure_accuracy", lambda **_: rows)
    result = CliRunner().invoke(app, ["benchmark", "accuracy", "--people", "1", "--seed", "3001"])
    assert result.exit_code == 0
    assert "### Soft tissue: moderate" in result.output
    assert result.output.count("| hip internal rotation |") == 2, "errors, and their uncertainty"
    assert "Simulated people 3001 to 3001, 2 legs" in result.output


def test_the_choices_of_the_command_are_those_of_the_simulator() -> None:
    from imu_valgus.benchmark.people import Worn
    from imu_valgus.cli import benchmark
    from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel

    for shown, known in (
        (benchmark.Law, SoftTissueLaw),
        (benchmark.Level, SoftTissueLevel),
        (benchmark.Sensors, Worn),
    ):
        assert list(map(str, shown)) == list(map(str, known))
