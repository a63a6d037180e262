"""How long the analysis takes, beside a peer on the same data in the same run.

Peak memory of the main job, measured in a process of its own.

``python -m imu_valgus.benchmark.speed SESSION RESULTS`` analyses a session from files to tables,
summary and report, and prints the CPU seconds it took and the process's peak memory as JSON.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.results import write_results
from imu_valgus.io.sessions import read_session
from imu_valgus.model import Session
from imu_valgus.orientation import estimate_orientation
from imu_valgus.pipeline import analyse
from imu_valgus.reports.session.html import render_report
from imu_valgus.signals.align import align_recording
from imu_valgus.simulate import (
    Movement,
    SimulatedSession,
    Squat,
    Standing,
    Turn,
    Walk,
    random_person,
    simulate_session,
)

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """What a process of its own used from files to results.

    Parameters
    ----------
    cpu_s
        CPU seconds of reading, analysing and writing; starting Python and loading the package left
        out, libraries loaded on the way (for the report's pictures) included.
    peak_mb
        Greatest resident memory of the whole process in MB (10⁶ bytes), libraries included; None
        where the system does not tell.
    """

    cpu_s: float
    peak_mb: float | None


def measure_process(session: Path, results: Path) -> ProcessUse:
    """Analyse a session from files to results in a fresh process and see what it uses.

    Parameters
    ----------
    session
        A session folder.
    results
        Where tables, summary and report are written.
    """
    command = [sys.executable, "-m", "imu_valgus.benchmark.speed", str(session), str(results)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return ProcessUse(**json.loads(done.stdout))


def files_to_report(session: Path, results: Path) -> None:
    """Do the main job: read a session, analyse it, write tables, summary and report."""
    analysis = analyse(read_session(session))
    write_results(analysis, results, report_html=render_report(analysis))


def peak_memory_mb() -> float | None:
    """Return this process's greatest resident memory so far in MB, None where nobody tells."""
    if _STATUS.exists():
        # Linux: ru_maxrss would hold the parent's peak as well, which a child starts out with.
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "darwin":
        import resource  # noqa: PLC0415 - not there on Windows

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return None


def main(arguments: list[str]) -> None:
    """Analyse the session and print what it took."""
    session, results = arguments
    start = time.process_time()
    files_to_report(Path(session), Path(results))
    cpu_s = time.process_time() - start
    sys.stdout.write(json.dumps({"cpu_s": cpu_s, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main(sys.argv[1:])

T = TypeVar("T")

PEER_ENGINE = "ahrs-madgwick"

CPU_LIMIT_S = 6.0
"""Goal for ten minutes of five sensors, from files to tables, summary and report."""

MEMORY_LIMIT_MB = 500.0
"""Goal for the same."""


@dataclass(frozen=True, slots=True)
class SpeedResult:
    """CPU seconds and memory of the main job on a simulated session.

    Parameters
    ----------
    seed
        Of the session.
    recorded_s, n_sensors
        Its length and how many sensors it holds, at 100 Hz.
    simulate_cpu_s
        Making the session.
    analyse_cpu_s
        From arrays to angles and events with the default engine.
    peer_cpu_s
        Orientation alone of the same samples by the ahrs library's Madgwick filter.
    files_cpu_s
        From files to tables, summary and report, in a process of its own.
    files_peak_mb
        Peak memory of that process in MB; None where the system does not tell.
    """

    seed: int
    recorded_s: float
    n_sensors: int
    simulate_cpu_s: float
    analyse_cpu_s: float
    peer_cpu_s: float
    files_cpu_s: float
    files_peak_mb: float | None

    @property
    def peer_ratio(self) -> float:
        """How many times as long the peer takes for orientation alone."""
        return self.peer_cpu_s / self.analyse_cpu_s


def measure_speed(
    *, minutes: float = 10.0, seed: int = 1, tell: Callable[[str], None] = lambda _step: None
) -> SpeedResult:
    """Measure the main job on a simulated walk.

    Parameters
    ----------
    minutes
        Length of the walk.
    seed
        Of the person and the noise.
    tell
        Called with the name of each step.
    """
    tell("Simulating")
    simulate_cpu_s, simulated = _timed(lambda: long_walk(minutes=minutes, seed=seed))
    session = simulated.session
    tell("Analysing from arrays")
    analyse(long_walk(minutes=0.5, seed=seed).session)  # imports and caches
    analyse_cpu_s, _ = _timed(lambda: analyse(session))
    tell("Analysing from files")
    with tempfile.TemporaryDirectory() as folder:
        write_plain_session(session, Path(folder) / "session")
        files = measure_process(Path(folder) / "session", Path(folder) / "results")
    tell("Running the peer")
    peer_cpu_s, _ = _timed(lambda: _orient_all(session, PEER_ENGINE))
    streams = session.recordings[0].streams
    return SpeedResult(
        seed=seed,
        recorded_s=float(max(stream.time_s[-1] for stream in streams.values())),
        n_sensors=len(streams),
        simulate_cpu_s=simulate_cpu_s,
        analyse_cpu_s=analyse_cpu_s,
        peer_cpu_s=peer_cpu_s,
        files_cpu_s=files.cpu_s,
        files_peak_mb=files.peak_mb,
    )


def walk_script(*, minutes: float) -> tuple[Movement, ...]:
    """Return standing, squats and a walk of some minutes with a turn each half minute."""
    walk_s = 60.0 * minutes
    turns = tuple(Turn(at_s=at_s, angle_deg=180.0) for at_s in range(20, int(walk_s) - 10, 30))
    return (
        Standing(6.0),
        Squat(count=5),
        Standing(3.0),
        Walk(duration_s=walk_s, turns=turns),
        Standing(6.0),
    )


def long_walk(*, minutes: float, seed: int) -> SimulatedSession:
    """Simulate the walk of `walk_script` with five sensors."""
    return simulate_session(random_person(seed), {"walk": walk_script(minutes=minutes)}, seed=seed)


def _orient_all(session: Session, engine: str) -> None:
    aligned, _ = align_recording(session.recordings[0])
    for stream in aligned.streams.values():
        estimate_orientation(stream, engine=engine)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result
