"""Whatever stands in the files: what they say, or one of our errors, never anything else.

``IMU_VALGUS_FUZZ_INPUTS=500`` runs the long version: so many inputs for each reader, each reader in
a process of its own with limited memory; ``-s`` shows the counts.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fuzz_files import spoilt
from support.fuzz_readers import READERS, FuzzedReader
from support.fuzz_run import fuzz_reader, fuzz_reader_apart, read_or_refuse, spoilt_inputs

INPUTS = int(os.environ.get("IMU_VALGUS_FUZZ_INPUTS", "30"))
IS_LONG = INPUTS > 100
COLUMNS = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"

every_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@every_reader
def test_the_unspoilt_files_are_read(reader: FuzzedReader, tmp_path: Path) -> None:
    assert read_or_refuse(reader, put(tmp_path / "session", reader.make()))


@every_reader
def test_spoilt_files_are_read_or_refused_in_one_sentence(reader: FuzzedReader) -> None:
    count = (fuzz_reader_apart if IS_LONG else fuzz_reader)(reader, INPUTS)
    print(f"\n{count}")  # noqa: T201
    assert count.read + count.refused == INPUTS
    assert count.refused > 0


@every_reader
def test_the_same_inputs_come_again(reader: FuzzedReader) -> None:
    good = reader.make()
    inputs = list(spoilt_inputs(reader, good, 12))
    assert list(spoilt_inputs(reader, good, 12)) == inputs
    assert sum(content != good[name] for name, content in inputs) > 6


def test_every_kind_of_file_is_spoilt_in_ways_of_its_own() -> None:
    import random

    from support import fuzz_files

    for name in (file for reader in READERS for file in reader.make()):
        assert any(name.endswith(suffix) for suffix in fuzz_files._OWN), name
    assert spoilt("a.unknown", b"abc", random.Random(1)) != b"abc"


cells = st.one_of(
    st.floats(width=64),
    st.sampled_from([0.0, 1.0, -1.0, 9.81, 1e300, -1e300, 1e-300, float("nan"), float("inf")]),
)


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.lists(cells, min_size=7, max_size=7), min_size=18, max_size=30),
    step=st.sampled_from([0.0, 0.01, 10.0, 1e-5]),
)
def test_any_numbers_give_a_session_or_one_sentence(table: list[list[float]], step: float) -> None:
    rows = [
        [index * step + (row[0] if step == 0.0 else 0.0), *row[1:]]
        for index, row in enumerate(table)
    ]
    text = "\n".join([COLUMNS, *(",".join(map(repr, row)) for row in rows)])
    plain = READERS[0]
    with tempfile.TemporaryDirectory() as name:
        files = {**plain.make(), "walk/thigh_right.csv": text.encode()}
        read_or_refuse(plain, put(Path(name) / "session", files))
