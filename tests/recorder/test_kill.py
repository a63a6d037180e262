"""Recordings that die without warning."""

import os
from pathlib import Path

import pytest
from support.killing import kill_recording


@pytest.mark.skipif(os.name != "posix", reason="kill -9 exists on POSIX systems only")
@pytest.mark.parametrize("seed", range(2))
def test_kill_9_costs_nothing_that_had_been_counted(tmp_path: Path, seed: int) -> None:
    take = kill_recording(tmp_path / "take", seed=seed)
    assert take.received > 0
    assert take.is_complete
