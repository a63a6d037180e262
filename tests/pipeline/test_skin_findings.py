"""What is told about the thighs' skin, word by word where it matters."""

from types import SimpleNamespace

import numpy as np

from imu_valgus.calibration.skin_twist import SkinTwist
from imu_valgus.model import Placement, Task, TaskSpan
from imu_valgus.pipeline.skin import tell_of_skin

THIGH = Placement.THIGH_RIGHT


def told(hidden: float | None, allowed: float, *, task: Task = Task.STEP_UP) -> list[str]:
    coefficients = np.zeros(9)
    coefficients[4] = allowed / (1.0 - allowed)
    skin = SkinTwist(coefficients, np.eye(9), 1.0, 1.0, hidden)
    recording = SimpleNamespace(movements=(TaskSpan(task, None, 0.0, 10.0),))
    return [one.message for one in tell_of_skin({THIGH: skin}, [recording], is_removed=True)]


def test_what_is_measured_and_allowed_for_is_told() -> None:
    (message,) = told(0.352, 0.35)
    assert "hides about 35 % of the hip's rotation" in message
    assert message.endswith("this is allowed for, in walking a part of it.")


def test_skin_that_hides_more_than_is_allowed_for_is_told_with_both_figures() -> None:
    (message,) = told(0.66, 0.5)
    assert "hides about 66 %" in message
    assert "50 % are allowed for" in message
    assert "may read too small" in message


def test_without_the_seated_test_it_is_asked_for() -> None:
    (message,) = told(None, 0.0)
    assert "record seated hip rotation" in message


def test_a_walk_alone_tells_nothing_of_the_skin() -> None:
    assert told(0.66, 0.5, task=Task.WALK) == []
