"""A person's own spread and how to measure it, from the command line."""

from dataclasses import replace

import pytest

from imu_valgus.model.progress import Purpose
from imu_valgus.store import Store

pytestmark = pytest.mark.usefixtures("weeks_home")


def test_six_repeat_sessions_give_a_measured_spread(command, claims_in):
    shown = command("repeatability", "P1", "--side", "left")
    assert shown.code == 0, shown.error
    assert shown.output.startswith("P1: 6 of 6 repeat sessions done.\nNothing more to do")
    # Deviations 0, 1, -1, 0.5, -0.5, 0 around their mean: SEM = sqrt(2.5 / 5).
    row = next(line for line in shown.output.splitlines() if "Shank tilt" in line)
    assert " ".join(row.split()) == "Left: Shank tilt, step-up (°) 0.7 0.4 to 1.7 2.0 1.1"
    assert "*" not in shown.output
    assert claims_in(shown.output) == []


def test_without_sessions_the_steps_and_days_are_shown(command, claims_in):
    shown = command("repeatability", "P2", "--from", "2026-03-02")
    assert shown.code == 0
    assert shown.output.startswith("P2: 0 of 6 repeat sessions done.\n1. On one day record 3 times")
    assert "2. On 3 further days without training" in shown.output
    assert shown.output.count("2026-03-02  redonning") == 3
    assert "2026-03-05  repeat" in shown.output
    assert "2.5° for angles, 8 points for the score" in shown.output
    assert claims_in(shown.output) == []


def test_half_way_the_rest_is_shown_and_defaults_are_marked(command, measured_session):
    with Store() as store:
        for i, purpose in enumerate([Purpose.REDONNING, Purpose.REDONNING]):
            record = measured_session(5.0 + i, day=i / 10, name=f"h{i}", purpose=purpose)
            store.add_session(replace(record, person="P2"))
    shown = command("repeatability", "P2")
    assert shown.output.startswith("P2: 2 of 6 repeat sessions done.\n")
    assert "1. On one day record 1 more time. Take all sensors off" in shown.output
    assert "2.5*" in shown.output
    document = command("repeatability", "P2", "--json").document
    assert (document["redonnings_done"], document["days_done"]) == (2, 0)
    assert document["still_to_do"] == 4
    assert document["measures"][0]["repeatability"]["is_assumed"]
    assert document["measures"][0]["repeatability"]["interval_95"] is None


def test_a_day_that_is_none_is_refused(command):
    shown = command("repeatability", "P2", "--from", "soon")
    assert shown.code == 2
    assert "a day like 2026-03-09" in shown.error
