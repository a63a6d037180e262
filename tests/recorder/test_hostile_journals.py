"""Journals that are damaged, foreign or made to harm: bounded time, and only our own error."""

import contextlib
import json
import os
import stat
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.journals import SAMPLES_PER_PACKET, write_example_journal

from imu_valgus.errors import InputError
from imu_valgus.io.recorded_session import read_recorded_session
from imu_valgus.io.session_toml import read_session_toml
from imu_valgus.model import SessionInfo, Task
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, JournalWriter, Packet
from imu_valgus.recorder.journal_entries import TaskMark, event_from_json, event_to_json
from imu_valgus.recorder.recover import OpenRecordings, recover_recording
from imu_valgus.recorder.session_writer import RecordedSummary, write_recorded_session

_MAGIC = b"IMUVJRN1"
_WILD = [
    *(0, -1, 2**31, 2**63, 10**400, -(10**18), 1.5, 1e308, -1e308),
    *(float("nan"), float("inf"), None, True, "", "x", "\ud800", [], {}, [[]], "9" * 5000),
]
"""Values that a key of a frame could hold instead of its own."""


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, bytes]]:
    """Kinds and payloads of a small journal, read by the documented layout."""
    path = tmp_path_factory.mktemp("frames") / JOURNAL_FILE
    write_example_journal(path, duration_s=2.0, info=SessionInfo(subject="S01", height_m=1.7))
    content = path.read_bytes()
    found, at = [], 8
    while at < len(content):
        kind, length = struct.unpack_from("<BI", content, at + 4)
        found.append((kind, content[at + 13 : at + 13 + length]))
        at += 13 + length
    return found


def frame(kind: int, payload: bytes) -> bytes:
    head = struct.pack("<BI", kind, len(payload))
    return b"\xabIVF" + head + struct.pack("<I", zlib.crc32(head + payload)) + payload


def journal_of(frames: list[tuple[int, bytes]]) -> bytes:
    return _MAGIC + b"".join(frame(kind, payload) for kind, payload in frames)


def outcome(folder: Path, content: bytes) -> RecordedSummary | InputError:
    """Recover; whatever is written must be readable, whatever fails must fail in our words."""
    (folder / "session.toml").unlink(missing_ok=True)
    (folder / JOURNAL_FILE).write_bytes(content)
    try:
        summary = recover_recording(folder)
    except InputError as error:
        return error
    with contextlib.suppress(InputError):  # one sentence, say about a clock that jumps for days
        read_recorded_session(folder)
    return summary


@contextmanager
def bounded(seconds: float, megabytes: float) -> Iterator[None]:
    """Limit the time, and by how much the process may grow beyond its largest size so far."""
    begin, before = time.perf_counter(), largest_size_mb()
    yield
    assert time.perf_counter() - begin < seconds
    assert largest_size_mb() - before < megabytes


