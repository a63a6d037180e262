"""Sections of the report: values of the analysis, or plain words if there are none."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from imu_valgus.model import (
    Analysis,
    Finding,
    GaitCurve,
    Joint,
    MeanSd,
    Placement,
    RecordingAnalysis,
    Severity,
    Side,
    StreamQuality,
)
from imu_valgus.reports import document as doc
from imu_valgus.reports.session.exercises import exercises_section
from imu_valgus.reports.session.html import build_document
from imu_valgus.reports.session.overview import head_facts, summary_section
from imu_valgus.reports.session.recordings import recordings_section
from imu_valgus.reports.session.remarks import findings_section, withheld_section
from imu_valgus.reports.session.trust import calibration_section, quality_section
from imu_valgus.reports.session.walk import walk_section


def flat(blocks: tuple[doc.Block, ...]) -> list[doc.Block]:
    """Return all blocks, also those in groups and fold-outs."""
    flattened: list[doc.Block] = []
    for block in blocks:
        flattened.append(block)
        if isinstance(block, doc.Group | doc.FoldOut):
            flattened += flat(block.blocks)
    return flattened


def text_of(section: doc.Section) -> str:
    """Return all words of a section, without those in drawings."""
    words: list[str] = [section.title]
    for block in flat(section.blocks):
        match block:
            case doc.Paragraph(text=text):
                words.append(text)
            case doc.Bullets(items=items):
                words += [f"{item.text} ({item.where})" for item in items]
            case doc.Facts(pairs=pairs):
                words += [f"{name}: {text}" for name, text in pairs]
            case doc.Table(caption=caption, columns=columns, rows=rows):
                words += [caption, *columns]
                words += [f"{cell.text}{cell.grade or ''}" for row in rows for cell in row]
            case doc.Figures(figures=figures, caption=caption):
                words += [caption, *(figure.caption for figure in figures)]
            case doc.Group(title=title) | doc.FoldOut(title=title):
                words.append(title)
    return "\n".join(words)


def table_of(section: doc.Section, caption: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a table by the text of their first cell."""
    for block in flat(section.blocks):
        if isinstance(block, doc.Table) and block.caption == caption:
            assert all(len(row) == len(block.columns) for row in block.rows)
            return {row[0].text: tuple(cell.text for cell in row[1:]) for row in block.rows}
    raise AssertionError(caption)


def n_drawings(section: doc.Section) -> int:
    figures = [block for block in flat(section.blocks) if isinstance(block, doc.Figures)]
    return sum(len(block.figures) for block in figures)


def with_findings(analysis: Analysis, *findings: Finding) -> Analysis:
    return replace(analysis, findings=findings)


def test_the_walk_table_holds_left_right_and_their_difference_with_uncertainty(
    analyses: dict[str, Analysis],
) -> None:
    rows = table_of(walk_section(analyses["two_legs"]), "Step and stride times")
    error = math.hypot(0.021, 0.021) / math.sqrt(21)
    assert rows["Stride time (s)"] == ("1.098 ± 0.021", "1.094 ± 0.021", f"−0.004 ± {error:.3f}")
    assert rows["Stance, share of stride (%)"][:2] == ("62.2 ± 0.9", "61.8 ± 0.9")
    assert rows["Strides used"] == ("21 of 23", "21 of 23", "")


def test_one_leg_gets_one_column_and_no_difference(analyses: dict[str, Analysis]) -> None:
    section = walk_section(analyses["right_leg_only"])
    rows = table_of(section, "Step and stride times")
    assert all(len(cells) == 1 for cells in rows.values())
    assert "Step time (s)" not in rows
    assert "right over left" not in text_of(section)
    assert "difference" not in text_of(section).lower()


def test_without_a_pelvis_sensor_the_walk_speaks_of_the_thigh(
    analyses: dict[str, Analysis],
) -> None:
    text = text_of(walk_section(analyses["right_leg_only"]))
    assert "Thigh (femur) rotation, range" in text
    assert "hip" not in text.lower()
    assert "of the thigh and not of the hip" in text_of(summary_section(analyses["right_leg_only"]))


