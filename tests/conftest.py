"""What the tests of all packages share: forbidden words, and sessions with chosen measures."""

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import (
    Conditions,
    Measure,
    MeasureKey,
    Purpose,
    SessionRecord,
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a module together: they share simulated and analysed sessions.

    With pytest-xdist this is what ``--dist loadscope`` asks for; pytest without it never calls
    this function.
    """
    from xdist.scheduler import LoadScopeScheduling

    return LoadScopeScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let output that is no Unicode, which some tests log on purpose, pass between processes."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


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


_TILT = MeasureKey("shank_medial_tilt_deg", Task.STEP_UP, Side.LEFT)
_FIRST_DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _measured_session(
    values: float | Mapping[MeasureKey, float],
    *,
    day: float = 0.0,
    at: datetime | None = None,
    name: str | None = None,
    purpose: Purpose | None = None,
    set_aside: str = "",
    pain: int | None = None,
    **conditions: object,
) -> SessionRecord:
    usual = Conditions(
        calibration=Grade.GOOD,
        software_version="0.1.0",
        score_version="sas-1",
        fusion="vqf",
        step_height_m=0.10,
        sensors=("A", "B"),
    )
    figures = values if isinstance(values, Mapping) else {_TILT: values}
    return SessionRecord(
        session_id=name or f"s{round(day * 1000):06d}".replace("-", "m"),
        person="P1",
        recorded_at=at or _FIRST_DAY + timedelta(days=day),
        conditions=replace(usual, **conditions),
        measures=tuple(Measure(key, value, 1.0, (), 10) for key, value in figures.items()),
        pain=pain,
        set_aside=set_aside,
        purpose=purpose,
    )


@pytest.fixture(scope="session")
def measured_session() -> Callable[..., SessionRecord]:
    """Build a session from its value of the left shank's tilt, or from values by key.

    Its day counts from 2 March 2026, 9 h UTC.
    """
    return _measured_session


@pytest.fixture(scope="session")
def tilt() -> MeasureKey:
    """Name the measure that sessions have which are built from one number."""
    return _TILT
