"""What the benchmark commands print: tables for people, the same figures as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imu_valgus.benchmark.accuracy import AccuracyRow, Coverage, ExcursionAccuracy
from imu_valgus.benchmark.drift import DriftRow
from imu_valgus.benchmark.people import Worn
from imu_valgus.benchmark.speed import SpeedResult
from imu_valgus.benchmark.validation import ValidationPlan
from imu_valgus.benchmark.variants import DEFAULT, OWN_STAGES, VARIANTS
from imu_valgus.cli.main import app
from imu_valgus.model import Joint
from imu_valgus.simulate import SoftTissueLaw, SoftTissueLevel

NAN = float("nan")
HELD = Coverage(0.61, 0.75, 2.1, 2.4)
ROW = AccuracyRow(
    "moderate",
    "lagged",
    "two",
    DEFAULT[0],
    Joint.FEMUR,
    "internal_rotation",
    rmse_deg=(2.34, NAN),
    demeaned_deg=(1.23, NAN),
    level_coverage=(HELD, HELD),
    change_coverage=(HELD, HELD),
    excursion=ExcursionAccuracy(1.11, -0.5, 0.82, 0.1, 0.66, 18),
    n_legs=4,
    cpu_s=1.5,
)
DRIFT = DriftRow(
    "moderate", "linear", 30.0, False, Joint.HIP, "adduction", (1.5, 1.9), (0.5, 0.55), 0.7, 0.9, 4
)


def output(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["benchmark", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Answer every measurement at once, and remember what was asked for."""
    questions: dict[str, object] = {}

    def answer(result: object) -> object:
        def measure(**question: object) -> object:
            questions.update(question)
            return result

        return measure

    monkeypatch.setattr("imu_valgus.benchmark.accuracy.measure_accuracy", answer((ROW,)))
    monkeypatch.setattr("imu_valgus.benchmark.drift.measure_drift", answer((DRIFT,)))
    return questions


def test_accuracy_measures_what_was_asked_for(asked: dict[str, object]) -> None:
    text = output(
        "accuracy",
        *("--people", "2", "--seed", "1501", "--law", "lagged", "--level", "severe"),
        *("--level", "none", "--sensors", "two", "--compared", "stages", "--jobs", "3"),
    )
    assert asked["law"] is SoftTissueLaw.LAGGED
    assert asked["levels"] == [SoftTissueLevel.SEVERE, SoftTissueLevel.NONE]
    assert asked["worn"] is Worn.TWO
    assert asked["variants"] == OWN_STAGES
    assert (asked["jobs"], list(asked["seeds"])) == (3, [1501, 1502])
    name = f"| femur internal rotation | {DEFAULT[0]}"
    assert f"{name} | 2.34 (1.23) | – (–) | 1.11 | 0.82 | -0.50 |" in text
    assert f"{name} | 0.61 (0.75) 2.1/2.4 |" in text


def test_accuracy_compares_everything_by_default(asked: dict[str, object]) -> None:
    (row,) = json.loads(output("accuracy", "--json"))
    assert asked["variants"] == VARIANTS
    assert asked["levels"] == list(SoftTissueLevel)
    assert asked["worn"] is Worn.FIVE
    assert row["rmse_deg"] == [2.34, None], "no figure is null, never NaN"
    assert row["change_coverage"][0]["samples"] == 0.61
    assert row["excursion"]["slope"] == 0.82


def test_drift_is_a_table_and_json(asked: dict[str, object]) -> None:
    text = output("drift", "--walk-minutes", "30", "--people", "2")
    assert asked["walk_minutes"] == 30.0
    shown = "hip adduction | 1.50 (0.50) | 1.90 (0.55) | +0.40 | 0.70 | 0.90 |"
    assert f"| 30 min | ends in full stride | {shown}" in text
    (row,) = json.loads(output("drift", "--json"))
    assert row["moved_deg"] == 0.7


def test_speed_shows_limits_beside_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    result = SpeedResult(1, 633.0, 5, 7.0, 2.5, 11.0, 5.55, 412.3)
    monkeypatch.setattr("imu_valgus.benchmark.speed.measure_speed", lambda **_: result)
    text = output("speed")
    assert "| files to tables, summary and report (vqf) | 5.55 s | 6.00 s |" in text
    assert "| peak memory of that process | 412 MB | 500 MB |" in text
    monkeypatch.setattr(
        "imu_valgus.benchmark.speed.measure_speed", lambda **_: replace(result, files_peak_mb=None)
    )
    assert "| peak memory of that process | – | 500 MB |" in output("speed")


def test_validation_writes_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plans: list[object] = []
    monkeypatch.setattr(
        "imu_valgus.benchmark.validation.measure_validation",
        lambda plan, **_: plans.append(plan),
    )
    monkeypatch.setattr(
        "imu_valgus.benchmark.validation.render_validation", lambda _measured: "the page\n"
    )
    text = output("validation", "--out", str(tmp_path / "page.md"), "--people", "3")
    assert "Wrote" in text
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == "the page\n"
    assert isinstance(plans[0], ValidationPlan)
    assert plans[0].seeds == (1001, 1002, 1003)
    assert plans[0].real is None