def test_a_range_is_of_the_mean_curve_and_a_level_carries_the_level_uncertainty(
    analyses: dict[str, Analysis],
) -> None:
    walk = analyses["two_legs"].walk
    assert walk is not None
    percent = np.arange(101.0)
    curve = GaitCurve(
        Joint.KNEE, "flexion", Side.LEFT, 10.0 + 20.0 * np.sin(2 * np.pi * percent / 100.0),
        np.full(101, 3.0), 2.5, 16,
    )  # fmt: skip
    analysis = replace(analyses["two_legs"], walk=replace(walk, curves=(curve,)))
    rows = table_of(walk_section(analysis), "Angles (deg)")
    assert rows["Knee flexion, range"] == (f"40.0 ± {3.0 * math.sqrt(2.0) / 4.0:.1f}",)
    assert rows["Knee flexion, level"][0].endswith("± 2.5")
    assert rows["Knee flexion, level"][0].startswith(f"{curve.mean_deg.mean():.1f}")


def test_a_curve_that_is_not_known_is_not_drawn_and_said_to_be_unknown(
    analyses: dict[str, Analysis],
) -> None:
    section = walk_section(analyses["gaps"])
    rows = table_of(section, "Angles (deg)")
    assert rows["Knee adduction, range"][0] == "not known"
    assert rows["Knee adduction, range"][2] == "not known"
    drawn = next(b for b in flat(section.blocks) if isinstance(b, doc.Figures)).figures
    knee_adduction = next(figure.svg for figure in drawn if "gait-knee-adduction" in figure.svg)
    assert "left, n" not in knee_adduction
    assert "right, n = 21" in knee_adduction


def test_a_doubtful_toe_off_is_reported(analyses: dict[str, Analysis]) -> None:
    assert "Toe-off of both sides is doubtful" in text_of(walk_section(analyses["gaps"]))
    assert "doubtful" not in text_of(walk_section(analyses["two_legs"]))


def n_toe_off_lines(section: doc.Section) -> int:
    """Count the dashed lines of toe-off in the drawings."""
    figures = next(b for b in flat(section.blocks) if isinstance(b, doc.Figures)).figures
    return sum(figure.svg.count("stroke-dasharray: 2.5,2") for figure in figures)


def test_a_doubtful_toe_off_is_not_drawn(analyses: dict[str, Analysis]) -> None:
    assert n_toe_off_lines(walk_section(analyses["gaps"])) == 0
    assert n_toe_off_lines(walk_section(analyses["two_legs"])) == 12


def test_without_a_walk_a_sentence_stands_where_curves_would(
    analyses: dict[str, Analysis],
) -> None:
    only_squats = walk_section(analyses["only_squats"])
    assert "No walking was found" in text_of(only_squats)
    withheld = walk_section(analyses["everything_withheld"])
    assert "17 strides of walking were found, but no summary" in text_of(withheld)
    assert n_drawings(only_squats) == n_drawings(withheld) == 0


def test_a_single_stride_has_no_spread(analyses: dict[str, Analysis]) -> None:
    walk = analyses["right_leg_only"].walk
    assert walk is not None
    gait = replace(walk.sides[Side.RIGHT], stride_time_s=MeanSd(1.1, 0.0, 1))
    analysis = replace(analyses["right_leg_only"], walk=replace(walk, sides={Side.RIGHT: gait}))
    rows = table_of(walk_section(analysis), "Step and stride times")
    assert rows["Stride time (s)"] == ("1.100 (± not known)",)


def test_what_was_withheld_stands_near_the_top_with_its_reason(
    analyses: dict[str, Analysis],
) -> None:
    sections = build_document(analyses["everything_withheld"]).sections
    assert [section.anchor for section in sections[:2]] == ["summary", "withheld"]
    text = text_of(sections[1])
    for finding in analyses["everything_withheld"].findings:
        assert finding.message in text
    assert "2 results are withheld, with the reasons below" in text_of(sections[0])


def test_where_nothing_was_withheld_there_is_no_such_section(
    analyses: dict[str, Analysis],
) -> None:
    assert withheld_section(analyses["two_legs"]) is None
    assert "Nothing was withheld." in text_of(findings_section(analyses["two_legs"]))


def test_the_same_sentence_about_several_sensors_appears_once(
    analyses: dict[str, Analysis],
) -> None:
    text = text_of(findings_section(analyses["two_legs"]))
    assert text.count("The gyroscope bias was taken") == 1
    assert "(walk: right thigh and left thigh)" in text
    assert "(left thigh)" in text


def test_a_finding_of_the_whole_session_names_no_place(analyses: dict[str, Analysis]) -> None:
    whole = Finding(Severity.NOTE, "n", "Sentence.")
    of_pelvis = Finding(Severity.NOTE, "n", "Sentence.", "walk", Placement.PELVIS)
    text = text_of(findings_section(with_findings(analyses["two_legs"], whole, of_pelvis)))
    assert "Sentence. ()" in text


