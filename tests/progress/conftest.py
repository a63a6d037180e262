"""Short sessions as stored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, SessionRecord

KEY = MeasureKey("shank_medial_tilt_deg", Task.STEP_UP, Side.LEFT)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _session(
    value: float | None = 5.0,
    *,
    day: float = 0.0,
    name: str | None = None,
    key: MeasureKey = KEY,
    person: str = "P1",
    set_aside: str = "",
    **conditions: object,
) -> SessionRecord:
    usual = Conditions(
        calibration=Grade.GOOD,
        software_version="0.1.0",
        score_version="sas-1",
        fusion="vqf",
        step_height_m=0.10,
        sensors=("A", "B"),
    )
    measures = () if value is None else (Measure(key, value, 1.0, (), 10),)
    return SessionRecord(
        session_id=name or f"s{round(day * 1000)}",
        person=person,
        recorded_at=START + timedelta(days=day),
        conditions=replace(usual, **conditions),
        measures=measures,
        set_aside=set_aside,
    )


@pytest.fixture(scope="session")
def session() -> Callable[..., SessionRecord]:
    """Builder of one session with one measure."""
    return _session


@pytest.fixture(scope="session")
def block() -> Callable[..., list[SessionRecord]]:
    """Builder of sessions on consecutive days from their values."""

    def build(values: list[float], *, first_day: float = 0.0, **more: object):
        return [_session(value, day=first_day + i, **more) for i, value in enumerate(values)]

    return build


@pytest.fixture(scope="session")
def key() -> MeasureKey:
    """Key of the measure that the builders use."""
    return KEY
