"""The pages as HTML: self-contained, with the text of users escaped."""

import re

import pytest
from support import courses
from support.html_page import Page

from imu_valgus.model import Task
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.html import render_course_html
from imu_valgus.reports.weeks.participant import participant_page
from imu_valgus.reports.weeks.professional import movement_summary

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> & \"quote\" 'single' {{ 7*7 }} $a$"


def hostile_pages() -> PagesInput:
    made = [
        courses.session(i, 6.0 * i, notes=HOSTILE, set_aside=HOSTILE if i == 4 else "")
        for i in range(9)
    ]
    programme = courses.programme(names=[HOSTILE, "x" * 300])
    return courses.pages(made, programme=programme, log=courses.log(50))


@pytest.mark.parametrize("audience", ["professional", "participant"])
def test_what_people_wrote_stays_text(audience: str) -> None:
    page = Page(render_course_html(hostile_pages(), audience=audience))
    assert not {"script", "img", "iframe", "object", "link"} & set(page.tags)
    if audience == "professional":
        assert "alert(1)" in page.text
        assert "{{ 7*7 }}" in page.text


@pytest.mark.parametrize("audience", ["professional", "participant"])
def test_the_page_needs_no_network(audience: str) -> None:
    text = render_course_html(courses.case("nineteen"), audience=audience)
    page = Page(text)
    assert all(reference.startswith("#") for reference in page.references)
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("name", ["one", "six", "pain", "no step-up"])
def test_screen_and_paper_say_the_same_sentences(name: str) -> None:
    pages = courses.case(name)
    summary, training = movement_summary(pages), participant_page(pages)
    professional = Page(render_course_html(pages, audience="professional")).text
    for text in (*summary.alerts, *summary.verdict, *summary.table_notes, *summary.footer):
        assert text in professional
    participant = Page(render_course_html(pages, audience="participant")).text
    for text in (*training.alerts, *training.timing, *training.went_well, *training.done,
                 *training.see_a_professional):  # fmt: skip
        assert text in participant


def test_the_whole_hash_of_the_raw_data_stands_on_the_screen() -> None:
    pages = courses.case("six")
    digest = pages.course.sessions[-1].raw_sha256
    assert len(digest) == 64
    assert digest in render_course_html(pages, audience="professional")


def test_identifiers_are_unique_within_a_page() -> None:
    text = render_course_html(courses.case("six"), audience="professional")
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))
    assert len(set(re.findall(r'aria-label="([^"]+)"', text))) > 10


@pytest.mark.parametrize("name", ["one", "nineteen", "all set aside", "pain"])
@pytest.mark.parametrize("audience", ["professional", "participant"])
def test_the_words_of_the_whole_page_are_allowed(name, audience, claims_in) -> None:
    assert not claims_in(render_course_html(courses.case(name), audience=audience))


def test_an_unknown_audience_is_refused() -> None:
    pages = courses.pages([courses.session(0, 0.0, tasks=(Task.WALK,))])
    with pytest.raises(ValueError, match="nobody"):
        render_course_html(pages, audience="nobody")
