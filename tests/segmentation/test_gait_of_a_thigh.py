"""Events from a thigh alone."""

import numpy as np
import pytest

from imu_valgus.model import EventKind, Side, Task, TaskSpan
from imu_valgus.segmentation.gait import find_thigh_events

TIME_S = np.arange(2000) / 100.0
WALK = [TaskSpan(Task.WALK, 0.0, 20.0)]
SWING = np.radians(5.0 + 20.0 * np.cos(2.0 * np.pi * TIME_S / 1.2))


def test_contact_follows_flexion_and_toe_off_follows_extension() -> None:
    events = find_thigh_events(TIME_S, SWING, side=Side.LEFT, walks=WALK)
    contacts = [event.time_s for event in events if event.kind is EventKind.INITIAL_CONTACT]
    toe_offs = [event.time_s for event in events if event.kind is EventKind.TOE_OFF]
    assert len(contacts) == 16
    assert np.diff(contacts) == pytest.approx(1.2, abs=0.02)
    flexed_s = 1.2 * np.arange(1, 17)
    assert all(0.0 < delay < 0.25 for delay in np.array(contacts) - flexed_s)
    assert all(0.5 < off - on < 0.8 for on, off in zip(contacts, toe_offs[1:], strict=False))
    assert {event.side for event in events} == {Side.LEFT}


def test_nothing_outside_walks_in_gaps_or_in_stillness() -> None:
    assert find_thigh_events(TIME_S, SWING, side=Side.LEFT, walks=[]) == ()
    assert find_thigh_events(TIME_S, 0.0 * SWING, side=Side.LEFT, walks=WALK) == ()
    gappy = SWING.copy()
    gappy[500:800] = np.nan
    events = find_thigh_events(TIME_S, gappy, side=Side.LEFT, walks=WALK)
    assert not any(5.3 < event.time_s < 7.9 for event in events)
    assert find_thigh_events(TIME_S, np.nan * SWING, side=Side.LEFT, walks=WALK) == ()
