"""Whatever stands in the files: a session, or one of our errors, never anything else."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_valgus.errors import ImuValgusError
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Placement
from imu_valgus.signals.align import align_recording

COLUMNS = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
DOT_COLUMNS = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
MT_COLUMNS = "PacketCounter\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z"
PLACES = {"a.txt": Placement.THIGH_LEFT, "b.txt": Placement.SHANK_LEFT}

TOML = """format = "imu-valgus plain session 1"
subject = "S01"
recorded_at = 2026-11-22T10:00:00+00:00
height_m = 1.72
[[recording]]
folder = "walk"
[[recording.task]]
name = "standing"
side = "left"
start_s = 0.0
end_s = 0.4
"""


def body(times: Sequence[object], separator: str = ",") -> str:
    rows = []
    for index, time in enumerate(times):
        wave = np.sin(0.3 * index)
        cells = [time, wave, 9.7, 0.3 * wave, 0.5 * wave, 0.01, -wave]
        rows.append(separator.join(str(cell) for cell in cells))
    return "\n".join(rows)


PLAIN = f"{COLUMNS}\n{body([0.01 * i for i in range(60)])}\n".encode()
DOT = (
    f"sep=,\nDeviceTag:,Femur\nSyncStatus:,Synced\nStartTime: ,2024-12-09_17:31:07_869 CET\n\n"
    f"{DOT_COLUMNS}\n"
    + "\n".join(f"{i},{line}" for i, line in enumerate(body(range(0, 1000020, 16667)).split("\n")))
).encode()
MT = f"// Update Rate: 100.0Hz\n{MT_COLUMNS}\n{body(range(65500, 65560), chr(9))}\n".encode()


def read_or_refuse(folder: Path, **places: object) -> bool:
    """Whether it was read; any error but ours makes the test fail."""
    try:
        session = read_session(folder, **places)
        for recording in session.recordings:
            align_recording(recording)
    except ImuValgusError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert sentence.isprintable()
        return False
    return True


def read_files(files: dict[str, bytes], **places: object) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "session"
        (folder / "walk").mkdir(parents=True)
        for inner, data in files.items():
            (folder / inner).write_bytes(data)
        return read_or_refuse(folder, **places)


def read_plain(thigh: bytes) -> bool:
    return read_files({"walk/thigh_right.csv": thigh, "walk/shank_right.csv": PLAIN})


def read_dot(thigh: bytes) -> bool:
    return read_files({"walk/thigh_right.csv": thigh, "walk/shank_right.csv": DOT})


def read_mt(thigh: bytes) -> bool:
    return read_files({"walk/a.txt": thigh, "walk/b.txt": MT}, places=PLACES)


def read_toml(text: bytes) -> bool:
    leg = {f"walk/{name}_right.csv": PLAIN for name in ("thigh", "shank")}
    return read_files(leg | {"session.toml": text})


READERS = {"plain": (read_plain, PLAIN), "dot": (read_dot, DOT), "mt": (read_mt, MT)}
READERS["toml"] = (read_toml, TOML.encode())

snippets = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b",", b"\n", b"\r", b"\t", b'"', b"-", b"1e400", b"nan", b"inf", b";", b"9" * 30]
    ),
    st.sampled_from([b"=", b"[[", b"]", b"1e308", b"-1e308", b"0", b".", b"\x00", b"\xff\xfe"]),
)


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """Spoil `data` with a few cuts, insertions and swaps."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["cut", "insert", "repeat", "end"]))
        if kind == "cut":
            data = data[:start] + data[stop:]
        elif kind == "insert":
            data = data[:start] + draw(snippets) + data[stop:]
        elif kind == "repeat":
            data = data[:stop] + data[start:stop] * 3 + data[stop:]
        else:
            data = data[: max(start, len(data) // 2)]
    return data


@pytest.mark.parametrize("name", READERS)
def test_the_unspoilt_files_are_read(name: str) -> None:
    read, data = READERS[name]
    assert read(data)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_spoilt_files_give_a_session_or_one_sentence(name: str, data: st.DataObject) -> None:
    read, good = READERS[name]
    read(data.draw(mutated(good)))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_give_one_sentence_or_a_session(name: str, data: bytes) -> None:
    READERS[name][0](data)


cells = st.one_of(
    st.floats(width=64),
    st.sampled_from([0.0, 1.0, -1.0, 9.81, 1e300, -1e300, 1e-300, float("nan"), float("inf")]),
)


@settings(max_examples=80, deadline=None)
@given(
    table=st.lists(st.lists(cells, min_size=7, max_size=7), min_size=18, max_size=30),
    step=st.sampled_from([0.0, 0.01, 10.0, 1e-5]),
)
def test_any_numbers_give_a_session_or_one_sentence(table: list[list[float]], step: float) -> None:
    rows = [
        [index * step + (row[0] if step == 0.0 else 0.0), *row[1:]]
        for index, row in enumerate(table)
    ]
    lines = [",".join(map(repr, row)) for row in rows]
    read_plain("\n".join([COLUMNS, *lines]).encode())
