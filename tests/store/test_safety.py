"""Two processes at once, and a process killed in the middle of an add."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from imu_valgus.store import Store

KILLS = int(os.environ.get("IMU_VALGUS_TEST_KILLS", "4"))

_ADD = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, SessionRecord
from imu_valgus.store import Store

folder, prefix, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
conditions = Conditions(calibration=Grade.GOOD, software_version="0.1.0")
keys = [MeasureKey(f"m{i}_deg", Task.WALK, Side.LEFT) for i in range(20)]
print("ready", flush=True)
with Store(folder) as store:
    if "P1" not in store.people():
        try:
            store.add_person("P1")
        except Exception:
            pass
    for number in range(count):
        store.add_session(
            SessionRecord(
                f"{prefix}-{number}", "P1", datetime.now(UTC), conditions,
                tuple(Measure(key, float(number), 1.0, (), 5) for key in keys),
            ),
            {f"file{i}.bin": bytes([number % 256]) * 50_000 for i in range(4)},
        )
        print(f"{prefix}-{number}", flush=True)
"""


def _start(folder: Path, prefix: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _ADD, str(folder), prefix, str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def _check_whole(folder: Path, promised: set[str]) -> set[str]:
    """Every visible session is whole, every promised one is visible, nothing else lies about."""
    with Store(folder) as store:
        sessions = store.sessions("P1") if store.people() else ()
        for session in sessions:
            number = int(session.session_id.rpartition("-")[2])
            assert len(session.measures) == 20
            assert {measure.value for measure in session.measures} == {float(number)}
            files = store.files_of(session.session_id)
            assert [path.name for path in files] == [f"file{i}.bin" for i in range(4)]
            assert all(path.read_bytes() == bytes([number % 256]) * 50_000 for path in files)
        found = {session.session_id for session in sessions}
        assert promised <= found
        assert {path.name for path in (folder / "sessions").iterdir()} == found
    return found


def test_two_processes_adding_at_once_lose_nothing(folder):
    # Both find no store and make it, so they race for the schema as well.
    both = [_start(folder, prefix, 15) for prefix in ("a", "b")]
    outputs = [process.communicate(timeout=120)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(len(output) == 16 for output in outputs)
    found = _check_whole(folder, {f"{p}-{i}" for p in ("a", "b") for i in range(15)})
    assert len(found) == 30


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL.")
def test_a_process_killed_while_adding_leaves_nothing_half_done(folder):
    rng = random.Random(7)
    promised: set[str] = set()
    for attempt in range(KILLS):
        process = _start(folder, f"k{attempt}", 10_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0.02, 0.35))
        process.send_signal(signal.SIGKILL)
        promised |= set(process.communicate()[0].split("\n")[:-1])
        promised = _check_whole(folder, promised)
    assert promised


def test_a_reader_sees_only_whole_sessions_while_another_process_adds(folder):
    with Store(folder) as store:
        store.add_person("P1")
        writer = _start(folder, "w", 25)
        seen = 0
        while writer.poll() is None:
            sessions = store.sessions("P1")
            assert len(sessions) >= seen
            seen = len(sessions)
            for session in sessions:
                assert len(session.measures) == 20
                assert len(store.files_of(session.session_id)) == 4
        assert writer.communicate()[0].split()[-1] == "w-24"
        assert len(store.sessions("P1")) == 25
