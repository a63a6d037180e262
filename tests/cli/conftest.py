"""A store with six weeks of two people, and the command line as people meet it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from imu_valgus.cli.main import run as run_main
from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import Footwear, MeasureKey, Purpose
from imu_valgus.store import Store


class Answer(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    output: str
    error: str

    @property
    def document(self):
        """The output as JSON; NaN and infinity are refused."""

        def refuse(name: str) -> None:
            raise AssertionError(f"not JSON: {name}")

        return json.loads(self.output, parse_constant=refuse)


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., Answer]:
    """Run ``imu-valgus`` with arguments and give output and exit code."""

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["imu-valgus", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run_main()
        printed = capsys.readouterr()
        return Answer(ended.value.code or 0, printed.out, printed.err)

    return call


TILT = {side: MeasureKey("shank_medial_tilt_deg", Task.STEP_UP, side) for side in Side}
SCORE = {side: MeasureKey("score", Task.STEP_UP, side) for side in Side}
CADENCE = MeasureKey("cadence_per_min", Task.WALK, None)
_WIGGLE = (0.0, 1.0, -1.0, 0.5, -0.5)


def six_weeks(measured_session) -> list:
    """Make repeats, baseline, checks and close; only the left leg changes.

    One session is poorly calibrated, one on a higher step, one in shoes.
    """
    days = [-10, -9.9, -9.8, -9, -8, -7, -3, -2, -1, *range(3, 42, 4), 42, 43, 44]
    purposes = [
        *[Purpose.REDONNING] * 3,
        *[Purpose.REPEAT] * 3,
        *[Purpose.BASELINE] * 3,
        *[Purpose.CHECK] * 10,
        *[Purpose.CLOSING] * 3,
    ]
    odd = {
        10: {"calibration": Grade.POOR},
        12: {"step_height_m": 0.15},
        14: {"footwear": Footwear.SHOES},
    }
    sessions = []
    for i, (day, purpose) in enumerate(zip(days, purposes, strict=True)):
        done, noise = max(day, 0) / 42, _WIGGLE[i % 5]
        values = {
            SCORE[Side.LEFT]: 55 + 40 * done + noise,
            SCORE[Side.RIGHT]: 60 + noise,
            TILT[Side.LEFT]: 9 - 7 * done + noise,
            TILT[Side.RIGHT]: 5 - noise,
            CADENCE: 110 + noise,
        }
        sessions.append(
            measured_session(
                values, day=7 + day, name=f"r{i:02d}", purpose=purpose, **odd.get(i, {})
            )
        )
    return sessions


@pytest.fixture
def weeks_home(tmp_path, monkeypatch, measured_session) -> Path:
    """Make the store: P1 with six weeks around 9 March 2026, P2 without a session."""
    monkeypatch.setenv("IMU_VALGUS_HOME", str(tmp_path / "home"))
    with Store() as store:
        store.add_person("P1")
        store.add_person("P2")
        for session in six_weeks(measured_session):
            store.add_session(session)
    return tmp_path / "home"