def test_many_notes_are_folded_away(analyses: dict[str, Analysis]) -> None:
    blocks = findings_section(analyses["thirteen_recordings"]).blocks
    assert any(isinstance(block, doc.FoldOut) for block in blocks)
    assert not any(
        isinstance(block, doc.FoldOut) for block in findings_section(analyses["two_legs"]).blocks
    )


def test_every_sensor_stands_with_its_grade_its_reasons_and_uncertainty(
    analyses: dict[str, Analysis],
) -> None:
    section = calibration_section(analyses["two_legs"])
    rows = table_of(section, "How each sensor sits on its segment")
    assert set(rows) == {"Pelvis", "Right thigh", "Left thigh", "Right shank", "Left shank"}
    assert rows["Left shank"][2] == "4.4° / 16.8° / 3.2°"
    assert "The flexion axis is 31° away" in rows["Left shank"][3]
    grades = [row[1].grade for b in section.blocks if isinstance(b, doc.Table) for row in b.rows]
    assert grades == ["good", "good", "fair", "good", "poor"]


def test_the_quality_table_shows_the_worst_of_all_recordings(
    analyses: dict[str, Analysis],
) -> None:
    first, *rest = analyses["two_legs"].recordings
    worse = {Placement.PELVIS: StreamQuality(50.0, 0.812, 1.4, 0.03)}
    changed = RecordingAnalysis(
        **{f.name: getattr(first, f.name) for f in fields(first) if f.name != "quality"},
        quality={**first.quality, **worse},
    )
    section = quality_section(replace(analyses["two_legs"], recordings=(changed, *rest)))
    rows = table_of(section, "Samples of each sensor, worst of all recordings")
    assert rows["Pelvis"] == ("50 to 60 Hz", "81.2 %", "1.40 s", "3.0 %")
    closures = table_of(section, "Drift of the headings, worst of all recordings")
    assert closures["Right knee (thigh to shank)"][0] == "2.1°"


def test_a_recording_without_angles_says_so_instead_of_an_empty_drawing(
    analyses: dict[str, Analysis],
) -> None:
    section = recordings_section(analyses["everything_withheld"])
    assert n_drawings(section) == 0
    assert "No angle of hip or knee can be given" in text_of(section)


def test_every_recording_has_its_drawing_and_level_uncertainty(
    analyses: dict[str, Analysis],
) -> None:
    section = recordings_section(analyses["thirteen_recordings"])
    assert n_drawings(section) == 13
    assert text_of(section).count("tibial rotation left ± 4.4° and right ± 4.4°") == 11


@pytest.mark.parametrize(
    ("case", "rotation"),
    [("two_legs", "hip rotation"), ("right_leg_only", "thigh (femur) rotation")],
)
def test_the_rotation_of_hip_or_femur_stands_between_those_of_the_knee(
    analyses: dict[str, Analysis], case: str, rotation: str
) -> None:
    text = text_of(recordings_section(analyses[case]))
    order = [text.index(words) for words in ("knee flexion", rotation, "tibial rotation")]
    assert order == sorted(order)


def test_repetitions_left_out_are_listed_with_their_reason(analyses: dict[str, Analysis]) -> None:
    section = exercises_section(analyses["two_legs"])
    assert section is not None
    text = text_of(section)
    assert "the knee did not come back to rest (functional, number 5)" in text
    assert "the knee did not come back to rest (step_up, left number 5)" in text
    rows = table_of(section, "Values of the step-ups")
    assert rows["Repetitions used"] == ("1 of 2", "3 of 3", "")
    assert rows["Score (0 to 100)"] == (
        "74.0 (± not known)", "72.0 ± 1.0", "−2.0 (± not known)",
    )  # fmt: skip


def test_without_repetitions_there_is_no_such_section(analyses: dict[str, Analysis]) -> None:
    assert exercises_section(analyses["right_leg_only"]) is None


@pytest.mark.parametrize("kind", ["two_legs", "right_leg_only"])
def test_the_head_lists_only_what_is_known(analyses: dict[str, Analysis], kind: str) -> None:
    names = [name for name, _ in head_facts(analyses[kind]).pairs]
    assert {"Source", "Sensors", "Software", "Sensor fusion"} <= set(names)
    assert ("Recorded" in names) == (kind == "two_legs")


def test_the_summary_has_three_sentences_and_says_what_cannot_be_concluded(
    analyses: dict[str, Analysis],
) -> None:
    for analysis in analyses.values():
        (bullets,) = summary_section(analysis).blocks
        assert isinstance(bullets, doc.Bullets)
        assert len(bullets.items) == 3
        assert bullets.items[2].text.startswith("What cannot be concluded")
