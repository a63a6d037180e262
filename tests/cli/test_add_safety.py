"""The real ``imu-valgus add``: two at once, and killed without warning at random moments.

IMU_VALGUS_TEST_KILLS sets how many are killed; IMU_VALGUS_TEST_KILL_LOG names a file that gets a
line about each.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.model import Placement, Side
from imu_valgus.model.progress import Measure
from imu_valgus.simulate import (
    Person,
    SimulationSettings,
    Squat,
    Standing,
    StepUp,
    Walk,
    simulate_session,
)
from imu_valgus.store import Store

KILLS = int(os.environ.get("IMU_VALGUS_TEST_KILLS", "3"))
LOG = os.environ.get("IMU_VALGUS_TEST_KILL_LOG")

_LONGEST_S = 120.0


@dataclass(frozen=True)
class Example:
    """A session to add, what an undisturbed add keeps of it, and how long that takes."""

    session: Path
    measures: tuple[Measure, ...]
    files: Mapping[str, bytes]
    duration_s: float


def _add(home: Path, session: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "imu_valgus", "add", str(session), "--person", "P1", *options],
        env={**os.environ, "IMU_VALGUS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _kept(home: Path) -> dict[str, tuple[tuple[Measure, ...], dict[str, bytes]]]:
    """Everything that is visible; NaN made comparable."""
    with Store(home) as store:
        return {
            session.session_id: (
                tuple(replace(m, sd=-1.0) if m.sd != m.sd else m for m in session.measures),
                {path.name: path.read_bytes() for path in store.files_of(session.session_id)},
            )
            for session in store.sessions("P1")
        }


def _new_home(folder: Path) -> Path:
    with Store(folder) as store:
        store.add_person("P1")
    return folder


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    steps = StepUp(side=Side.RIGHT, count=8, repetition_s=2.6, pause_s=0.9)
    before = [Standing(6.0), Squat(count=3), Standing(2.0), Walk(duration_s=15.0), Standing(3.0)]
    worn = SimulationSettings(placements=[Placement.THIGH_RIGHT, Placement.SHANK_RIGHT])
    made = simulate_session(
        Person(), {"one": [*before, steps, Standing(3.0)]}, seed=3, settings=worn
    )
    folder = tmp_path_factory.mktemp("safety")
    write_plain_session(made.session, folder / "session")
    file = folder / "session" / "session.toml"
    file.write_text(f"recorded_at = 2026-03-02T09:30:00Z\n{file.read_text()}")
    home = _new_home(folder / "home")
    started = time.monotonic()
    process = _add(home, folder / "session")
    out, error = process.communicate(timeout=_LONGEST_S)
    assert process.returncode == 0, error
    assert out.startswith("Added:    2026-03-02_0930 for P1")
    duration_s = time.monotonic() - started
    ((measures, files),) = _kept(home).values()
    assert len(measures) > 20
    assert sorted(files) == ["curves.parquet", "summary.json"]
    return Example(folder / "session", measures, files, duration_s)


def test_two_processes_adding_at_once_are_both_there_after(example, tmp_path):
    home = _new_home(tmp_path / "home")
    both = [_add(home, example.session, "--again") for _ in range(2)]
    answers = [process.communicate(timeout=_LONGEST_S) for process in both]
    assert [process.returncode for process in both] == [0, 0], answers
    names = {out.split()[1] for out, _ in answers}
    assert names == {"2026-03-02_0930", "2026-03-02_0930_2"}
    kept = _kept(home)
    assert set(kept) == names
    assert all(content == (example.measures, example.files) for content in kept.values())


def test_of_two_processes_adding_the_same_recording_at_once_one_is_refused(example, tmp_path):
    home = _new_home(tmp_path / "home")
    both = [_add(home, example.session) for _ in range(2)]
    answers = [process.communicate(timeout=_LONGEST_S) for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], answers
    (error,) = (error for _, error in answers if error)
    assert "P1 already has this recording as session 2026-03-02_0930" in error
    assert len(_kept(home)) == 1


def _wait_until_it_writes(sessions: Path, process: subprocess.Popen[str], known: set[str]) -> None:
    """Wait until the add has begun to write files, or is over."""
    while process.poll() is None and set(os.listdir(sessions)) <= known:  # noqa: PTH208
        time.sleep(0.0002)


def _killed(home: Path, example: Example, rng: random.Random, *, is_writing: bool) -> str:
    """Start an add, kill it, and return what it had printed until then."""
    known = {path.name for path in (home / "sessions").iterdir()}
    process = _add(home, example.session, "--again")
    if is_writing:
        _wait_until_it_writes(home / "sessions", process, known)
        time.sleep(rng.uniform(0.0, 0.03))
    else:
        time.sleep(rng.uniform(0.0, 1.1 * example.duration_s))
    process.send_signal(signal.SIGKILL)
    return process.communicate(timeout=_LONGEST_S)[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL.")
def test_an_add_killed_at_a_random_moment_is_there_wholly_or_not_at_all(example, tmp_path):
    rng = random.Random(int(os.environ.get("IMU_VALGUS_TEST_KILL_SEED", "20")))
    home = _new_home(tmp_path / "home")
    before: set[str] = set()
    for attempt in range(KILLS):
        # Most of an add is analysis; writing takes some hundredths of a second and would
        # hardly ever be hit, so two of three are killed after it has begun.
        is_writing = attempt % 3 != 0
        printed = _killed(home, example, rng, is_writing=is_writing)
        left = {path.name for path in (home / "sessions").iterdir()}
        kept = _kept(home)
        promised = {printed.split()[1]} if printed.startswith("Added:") else set()
        assert before | promised <= set(kept)
        assert len(kept) - len(before) <= 1
        assert all(content == (example.measures, example.files) for content in kept.values())
        assert {path.name for path in (home / "sessions").iterdir()} == set(kept)
        if LOG:
            with Path(LOG).open("a", encoding="utf-8") as log:
                log.write(
                    f"{attempt} writing={is_writing} promised={bool(promised)} "
                    f"swept={len(left - set(kept))} added={len(kept) - len(before)}\n"
                )
        before = set(kept)
    process = _add(home, example.session, "--again")
    assert process.communicate(timeout=_LONGEST_S)[0].startswith("Added:")
    assert len(_kept(home)) == len(before) + 1
