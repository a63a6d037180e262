"""Files that appear whole or not at all, for their owner only."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from imu_valgus.errors import InputError
from imu_valgus.io import atomic


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    atomic.write_whole(path, b"one")
    atomic.write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


def test_when_the_disk_refuses_nothing_is_replaced_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atomic.write_whole_together(tmp_path, {"a": b"old", "b": b"old"})
    calls = []

    def fsync(_handle: int) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space"):
        atomic.write_whole_together(tmp_path, {"a": b"new", "b": b"new"})
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {
        "a": b"old",
        "b": b"old",
    }


def test_a_staged_folder_takes_its_place_with_owner_only_files(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    with atomic.staged_folder(out, is_ours=lambda inner: inner.name == "x.csv") as stage:
        (stage / "walk").mkdir()
        (stage / "walk" / "x.csv").write_text("1")
    assert mode(out / "walk" / "x.csv") == 0o600
    assert {mode(out), mode(out / "walk"), mode(out.parent)} == {0o700}
    assert [found.name for found in out.parent.iterdir()] == ["out"]


def test_a_staged_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with atomic.staged_folder(out, is_ours=lambda _: True) as stage:
        (stage / "x.csv").write_text("old")

    def write_half() -> None:
        with atomic.staged_folder(out, is_ours=lambda _: True) as stage:
            (stage / "x.csv").write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert (out / "x.csv").read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["out"]


def test_files_of_others_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    staged = atomic.staged_folder(tmp_path, is_ours=lambda _: False)
    with pytest.raises(InputError, match=r"holiday\.jpg"):
        staged.__enter__()
    assert (tmp_path / "holiday.jpg").exists()


def test_what_a_killed_process_left_of_the_same_target_is_removed_after_an_hour(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / ".a.txt.0123abcd.partial", tmp_path / ".a.txt.0123abce.partial"
    other, mine = tmp_path / ".b.txt.0123abcd.partial", tmp_path / ".a.txt.mine.partial"
    for path in (old, new, other, mine):
        path.write_text("half")
    for path in (old, other, mine):
        os.utime(path, (0, 0))
    atomic.write_whole(tmp_path / "a.txt", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.txt", new.name, other.name, mine.name,
    }  # fmt: skip
