"""A store that was damaged: what is found, and what a rebuild brings back."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, Programme
from imu_valgus.store import Store, check_store, rebuild_store

_MONDAY = date(2026, 3, 2)


@pytest.fixture
def filled(folder: Path, record) -> Path:
    with Store(folder) as store:
        for person in ("P1", "P2"):
            store.add_person(person, name=f"name of {person}")
            for number in (1, 2):
                store.add_session(record(number, person=person), {"a.txt": b"1"})
            store.set_programme(person, Programme(_MONDAY))
            store.add_log(person, [LogEntry(_MONDAY, "step_up", 1, "tired")])
        store.set_aside("P1-002", reason="A strap slipped.")
    return folder


def holdings(folder: Path) -> dict[str, object]:
    with Store(folder) as store:
        return {
            person: (
                store.name_of(person),
                [
                    (s.session_id, s.set_aside, s.pain, len(s.measures))
                    for s in store.sessions(person)
                ],
                store.programme(person),
                store.log(person),
            )
            for person in store.people()
        }


def _lost(folder: Path) -> None:
    for path in folder.glob("index.sqlite3*"):
        path.unlink()


def _cut(folder: Path) -> None:
    index = folder / "index.sqlite3"
    index.write_bytes(index.read_bytes()[:5000])


def _overwritten(folder: Path) -> None:
    index = folder / "index.sqlite3"
    content = bytearray(index.read_bytes())
    content[4096:12288] = b"\xaa" * 8192
    index.write_bytes(content)


def _empty(folder: Path) -> None:
    (folder / "index.sqlite3").write_bytes(b"")


def _without_measures(folder: Path) -> None:
    index = sqlite3.connect(folder / "index.sqlite3")
    index.execute("DROP TABLE measure")
    index.commit()
    index.close()


def test_a_good_store_has_no_problem(filled: Path) -> None:
    assert check_store(filled) == ()


@pytest.mark.parametrize("damage", [_lost, _cut, _overwritten, _empty, _without_measures])
def test_whatever_happens_to_the_index_a_rebuild_brings_all_back(filled: Path, damage) -> None:
    before = holdings(filled)
    damage(filled)
    problems = check_store(filled)
    assert problems
    assert any("store rebuild" in problem for problem in problems)
    rebuilt = rebuild_store(filled)
    assert (rebuilt.people, rebuilt.sessions) == (2, 4)
    assert holdings(filled) == before
    assert check_store(filled) == ()
    if damage is not _lost:
        assert rebuilt.old_index is not None
        assert (rebuilt.old_index / "index.sqlite3").is_file()
    with Store(filled) as store:
        store.forget("P1")
    left = b"".join(path.read_bytes() for path in filled.rglob("*") if path.is_file())
    assert b"name of P1" not in left
    assert b"P1-001" not in left
    assert b"P2-001" in left


def test_a_session_with_lost_files_is_named(filled: Path) -> None:
    shutil.rmtree(filled / "sessions" / "P2-001")
    (problem,) = check_store(filled)
    assert "P2-001" in problem
    assert "lost its files" in problem


def test_a_damaged_document_is_named_and_does_not_stop_a_rebuild(filled: Path) -> None:
    (filled / "sessions" / "P2-001" / "session.json").write_text('{"format": 3}')
    _lost(filled)
    rebuilt = rebuild_store(filled)
    assert rebuilt.sessions == 3
    assert any("P2-001" in problem for problem in rebuilt.problems)


def test_where_there_is_no_store_there_is_nothing_to_rebuild(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no store"):
        rebuild_store(tmp_path)
    assert list(tmp_path.iterdir()) == []
