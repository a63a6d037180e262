"""A programme from the command line, and the days proposed for recording."""

import pytest

from imu_valgus.exercises import CATALOGUE

pytestmark = pytest.mark.usefixtures("weeks_home")


def test_the_default_is_marked_as_our_proposal_and_shows_what_is_recorded(command, claims_in):
    shown = command("plan", "P1", "--start", "2026-03-09", "--default")
    assert shown.code == 0, shown.error
    assert shown.output.startswith("P1 trains for 6 weeks from 2026-03-09 on.\n")
    assert "Releases and mobility     2026-03-09 to 2026-03-22" in shown.output
    assert "Integration and step-ups  2026-04-06 to 2026-04-19" in shown.output
    assert "clam_shell              5 a week   20 per side, held 3 to 5 s" in shown.output
    assert "our proposal, not a tested dose" in shown.output
    assert "2026-03-06  baseline  r06\n" in shown.output
    assert "2026-04-20  closing   r19\n" in shown.output
    assert claims_in(shown.output) == []
    assert command("plan", "P1").output == shown.output


def test_a_poor_session_fills_no_proposed_day(command):
    document = command("plan", "P1", "--start", "2026-03-09", "--json").document
    recorded = {session["recorded"] for session in document["sessions_proposed"]}
    assert "r10" not in recorded
    assert {"r06", "r07", "r08", "r19", "r20", "r21"} <= recorded


def test_phases_and_exercises_are_stored_as_given(command):
    command(
        "plan", "P1", "--start", "2026-03-09",
        "--phase", "Later: upright:2026-03-30..2026-04-26",
        "--phase", "Early:2026-03-09..2026-03-29",
        "--exercise", "step-up:3:10 per side: slowly", "--exercise", "popliteus:7",
    )  # fmt: skip
    document = command("plan", "P1", "--json").document
    assert [phase["name"] for phase in document["phases"]] == ["Early", "Later: upright"]
    assert document["weeks"] == 7
    assert document["plan"] == [
        {"exercise": "step_up", "times_per_week": 3, "dose": "10 per side: slowly"},
        {"exercise": "seated_tibial_rotation", "times_per_week": 7, "dose": "30 per side"},
    ]
    assert document["sessions_proposed"][-1]["day"] == "2026-04-29"


def test_an_exercise_on_top_of_the_default_replaces_its_count_only(command):
    command("plan", "P1", "--start", "2026-03-09", "--default", "--exercise", "step_up:3")
    plan = {item["exercise"]: item for item in command("plan", "P1", "--json").document["plan"]}
    assert plan["step_up"]["times_per_week"] == 3
    assert plan["clam_shell"]["times_per_week"] == 5
    assert not {"squat", "calf_raise", "knee_to_wall"} & set(plan)
    assert set(plan) <= {entry.exercise.key for entry in CATALOGUE}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["P9", "--start", "2026-03-09"], "no P9 in the store"),
        (["P1"], "imu-valgus plan P1 --start DATE --default"),
        (["P1", "--default"], "needs --start DATE"),
        (["P1", "--start", "9.3.2026"], "a day like 2026-03-09"),
        (["P1", "--start", "2026-03-09", "--exercise", "clamshel:5"], "Did you mean clam_shell?"),
        (["P1", "--start", "2026-03-09", "--exercise", "clam_shell"], "NAME:TIMES_PER_WEEK"),
        (["P1", "--start", "2026-03-09", "--exercise", "clam_shell:22"], "1 to 21 times"),
        (
            ["P1", "--start", "2026-03-09", "--exercise", "plunge:2", "--exercise", "plunge:3"],
            "plunge is planned more than once",
        ),
        (["P1", "--start", "2026-03-09", "--phase", "A:2026-03-09"], "NAME:FIRST..LAST"),
        (["P1", "--start", "2026-03-09", "--phase", "A:2026-03-12..2026-03-09"], "to end after"),
        (["P1", "--start", "2026-03-09", "--phase", "A:2026-03-01..2026-03-19"], "starts on 2026"),
        (
            [
                "P1", "--start", "2026-03-09", "--phase", "A:2026-03-09..2026-03-19",
                "--phase", "B:2026-03-19..2026-03-29",
            ],
            "'A' and 'B' share 2026-03-19",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_and_nothing_is_stored(arguments, sentence, command):
    shown = command("plan", *arguments)
    assert (shown.code, shown.output) == (2, "")
    assert sentence in shown.error
    assert len(shown.error.strip().splitlines()) == 1
    assert "P1 has no programme yet." in command("plan", "P1").error
