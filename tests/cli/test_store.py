"""``imu-valgus store``: check, rebuild, backup and restore, as a person runs them."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMU_VALGUS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_good_store_is_in_order(command) -> None:
    command("person", "add", "P1")
    assert "in order" in command("store", "check").output
    assert command("store", "check", "--json").document["problems"] == []


def test_a_damaged_index_is_named_rebuilt_and_kept(command, home: Path) -> None:
    command("person", "add", "P1", "--name", "Erika M.")
    (home / "index.sqlite3").write_bytes(b"damaged" * 500)
    broken = command("person", "list")
    assert broken.code == 2
    assert "store rebuild" in broken.error
    assert command("store", "check").code == 2
    rebuilt = command("store", "rebuild")
    assert "1 person and 0 sessions" in rebuilt.output
    assert "damaged" in rebuilt.output
    assert "Erika M." in command("person", "list").output


def test_a_backup_goes_back_only_on_purpose(command, tmp_path: Path) -> None:
    command("person", "add", "P1")
    backup = tmp_path / "backup.zip"
    assert str(backup) in command("store", "backup", backup).output
    command("person", "add", "P2")
    asked = command("store", "restore", backup)
    assert asked.code == 2
    assert "--yes" in asked.error
    assert "kept in" in command("store", "restore", backup, "--yes").output
    people = command("person", "list").output
    assert "P1" in people
    assert "P2" not in people


def test_without_a_store_each_command_says_so(command) -> None:
    assert command("store", "check").code == 2
    rebuilt = command("store", "rebuild")
    assert rebuilt.code == 2
    assert "no store" in rebuilt.error


def test_a_stranger_among_the_sessions_is_named_once(command, home: Path) -> None:
    command("person", "add", "P1")
    (home / "sessions" / "holiday").mkdir()
    assert "holiday" in command("person", "list").error
    assert "holiday" not in command("person", "list").error
