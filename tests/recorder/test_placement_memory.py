"""Where sensors sit, remembered by their own numbers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_valgus.errors import InputError
from imu_valgus.model import Placement
from imu_valgus.recorder.placement_memory import PlacementMemory, RememberedSensor

THIGH = RememberedSensor("A1", Placement.THIGH_RIGHT, "C0:00", "A1")
SHANK = RememberedSensor("C0:01", Placement.SHANK_RIGHT, "C0:01", None)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    home = tmp_path / "not there yet"
    assert PlacementMemory.load(home).sensors == ()
    memory = PlacementMemory().remembering([THIGH, SHANK])
    memory.save(home)
    assert PlacementMemory.load(home) == memory
    assert PlacementMemory.load(home).by_id("A1") == THIGH
    assert PlacementMemory.load(home).by_address("C0:01") == SHANK
    assert PlacementMemory.load(home).by_id("B7") is None


sensors = st.lists(
    st.builds(
        RememberedSensor,
        st.sampled_from("ABCDEF"),
        st.sampled_from(Placement),
        st.just("C0"),
        st.none(),
    ),
    max_size=12,
)


@given(sensors)
def test_no_place_and_no_sensor_is_ever_remembered_twice(learned: list[RememberedSensor]) -> None:
    memory = PlacementMemory()
    for sensor in learned:
        memory = memory.remembering([sensor])
        assert sensor in memory.sensors
    assert len({s.sensor_id for s in memory.sensors}) == len(memory.sensors)
    assert len({s.placement for s in memory.sensors}) == len(memory.sensors)


def test_exchanging_two_sensors_needs_only_to_be_learned_again() -> None:
    memory = PlacementMemory().remembering([THIGH, SHANK])
    swapped = memory.remembering(
        [
            RememberedSensor("A1", Placement.SHANK_RIGHT, "C0:00", "A1"),
            RememberedSensor("C0:01", Placement.THIGH_RIGHT, "C0:01", None),
        ]
    )
    assert {s.sensor_id: s.placement for s in swapped.sensors} == {
        "A1": Placement.SHANK_RIGHT,
        "C0:01": Placement.THIGH_RIGHT,
    }


@pytest.mark.parametrize("content", ["", "{", '{"format": 7}', "[1, 2]", '{"sensors": [{}]}'])
def test_a_spoilt_memory_is_one_sentence_that_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "placements.json").write_text(content)
    with pytest.raises(InputError, match="delete it and use --learn"):
        PlacementMemory.load(tmp_path)


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="IMU_VALGUS_HOME"):
        PlacementMemory().save(tmp_path / "file" / "home")
