"""Where people's data lie."""

from pathlib import Path

import pytest

from imu_valgus.io.home import data_home


def test_the_variable_moves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMU_VALGUS_HOME", str(tmp_path))
    assert data_home() == tmp_path


def test_a_tilde_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMU_VALGUS_HOME", "~/knees")
    assert data_home() == Path.home() / "knees"


def test_without_the_variable_it_is_the_platforms_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMU_VALGUS_HOME", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_home().name == "imu_valgus"
    assert data_home().is_absolute()