def largest_size_mb() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def test_cut_at_every_byte_of_a_small_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_example_journal(tmp_path / JOURNAL_FILE, duration_s=0.16)
    content = (tmp_path / JOURNAL_FILE).read_bytes()
    monkeypatch.setattr("imu_valgus.recorder.session_writer.TAKE_LOG_FILE", "nowhere/take.log")
    for cut in range(len(content)):
        journal = Journal.from_bytes(content[:cut])
        try:
            summary = write_recorded_session(tmp_path, journal)
        except InputError:
            assert not journal.packets
        else:
            received = sum(sensor.received for sensor in summary.sensors)
            assert received == SAMPLES_PER_PACKET * len(journal.packets)


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_frames_that_are_lost_doubled_and_shuffled(
    frames: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    chosen = list(frames)
    for _ in range(data.draw(st.integers(1, 6))):
        first = data.draw(st.integers(0, len(chosen) - 1))
        last = min(len(chosen), first + data.draw(st.integers(1, 30)))
        goal = data.draw(st.integers(0, len(chosen)))
        piece = chosen[first:last]
        if data.draw(st.booleans()):
            del chosen[first:last]
        chosen[goal:goal] = piece
    folder = tmp_path_factory.mktemp("shuffled")
    result = outcome(folder, journal_of(chosen))
    assert isinstance(result, RecordedSummary)
    assert sum(sensor.received for sensor in result.sensors) == pytest.approx(
        SAMPLES_PER_PACKET * sum(kind == 2 for kind, _ in frames), abs=40
    )


def test_doubled_frames_double_nothing(frames: list[tuple[int, bytes]], tmp_path: Path) -> None:
    once = outcome(tmp_path, journal_of(frames))
    neighbours = outcome(tmp_path, journal_of([one for one in frames for _ in range(2)]))
    appended = outcome(tmp_path, journal_of(frames + frames[2:]))
    assert isinstance(once, RecordedSummary)
    for again in (neighbours, appended):
        assert isinstance(again, RecordedSummary)
        assert repr(again.sensors) == repr(once.sensors)
        assert again.tasks == once.tasks


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_wild_values_in_metadata_and_events(
    frames: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    chosen = list(frames)
    texts = [index for index, (kind, _) in enumerate(chosen) if kind != 2]
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.sampled_from(texts))
        kind, payload = chosen[index]
        value = json.loads(payload)
        put_wild_value(data, value)
        chosen[index] = (kind, json.dumps(value).encode())
    folder = tmp_path_factory.mktemp("wild")
    with bounded(10.0, 200.0):
        outcome(folder, journal_of(chosen))


def put_wild_value(data: st.DataObject, value: dict[str, object]) -> None:
    place: object = value
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            place[key] = data.draw(st.sampled_from(_WILD))
            return
        place = place[key]


@settings(max_examples=100, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_wild_packets(
    frames: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    chosen = list(frames)
    packets = [index for index, (kind, _) in enumerate(chosen) if kind == 2]
    times = st.one_of(
        st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**12), st.just(7 * 86_400 * 10**9)
    )
    for index in data.draw(st.lists(st.sampled_from(packets), min_size=1, max_size=30)):
        sensor = data.draw(st.sampled_from([0, 1, 2, 255]))
        channel = data.draw(st.sampled_from([0, 0, 1, 255]))
        head = struct.pack("<BBq", sensor, channel, data.draw(times))
        body = data.draw(st.one_of(st.binary(max_size=60), st.just(chosen[index][1][10:])))
        chosen[index] = (2, (head + body)[: data.draw(st.sampled_from([0, 5, 9, 600]))])
    with bounded(10.0, 200.0):
        outcome(tmp_path_factory.mktemp("packets"), journal_of(chosen))


def test_a_wrong_sensor_index_is_told_and_costs_that_packet(
    frames: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    whole = outcome(tmp_path, journal_of(frames))
    foreign = outcome(tmp_path, journal_of([*frames, (2, struct.pack("<BBq", 200, 0, 0))]))
    assert isinstance(whole, RecordedSummary)
    assert isinstance(foreign, RecordedSummary)
    assert repr(foreign.sensors) == repr(whole.sensors)
    assert any("1 packet of the journal belong" in note for note in foreign.notes)


def test_a_packet_from_another_century_does_not_lengthen_the_take(
    frames: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    last = next(payload for kind, payload in reversed(frames) if kind == 2)
    late = struct.pack("<BBq", 0, 0, 2**62) + last[10:]
    with bounded(5.0, 200.0):
        result = outcome(tmp_path, journal_of([*frames, (2, late)]))
    assert isinstance(result, RecordedSummary)
    assert result.duration_s < 3.0


def test_a_tap_check_without_an_end_is_bounded(
    frames: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    begin = next(json.loads(payload)["t_ns"] for kind, payload in frames if kind == 3)
    mark = event_to_json(TaskMark(begin - 10**10, Task.OTHER, None, is_tap_check=True))
    last = next(payload for kind, payload in reversed(frames) if kind == 2)
    late = struct.pack("<BBq", 0, 0, begin + 6 * 86_400 * 10**9) + last[10:]
    chosen = [frames[0], (3, json.dumps(mark).encode()), *frames[1:], (2, late)]
    chosen = [one for one in chosen if one[0] != 3 or b'"walk"' not in one[1]]
    with bounded(10.0, 300.0):
        assert isinstance(outcome(tmp_path, journal_of(chosen)), RecordedSummary)


def test_ten_thousand_events_take_no_time(frames: list[tuple[int, bytes]], tmp_path: Path) -> None:
    events = [payload for kind, payload in frames if kind == 3]
    many = [(3, events[index % len(events)]) for index in range(10_000)]
    wild = [(3, json.dumps({"event": "configured", "connection": n}).encode()) for n in range(1000)]
    with bounded(10.0, 300.0):
        result = outcome(tmp_path, journal_of([*frames, *many, *wild]))
    assert isinstance(result, RecordedSummary)


def test_ten_thousand_connections_take_no_time(
    frames: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    configured = next(payload for kind, payload in frames if kind == 3 and b"configured" in payload)
    many = []
    for number in range(10_000):
        value = json.loads(configured)
        value |= {"connection": number, "t_ns": value["t_ns"] + number * 100_000}
        many.append((3, json.dumps(value).encode()))
    with bounded(20.0, 400.0):
        assert isinstance(outcome(tmp_path, journal_of([*frames, *many])), RecordedSummary)


def test_a_header_without_sensors_is_one_sentence(
    frames: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    header = json.loads(frames[0][1])
    for sensors in ([], [header["sensors"][0]] * 2, None, "thigh_right", [None]):
        content = journal_of([(1, json.dumps(header | {"sensors": sensors}).encode()), *frames[1:]])
        assert "names no sensors" in str(outcome(tmp_path, content))


@pytest.mark.parametrize(
    "height", ["x", float("nan"), 172, -1, 1e308, True, 10**400], ids=lambda value: str(value)[:5]
)
def test_what_cannot_be_true_of_the_person_is_left_out(
    frames: list[tuple[int, bytes]], tmp_path: Path, height: object
) -> None:
    header = json.loads(frames[0][1])
    header["info"] |= {"height_m": height, "recorded_at": 7, "subject": "a\ud800b"}
    result = outcome(tmp_path, journal_of([(1, json.dumps(header).encode()), *frames[1:]]))
    assert isinstance(result, RecordedSummary)
    info = read_session_toml(tmp_path).info
    assert (info.height_m, info.recorded_at, info.subject) == (None, None, "a?b")


def test_deeply_nested_json_is_no_event() -> None:
    deep = b'{"event":' * 20_000 + b"1" + b"}" * 20_000
    assert Journal.from_bytes(journal_of([(3, deep), (1, deep)])).events == ()
    assert event_from_json({"event": "task", "t_ns": 10**400}) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"\xabIVF" * 500_000,
        lambda: (b"\xabIVF\x02" + struct.pack("<II", 1 << 20, 0)) * 200_000,
        lambda: (b"\xabIVF\x02" + struct.pack("<II", 2**32 - 1, 0)) * 200_000,
        lambda: frame(2, b"") * 200_000,
        lambda: np.random.default_rng(0).bytes(5_000_000),
    ],
    ids=["markers", "long", "longest", "empty", "noise"],
)
def test_bytes_made_to_cost_time_cost_little(make: Callable[[], bytes]) -> None:
    content = _MAGIC + make()
    begin = time.perf_counter()
    journal = Journal.from_bytes(content)
    assert time.perf_counter() - begin < 10.0
    assert sum(part.length for part in journal.damage) <= len(content)


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes of POSIX systems")
def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path("/dev/zero"), pipe, tmp_path):
        with pytest.raises(InputError, match="no readable journal"):
            Journal.read(path)


def test_a_file_of_terabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_FILE
    with path.open("wb") as file:
        file.truncate(1 << 41)
    with pytest.raises(InputError, match="larger than 4 GB"):
        Journal.read(path)


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX systems")
def test_everything_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = tmp_path / "new" / "take"
        write_example_journal(folder / JOURNAL_FILE, duration_s=1.0)
        recover_recording(folder)
        OpenRecordings(tmp_path / "home").add(folder)
    finally:
        os.umask(before)
    paths = [*(tmp_path / "new").rglob("*"), *(tmp_path / "home").rglob("*")]
    assert {path.name for path in paths} >= {
        "take", "recording", JOURNAL_FILE, "session.toml", "take.log", "thigh_right.parquet",
        "open_recordings",
    }  # fmt: skip
    for path in (tmp_path / "new", tmp_path / "home", *paths):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_subject_that_is_no_unicode_can_be_recorded(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / JOURNAL_FILE, {"subject": "\udcff"}) as journal:
        journal.append_packet(Packet(0, 0, 1, b"x"))
    assert Journal.read(tmp_path / JOURNAL_FILE).metadata == {"subject": "?"}
