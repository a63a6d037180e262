# ruff: noqa: T201, E501 - a command that prints what it counted
"""Kills over all store commands, and many writers at once.

Each command runs in a process of its own that is killed at a random moment. After each kill every
session must be whole, every session whose add was reported must be there, and nothing half-done may
be left. Then many writers add to one store at once. Prints counts; exits with 1 if anything is lost.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, SessionRecord
from imu_valgus.store import Store

folder, prefix, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
conditions = Conditions(calibration=Grade.GOOD, software_version="0.1.0")
keys = [MeasureKey(f"m{i}_deg", Task.WALK, Side.LEFT) for i in range(20)]
with Store(folder) as store:
    for number in range(count):
        measures = tuple(Measure(key, float(number), 1.0, (), 5) for key in keys)
        record = SessionRecord(f"{prefix}-{number}", "P1", datetime.now(UTC), conditions, measures)
        store.add_session(record, {f"f{i}.bin": bytes([number % 256]) * 20_000 for i in range(3)})
        print(f"{prefix}-{number}", flush=True)
"""


def command(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "imu_valgus", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "IMU_VALGUS_HOME": str(home)},
    )  # fmt: skip


def problems_of(home: Path) -> list[str]:
    """Whatever is not as it should be after a command was killed."""
    from imu_valgus.store import Store, check_store

    with Store(home) as store:
        found = [f"notice: {notice}" for notice in store.notices]
        found += [
            f"{session.session_id} is not whole"
            for person in store.people()
            for session in store.sessions(person)
            if session.session_id.startswith("w") and len(store.files_of(session.session_id)) != 3
        ]
    found += list(check_store(home))
    left = list((home / ".staging").iterdir()) if (home / ".staging").exists() else []
    return found + [f"left over: {path.name}" for path in left]


def attack_commands(
    home: Path, work: Path, session: Path, kills: int, rng: random.Random
) -> list[str]:
    """Kill every store command at random moments."""
    outcomes: Counter[str] = Counter()
    problems: list[str] = []
    for number in range(kills):
        person = f"K{number}"
        commands = {
            "person add": ("person", "add", person, "--name", f"Name of {person}"),
            "add": ("add", str(session), "--person", "P1", "--again", "--recorded-at", f"2026-03-{1 + number % 28:02d}T09:30"),
            "plan": ("plan", "P1", "--start", "2026-03-09", "--default"),
            "log": ("log", "P1", "--pain", "3"),
            "sessions": ("sessions", "P1"),
            "forget": ("forget", f"K{rng.randrange(max(number, 1))}", "--yes"),
            "export": ("export", "P1", "--out", str(work / f"export{number}")),
            "share": ("export", "P1", "--share", "--out", str(work / f"share{number}")),
            "backup": ("store", "backup", str(work / f"backup{number}.zip")),
            "rebuild": ("store", "rebuild"),
            "report": ("report", "P1", "--out", str(work / f"pages{number}")),
        }  # fmt: skip
        name = rng.choice(list(commands))
        process = command(home, *commands[name])
        slow = {"add": 4.0, "report": 3.0}.get(name, 1.2)
        time.sleep(rng.uniform(0.2, slow))
        is_killed = process.poll() is None
        process.send_signal(signal.SIGKILL)
        _, error = process.communicate()
        outcomes[f"{name}: {'killed' if is_killed else f'exit {process.returncode}'}"] += 1
        if not is_killed and process.returncode not in {0, 2, 3}:
            problems.append(f"{name}: exit {process.returncode}: {error.strip()[-200:]}")
        problems += [f"after {name}: {problem}" for problem in problems_of(home)]
        for path in [
            path
            for path in work.iterdir()
            if path.name.startswith(".") and path.name.endswith(".partial")
        ]:
            if any(word in path.name for word in ("export", "share", "backup")):
                problems.append(f"after {name}: {path.name} was left behind")
    for outcome, count in sorted(outcomes.items()):
        print(f"  {outcome:<28} {count}")
    return problems


def attack_with_writers(home: Path, writers: int, sessions: int) -> list[str]:
    """Let many processes add sessions to one store at once."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(home), f"w{number}", str(sessions)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(writers)
    ]  # fmt: skip
    promised: set[str] = set()
    problems = []
    for process in processes:
        output, error = process.communicate()
        promised |= set(output.split())
        if process.returncode:
            problems.append(f"a writer ended with {process.returncode}: {error.strip()[-200:]}")
    from imu_valgus.store import Store

    with Store(home) as store:
        there = {session.session_id for session in store.sessions("P1")}
    print(f"  {writers} writers, {len(promised)} sessions reported, {len(promised - there)} lost")
    return problems + [f"{name} is lost" for name in sorted(promised - there)] + problems_of(home)


def main() -> int:
    """Attack a store in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writers", type=int, default=100)
    parser.add_argument("--sessions", type=int, default=3, help="per writer")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="store_under_attack_"))
    home = work / "home"
    try:
        made = command(home, "simulate", "--seed", "3", "--walk", "8", "--out", str(work / "made"))
        made.communicate()
        session = next((work / "made").rglob("session.toml")).parent
        command(home, "person", "add", "P1").communicate()
        print(f"{options.kills} kills")
        problems = attack_commands(home, work, session, options.kills, random.Random(options.seed))
        print(f"{options.writers} writers at once")
        problems += attack_with_writers(home, options.writers, options.sessions)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n".join(problems) or "nothing lost, nothing left")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
