"""Content of the two pages: numbers of the course, allowed words, reading level."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import courses

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.programme import LogEntry
from imu_valgus.model.progress import Purpose
from imu_valgus.progress.comparability import LeftOut
from imu_valgus.progress.headline import headline_keys
from imu_valgus.progress.verdict import Verdict
from imu_valgus.reports.weeks.course_input import PagesInput
from imu_valgus.reports.weeks.page import MovementSummary, ParticipantPage
from imu_valgus.reports.weeks.participant import participant_page
from imu_valgus.reports.weeks.professional import movement_summary
from imu_valgus.reports.weeks.safety import PainNote, find_pain_flag
from imu_valgus.reports.weeks.table import day_words, table_notes, value_words

READING_GRADE = 6.9
MOST_WORDS = 22


def professional_sentences(page: MovementSummary) -> Iterator[str]:
    yield from page.alerts
    yield from page.verdict
    yield from page.table_notes
    yield from page.footer
    for row in page.rows:
        yield f"{row.name}. {row.task}"
        yield from (line.verdict for line in row.changes)
    for drawings in page.drawing_rows:
        yield f"{drawings.title}. {drawings.caption}"
        yield from (drawing.description for drawing in drawings.drawings)
    yield from (f"{name}: {text}" for name, text in page.facts)


def participant_prose(page: ParticipantPage) -> list[str]:
    """Return all texts read as sentences, with the points of a list as ends of a sentence."""
    cue = [f"{page.cue.exercise}: {page.cue.cue}."] if page.cue else []
    return [
        *page.alerts,
        *(position.sentence for position in page.positions),
        page.position_note,
        *page.timing,
        *page.went_well,
        *([page.to_try] if page.to_try else []),
        *cue,
        *page.done,
        *(f"See a doctor if {end}." for end in page.see_a_professional),
        *page.footer,
    ]


def syllables(word: str) -> int:
    """Count groups of vowels, without a silent e at the end."""
    plain = re.sub(r"(?:[^laeiouy]es|ed|[^laeiouy]e)$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def flesch_kincaid(sentences: list[str]) -> float:
    """Return 0.39 words/sentence + 11.8 syllables/word - 15.59 (Kincaid et al. 1975)."""
    text = " ".join(sentences)
    n_sentences = len(re.findall(r"[.!?:](?:\s|$)", text))
    words = re.findall(r"[A-Za-z']+|\d+(?:\.\d+)?", text)
    n_syllables = sum(1 if word[0].isdigit() else syllables(word) for word in words)
    return 0.39 * len(words) / n_sentences + 11.8 * n_syllables / len(words) - 15.59


def test_the_reading_level_tells_plain_words_from_long_ones() -> None:
    assert flesch_kincaid(["The cat sat on the mat.", "It was red."]) < 2.0
    hard = "Longitudinal accelerometric investigations demonstrate considerable variability."
    assert flesch_kincaid([hard]) > 15.0


@pytest.mark.parametrize("name", courses.NAMES)
def test_the_participants_page_reads_at_grade_six(name: str) -> None:
    assert flesch_kincaid(participant_prose(participant_page(courses.case(name)))) <= READING_GRADE


@pytest.mark.parametrize("name", courses.NAMES)
def test_the_participants_sentences_are_short(name: str) -> None:
    for text in participant_prose(participant_page(courses.case(name))):
        for sentence in re.split(r"[.!?:](?:\s|$)", text):
            assert len(sentence.split()) <= MOST_WORDS, sentence


@pytest.mark.parametrize("name", courses.NAMES)
def test_no_sentence_claims_what_the_software_must_not_claim(name, claims_in) -> None:
    given = courses.case(name)
    for text in professional_sentences(movement_summary(given)):
        assert not claims_in(text), text
    for text in participant_prose(participant_page(given)):
        assert not claims_in(text), text


@pytest.mark.parametrize("name", courses.NAMES)
def test_changes_are_reported_without_judging_them(name, judgements_in) -> None:
    page = movement_summary(courses.case(name))
    texts = [*page.verdict[:1], *(line.verdict for row in page.rows for line in row.changes)]
    texts += participant_page(courses.case(name)).timing
    for text in texts:
        assert not judgements_in(text), text


@st.composite
def any_pages(draw: st.DrawFn) -> PagesInput:
    n = draw(st.integers(1, 9))
    legs = draw(st.sampled_from([(Side.LEFT,), (Side.RIGHT,), (Side.LEFT, Side.RIGHT)]))
    tasks = draw(st.sampled_from([(Task.WALK,), (Task.STEP_UP,), (Task.WALK, Task.STEP_UP), ()]))
    days = sorted(draw(st.lists(st.integers(-15, 90), min_size=n, max_size=n, unique=True)))
    made = [
        courses.session(
            index, day, legs=legs, tasks=tasks,
            change=draw(st.sampled_from([0.0, 0.0, 4.0, -9.0])),
            purpose=draw(st.sampled_from([None, *Purpose])),
            pain=draw(st.none() | st.integers(0, 10)),
            set_aside=draw(st.sampled_from(["", "", "A strap slipped."])),
            grade=draw(st.sampled_from(list(Grade))),
            n=draw(st.integers(3, 14)),
        )
        for index, day in enumerate(days)
    ]  # fmt: skip
    if not draw(st.booleans()):
        return courses.pages(made)
    share, pain = draw(st.floats(0.0, 1.0)), draw(st.integers(0, 10))
    log = courses.log(draw(st.integers(0, 50)), share=share, pain=pain)
    return courses.pages(made, programme=courses.programme(), log=log)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pages=any_pages())
def test_whatever_the_course_both_pages_keep_to_allowed_and_plain_words(pages, claims_in) -> None:
    page = participant_page(pages)
    prose = participant_prose(page)
    assert not [text for text in prose if claims_in(text)]
    assert flesch_kincaid(prose) <= READING_GRADE
    summary = movement_summary(pages)
    assert not [text for text in professional_sentences(summary) if claims_in(text)]
    assert len(summary.verdict) == 3
    assert len(page.went_well) <= 3
    assert "nan" not in " ".join([*prose, *professional_sentences(summary)]).lower().split()


@pytest.mark.parametrize("name", courses.NAMES)
def test_the_table_holds_the_courses_own_numbers(name: str) -> None:
    pages = courses.case(name)
    shown = headline_keys(measure.key for measure in pages.course.measures)
    rows = movement_summary(pages).rows
    assert sum(len(row.changes) for row in rows) == len(shown)
    lines = iter([line for row in rows for line in row.changes])
    for key, line in zip(shown, lines, strict=True):
        pair = pages.course.measure(key).comparison
        assert line.side is key.side
        if pair is None:
            assert line.verdict == "not compared"
            assert not line.change
            continue
        assert line.verdict == pair.verdict
        assert value_words(abs(pair.change), key.unit) in line.change
        for edge in (pair.low, pair.high):
            assert value_words(edge, key.unit) in line.change
        assert value_words(pair.mdc, key.unit) in line.mdc
        assert line.mdc.endswith("*") is pair.is_mdc_assumed


def test_left_right_and_difference_are_the_means_of_the_latest_block() -> None:
    pages = courses.case("six")
    for row, keys in zip(
        movement_summary(pages).rows, _pairs(headline_keys(m.key for m in pages.course.measures)),
        strict=True,
    ):  # fmt: skip
        after = [pages.course.measure(key).comparison.after for key in keys]
        left, right = (sum(values) / len(values) for values in after)
        unit = keys[0].unit
        assert row.left == value_words(left, unit)
        assert row.right == value_words(right, unit)
        assert row.difference == value_words(left - right, unit)


def _pairs(keys):
    return [keys[i : i + 2] for i in range(0, len(keys), 2)]


def test_the_verdict_counts_what_is_beyond_the_noise() -> None:
    pages = courses.case("nineteen")
    keys = headline_keys(measure.key for measure in pages.course.measures)
    pairs = [pages.course.measure(key).comparison for key in keys]
    beyond = sum(pair.verdict is Verdict.BEYOND for pair in pairs)
    first, _, last = movement_summary(pages).verdict
    assert first.startswith(f"{beyond} of {len(pairs)} figures changed beyond")
    assert last.startswith("What cannot be concluded")


def test_a_course_without_a_change_says_so() -> None:
    still = courses.pages([courses.session(7, 3.0 * i) for i in range(8)])
    assert movement_summary(still).verdict[0] == (
        "None of the 16 figures changed beyond measurement noise."
    )
    later = courses.pages([courses.session(7, 8.0 * i) for i in range(8)])
    timing = participant_page(later).timing
    assert "no more than they do from day to day" in timing[0]
    # The sentence names the measure shown, because others may have changed.
    assert timing[0].startswith("How far your shin tips in: ")
    assert timing[1] == "More numbers are on the page for your physiotherapist."


def test_before_three_weeks_there_is_no_look_and_before_six_no_verdict() -> None:
    start = courses.START
    first_look, first_verdict = start + timedelta(weeks=3), start + timedelta(weeks=6)
    texts = {
        weeks: " ".join(participant_page(courses.pages(
            [courses.session(i, 7.0 * weeks * i / 7.0) for i in range(8)])).timing)
        for weeks in (2.9, 3.0, 5.9, 6.0)
    }  # fmt: skip
    assert (
        f"too soon to look for a change. The first look is on {day_words(first_look)}"
        in (texts[2.9])
    )
    assert "first look only" in texts[3.0]
    assert day_words(first_verdict) in texts[5.9]
    assert "first look" not in texts[6.0]


def test_what_went_well_is_counted_and_never_made_up() -> None:
    nothing = courses.pages([courses.session(0, 0.0, tasks=(), grade=Grade.POOR)])
    page = participant_page(nothing)
    assert page.went_well == ()
    assert page.positions == ()
    full = courses.case("nineteen")
    week = full.course.adherence[-1]
    assert f"shows {week.done} of {week.planned} planned" in participant_page(full).went_well[0]


def test_the_next_cue_is_of_the_planned_exercise_done_least() -> None:
    log = [
        LogEntry(courses.START + timedelta(days=day), name)
        for day in range(46)
        for name in ("clam_shell", "step_up")
    ]
    pages = courses.pages(courses.weekly(8), programme=courses.programme(), log=log)
    assert participant_page(pages).cue.exercise == "Short foot"


DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("pains", "is_open"),
    [([0, 1], None), ([1, 2], None), ([3, 3], None), ([0, 2], True), ([1, 3], True), ([4], True),
     ([2, 3], None), ([9, 0], True)],
)  # fmt: skip
def test_pain_of_four_or_two_above_the_start_is_flagged(pains, is_open) -> None:
    notes = [PainNote(DAY + timedelta(days=i), pain) for i, pain in enumerate(pains)]
    flag = find_pain_flag(notes, today=DAY + timedelta(days=10))
    assert (flag.is_open if flag else None) is is_open


def test_a_flag_stays_until_two_weeks_passed_and_lower_pain_was_noted() -> None:
    high = [PainNote(DAY, 1), PainNote(DAY + timedelta(days=1), 6)]
    later = DAY + timedelta(days=60)
    assert find_pain_flag(high, today=later).is_open
    lower = [*high, PainNote(DAY + timedelta(days=30), 1)]
    assert not find_pain_flag(lower, today=later).is_open
    assert find_pain_flag(lower[:2] + lower[2:], today=DAY + timedelta(days=14)).is_open


@pytest.mark.parametrize("where", ["session", "log"])
def test_pain_makes_both_pages_lead_with_it_and_takes_all_encouragement_away(where: str) -> None:
    made = [courses.session(i, 3.0 * i, pain=5 if where == "session" and i == 7 else 1)
            for i in range(8)]  # fmt: skip
    log = [LogEntry(courses.START + timedelta(days=20), None, pain=3)] if where == "log" else []
    pages = courses.pages(made, programme=courses.programme(), log=log)
    page = participant_page(pages)
    assert page.alerts[0] == "Stop and ask first."
    assert "before you go on" in page.alerts[1]
    assert (page.went_well, page.to_try, page.cue, page.timing) == ((), "", None, ())
    assert page.see_a_professional
    assert "asks to stop" in movement_summary(pages).alerts[0]


def test_without_pain_nothing_leads_the_pages() -> None:
    assert participant_page(courses.case("six")).alerts == ()
    assert movement_summary(courses.case("six")).alerts == ()


def test_why_sessions_were_left_out_is_a_sentence_with_a_subject() -> None:
    course = courses.case("pain").course
    measure = course.measures[0]
    reason = "Session {} has this measure only for the other leg."
    for names, subject in ((("s1",), "It"), (("s1", "s2"), "Each")):
        gone = tuple(LeftOut(name, reason.format(name)) for name in names)
        notes = table_notes(course, [replace(measure, left_out=gone)])
        (sentence,) = [note for note in notes if note.startswith("Left out")]
        assert sentence.endswith(f": {subject} has this measure only for the other leg.")
