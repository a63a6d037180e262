"""The journal: nothing lost by a cut, a flipped byte, kill -9 or a full disk."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.recorder.journal import Journal, JournalWriter, Packet

METADATA = {"subject": "S01", "sensors": ["thigh_right", "shank_right"]}
PACKETS = tuple(
    Packet(sensor=i % 2, channel=i % 3, arrival_ns=10**9 + i * 10**7, data=bytes([i] * (i % 40)))
    for i in range(60)
)


def write_example(path: Path) -> bytes:
    with JournalWriter(path, METADATA) as journal:
        for packet in PACKETS[:30]:
            journal.append_packet(packet)
        journal.append_event({"event": "task", "task": "walk", "place": "Übungsraum"})
        journal.flush()
        for packet in PACKETS[30:]:
            journal.append_packet(packet)
    return path.read_bytes()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_example(tmp_path_factory.mktemp("journal") / "raw.jrnl")


def test_what_was_written_is_read_back(example: bytes) -> None:
    journal = Journal.from_bytes(example)
    assert journal.metadata == METADATA
    assert journal.packets == PACKETS
    assert journal.events == ({"event": "task", "task": "walk", "place": "Übungsraum"},)
    assert journal.damage == ()


def test_cut_at_every_byte_gives_every_whole_frame_before_the_cut(example: bytes) -> None:
    ends = frame_ends(example)
    for cut in range(len(example) + 1):
        journal = Journal.from_bytes(example[:cut])
        whole = sum(end <= cut for end in ends)
        found = (journal.metadata is not None) + len(journal.packets) + len(journal.events)
        assert found == whole
        assert journal.packets == PACKETS[: len(journal.packets)]
        # Only a cut on a frame's edge (or behind the bare magic word) leaves nothing to report.
        assert bool(journal.damage) == (cut not in {0, 8, *ends})


def test_a_flipped_byte_costs_one_frame_and_is_told(example: bytes) -> None:
    total = len(PACKETS) + 2
    for at in range(8, len(example)):
        flipped = bytearray(example)
        flipped[at] ^= 0xFF
        journal = Journal.from_bytes(bytes(flipped))
        found = (journal.metadata is not None) + len(journal.packets) + len(journal.events)
        assert found == total - 1
        assert len(journal.damage) == 1
        assert set(journal.packets) <= set(PACKETS)


def test_a_damaged_magic_word_costs_nothing(example: bytes) -> None:
    journal = Journal.from_bytes(b"\x00" * 8 + example[8:])
    assert journal.packets == PACKETS
    assert len(journal.damage) == 1


def test_missing_metadata_is_found_again_where_it_was_repeated(tmp_path: Path) -> None:
    path = tmp_path / "raw.jrnl"
    with JournalWriter(path, METADATA) as journal:
        journal.append_metadata({"subject": "again"})
    content = bytearray(path.read_bytes())
    content[30] ^= 1
    assert Journal.from_bytes(bytes(content)).metadata == {"subject": "again"}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(content: bytes) -> None:
    journal = Journal.from_bytes(content)
    assert sum(part.length for part in journal.damage) <= len(content)


@given(st.data())
def test_mutated_journals_never_invent_packets(data: st.DataObject) -> None:
    content = bytearray(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    journal = Journal.from_bytes(bytes(content))
    assert set(journal.packets) <= set(PACKETS)


def test_the_reader_tells_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no readable journal at"):
        Journal.read(tmp_path / "nothing.jrnl")


def test_an_existing_journal_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "raw.jrnl"
    write_example(path)
    with pytest.raises(InputError, match="it exists already"):
        JournalWriter(path, METADATA)
    assert Journal.read(path).packets == PACKETS


def test_a_folder_that_cannot_be_written_ends_in_one_sentence(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    with pytest.raises(InputError, match="choose a folder that can be written"):
        JournalWriter(occupied / "raw.jrnl", METADATA)


@pytest.mark.skipif(os.name != "posix", reason="file size limits exist on POSIX systems only")
def test_a_full_disk_ends_in_one_sentence_and_keeps_what_was_written(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
from pathlib import Path
from imu_valgus.recorder.journal import Packet
from imu_valgus.recorder.journal import JournalWriter
from imu_valgus.errors import InputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = JournalWriter(Path(sys.argv[1]), {"subject": "S01"})
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    for i in range(1000):
        journal.append_packet(Packet(0, 0, i, bytes(100)))
        journal.flush()
except InputError as error:
    print(i, error)
"""
    path = tmp_path / "raw.jrnl"
    result = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    flushed, _, sentence = result.stdout.partition(" ")
    assert "free some space" in sentence
    assert [packet.arrival_ns for packet in Journal.read(path).packets] == [*range(int(flushed))]


@pytest.mark.parametrize("delay_s", [0.15, 0.3])
def test_kill_9_loses_nothing_that_was_flushed(tmp_path: Path, delay_s: float) -> None:
    program = """
import itertools, sys, time
from pathlib import Path
from imu_valgus.recorder.journal import Packet
from imu_valgus.recorder.journal import JournalWriter
journal = JournalWriter(Path(sys.argv[1]), {})
for i in itertools.count():
    journal.append_packet(Packet(0, 0, i, bytes(50)))
    journal.flush()
    print(i, flush=True)
"""
    path = tmp_path / "raw.jrnl"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.kill()
        told = process.stdout.read().split()
    last = int(told[-1]) if told else 0
    arrivals = [packet.arrival_ns for packet in Journal.read(path).packets]
    assert arrivals == [*range(len(arrivals))]
    assert len(arrivals) > last


def frame_ends(content: bytes) -> list[int]:
    """Find frame ends by the documented layout, not with the reader under test."""
    ends, at = [], 8
    while at < len(content):
        at += 13 + int.from_bytes(content[at + 5 : at + 9], "little")
        ends.append(at)
    return ends


def example_bytes() -> bytes:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return write_example(Path(folder) / "raw.jrnl")


EXAMPLE = example_bytes()


def test_the_metadata_frame_is_json_that_other_programs_can_read(example: bytes) -> None:
    length = int.from_bytes(example[13:17], "little")
    assert json.loads(example[21 : 21 + length]) == METADATA
