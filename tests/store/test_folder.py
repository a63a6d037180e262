"""Names of result files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.store.folder import checked_file_name


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
