"""Spoils files: bytes, lines, numbers, keys and columns, chosen by a seed.

`spoilt` looks at the ending of the file and mixes what any file suffers (flipped bits, cuts,
insertions) with what only its own kind can (a number of another size, a key that is gone, a value
of another type), since flipped bits alone hardly ever get past a parser.
"""

import gzip
import io
import json
import random
import re
import tomllib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import tomli_w
from pyarrow import parquet

from imu_valgus.recorder import journal

Mutator = Callable[[bytes, random.Random], bytes]

_SNIPPETS: Final = (
    b",", b"\n", b"\r", b"\t", b'"', b"'", b"=", b"[[", b"]", b"{", b"}", b":", b";", b"#", b".",
    b"\x00", b"\xff\xfe", b"\x1b[2J", b"\xef\xbb\xbf", "\u202e\u2028".encode(), b"[" * 3000,
    b"{" * 3000, b"nan", b"1e400", b"null", b"a" + b".a" * 2000 + b"=1\n", b"x" * 70_000,
)  # fmt: skip
_NUMBERS: Final = (
    b"nan", b"inf", b"-inf", b"1e308", b"-1e308", b"1e-308", b"-1", b"0", b"1", b"1e5", b"1e12",
    b"9" * 400, b"9" * 5000, b"0x" + b"f" * 5000, b"true", b"", b"'x'", b"65536", b"4294967296",
)  # fmt: skip
_HUGE: Final = "a number of 5000 digits"
_VALUES: Final = (
    True, False, -1, 0, 1, 2**63, 1e308, -1e308, float("nan"), float("inf"), "", "x", "\u0007",
    "-1", "2026-13-40", "9999-12-31T23:59:59+00:00", "0001-01-01", _HUGE, [], {}, [[]], [1, "x"],
    {"x": 1}, "é" * 500, 10**400,
)  # fmt: skip
_FLOATS: Final = (np.nan, np.inf, -np.inf, 1e308, -1e308, -1.0, 0.0, 1e5, 1e-300)
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)


def spoilt(name: str, data: bytes, rng: random.Random) -> bytes:
    """Spoil the content of a file in one to three ways that suit its ending."""
    own = next((own for suffix, own in _OWN.items() if name.endswith(suffix)), ())
    for _ in range(rng.choice((1, 1, 2, 3))):
        mutators = own if own and rng.random() < 0.6 else _ANY
        data = rng.choice(mutators)(data, rng)
    return data


def _flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _part(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.choice((1, 8, 40, 400, len(data))))


def _cut(data: bytes, rng: random.Random) -> bytes:
    start, stop = _part(data, rng)
    return data[:start] + data[stop:]


