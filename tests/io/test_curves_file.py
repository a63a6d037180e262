"""Curves of a session survive their file exactly; a damaged file is one sentence."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyarrow import parquet

from imu_valgus.conventions import MOTIONS
from imu_valgus.errors import InputError
from imu_valgus.io.curves_file import decode_curves, encode_curves
from imu_valgus.model import GaitCurve, Joint, RepetitionCurves, Side
from imu_valgus.model.session_results import SessionCurves

_DEGREES = st.floats(-180.0, 180.0) | st.just(np.nan)
_ANGLES = st.tuples(st.sampled_from(Joint), st.sampled_from(MOTIONS), st.sampled_from(Side))


@st.composite
def _gait(draw, angle):
    sd = draw(arrays(float, 101, elements=st.floats(0.0, 90.0) | st.just(np.nan)))
    mean = draw(arrays(float, 101, elements=_DEGREES))
    return GaitCurve(*angle, mean, sd, draw(_DEGREES), draw(st.integers(1, 5000)))


@st.composite
def _repetitions(draw, angle):
    count = draw(st.integers(1, 4))
    curves = draw(arrays(float, (count, 101), elements=_DEGREES))
    turning = draw(arrays(float, count, elements=st.floats(0.0, 100.0) | st.just(np.nan)))
    return RepetitionCurves(*angle, curves, turning)


@st.composite
def _curves(draw):
    gait = draw(st.lists(_ANGLES, unique=True, max_size=3))
    step_ups = draw(st.lists(_ANGLES, unique=True, max_size=3))
    return SessionCurves(
        tuple(draw(_gait(angle)) for angle in gait),
        tuple(draw(_repetitions(angle)) for angle in step_ups),
    )


def assert_same(one: SessionCurves, other: SessionCurves) -> None:
    assert len(one.gait) == len(other.gait)
    for a, b in zip(one.gait, other.gait, strict=True):
        assert (a.joint, a.motion, a.side, a.n_strides) == (b.joint, b.motion, b.side, b.n_strides)
        np.testing.assert_array_equal(a.offset_sd_deg, b.offset_sd_deg)
        np.testing.assert_array_equal(a.mean_deg, b.mean_deg)
        np.testing.assert_array_equal(a.sd_deg, b.sd_deg)
    assert len(one.step_ups) == len(other.step_ups)
    for c, d in zip(one.step_ups, other.step_ups, strict=True):
        assert (c.joint, c.motion, c.side) == (d.joint, d.motion, d.side)
        np.testing.assert_array_equal(c.curves_deg, d.curves_deg)
        np.testing.assert_array_equal(c.turning_percent, d.turning_percent)


@settings(max_examples=40, deadline=None)
@given(_curves())
def test_curves_come_back_exactly_and_their_bytes_are_always_the_same(curves):
    content = encode_curves(curves)
    assert encode_curves(curves) == content
    assert_same(decode_curves(content), curves)


def _some() -> SessionCurves:
    rng = np.random.default_rng(4)
    gait = tuple(
        GaitCurve(Joint.KNEE, motion, Side.LEFT, rng.normal(size=101), np.ones(101), 2.5, 12)
        for motion in MOTIONS
    )
    step = RepetitionCurves(
        Joint.HIP, "adduction", Side.RIGHT, rng.normal(size=(9, 101)), np.linspace(40, 60, 9)
    )
    return SessionCurves(gait, (step,))


def test_columns_say_what_they_hold_and_in_which_unit():
    table = parquet.read_table(pa.BufferReader(encode_curves(_some())))
    assert table.column_names == [
        "curve_of", "joint", "motion", "side", "repetition_number", "cycle_percent", "angle_deg",
        "sd_between_strides_deg", "level_sd_deg", "number_of_strides", "turning_percent",
    ]  # fmt: skip
    assert table.num_rows == 101 * (3 + 9)
    last = table.slice(table.num_rows - 1).to_pylist()[0]
    assert (last["curve_of"], last["joint"], last["side"]) == ("step_up_repetition", "hip", "right")
    assert (last["repetition_number"], last["cycle_percent"]) == (9, 100)
    assert last["number_of_strides"] is None


def test_damaged_files_are_one_sentence_and_never_other_numbers():
    curves = _some()
    whole = encode_curves(curves)
    rng = random.Random(11)
    told = []
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        cut = rng.choice((len(content), len(content), rng.randrange(len(content))))
        try:
            found = decode_curves(bytes(content[:cut]), name="curves.parquet")
        except InputError as error:
            told.append(str(error))
        else:
            assert_same(found, curves)
    start = "curves.parquet: these are no curves of a session, or they are damaged ("
    assert all(one.startswith(start) and "\n" not in one for one in told)
    assert len(told) > 200


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}", b"PAR1" * 40])
def test_other_files_are_one_sentence(content):
    with pytest.raises(InputError, match="Add the session again"):
        decode_curves(content)


def _changed(**columns) -> bytes:
    table = parquet.read_table(pa.BufferReader(encode_curves(_some())))
    for name, change in columns.items():
        at = table.column_names.index(name)
        values = change(table[name].to_pylist())
        table = table.set_column(
            at, table.schema.field(at), pa.array(values, table.schema[at].type)
        )
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        ("joint", lambda v: ["elbow", *v[1:]], "elbow"),
        ("motion", lambda v: ["twist"] * len(v), "twist"),
        ("curve_of", lambda v: ["hop"] * len(v), "hop"),
        ("cycle_percent", lambda v: [v[0], *v[:-1]], "0 to 100 %"),
        ("angle_deg", lambda v: v, None),
        ("level_sd_deg", lambda v: [None, *v[1:]], "no level_sd_deg"),
        ("number_of_strides", lambda v: [3, *v[1:]], "several values of number_of_strides"),
        ("repetition_number", lambda v: [*v[:-1], 3], "counted from 1"),
        ("turning_percent", lambda v: [*v[:-1], 3.0], "several values of turning_percent"),
    ],
)
def test_what_is_well_formed_but_wrong_is_refused(column, change, words):
    content = _changed(**{column: change})
    if words is None:
        assert_same(decode_curves(content), _some())
        return
    with pytest.raises(InputError, match=words):
        decode_curves(content)


def test_an_angle_is_kept_once_and_never_without_a_repetition():
    step = _some().step_ups[0]
    with pytest.raises(ValueError, match="once"):
        SessionCurves((), (step, step))
    empty = RepetitionCurves(Joint.HIP, "flexion", Side.LEFT, np.empty((0, 101)), np.empty(0))
    with pytest.raises(ValueError, match="at least one repetition"):
        SessionCurves((), (empty,))
