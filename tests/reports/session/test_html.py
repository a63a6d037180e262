"""The page as a whole: self-contained, escaped, reproducible, light, without medical words."""

import re
import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.html_page import Page

from imu_valgus.model import Analysis, Finding, SessionInfo, Severity
from imu_valgus.reports.session.html import render_report

KINDS = (
    "two_legs",
    "right_leg_only",
    "only_squats",
    "everything_withheld",
    "thirteen_recordings",
    "very_long_names",
    "gaps",
)
# Words of a doctor's letter or a promise, which must not appear in a movement summary.
UNWANTED = re.compile(
    r"\b(patients?|diagnos\w*|abnormal\w*|normal\w*|risks?|heal(ed|ing|s)?|therap\w*|treat\w*|"
    r"pathol\w*|diseases?|injur\w*|symptoms?|cure\w*|deform\w*|clinical\w*|disorders?|"
    r"healthy|defects?|prevent\w*|monitor\w*)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="session")
def pages(analyses: dict[str, Analysis]) -> dict[str, str]:
    return {kind: render_report(analyses[kind]) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_tag_is_closed_and_no_identifier_stands_twice(
    pages: dict[str, str], kind: str
) -> None:
    page = Page(pages[kind])
    assert page.text
    identifiers = [value for _, name, value in page.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))
    links = {value[1:] for _, name, value in page.attributes if name in {"href", "xlink:href"}}
    assert links <= set(identifiers)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_or_run(pages: dict[str, str], kind: str) -> None:
    page = Page(pages[kind])
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(page.tags)
    for _, name, value in page.attributes:
        assert not name.startswith("on")
        if name in {"href", "xlink:href", "src"}:
            assert value.startswith("#")
        if name == "style":
            assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", value))
    style = pages[kind].split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "very_long_names"])
def test_no_word_of_a_doctors_letter_stands_in_it(pages: dict[str, str], kind: str) -> None:
    text = Page(pages[kind]).text
    assert "not a medical device" in text
    assert [found.group() for found in UNWANTED.finditer(text)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_failed_number_is_shown(pages: dict[str, str], kind: str) -> None:
    text = Page(pages[kind]).text
    assert not re.search(r"\b(nan|inf|None|True|False)\b", text, re.IGNORECASE)
    assert "Placement." not in text
    assert "-0." not in text


def test_equal_analyses_give_equal_bytes(analyses: dict[str, Analysis]) -> None:
    first = render_report(analyses["two_legs"])
    render_report(analyses["only_squats"])
    assert render_report(analyses["two_legs"]).encode() == first.encode()


def test_thirteen_recordings_are_light_and_quick(analyses: dict[str, Analysis]) -> None:
    start = time.process_time()
    page = render_report(analyses["thirteen_recordings"])
    assert time.process_time() - start < 8.0
    assert len(page.encode()) < 2_000_000


def test_names_from_files_are_escaped(pages: dict[str, str]) -> None:
    page = pages["very_long_names"]
    assert "<script" not in page
    assert "<b>bold" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


@settings(max_examples=15, deadline=None)
@given(subject=st.text(min_size=1, max_size=60), message=st.text(max_size=60))
def test_any_text_of_a_user_stays_text(subject: str, message: str) -> None:
    finding = Finding(Severity.WARNING, "code", message, subject)
    info = SessionInfo(subject=subject)
    analysis = Analysis(info, "plain session", "0", "vqf", {}, (), None, (finding,))
    plain = Analysis(SessionInfo("S"), "plain session", "0", "vqf", {}, (), None, (
        Finding(Severity.WARNING, "code", "m", "S"),))  # fmt: skip
    assert Page(render_report(analysis)).tags == Page(render_report(plain)).tags


def test_a_session_without_recordings_still_gives_a_page() -> None:
    empty = Analysis(SessionInfo(), "plain session", "0", "vqf", {}, (), None, ())
    text = Page(render_report(empty)).text
    assert "No walking was found" in text
    assert "No sensor could be fitted" in text


def test_every_drawing_describes_what_it_shows(pages: dict[str, str]) -> None:
    drawings = re.findall(r"<svg xmlns.*?</svg>", pages["two_legs"], re.DOTALL)
    assert len(drawings) == 6 + 5 + 5 + 3
    for drawing in drawings:
        root = ET.fromstring(drawing)
        assert root.get("role") == "img"
        assert re.search(r"(left|right) from −?\d+ to −?\d+ degrees", root.get("aria-label", ""))


def test_tables_name_their_rows_and_columns(pages: dict[str, str]) -> None:
    for table in re.findall(r"<table.*?</table>", pages["two_legs"], re.DOTALL):
        assert 'scope="col"' in table
        rows = table.split("<tbody>")[1].count("<tr>")
        assert table.count('scope="row"') == rows > 0
