"""The daily log from the command line."""

from datetime import datetime, timedelta

import pytest

from imu_valgus.cli.log import STOP_AND_ASK

pytestmark = pytest.mark.usefixtures("weeks_home")


def test_what_was_done_is_noted_and_shown_by_day(command, claims_in):
    noted = command(
        "log", "P1", "--day", "2026-03-10", "--done", "clam_shell", "--done", "step_up",
        "--pain", "1", "--note", "after  a long\nwalk",
    )  # fmt: skip
    assert noted.code == 0, noted.error
    assert noted.output.splitlines()[0] == (
        "Noted for P1 on 2026-03-10: clam_shell, step_up; pain 1 of 10; after a long walk"
    )
    command("log", "P1", "--day", "2026-03-09", "--done", "plunge")
    shown = command("log", "P1")
    assert shown.output.splitlines()[:2] == [
        "2026-03-09  plunge",
        "2026-03-10  clam_shell, step_up; pain 1 of 10; after a long walk",
    ]
    assert (
        "No exercises are planned yet. Plan some with: imu-valgus plan P1 --start DATE"
        in shown.output
    )
    assert claims_in(shown.output) == []


def test_adherence_counts_every_week_of_the_programme(command):
    command("plan", "P1", "--start", "2026-03-09", "--weeks", "3", "--exercise", "plunge:2")
    for day in ("2026-03-09", "2026-03-10", "2026-03-11", "2026-03-16"):
        command("log", "P1", "--day", day, "--done", "plunge")
    assert (
        "Exercises done as planned: week 1 100 % (2 of 2), week 2 50 % (1 of 2), "
        "week 3 0 % (0 of 2).\n"
    ) in command("log", "P1").output
    document = command("log", "P1", "--json").document
    assert [week["done"] for week in document["adherence"]] == [2, 1, 0]
    assert document["log"][0] == {
        "day": "2026-03-09", "exercise": "plunge", "pain": None, "note": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "later", "asks"),
    [(0, 1, False), (0, 2, True), (1, 3, True), (2, 3, False), (3, 4, True), (6, 3, False)],
)
def test_high_or_risen_pain_asks_to_stop_and_ends_well(first, later, asks, command, claims_in):
    command("log", "P1", "--day", "2026-03-09", "--pain", first)
    shown = command("log", "P1", "--day", "2026-03-11", "--pain", later)
    assert shown.code == 0
    assert (STOP_AND_ASK in shown.output) is asks
    assert claims_in(shown.output) == []
    again = command("log", "P1", "--day", "2026-03-11", "--pain", later, "--json").document
    assert (again["stop_and_ask"] is not None) is asks


def test_pain_of_four_asks_to_stop_from_the_first_day_on(command):
    assert STOP_AND_ASK in command("log", "P1", "--day", "2026-03-09", "--pain", "4").output
    assert (
        STOP_AND_ASK not in command("log", "P1", "--day", "2026-03-10", "--done", "plunge").output
    )


def test_without_a_day_it_is_today(command):
    before = datetime.now().astimezone().date()
    command("log", "P1", "--done", "plunge")
    (entry,) = command("log", "P1", "--json").document["log"]
    assert before.isoformat() <= entry["day"] <= (before + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["P9", "--pain", "1"], "no P9 in the store"),
        (["P1", "--day", "2026-03-09"], "--done, --pain or --note"),
        (
            [
                "P1",
                "--day",
                f"{datetime.now().astimezone() + timedelta(days=3):%Y-%m-%d}",
                "--pain",
                "1",
            ],
            "is in the future",
        ),
        (["P1", "--day", "yesterday", "--pain", "1"], "a day like 2026-03-09"),
        (["P1", "--done", "clamshel"], "Did you mean clam_shell?"),
        (["P1", "--pain", "11"], "equal to 10"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_noted(arguments, sentence, command):
    shown = command("log", *arguments)
    assert shown.code == 2
    assert sentence in shown.error
    assert command("log", "P1", "--json").document["log"] == []
