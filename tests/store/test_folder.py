"""Where the store lies and what its files look like."""

from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.store.folder import checked_file_name, default_folder


def test_the_variable_moves_the_store_on_every_platform(tmp_path):
    for platform in ("linux", "darwin", "win32"):
        found = default_folder({"IMU_VALGUS_HOME": str(tmp_path)}, platform=platform)
        assert found == tmp_path


def test_without_it_the_platforms_own_place_is_taken():
    home = Path.home()
    assert default_folder({}, platform="linux") == home / ".local/share/imu_valgus"
    assert default_folder({"XDG_DATA_HOME": "/d"}, platform="linux") == Path("/d/imu_valgus")
    mac = default_folder({}, platform="darwin")
    assert mac == home / "Library" / "Application Support" / "imu_valgus"
    local = str(PureWindowsPath("C:/Users/x/AppData/Local"))
    assert default_folder({"LOCALAPPDATA": local}, platform="win32").name == "imu_valgus"
    assert local in str(default_folder({"LOCALAPPDATA": local}, platform="win32"))


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "", ".", "a\\..\\x", "C:x", "a/.."]
)
def test_names_that_lead_out_of_the_folder_are_refused(name):
    with pytest.raises(InputError, match="inside its session's folder"):
        checked_file_name(name)


@given(st.text(max_size=30))
def test_whatever_name_is_accepted_stays_inside(name):
    try:
        path = checked_file_name(name)
    except InputError:
        return
    inside = (Path("/base") / path).parts
    assert inside[:2] == ("/", "base")
    assert ".." not in inside
    assert len(inside) > 2
