"""The pages on paper: one sheet, no text over another, the same bytes every time."""

import hashlib
import itertools
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from support import courses

from imu_valgus.plots.pages import A4_PT, Sheet, page_fonts
from imu_valgus.plots.text_flow import TextStyle, printable, text_width_pt, wrap
from imu_valgus.reports.weeks.html import Audience
from imu_valgus.reports.weeks.page import MovementSummary
from imu_valgus.reports.weeks.pdf import compose_sheet, render_course_pdf
from imu_valgus.reports.weeks.professional import movement_summary
from imu_valgus.reports.weeks.professional_paper import paper_editions

NAMES = ("one", "two", "sixty", "one leg", "no step-up", "all set aside", "pain")
TOUCH_PT = 0.6
"""Boxes of text include the full ascent and descent of the font; a smaller overlap is invisible."""


def boxes_of(sheet: Sheet) -> list[tuple[str, Bbox]]:
    """Return the texts drawn and their boxes, in points from the lower left corner."""
    canvas = FigureCanvasAgg(sheet.figure)
    renderer = canvas.get_renderer()
    sheet.figure.draw(renderer)
    found = []
    for text in sheet.figure.findobj(Text):
        if not (text.get_visible() and text.get_text().strip()) or text.axes is None:
            is_drawn = text.get_visible() and text.get_text().strip() and text.figure is not None
        else:
            is_drawn = is_on_axes(text)
        if is_drawn:
            found.append((text.get_text(), text.get_window_extent(renderer)))
    return found


def is_on_axes(text: Text) -> bool:
    """Return whether a text of axes is drawn; hidden axes and ticks out of range are not."""
    ax = text.axes
    if text in ax.texts or text is ax.title:
        return True
    if not ax.axison:
        return False
    ticks = [*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()]
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if text in (tick.label1, tick.label2):
                return low - 1e-9 <= tick.get_loc() <= high + 1e-9
    return not any(text in (tick.label1, tick.label2) for tick in ticks)


def overlaps(boxes: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    found = []
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > TOUCH_PT and up > 0.3 * min(a.height, b.height):
            found.append((one, other))
    return found


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_sheet_or_lies_over_another(name, audience) -> None:
    with page_fonts():
        sheet = compose_sheet(courses.case(name), audience=audience)
        boxes = boxes_of(sheet)
    assert len(boxes) > 20
    outside = [
        text
        for text, box in boxes
        if box.x0 < 10.0
        or box.y0 < 10.0
        or box.x1 > sheet.width_pt - 10.0
        or box.y1 > sheet.height_pt - 10.0
    ]
    assert not outside
    assert not [text for text, _ in boxes if text.startswith("and ") and text.endswith(" more")]
    assert not overlaps(boxes)


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("name", NAMES)
def test_every_letter_is_printed_at_six_and_a_half_points_at_least(name, audience) -> None:
    with page_fonts():
        sheet = compose_sheet(courses.case(name), audience=audience)
    shrink = A4_PT[0] / sheet.width_pt
    sizes = [text.get_fontsize() for text in sheet.figure.findobj(Text) if text.get_text().strip()]
    assert shrink * min(sizes) >= 6.5


def test_what_paper_leaves_out_is_said_and_nothing_is_said_of_what_it_holds() -> None:
    page = movement_summary(courses.case("pain"))
    first, *others = paper_editions(page)
    assert first == page
    assert not first.not_printed
    for before, after in itertools.pairwise((first, *others)):
        assert (len(after.rows), names_of(after)) != (len(before.rows), names_of(before))
        assert names_of(after) <= names_of(before)
        assert after.not_printed.startswith("Not on this sheet, but on the HTML page: ")
        assert len(after.rows) >= 4
    assert "the curves of walking" in others[-1].not_printed
    assert not [name for name in names_of(others[-1]) if name.startswith("walking")]


def names_of(page: MovementSummary) -> set[str]:
    return {drawing.name for row in page.paper_rows for drawing in row.drawings}


@pytest.mark.parametrize("audience", list(Audience))
def test_the_finished_page_is_one_a4_sheet_with_truetype_letters(audience) -> None:
    page = render_course_pdf(courses.case("sixty"), audience=audience)
    assert page.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", page)) == 1
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", page)
    assert [float(side) for side in box.groups()] == pytest.approx(A4_PT, abs=0.01)
    assert b"/FontFile2" in page
    assert b"/Type3" not in page


def bare_line(ax: Axes) -> None:
    ax.plot([0, 1], [0, 1])
    ax.set_axis_off()


def test_everything_that_is_drawn_is_shrunk_with_the_sheet() -> None:
    with page_fonts():
        sheet = Sheet(shrink=0.5)
        sheet.draw(bare_line, x=900.0, y=1400.0, width=200.0, height=200.0)
        page = sheet.pdf(title="t", moment=courses.case("one").course.origin)
    stream = b"".join(
        zlib.decompress(found)
        for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", page, re.DOTALL)
        if found[:1] == b"x"
    )
    assert b"0.5 0 0 0.5 0 0 cm" in stream
    # The line in the far corner is not cut off at half the sheet.
    corners = [float(x) for x in re.findall(rb"([\d.]+) [\d.]+ l\b", stream)]
    assert any(1089.0 < corner < 1093.0 for corner in corners)


_TESTS = str(Path(courses.__file__).parents[1])

_PRINT_HASHES = """
import hashlib
from imu_valgus.reports.weeks.pdf import render_course_pdf
from imu_valgus.reports.weeks.html import render_course_html
from support import courses
pages = courses.case("six")
for audience in ("professional", "participant"):
    print(hashlib.sha256(render_course_pdf(pages, audience=audience)).hexdigest())
    print(hashlib.sha256(render_course_html(pages, audience=audience).encode()).hexdigest())
"""


def test_two_processes_write_the_same_bytes() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", _PRINT_HASHES], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": _TESTS, "PYTHONHASHSEED": seed,
                 "SOURCE_DATE_EPOCH": epoch, "TZ": zone},
        ).stdout.split()
        for seed, epoch, zone in (("1", "0", "UTC"), ("2", "86400000", "Asia/Tokyo"))
    ]  # fmt: skip
    assert len(set(outputs[0])) == 4
    assert outputs[0] == outputs[1]


