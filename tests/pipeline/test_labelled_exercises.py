"""Exercises named by a task label, and tasks of unlabelled recordings, end to end."""

from dataclasses import replace

import pytest

from imu_valgus.errors import InputError
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Side, Task, TaskSpan
from imu_valgus.pipeline import analyse
from imu_valgus.simulate import (
    ClamShell,
    SeatedHipRotation,
    SimulationSettings,
    Squat,
    Standing,
    Walk,
    random_person,
    simulate_session,
)

SCRIPT = [Standing(6.0), Squat(count=4), Standing(3.0), Walk(duration_s=15.0), Standing(3.0)]


def test_a_task_named_after_an_exercise_is_read_written_and_measured(tmp_path):
    made = simulate_session(
        random_person(3), {"all": [*SCRIPT, ClamShell(side=Side.LEFT, count=4), Standing(3.0)]},
        seed=3,
    )  # fmt: skip
    true = made.truth["all"].repetitions[-4:]
    span = TaskSpan(
        Task.OTHER, true[0].start_s - 1.5, true[-1].end_s + 1.0, Side.LEFT, "clam_shell"
    )
    recording = made.session.recordings[0]
    tasks = tuple(one for one in recording.tasks if one.task is not Task.OTHER)
    labelled = replace(made.session, recordings=(replace(recording, tasks=(*tasks, span)),))
    write_plain_session(labelled, tmp_path / "s")
    assert 'name = "clam_shell"' in (tmp_path / "s" / "session.toml").read_text()
    analysis = analyse(read_session(tmp_path / "s"))
    (found,) = (one for one in analysis.exercises if one.exercise == "clam_shell")
    assert (len(found.repetitions), found.side) == (4, Side.LEFT)
    toml = tmp_path / "s" / "session.toml"
    toml.write_text(toml.read_text().replace('"clam_shell"', '"clam_shall"'))
    with pytest.raises(InputError, match="key of an exercise"):
        read_session(tmp_path / "s")


def test_unlabelled_movements_are_tasks_of_the_analysis():
    made = simulate_session(
        random_person(31), {"all": [*SCRIPT, SeatedHipRotation(count=3), Standing(3.0)]},
        seed=31, settings=SimulationSettings(labelled=False),
    )  # fmt: skip
    kinds = {span.task for span in analyse(made.session).recordings[0].tasks}
    assert {Task.STANDING, Task.SQUAT, Task.WALK, Task.SIT, Task.SEATED_HIP_ROTATION} <= kinds
