"""What findings say about the skin on the thighs, word by word where it matters."""

from types import SimpleNamespace

import numpy as np

from imu_valgus.calibration.skin_twist import SkinTwist
from imu_valgus.model import Placement, Task, TaskSpan
from imu_valgus.pipeline.skin import skin_findings

THIGH = Placement.THIGH_RIGHT


def messages(hidden: float | None, allowed: float, *, task: Task = Task.STEP_UP) -> list[str]:
    coefficients = np.zeros(9)
    coefficients[4] = allowed / (1.0 - allowed)
    skin = SkinTwist(coefficients, np.eye(9), 1.0, 1.0, hidden)
    recording = SimpleNamespace(movements=(TaskSpan(task, 0.0, 10.0),))
    return [one.message for one in skin_findings({THIGH: skin}, [recording], is_removed=True)]


def test_what_is_measured_and_allowed_for_is_reported() -> None:
    (message,) = messages(0.352, 0.35)
    assert "hides about 35 % of the hip's rotation" in message
    assert message.endswith("The angles allow for this, in walking for a part of it.")


def test_skin_that_hides_more_than_is_allowed_for_is_reported_with_both_figures() -> None:
    (message,) = messages(0.66, 0.5)
    assert "hides about 66 %" in message
    assert "allow for 50 %" in message
    assert "may read too small" in message


def test_without_the_seated_test_it_is_asked_for() -> None:
    (message,) = messages(None, 0.0)
    assert "Record seated hip rotation" in message


def test_a_walk_alone_gives_no_finding_about_the_skin() -> None:
    assert messages(0.66, 0.5, task=Task.WALK) == []
