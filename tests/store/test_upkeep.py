"""Killed or out of space at every step: nothing lost, nothing half-done, nothing left."""

import contextlib
import errno
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.store import Store, backup_store, everything_of, export_files, shared_of
from imu_valgus.store.store import Store as StoreClass

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork.")
_STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
_MONDAY = date(2026, 3, 2)


def everything(folder: Path) -> bytes:
    names = "\n".join(str(path.relative_to(folder)) for path in folder.rglob("*")).encode()
    return names + b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def filled(folder: Path, record) -> Path:
    with Store(folder) as store:
        for person, name in (("P1", "Erika Mustermann"), ("P2", "Hans Beispiel")):
            store.add_person(person, name=name)
            store.add_session(record(1, person=person, notes=f"note-of-{person}"), {"a.txt": b"1"})
            store.set_programme(person, Programme(_MONDAY))
            store.add_log(person, [LogEntry(_MONDAY, "step_up", 1, f"log-of-{person}")])
    return folder


def state(store: StoreClass) -> dict[str, object]:
    return {
        person: (
            store.name_of(person),
            [(s.session_id, s.notes, s.set_aside) for s in store.sessions(person)],
            store.programme(person),
            store.log(person),
            [f.read_bytes() for s in store.sessions(person) for f in store.files_of(s.session_id)],
        )
        for person in store.people()
    }


def changes(record) -> dict[str, Callable[[StoreClass, Path], object]]:
    return {
        "person": lambda store, _: store.add_person("P3", name="Third Person"),
        "add": lambda store, _: store.add_session(record(2), {"b/c.txt": b"2", "d": b"3"}),
        "set_aside": lambda store, _: store.set_aside("P1-001", reason="A strap slipped."),
        "programme": lambda store, _: store.set_programme("P2", Programme(date(2026, 4, 1))),
        "log": lambda store, _: store.add_log("P2", [LogEntry(_MONDAY, None, 3)]),
        "forget": lambda store, _: store.forget("P1"),
        "export": lambda store, out: export_files(store, everything_of(store, ["P1"]), out),
        "backup": backup_store,
        "share": lambda store, out: export_files(store, shared_of(store, ["P1"]), out),
    }


def killed_at(
    step: int, change: Callable[[StoreClass, Path], object], home: Path, out: Path
) -> bool:
    """Do the change in a process that is killed before its n-th step on the disk."""
    child = os.fork()
    if child == 0:
        left = step

        def hook(event: str, _arguments: object) -> None:
            nonlocal left
            if event in _STEPS:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            with Store(home) as store:
                sys.addaudithook(hook)
                change(store, out)
                left = 10**9
            os._exit(0)
        finally:
            os._exit(1)  # a child that raised must never go on as a second pytest
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@needs_fork
@pytest.mark.parametrize(
    "name",
    ["person", "add", "set_aside", "programme", "log", "forget", "export", "share", "backup"],
)
def test_a_change_killed_at_any_step_is_done_or_not_begun(name, filled, record, tmp_path) -> None:
    change = changes(record)[name]
    out = tmp_path / "out"
    with Store(filled) as store:
        before = state(store)
    outcomes = []
    step = 0
    while killed_at(step, change, filled, out):
        step += 1 + step // 12  # every step at first, then every other
        with Store(filled) as store:
            after = state(store)
            names = {path.name for path in (filled / "sessions").iterdir()}
            assert names == {s[0] for person in after.values() for s in person[1]}
        assert list((filled / ".staging").iterdir()) == []
        assert not [path for path in tmp_path.iterdir() if path.name.endswith(".partial")]
        if name == "forget" and "P1" not in after:
            for trace in (b"P1", b"Mustermann"):
                assert trace not in everything(filled)
        outcomes.append(after == before)
        if after != before or out.exists():
            break  # it was killed after the change had become true
    assert step > 3
    assert all(outcomes[:-1])


@pytest.mark.parametrize(
    "name", ["person", "add", "set_aside", "programme", "log", "export", "share", "backup"]
)
def test_a_full_disk_at_any_step_is_one_sentence_and_changes_nothing(
    name, filled, record, tmp_path
) -> None:
    change = changes(record)[name]
    with Store(filled) as store:
        before = state(store)
        step, is_armed = [0], [False]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            is_writing = (event == "os.mkdir" and not os.path.lexists(str(arguments[0]))) or (
                event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            )
            if is_armed[0] and is_writing:
                step[0] -= 1
                if step[0] < 0:
                    is_armed[0] = False
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        sys.addaudithook(hook)
        for number in range(100):
            step[0], is_armed[0] = number, True
            with contextlib.suppress(InputError):
                change(store, tmp_path / "out")
                break  # all that could fail has failed, or could be left for the next opening
            is_armed[0] = False
            assert state(store) == before
            assert list((filled / ".staging").iterdir()) == []
            assert not (tmp_path / "out").exists()
        is_armed[0] = False
        after = state(store)
        assert number > 0
    with Store(filled) as store:
        assert state(store) == after
    assert list((filled / ".staging").iterdir()) == []