def test_another_course_gives_another_page() -> None:
    pages = {
        hashlib.sha256(render_course_pdf(courses.case(name), audience="participant")).hexdigest()
        for name in ("one", "two", "pain")
    }
    assert len(pages) == 3


STYLE = TextStyle(10.0)


@pytest.mark.parametrize("text", ["x" * 300, "short words in a row " * 20, "", "a" * 70 + " b"])
def test_wrapped_lines_fit_and_lose_no_letter(text: str) -> None:
    lines = wrap(text, STYLE, width_pt=120.0)
    assert all(text_width_pt(line, STYLE) <= 120.0 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_does_not_fit_into_the_lines_ends_with_an_ellipsis() -> None:
    lines = wrap("word " * 100, STYLE, width_pt=120.0, most_lines=3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert text_width_pt(lines[-1], STYLE) <= 120.0


def test_letters_that_the_font_lacks_are_replaced_and_formulas_stay_text() -> None:
    assert printable("膝 knee\t$x_1$\n") == "\N{REPLACEMENT CHARACTER} knee $x_1$"
    with page_fonts():
        sheet = Sheet()
        sheet.write("$\\no_such_formula{$ 膝 🙂", STYLE, x=50.0, y=50.0, width=200.0)
        page = sheet.pdf(title="t", moment=courses.case("one").course.origin)
    assert page.startswith(b"%PDF-")


def test_the_check_sees_texts_that_touch_or_leave() -> None:
    with page_fonts():
        sheet = Sheet()
        sheet.write("one line", STYLE, x=50.0, y=50.0, width=200.0)
        sheet.write("a line over it", STYLE, x=60.0, y=53.0, width=200.0)
        sheet.draw(lambda ax: ax.set_title("far out"), x=500.0, y=2.0, width=200.0, height=9.0)
        boxes = boxes_of(sheet)
    assert overlaps(boxes) == [("one line", "a line over it")]
    assert max(box.y1 for text, box in boxes if text == "far out") > sheet.height_pt - 10.0
