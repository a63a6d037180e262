"""A whole store in one file and back again, over a healthy, a damaged and no store."""

import os
import stat
import threading
import time
import zipfile
from pathlib import Path

import pytest

from imu_valgus.errors import InputError
from imu_valgus.store import Store, backup_store, check_store, restore_store
from imu_valgus.store.repairs import put_restored_in_place
from imu_valgus.store.staging import works_in


@pytest.fixture
def backup(folder: Path, record, tmp_path: Path) -> Path:
    with Store(folder) as store:
        store.add_person("P1", name="Erika Mustermann")
        store.add_session(record(1), {"a/b.txt": b"one"})
        backup_store(store, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def sessions(folder: Path) -> list[str]:
    with Store(folder) as store:
        return [s.session_id for person in store.people() for s in store.sessions(person)]


def test_a_backup_is_for_its_owner_and_never_replaces_a_file(backup: Path, folder: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with Store(folder) as store, pytest.raises(InputError, match="exists already"):
        backup_store(store, backup)


def test_it_goes_back_over_a_damaged_store_which_is_kept(
    backup: Path, folder: Path, record
) -> None:
    with Store(folder) as store:
        store.add_session(record(2), {"c": b"two"})
    (folder / "index.sqlite3").write_bytes(b"damaged" * 100)
    mine = folder / "sessions" / "mine.txt"
    mine.write_text("mine")
    aside = restore_store(backup, folder)
    assert aside is not None
    assert sessions(folder) == ["P1-001"]
    assert check_store(folder) == ()
    assert (aside / "sessions" / "mine.txt").read_text() == "mine"
    assert (aside / "sessions" / "P1-002" / "c").read_bytes() == b"two"
    with Store(folder) as store:
        assert store.files_of("P1-001")[0].read_bytes() == b"one"
        store.forget("P1")
    left = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"Mustermann" not in left
    assert b"P1-00" not in left


def test_it_goes_to_another_machine(backup: Path, tmp_path: Path) -> None:
    assert restore_store(backup, tmp_path / "elsewhere") is None
    assert sessions(tmp_path / "elsewhere") == ["P1-001"]


def test_a_restore_killed_when_its_files_are_ready_is_finished_at_the_next_opening(
    backup: Path, folder: Path, record, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(folder) as store:
        store.add_session(record(2))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("imu_valgus.store.backup.put_restored_in_place", killed)
    with pytest.raises(KeyboardInterrupt):
        restore_store(backup, folder)
    (work,) = works_in(folder)
    assert work.kind == "restore"
    assert put_restored_in_place is not killed
    assert sessions(folder) == ["P1-001"]
    assert works_in(folder) == ()


def test_what_is_no_backup_or_damaged_is_refused_and_changes_nothing(
    backup: Path, folder: Path, tmp_path: Path
) -> None:
    content = backup.read_bytes()
    cases = {"empty": b"", "text": b"hello" * 100, "cut": content[: len(content) // 2]}
    for at in range(0, len(content), max(1, len(content) // 40)):
        cases[f"flipped_{at}"] = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
    for name, data in cases.items():
        file = tmp_path / f"{name}.zip"
        file.write_bytes(data)
        try:
            restore_store(file, tmp_path / name)
        except InputError:
            assert not (tmp_path / name / "index.sqlite3").exists()
            assert list((tmp_path / name / ".staging").iterdir()) == []
        else:
            assert sessions(tmp_path / name) == ["P1-001"]
    with pytest.raises(InputError, match="cannot be restored"):
        restore_store(tmp_path / "missing.zip", folder)
    assert sessions(folder) == ["P1-001"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "sessions/../../evil", "other/file", "a\\b"])
def test_paths_that_lead_out_are_refused(backup: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(backup, "a") as packed:
        packed.writestr(name, "x")
    with pytest.raises(InputError, match="damaged"):
        restore_store(backup, tmp_path / "new")
    assert not (tmp_path / "evil").exists()


def test_a_bomb_is_refused(backup: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("sessions/P1-001/zeros", bytes(50_000_000))
    with pytest.raises(InputError, match="damaged"):
        restore_store(backup, tmp_path / "new")


def test_a_backup_is_whole_while_others_add(folder: Path, record, tmp_path: Path) -> None:
    with Store(folder) as store:
        store.add_person("P1")
    stop = threading.Event()

    def add() -> None:
        with Store(folder) as store:
            number = 0
            while not stop.is_set():
                store.add_session(record(number), {"a": os.urandom(20_000)})
                number += 1
                time.sleep(0.03)  # the lock of the index is not fair to those who wait

    adding = threading.Thread(target=add)
    adding.start()
    try:
        with Store(folder) as store:
            for number in range(5):
                backup_store(store, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        adding.join()
    for number in range(5):
        restored = tmp_path / f"restored_{number}"
        restore_store(tmp_path / f"{number}.zip", restored)
        assert check_store(restored) == ()