def test_an_index_that_cannot_grow_is_one_sentence(filled) -> None:
    with Store(filled) as store:
        before = state(store)
        pages = store._index.execute("PRAGMA page_count").fetchone()[0]
        store._index.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(InputError, match=r"disk of the store .* is full"):
            store.add_log("P1", [LogEntry(_MONDAY, None, 3, "x" * 50_000)])
        assert state(store) == before
        assert list((filled / ".staging").iterdir()) == []


def test_what_the_store_did_not_make_is_left_alone_and_named_once(filled) -> None:
    mine = filled / "sessions" / "my raw recording"
    mine.mkdir()
    (mine / "thigh_right.csv").write_text("time_s")
    (filled / "sessions" / ".DS_Store").write_bytes(b"")
    (filled / "sessions" / "link").symlink_to(filled.parent)
    with Store(filled) as store:
        assert len(store.notices) == 1
        assert "my raw recording" in store.notices[0]
        assert "DS_Store" not in store.notices[0]
        store.forget("P1")
    with Store(filled) as store:
        assert store.notices == ()
    assert (mine / "thigh_right.csv").exists()
    assert (filled / "sessions" / "link").is_symlink()


def test_a_lost_index_deletes_nothing_and_says_what_to_do(filled) -> None:
    for path in filled.glob("index.sqlite3*"):
        path.unlink()
    with Store(filled) as store:
        assert store.people() == ()
        assert "2 sessions" in store.notices[0]
        assert "store rebuild" in store.notices[0]
    assert len(list((filled / "sessions").iterdir())) == 2


def test_a_name_without_a_person_can_be_forgotten(filled) -> None:
    names = filled / "names.json"
    names.write_text('{"P1": "Erika Mustermann", "P9": "Lost Soul"}')
    with Store(filled) as store:
        store.forget("P9")
        assert b"Lost Soul" not in everything(filled)
        with pytest.raises(InputError, match="no P9"):
            store.forget("P9")


def test_what_older_versions_left_half_written_goes_when_somebody_is_forgotten(filled) -> None:
    (filled / ".names.json.4711.new").write_text('{"P1": "Erika Mustermann"}')
    left = filled / "sessions" / ".adding-0123456789abcdef"
    left.mkdir()
    (left / "r.html").write_text("P1")
    with Store(filled) as store:
        store.forget("P1")
    assert b"Mustermann" not in everything(filled)
    assert not left.exists()


@pytest.mark.parametrize("content", ["[]", "{", "7", None])
def test_damaged_names_are_one_sentence(filled, content) -> None:
    names = filled / "names.json"
    names.unlink()
    names.mkdir() if content is None else names.write_text(content)
    with Store(filled) as store:
        for use in (lambda: store.name_of("P1"), lambda: store.add_person("P3", name="x")):
            with pytest.raises(InputError, match=r"names"):
                use()
        assert store.people() == ("P1", "P2")


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("UPDATE session SET calibration = 'superb'", "damaged entry"),
        ("UPDATE session SET recorded_at = 'yesterday'", "damaged entry"),
        ("UPDATE session SET sensors = '{'", "damaged entry"),
        ("UPDATE measure SET side = 'middle'", "damaged entry"),
        ("DROP TABLE measure", "damaged"),
        ("ALTER TABLE session DROP COLUMN pain", "damaged"),
    ],
)
def test_a_damaged_index_is_one_sentence_and_deletes_nothing(filled, statement, match) -> None:
    index = sqlite3.connect(filled / "index.sqlite3")
    index.execute(statement)
    index.commit()
    index.close()
    with Store(filled) as store, pytest.raises(InputError, match=match):
        store.sessions("P1")
    assert len(list((filled / "sessions").iterdir())) == 2


def test_a_session_in_the_way_is_refused_and_kept(filled, record) -> None:
    (filled / "sessions" / "P1-007").mkdir()
    (filled / "sessions" / "P1-007" / "mine.txt").write_text("mine")
    with Store(filled) as store, pytest.raises(InputError, match="in the way"):
        store.add_session(record(7), {"a": b""})
    assert (filled / "sessions" / "P1-007" / "mine.txt").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_the_names_does_not_hang(filled) -> None:
    (filled / "names.json").unlink()
    os.mkfifo(filled / "names.json")
    with Store(filled) as store, pytest.raises(InputError, match="names"):
        store.name_of("P1")
