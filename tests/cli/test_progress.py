"""Trends from the command line."""

from dataclasses import replace

import pytest

from imu_valgus.store import Store

pytestmark = pytest.mark.usefixtures("weeks_home")


def test_the_table_says_slope_change_and_verdict(command, claims_in, judgements_in):
    command("plan", "P1", "--start", "2026-03-09", "--exercise", "clam_shell:2")
    command("log", "P1", "--day", "2026-03-10", "--done", "clam_shell")
    shown = command("progress", "P1")
    assert shown.code == 0, shown.error
    assert shown.output.startswith("P1: 22 sessions from 2026-02-27 to 2026-04-22.\n")
    rows = {
        line.split("  ")[0]: line for line in shown.output.splitlines() if line.endswith("noise")
    }
    left = rows["Left: Step-up alignment score, step-up (points)"]
    assert left.endswith("beyond noise")
    assert rows["Right: Shank tilt, step-up (°)"].endswith("below noise")
    assert "Right shank medial tilt during step up: no change beyond measurement noise" in (
        shown.output
    )
    assert "Exercises done as planned: week 1 50 % (1 of 2), week 2 0 % (0 of 2)" in shown.output
    assert "Outside the usual range of the baseline on two days in a row" in shown.output
    assert "  r10: The calibration of the session was poor.\n" in shown.output
    assert "The footwear differed between sessions." in shown.output
    assert claims_in(shown.output) == judgements_in(shown.output) == []


def test_the_json_holds_every_point_with_its_reason(command):
    document = command("progress", "P1", "--measure", "score", "--side", "left", "--json").document
    (measure,) = document["measures"]
    assert measure["trend"]["verdict"] == "beyond measurement noise"
    assert measure["trend"]["slope_per_week"] * measure["trend"]["span_weeks"] == pytest.approx(
        measure["trend"]["change"]
    )
    assert len(measure["points"]) == 22
    reasons = {p["session"]: p["left_out"] for p in measure["points"] if p["left_out"]}
    assert set(reasons) == {"r10", "r12"}
    assert measure["corridor"]["low"] < 55.0 < measure["corridor"]["high"]


def test_one_session_is_not_enough_and_gives_no_numbers(command, measured_session):
    with Store() as store:
        store.add_person("P3")
        store.add_session(replace(measured_session(5.0), person="P3"))
    shown = command("progress", "P3")
    assert shown.code == 0
    assert "not enough sessions to speak of a change" in shown.output
    assert "too few sessions" in shown.output
    assert "nan" not in shown.output
    trend = command("progress", "P3", "--json").document["measures"][0]["trend"]
    assert trend["change"] is trend["slope_per_week"] is None


def test_charts_are_files_that_come_out_alike_twice(command, tmp_path):
    for name in ("one", "two"):
        shown = command(
            "progress", "P1", "--measure", "score", "--side", "left", "--out", tmp_path / name
        )
        assert f"Charts: 2 files in {tmp_path / name}" in shown.output
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["step_up_score_left.png", "step_up_score_left.svg"]
    for name in files:
        first, second = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert first == second
    assert (tmp_path / "one" / files[0]).read_bytes()[:4] == b"\x89PNG"
    assert "beyond measurement noise" in (tmp_path / "one" / files[1]).read_text("utf-8")


def test_a_file_in_place_of_the_charts_folder_is_refused(command, tmp_path):
    (tmp_path / "file").write_text("mine")
    shown = command("progress", "P1", "--side", "left", "--out", tmp_path / "file")
    assert shown.code == 2
    assert "Cannot write charts to" in shown.error
    assert (tmp_path / "file").read_text() == "mine"


def test_the_same_question_has_the_same_answer(command):
    assert command("progress", "P1").output == command("progress", "P1").output


def test_nothing_to_show_is_an_error_with_the_way_out(command):
    shown = command("progress", "P2")
    assert (shown.code, shown.output) == (2, "")
    assert "imu-valgus add SESSION --person P2" in shown.error
