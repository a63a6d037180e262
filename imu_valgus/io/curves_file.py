"""``curves.parquet``: the curves of a session, with one row per point."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from imu_valgus.conventions import MOTIONS
from imu_valgus.errors import InputError
from imu_valgus.io.parquet_file import read_parquet
from imu_valgus.io.regular_file import printable
from imu_valgus.model import FloatArray, GaitCurve, Joint, RepetitionCurves, Side
from imu_valgus.model.session_results import SessionCurves

CURVES_FILE: Final = "curves.parquet"

_GAIT: Final = "gait_mean"
_STEP_UP: Final = "step_up_repetition"
_MOST_ROWS: Final = 1_000_000
"""A session of hundred step-ups has some 40 000."""

_PERCENT: Final = np.arange(101, dtype=np.int32)

_Columns = Mapping[str, FloatArray | npt.NDArray[np.int32]]

_SCHEMA: Final = pa.schema(
    [
        pa.field("curve_of", pa.string(), nullable=False),
        pa.field("joint", pa.string(), nullable=False),
        pa.field("motion", pa.string(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
        pa.field("repetition_number", pa.int32()),
        pa.field("cycle_percent", pa.int32(), nullable=False),
        pa.field("angle_deg", pa.float64(), nullable=False),
        pa.field("sd_between_strides_deg", pa.float64()),
        pa.field("level_sd_deg", pa.float64()),
        pa.field("number_of_strides", pa.int32()),
        pa.field("turning_percent", pa.float64()),
    ]
)
"""Null means that a column does not apply to a kind of curve, NaN that a value is not known."""


def encode_curves(curves: SessionCurves) -> bytes:
    """Turn the curves of a session into a Parquet file.

    Parameters
    ----------
    curves
        Curves of one session.

    Returns
    -------
    bytes
        One row per point: ``curve_of`` (``gait_mean`` or ``step_up_repetition``), ``joint``,
        ``motion``, ``side``, ``repetition_number`` (from 1; step-ups only), ``cycle_percent``
        (0 to 100 of the gait cycle or the repetition) and ``angle_deg``. Gait also has
        ``sd_between_strides_deg``, ``level_sd_deg`` and ``number_of_strides``, step-ups have
        ``turning_percent``. The same curves give the same bytes with the same pyarrow.
    """
    parts = [_gait_rows(curve) for curve in curves.gait]
    parts += [_repetition_rows(repetitions) for repetitions in curves.step_ups]
    table = pa.concat_tables([_SCHEMA.empty_table(), *parts]).combine_chunks()
    sink = pa.BufferOutputStream()
    # With checksums, a flipped bit is an error instead of a different angle.
    parquet.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def decode_curves(content: bytes, *, name: str = CURVES_FILE) -> SessionCurves:
    """Read the curves of a session from the bytes of its Parquet file.

    Parameters
    ----------
    content
        Bytes as returned by `encode_curves`.
    name
        Name of the file, for the message of an error.

    Returns
    -------
    SessionCurves
        Exactly as encoded.

    Raises
    ------
    InputError
        If the bytes are damaged or something else.
    """
    try:
        table = read_parquet(content, most_rows=_MOST_ROWS, checksums=True)
        if not table.schema.equals(_SCHEMA):
            raise _damaged(name, "wrong columns")
        table.validate(full=True)
        gait, step_ups = _groups(table)
        return SessionCurves(
            tuple(_gait_curve(rows) for rows in gait),
            tuple(_repetitions(rows) for rows in step_ups),
        )
    except (OSError, ValueError, KeyError, MemoryError, pa.ArrowException) as error:
        found = printable(" ".join(str(error).split()), most=120)
        raise _damaged(name, found or "nothing readable") from error


def _damaged(name: str, found: str) -> InputError:
    return InputError(
        f"{name}: these are no curves of a session, or they are damaged ({found}). Add the "
        "session again from its recording."
    )


def _rows(kind: str, curve: GaitCurve | RepetitionCurves, columns: _Columns) -> pa.Table:
    n = columns["angle_deg"].size
    words = {"curve_of": kind, "joint": curve.joint, "motion": curve.motion, "side": curve.side}
    arrays = []
    for field in _SCHEMA:
        if field.name in words:
            arrays.append(pa.repeat(pa.scalar(str(words[field.name])), n))
        elif field.name in columns:
            arrays.append(pa.array(columns[field.name], type=field.type))
        else:
            arrays.append(pa.nulls(n, field.type))
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def _gait_rows(curve: GaitCurve) -> pa.Table:
    columns: _Columns = {
        "cycle_percent": _PERCENT,
        "angle_deg": curve.mean_deg,
        "sd_between_strides_deg": curve.sd_deg,
        "level_sd_deg": np.full(_PERCENT.size, curve.offset_sd_deg),
        "number_of_strides": np.full(_PERCENT.size, curve.n_strides, dtype=np.int32),
    }
    return _rows(_GAIT, curve, columns)


def _repetition_rows(curves: RepetitionCurves) -> pa.Table:
    count = len(curves.curves_deg)
    columns: _Columns = {
        "repetition_number": np.repeat(np.arange(1, count + 1, dtype=np.int32), _PERCENT.size),
        "cycle_percent": np.tile(_PERCENT, count),
        "angle_deg": curves.curves_deg.ravel(),
        "turning_percent": np.repeat(curves.turning_percent, _PERCENT.size),
    }
    return _rows(_STEP_UP, curves, columns)


def _groups(table: pa.Table) -> tuple[list[pa.Table], list[pa.Table]]:
    """Split the rows where the angle changes, into gait curves and step-ups."""
    names = ["curve_of", "joint", "motion", "side"]
    keys = list(zip(*(table[name].to_pylist() for name in names), strict=True))
    starts = [row for row in range(len(keys)) if row == 0 or keys[row] != keys[row - 1]]
    groups: dict[str, list[pa.Table]] = {_GAIT: [], _STEP_UP: []}
    for start, end in pairwise([*starts, len(keys)]):
        groups[keys[start][0]].append(table.slice(start, end - start))
    return groups[_GAIT], groups[_STEP_UP]


def _angle_of(rows: pa.Table) -> tuple[Joint, str, Side]:
    motion = rows["motion"][0].as_py()
    if motion not in MOTIONS:
        raise ValueError(f"the motion {motion!r}")
    return Joint(rows["joint"][0].as_py()), motion, Side(rows["side"][0].as_py())


def _column(rows: pa.Table, name: str) -> FloatArray:
    """Return a column that must not hold nulls."""
    if rows[name].null_count:
        raise ValueError(f"no {name} in some rows")
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


def _check_percent(rows: pa.Table, repetitions: int) -> None:
    if not np.array_equal(_column(rows, "cycle_percent"), np.tile(_PERCENT, repetitions)):
        raise ValueError("points that do not run from 0 to 100 %")


def _gait_curve(rows: pa.Table) -> GaitCurve:
    joint, motion, side = _angle_of(rows)
    _check_percent(rows, 1)
    return GaitCurve(
        joint=joint,
        motion=motion,
        side=side,
        mean_deg=_column(rows, "angle_deg"),
        sd_deg=_column(rows, "sd_between_strides_deg"),
        offset_sd_deg=float(_only(_column(rows, "level_sd_deg"), "level_sd_deg")),
        n_strides=int(_only(_column(rows, "number_of_strides"), "number_of_strides")),
    )


def _repetitions(rows: pa.Table) -> RepetitionCurves:
    joint, motion, side = _angle_of(rows)
    count = max(1, rows.num_rows // _PERCENT.size)
    _check_percent(rows, count)
    numbers = _column(rows, "repetition_number").reshape(count, -1)
    if not np.array_equal(numbers[:, 0], np.arange(1, count + 1)) or np.ptp(numbers, axis=1).any():
        raise ValueError("repetitions that are not counted from 1")
    turning = _column(rows, "turning_percent").reshape(count, -1)
    return RepetitionCurves(
        joint=joint,
        motion=motion,
        side=side,
        curves_deg=_column(rows, "angle_deg").reshape(count, -1),
        turning_percent=np.array([_only(row, "turning_percent") for row in turning]),
    )


def _only(values: FloatArray, name: str) -> float:
    """Return the single value that all rows of a curve share."""
    if not np.array_equal(values, np.full_like(values, values[0]), equal_nan=True):
        raise ValueError(f"several values of {name} in one curve")
    return float(values[0])
