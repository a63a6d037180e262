"""Comparing blocks of sessions from the command line."""

from dataclasses import replace

import pytest

from imu_valgus.store import Store

pytestmark = pytest.mark.usefixtures("weeks_home")


def test_the_table_says_change_noise_and_verdict_of_each_leg(command, claims_in, judgements_in):
    shown = command("compare", "P1")
    assert shown.code == 0, shown.error
    lines = shown.output.splitlines()
    assert lines[0] == (
        "P1. Compared: the 3 sessions recorded as baseline with the 3 sessions recorded as closing."
    )
    assert lines[2].split("  ")[0] == "MEASURE"
    # By hand: means 55.17 and 96.12, pooled spread 1.415 at 4 degrees of freedom, SEM 0.707.
    assert " ".join(lines[3].split()) == (
        "Left: Step-up alignment score, step-up (points) 3+3 55.2 96.1 +41.0 +37.7 to +44.2 "
        "1.1 +23.1 beyond noise"
    )
    assert "Left score during step up is 41.0 points larger, beyond measurement noise (1.1" in (
        shown.output
    )
    assert "Right shank medial tilt during step up" in shown.output
    assert "adence" not in shown.output
    assert "  r10: The calibration of the session was poor.\n" in shown.output
    assert "  r12: The steps were of different height (0.1 m and 0.15 m).\n" in shown.output
    assert "standardised by your own session-to-session spread" in shown.output
    assert "not a diagnosis" in shown.output
    assert claims_in(shown.output) == judgements_in(shown.output) == []


def test_the_json_holds_the_same_and_no_nan(command):
    document = command("compare", "P1", "--measure", "score", "--side", "left", "--json").document
    (measure,) = document["measures"]
    assert (measure["measure"], measure["side"]) == ("score", "left")
    assert measure["change"] == pytest.approx(40 * 43 / 42)
    low, high = measure["interval_95"]
    assert low < measure["change"] < high
    assert not measure["is_mdc_assumed"]
    assert measure["verdict"] == "beyond measurement noise"
    assert [left["session"] for left in measure["left_out"]] == ["r10", "r12"]
    assert document["not_compared"] == []


def test_all_measures_come_with_a_warning_about_many(command):
    shown = command("compare", "P1", "--all", "--before", "r06", "--after", "r20")
    assert shown.code == 0
    assert "Both: Cadence, walking (per minute)" in shown.output
    assert "5 measures are shown" in shown.output
    document = command(
        "compare", "P1", "--all", "--before", "r06", "--after", "r20", "--json"
    ).document
    assert all(measure["hedges_g"] is None for measure in document["measures"])


def test_given_sessions_are_compared_and_differences_are_reported(command):
    shown = command("compare", "P1", "--side", "left", "--before", "r06,r07", "--after", "r14")
    assert "P1. Compared: r06, r07 with r14." in shown.output
    assert "The footwear differed between sessions." in shown.output
    forward = command("compare", "P1", "--before", "r06", "--after", "r14", "--json").document
    backward = command("compare", "P1", "--before", "r14", "--after", "r06", "--json").document
    for change, reverse in zip(forward["measures"], backward["measures"], strict=True):
        assert change["change"] == -reverse["change"]
        assert change["verdict"] == reverse["verdict"]


def test_donnings_of_a_day_count_once_in_given_blocks_too(command):
    document = command(
        "compare", "P1", "--measure", "score", "--side", "right",
        "--before", "r00,r01,r02", "--after", "r06", "--json",
    ).document  # fmt: skip
    assert document["measures"][0]["before"] == [60.0]
    assert "count as their mean" in document["measures"][0]["reservations"][0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["P9"], "no P9 in the store"),
        (["P2"], "imu-valgus add SESSION --person P2"),
        (["P1", "--measure", "scor"], "Did you mean score?"),
        (["P1", "--measure", "cadence_per_min", "--side", "left"], "of the left leg"),
        (["P1", "--before", "r01"], "--after ID,ID"),
        (
            ["P1", "--before", "r01", "--after", "r99"],
            "'r99' is not a session of P1. Did you mean r",
        ),
        (["P1", "--before", "r01,r02", "--after", "r02"], "r02 is listed in both"),
        (["P1", "--before", "r06", "--after", "r12"], "of different height"),
        (["P1", "--before", "r06", "--after", "r10"], "calibration of the session was poor"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence_with_exit_code_2(
    arguments, sentence, command, claims_in
):
    shown = command("compare", *arguments)
    assert shown.code == 2
    assert shown.output == ""
    assert shown.error.startswith("Error: ")
    assert sentence in shown.error
    assert len(shown.error.strip().splitlines()) == 1
    assert claims_in(shown.error) == []


def test_one_session_is_refused_once_and_not_for_every_measure(command, measured_session, tilt):
    other = replace(tilt, name="knee_abduction_excursion_deg")
    with Store() as store:
        store.add_session(replace(measured_session({tilt: 5.0, other: 6.0}), person="P2"))
    shown = command("compare", "P2")
    assert shown.code == 2
    assert shown.error == (
        "Error: A comparison needs sessions with these measures before and after, but 1 counts "
        "before and none after. Record more sessions.\n"
    )


def test_an_assumed_noise_is_marked(command, measured_session):
    with Store() as store:
        for day in range(4):
            record = measured_session(5.0 + day, day=day, name=f"p2_{day}")
            store.add_session(replace(record, person="P2"))
    shown = command("compare", "P2")
    assert "4.9*" in shown.output
    assert "* Assumed: this person's own spread has not been measured yet." in shown.output
    assert "imu-valgus repeatability P2" in shown.output


def test_the_help_shows_an_example(command):
    assert "imu-valgus compare P1" in command("compare", "--help").output
