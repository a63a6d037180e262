"""The checker of words itself, and the sentences of verdicts under it."""

import pytest

from imu_valgus.progress.verdict import Verdict, sentence


@pytest.mark.parametrize(
    "claim",
    [
        "Your knee has healed.",
        "The angle is back to normal.",
        "This is an abnormal pattern.",
        "There is a higher risk of falling.",
        "Give this page to the patient.",
        "Therapy progress over six weeks",
        "The treatment response is large.",
        "The diagnosis is knee valgus.",
        "It corrects the way you walk.",
        "This exercise will correct your knee.",
        "We monitor your symptoms.",
        "<p>A cure for<br>bow legs</p>",
    ],
)
def test_a_claim_is_found(claim, claims_in) -> None:
    assert claims_in(claim)


@pytest.mark.parametrize(
    "sentence_",
    [
        "Ask a physiotherapist; physiotherapy is not part of this.",
        "This is no diagnosis and not a medical device.",
        "It does not diagnose, monitor, predict, prevent or treat any disease or injury.",
        "Please check that the serial number is correct.",
        "<p style='font-weight: normal'>Score</p><style>b { font: normal }</style>",
        "A difference of ± <0.1 or > 3 counts.",
        "Obscure, secure, at the curve's end; asterisk; patiently.",
    ],
)
def test_words_that_claim_nothing_pass(sentence_, claims_in) -> None:
    assert claims_in(sentence_) == []


def test_what_follows_a_disclaimer_is_still_looked_at(claims_in) -> None:
    assert claims_in("It does not diagnose anything. The patient is healed.") == [
        "patient",
        "healed",
    ]


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("change", [-6.0, 6.0])
def test_every_verdict_passes_and_judges_nothing(verdict, change, claims_in, judgements_in) -> None:
    text = sentence(
        verdict, words="left hip adduction excursion", change=change, mdc=4.0, unit="deg"
    )
    assert claims_in(text) == []
    assert judgements_in(text) == []


def test_a_judging_word_is_found(judgements_in) -> None:
    assert judgements_in("Your score improved and is significantly better.") == [
        "improved",
        "significantly",
        "better",
    ]
