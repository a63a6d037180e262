"""A store in a folder of its own and sessions to put into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, SessionRecord
from imu_valgus.store import Store


def _record(number: int = 1, *, person: str = "P1", notes: str = "") -> SessionRecord:
    key = MeasureKey("score", Task.STEP_UP, Side.LEFT)
    cadence = MeasureKey("cadence_per_min", Task.WALK, None)
    return SessionRecord(
        session_id=f"{person}-{number:03d}",
        person=person,
        recorded_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(days=number),
        conditions=Conditions(
            calibration=Grade.FAIR,
            software_version="0.1.0",
            score_version="sas-1",
            fusion="vqf",
            step_height_m=0.1,
            sensors=("D4:22:CD:00:11:22", "SERIAL-4711"),
        ),
        measures=(
            Measure(cadence, 109.5, float("nan"), (), 40),
            Measure(key, 65.0 + number, 5.0, (60.0, 65.0 + number, 70.0), 3),
        ),
        pain=2,
        notes=notes,
        raw_sha256="ab" * 32,
    )


@pytest.fixture(scope="session")
def record() -> Callable[..., SessionRecord]:
    """Builder of sessions."""
    return _record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder that is not there yet."""
    return tmp_path / "home" / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """Open a store with two people."""
    with Store(folder) as opened:
        opened.add_person("P1", name="Erika Mustermann")
        opened.add_person("P2", name="Hans Beispiel")
        yield opened
