"""The log at the command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from imu_valgus.cli.logs import global_options_first


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["info", "x"], ["info", "x"]),
        (["info", "-v", "x"], ["-v", "info", "x"]),
        (["info", "x", "--log-file=a"], ["--log-file=a", "info", "x"]),
        (["info", "--", "-v"], ["info", "--", "-v"]),
        (["info", "--log-file"], ["info", "--log-file"]),
    ],
)
def test_options_of_the_log_may_stand_anywhere(arguments: list[str], expected: list[str]) -> None:
    assert global_options_first(arguments) == expected


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "imu_valgus", *arguments], capture_output=True, text=True, check=True
    )


def test_a_take_writes_a_log_beside_its_journal_and_v_shows_more(tmp_path: Path) -> None:
    take, log = tmp_path / "take", tmp_path / "command.log"
    quiet = _run(
        "record", "--demo", "--fast", "--task", "walk", "--seconds", "8", "--out", str(take)
    )
    text = (take / "take.log").read_text()
    assert "sensors were heard" in text
    assert "protocol movella-dot" in text
    assert "imu_valgus.recorder" not in quiet.stderr
    shown = _run("info", str(take), "-v", "--log-file", str(log))
    for text in (shown.stderr, log.read_text()):
        assert "imu_valgus.io.sessions: recorded session, 5 sensors" in text
    assert shown.stdout == _run("info", str(take)).stdout
