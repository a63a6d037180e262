"""What is kept of a session comes back as it was analysed; damage is one sentence."""

import json
import math
import random
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.io.session_files import (
    curves_of,
    read_session_curves,
    read_step_ups,
    session_files,
)
from imu_valgus.io.step_up_document import decode_step_ups, step_up_document
from imu_valgus.io.summary import summary_document, without_nan
from imu_valgus.model import (
    Joint,
    ObservedItem,
    Placement,
    ScoreComponent,
    Side,
    StepUpSummary,
    Task,
)
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import (
    Person,
    SimulationSettings,
    Squat,
    Standing,
    StepUp,
    Walk,
    simulate_session,
)

_NUMBER = st.floats(-1e3, 1e3) | st.just(math.nan)
_KNOWN = st.floats(0.0, 100.0)
_TEXT = st.text(max_size=20)
_COMPONENT = st.builds(
    ScoreComponent,
    key=_TEXT, words=_TEXT, value=_NUMBER, sd=_NUMBER, unit=_TEXT, full=_KNOWN,
    zero=_KNOWN | st.just(math.inf), weight=_KNOWN, points=_NUMBER, share=_NUMBER,
)  # fmt: skip
_SUMMARY = st.builds(
    StepUpSummary,
    side=st.sampled_from(Side),
    score_id=_TEXT,
    n_found=st.integers(0, 99),
    n_valid=st.integers(0, 99),
    known_share=_NUMBER,
    score=st.none() | _KNOWN,
    interval=st.none() | st.tuples(_KNOWN, _KNOWN),
    components=st.lists(_COMPONENT, max_size=3, unique_by=lambda one: one.key).map(tuple),
    alignment_deg=st.dictionaries(_TEXT, _NUMBER, max_size=3),
    matched_knee_flexion_deg=_NUMBER,
    heading_difference_deg=_NUMBER,
    items=st.lists(st.builds(ObservedItem, _TEXT, _TEXT, st.booleans()), max_size=2).map(tuple),
    is_thigh_only=st.booleans(),
    step_height_m=st.none() | _KNOWN,
    withheld=st.lists(_TEXT, max_size=2).map(tuple),
)


def assert_same(one: StepUpSummary, other: StepUpSummary) -> None:
    """Compare field by field, NaN with NaN."""
    for field in fields(StepUpSummary):
        assert repr(getattr(one, field.name)) == repr(getattr(other, field.name)), field.name


@pytest.fixture(scope="module")
def analysis():
    steps = [
        StepUp(side=side, count=8, repetition_s=2.6, pause_s=0.9)
        for side in (Side.RIGHT, Side.LEFT)
    ]
    script = [Standing(6.0), Squat(count=3), Standing(2.0), Walk(duration_s=15.0), Standing(3.0)]
    script += [steps[0], Standing(3.0), steps[1], Standing(3.0)]
    # The left leg wears no sensors on the shank: its step-ups cannot be measured.
    worn = [Placement.PELVIS, Placement.THIGH_RIGHT, Placement.SHANK_RIGHT, Placement.THIGH_LEFT]
    made = simulate_session(
        Person(), {"one": script}, seed=3, settings=SimulationSettings(placements=worn)
    )
    return analyse(made.session)


def test_the_summary_is_the_document_of_analyse_and_bytes_are_reproducible(analysis):
    files = session_files(analysis)
    assert sorted(files) == ["curves.parquet", "summary.json"]
    assert json.loads(files["summary.json"]) == summary_document(analysis)
    assert session_files(analysis) == files


