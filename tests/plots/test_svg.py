"""Drawings as SVG: deterministic, small, with text that stays text."""

from xml.etree import ElementTree as ET

import numpy as np

from imu_valgus.model import GaitCurve, Joint, Side
from imu_valgus.plots.curves import plot_gait_curve
from imu_valgus.plots.style import new_panel
from imu_valgus.plots.svg import render_svg


def drawing(name: str = "one", description: str = "What it shows") -> str:
    figure, ax = new_panel()
    mean = 30.0 * np.sin(np.linspace(0.0, 6.0, 101))
    curves = [GaitCurve(Joint.HIP, "flexion", s, mean, np.ones(101), 2.0, 9) for s in Side]
    plot_gait_curve(curves, ax, toe_off_share={Side.LEFT: 0.6})
    return render_svg(figure, name=name, description=description)


def test_equal_figures_give_equal_text() -> None:
    assert drawing() == drawing()


def test_identifiers_of_two_drawings_on_a_page_differ() -> None:
    identifiers = [
        {e.get("id") for e in ET.fromstring(drawing(name)).iter() if e.get("id")}
        for name in ("one", "two")
    ]
    assert identifiers[0]
    assert not identifiers[0] & identifiers[1]


def test_every_reference_points_into_the_drawing() -> None:
    root = ET.fromstring(drawing())
    identifiers = {e.get("id") for e in root.iter() if e.get("id")}
    references = {
        value[1:] for e in root.iter() for key, value in e.attrib.items() if key.endswith("href")
    }
    assert references
    assert references <= identifiers


def test_words_stay_words_and_bring_no_font_and_no_style_for_the_page() -> None:
    text = drawing()
    assert ">Hip flexion<" in text
    assert "font-family" not in text
    assert "<style" not in text
    assert "metadata" not in text
    assert len(text) < 25_000


def test_a_description_with_signs_is_escaped() -> None:
    text = drawing(description='<b> & "quotes"')
    assert ET.fromstring(text).get("aria-label") == '<b> & "quotes"'
    assert "<b>" not in text