def _cut_end(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _inserted(data: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(data))
    new = rng.choice(_SNIPPETS) if rng.random() < 0.7 else rng.randbytes(rng.randint(1, 40))
    return data[:at] + new + data[at:]


def _repeated(data: bytes, rng: random.Random) -> bytes:
    start, stop = _part(data, rng)
    return data[:stop] + data[start:stop] * 3 + data[stop:]


def _noise(_: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(0, 400))


def _with_lines(change: Callable[[list[bytes], int], None]) -> Mutator:
    def mutate(data: bytes, rng: random.Random) -> bytes:
        lines = data.splitlines(keepends=True)
        if lines:
            change(lines, rng.randrange(len(lines)))
        return b"".join(lines)

    return mutate


def _number_replaced(data: bytes, rng: random.Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    at = rng.choice(found)
    return data[: at.start()] + rng.choice(_NUMBERS) + data[at.end() :]


def _column_changed(data: bytes, rng: random.Random) -> bytes:
    """Drop, repeat or exchange a column of a text table, or set it to one value."""
    lines = [line.split(b",") for line in data.split(b"\n")]
    column, other = rng.randrange(7), rng.randrange(7)
    kind, value = rng.choice(("drop", "repeat", "exchange", "set")), rng.choice(_NUMBERS)
    for index, cells in enumerate(lines):
        if len(cells) <= max(column, other):
            continue
        if kind == "drop":
            del cells[column]
        elif kind == "repeat":
            cells.insert(other, cells[column])
        elif kind == "exchange":
            cells[column], cells[other] = cells[other], cells[column]
        elif index > 8:
            cells[column] = value
    return b"\n".join(b",".join(cells) for cells in lines)


def _packed(data: bytes, rng: random.Random) -> bytes:
    packed = gzip.compress(data, 1)
    return (
        rng.choice((_flipped, _cut_end, _repeated))(packed, rng) if rng.random() < 0.7 else packed
    )


def _change_value(value: Any, rng: random.Random) -> Any:
    """Change one entry somewhere in nested dictionaries and lists."""
    if isinstance(value, dict | list) and value and rng.random() < 0.9:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = rng.choice(list(keys))
        kind = rng.random()
        if kind < 0.2:
            del value[key]
        elif kind < 0.3 and isinstance(value, list):
            value.append(value[key])
        elif kind < 0.3:
            value[f"{key}_"] = value.pop(key)
        else:
            value[key] = _change_value(value[key], rng)
        return value
    return rng.choice(_VALUES)


def _json_changed(data: bytes, rng: random.Random) -> bytes:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    text = json.dumps(_change_value(value, rng))
    return text.replace(f'"{_HUGE}"', "9" * rng.choice((400, 5000))).encode()


def _toml_changed(data: bytes, rng: random.Random) -> bytes:
    try:
        value = tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        return data
    changed = _change_value(value, rng)
    try:
        text = tomli_w.dumps(changed) if isinstance(changed, dict) else f"a = {changed!r}"
    except ValueError:  # an integer of thousands of digits, which Python reads but does not write
        return data
    return text.replace(f'"{_HUGE}"', "9" * rng.choice((400, 5000))).encode()


def _parquet_changed(data: bytes, rng: random.Random) -> bytes:
    """Change numbers, rows, types or names of a Parquet file that stays readable."""
    sink = io.BytesIO()
    try:
        table = _table_changed(parquet.read_table(pa.BufferReader(data)), rng)
        parquet.write_table(table, sink, compression=rng.choice(("zstd", "none", "snappy")))
    except (OSError, ValueError, IndexError, TypeError, pa.ArrowException):
        return data  # damaged by an earlier change
    return sink.getvalue()


def _table_changed(table: Any, rng: random.Random) -> Any:
    name = rng.choice(table.column_names)
    at, kind = table.column_names.index(name), rng.random()
    if kind < 0.1:
        table = table.drop_columns([name])
    elif kind < 0.2:
        table = table.append_column(name, table[rng.choice(table.column_names)])
    elif kind < 0.3:
        table = table.slice(rng.randrange(len(table) + 1), rng.choice((0, 1, 30, len(table))))
    elif kind < 0.4:
        rows = rng.choices(range(len(table)), k=len(table)) if len(table) else []
        table = table.take(pa.array(rows, pa.int64()))
    elif kind < 0.5:
        types = (pa.string(), pa.float32(), pa.null(), pa.list_(pa.float64()), pa.timestamp("ns"))
        table = table.set_column(at, name, pa.nulls(len(table), rng.choice(types)))
    else:
        values = table[name].to_pylist()
        is_text = bool(values) and isinstance(values[0], str)
        share = rng.choice((0.0, 0.01, 1.0))
        new = rng.choice(("", "x", "knee") if is_text else _FLOATS)
        last = len(values) - 1
        changed = [new if i == last or rng.random() < share else v for i, v in enumerate(values)]
        kept = pa.string() if is_text else pa.float64()
        table = table.set_column(at, name, pa.array(changed, kept))
    return table


def _frame_changed(data: bytes, rng: random.Random) -> bytes:
    """Change one frame of a journal and give it the right checksum."""
    frames, at, search = [], 8, journal._FrameSearch(data)
    while (found := search.next_from(at)) is not None:
        frames.append(found)
        at = found[0] + journal._HEAD.size + len(found[2])
    if not frames:
        return data
    texts = [frame for frame in frames if frame[1] != journal._FrameKind.PACKET]
    start, kind, payload = rng.choice(texts if texts and rng.random() < 0.7 else frames)
    is_text = kind != journal._FrameKind.PACKET and rng.random() < 0.8
    new = (_json_changed if is_text else rng.choice(_ANY[:-1]))(payload, rng)
    frame = journal._encode_frame(journal._FrameKind(kind), new)
    return data[:start] + frame + data[start + journal._HEAD.size + len(payload) :]


_ANY: Final = (_flipped, _flipped, _cut, _cut_end, _inserted, _inserted, _repeated, _noise)
_LINES: Final = (
    _with_lines(lambda lines, at: lines.insert(at, lines[at])),
    _with_lines(lambda lines, at: lines.pop(at)),
    _with_lines(lambda lines, at: lines.insert(0, lines.pop(at))),
    _number_replaced,
    _number_replaced,
)
_OWN: Final = {
    ".csv": (*_LINES, _column_changed, _column_changed, _packed),
    ".txt": (*_LINES, _packed),
    ".toml": (*_LINES, _toml_changed, _toml_changed, _toml_changed),
    ".json": (*_LINES, _json_changed, _json_changed, _json_changed, _json_changed),
    ".parquet": (_parquet_changed,),
    ".jrnl": (_frame_changed,),
}