def test_curves_are_those_of_the_leading_leg_and_of_every_repetition_that_counts(analysis):
    curves = read_session_curves(session_files(analysis))
    assert [(one.joint, one.motion, one.side) for one in curves.step_ups] == [
        (Joint.HIP, "adduction", Side.RIGHT),
        (Joint.HIP, "internal_rotation", Side.RIGHT),
        (Joint.KNEE, "flexion", Side.RIGHT),
        (Joint.KNEE, "adduction", Side.RIGHT),
        (Joint.KNEE, "internal_rotation", Side.RIGHT),
    ]
    (recording,) = analysis.recordings
    valid = [
        one
        for one in recording.repetitions
        if one.task is Task.STEP_UP and one.side is Side.RIGHT and one.is_valid
    ]
    (knee,) = (one for one in recording.angles if one.joint is Joint.KNEE)
    flexion = next(one for one in curves.step_ups if one.motion == "flexion")
    starts = [float(np.interp(one.start_s, knee.time_s, knee.flexion_deg)) for one in valid]
    np.testing.assert_allclose(flexion.curves_deg[:, 0], starts, atol=1e-12)
    for kept, found in zip(curves.gait, analysis.walk.curves, strict=True):
        np.testing.assert_array_equal(kept.mean_deg, found.mean_deg)
        assert kept.n_strides == found.n_strides


def test_step_ups_come_back_as_they_were_analysed(analysis):
    found = read_step_ups(session_files(analysis))
    assert list(found) == list(analysis.step_up)
    assert found[Side.RIGHT].components
    for side, summary in analysis.step_up.items():
        assert_same(found[side], summary)


@settings(max_examples=60, deadline=None)
@given(_SUMMARY)
def test_every_step_up_summary_survives_its_document_exactly(summary):
    leg = {"alignment_score": without_nan(step_up_document(summary))}
    content = json.dumps({"step_up": {str(summary.side): leg}}, allow_nan=False).encode()
    assert_same(decode_step_ups(content, name="summary.json")[summary.side], summary)


def test_files_are_read_from_where_the_store_lists_them(analysis, tmp_path):
    for name, content in session_files(analysis).items():
        (tmp_path / name).write_bytes(content)
    paths = sorted(tmp_path.iterdir())
    assert len(read_session_curves(paths).gait) == len(curves_of(analysis).gait)
    assert set(read_step_ups(paths)) == set(analysis.step_up)
    (tmp_path / "curves.parquet").unlink()
    with pytest.raises(InputError, match=r"curves\.parquet cannot be read"):
        read_session_curves(paths)


def test_a_session_kept_without_files_has_no_curves_and_no_step_ups():
    assert read_session_curves({}).gait == ()
    assert read_session_curves([]).step_ups == ()
    assert read_step_ups([]) == {}
    assert read_step_ups({"summary.json": b'{"step_up": null}'}) == {}


def test_a_damaged_summary_is_one_sentence(analysis):
    whole = session_files(analysis)["summary.json"]
    rng = random.Random(5)
    told = []
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 3, 20))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        cut = rng.choice((len(content), rng.randrange(len(content))))
        try:
            read_step_ups({"summary.json": bytes(content[:cut])})
        except InputError as error:
            told.append(str(error))
    assert len(told) > 100
    start = "summary.json: this is no summary of a session, or it is damaged ("
    assert all(one.startswith(start) and "\n" not in one for one in told)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("score",), "high"),
        (("score",), True),
        (("valid",), 3.5),
        (("interval_95",), [1.0]),
        (("items",), [{}]),
        (("thigh_only",), None),
        (("withheld",), [3]),
        (("components",), ["A1"]),
        (("alignment_deg",), None),
    ],
)
def test_what_is_well_formed_but_wrong_is_refused(analysis, path, value):
    document = summary_document(analysis)
    document["step_up"]["right"]["alignment_score"][path[0]] = value
    with pytest.raises(InputError, match="Add the session again"):
        decode_step_ups(json.dumps(document).encode(), name="summary.json")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[" * 100_000, b'{"step_up": {"up": {}}}'])
def test_other_files_are_one_sentence(content):
    with pytest.raises(InputError, match=r"^x: this is no summary"):
        decode_step_ups(content, name="x")
