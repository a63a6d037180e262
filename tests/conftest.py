"""What the tests of all packages share: the words that nothing printed for people may hold."""

import re
from collections.abc import Callable

import pytest

_NEVER = re.compile(
    r"""
    \b(?:
        heal(?:s|ed|ing)? | cur(?:e|es|ed|ing) | recover(?:ed|y)\ from
      | (?:ab|sub)?normal(?:ly|ity|ised|ized)? | unhealthy | patholog\w* | dysfunction\w*
      | risk(?:s|y)?
      | patients? | therap(?:y|ies|eutic\w*) | treat(?:s|ed|ing|ments?)?
      | diagnos\w* | prognos\w* | monitor(?:s|ed|ing)? | diseases? | disorders? | symptoms?
      | injur(?:y|ies|ed) | corrects | misalign\w* | malalign\w*
      | correct(?:ed|ing|ion\ of)?(?:\ (?:your|the|their|his|her))?
        (?:\ (?:left|right))?\ (?:knee|leg|hip|valgus|alignment|posture|gait)s?
    )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Words of a medical claim, and those that call a person's movement healed, normal or at risk.

They turn a movement summary into a medical device or say more than was measured; physiotherapist
and physiotherapy, which name whom to ask, hold no such word by themselves.
"""

_DISCLAIMED = re.compile(
    r"\b(?:not|no|never|nor|without)\s+(?:a\s+|any\s+)?(?:medical\s+)?diagnos(?:is|es)\b"
    r"|\bdoes\s+not\s+(?:diagnose|monitor|predict|prevent|treat)\b[^.;:]*",
    re.IGNORECASE,
)
"""Saying that it does none of this is the one place for those words."""

_JUDGING = re.compile(
    r"\b(?:improv\w*|better|best|worse\w*|worst|deteriorat\w*|success\w*|fail(?:s|ed|ure)?"
    r"|good|bad|well done|congratulations|proven?|significant\w*)\b",
    re.IGNORECASE,
)
"""Words that judge a change: a verdict says larger or smaller, and beside which noise."""

_MARKUP = re.compile(r"<(style|script)\b.*?</\1\s*>|<[A-Za-z/!][^>]*>", re.DOTALL | re.IGNORECASE)


def _visible(text: str) -> str:
    return re.sub(r"\s+", " ", _MARKUP.sub(" ", text))


def _claims(text: str) -> list[str]:
    visible = _visible(text)
    return [found.group(0) for found in _NEVER.finditer(_DISCLAIMED.sub(" ", visible))]


def _judgements(text: str) -> list[str]:
    return [found.group(0) for found in _JUDGING.finditer(_visible(text))]


@pytest.fixture(scope="session")
def claims_in() -> Callable[[str], list[str]]:
    """Find words of medical claims in a text or HTML page that is printed for people."""
    return _claims


@pytest.fixture(scope="session")
def judgements_in() -> Callable[[str], list[str]]:
    """Find words that judge a change, in a verdict or a table of changes."""
    return _judgements
