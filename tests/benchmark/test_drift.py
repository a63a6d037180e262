"""The measurement of long walks: drift of known size, walks without a last static trial."""

from dataclasses import replace

import numpy as np
import pytest

from imu_valgus.benchmark import drift
from imu_valgus.benchmark.drift import cut_off, measure_drift
from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Joint, Session, Task
from imu_valgus.pipeline import Settings, analyse
from imu_valgus.simulate import SoftTissueLevel, demo_session


@pytest.mark.slow
def test_a_known_drift_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    per_minute = 3.0

    def drifting(session: Session, *, settings: Settings) -> Analysis:
        found = analyse(session, settings=settings)
        (recording,) = found.recordings
        angles = tuple(
            replace(one, angles_deg=one.angles_deg + per_minute * one.time_s[:, None] / 60.0)
            for one in recording.angles
        )
        return replace(found, recordings=(replace(recording, angles=angles),))

    arguments = {"seeds": [2001], "walk_minutes": 3.0, "level": SoftTissueLevel.NONE}
    honest = measure_drift(**arguments)
    monkeypatch.setattr(drift, "analyse", drifting)
    rows = measure_drift(**arguments)
    assert [row.has_end_trial for row in rows] == [True] * 6 + [False] * 6
    (knee,) = (
        row
        for row in rows
        if row.has_end_trial and (row.joint, row.motion) == (Joint.KNEE, "adduction")
    )
    # From the middle of the first to that of the last minute: two minutes' worth.
    assert knee.moved_deg == pytest.approx(2.0 * per_minute, abs=0.7)
    assert knee.growth_deg > 1.0
    for before, after in zip(honest, rows, strict=True):
        assert after.moved_deg > before.moved_deg
        assert after.change_sd_deg == before.change_sd_deg
        assert after.n_legs == 2


def test_a_walk_cut_off_has_no_last_static_trial() -> None:
    simulated = demo_session(2)
    walk = next(span for span in simulated.truth["session"].tasks if span.task is Task.WALK)
    (recording,) = cut_off(simulated.session, walk.end_s - 2.0).recordings
    assert recording.tasks[-1].task is Task.WALK
    assert recording.tasks[-1].end_s == walk.end_s - 2.0
    assert all(stream.time_s[-1] < walk.end_s - 2.0 for stream in recording.streams.values())
    assert all(np.isfinite(stream.acc).all() for stream in recording.streams.values())


def test_a_short_walk_is_refused() -> None:
    with pytest.raises(InputError, match="at least 3 minutes"):
        measure_drift(seeds=[1], walk_minutes=1.5)
