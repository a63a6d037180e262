"""Verdicts and their words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.progress.verdict import Verdict, judge, sentence

_FORBIDDEN = re.compile(
    r"\b(heal\w*|normal\w*|risk\w*|patient\w*|improve\w*|worse\w*|treat\w*)", re.IGNORECASE
)


@pytest.mark.parametrize(
    ("change", "low", "high", "mdc", "expected"),
    [
        (6.0, 1.0, 11.0, 4.8, Verdict.BEYOND),
        (-6.0, -11.0, -1.0, 4.8, Verdict.BEYOND),
        (6.0, -1.0, 13.0, 4.8, Verdict.WITHIN),
        (4.0, 1.0, 7.0, 4.8, Verdict.WITHIN),
        (1.0, 0.5, 1.5, 4.8, Verdict.BELOW),
        (0.0, 0.0, 0.0, 4.8, Verdict.BELOW),
        (9.0, 8.0, 10.0, None, Verdict.NOISE_UNKNOWN),
    ],
)
def test_changed_needs_both_the_interval_and_the_mdc(change, low, high, mdc, expected):
    assert judge(change, low=low, high=high, mdc=mdc) is expected


@given(st.floats(-50, 50), st.floats(0, 50), st.floats(0.1, 20))
def test_turning_the_sign_keeps_the_verdict(change, half, mdc):
    there = judge(change, low=change - half, high=change + half, mdc=mdc)
    back = judge(-change, low=-change - half, high=-change + half, mdc=mdc)
    assert there is back


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("change", [-5.0, 5.0])
def test_no_sentence_promises_or_judges(verdict, change):
    mdc = None if verdict is Verdict.NOISE_UNKNOWN else 4.8
    text = sentence(verdict, words="left shank tilt", change=change, mdc=mdc, unit="deg")
    assert not _FORBIDDEN.search(text)
    assert text.endswith(".")
    assert "Left shank tilt" in text


def test_sentences_say_how_much_it_takes():
    text = sentence(Verdict.BELOW, words="left tilt", change=0.4, mdc=4.8, unit="deg")
    assert text == (
        "Left tilt: no change beyond measurement noise (a difference of 0.4°; it takes more "
        "than 4.8°)."
    )
    text = sentence(Verdict.BEYOND, words="left tilt", change=-6.0, mdc=4.8, unit="deg")
    assert text == "Left tilt is 6.0° smaller, beyond measurement noise (4.8°)."


def test_counts_are_said_with_one_digit_and_shares_with_three():
    text = sentence(Verdict.BELOW, words="left reversals", change=0.542, mdc=1.25, unit="")
    assert "0.5;" in text
    assert "0.542" not in text
    assert "0.031;" in sentence(
        Verdict.BELOW, words="left stance", change=0.031, mdc=0.05, unit="share"
    )
