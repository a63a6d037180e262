"""Time and memory of the analysis, beside a peer on the same data in the same run.

``python -m imu_valgus.benchmark.speed SESSION RESULTS`` is the process that memory is measured in:
it analyses a session from files to tables, summary and report, and prints the CPU seconds it took
and its peak memory as JSON.
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

PEER_ENGINE = "ahrs-madgwick"

CPU_LIMIT_S = 6.0
"""Goal for ten minutes of five sensors, from files to tables, summary and report."""

MEMORY_LIMIT_MB = 500.0
"""Goal for the same."""

_STATUS = Path("/proc/self/status")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SpeedResult:
    """CPU seconds and memory of the main job on a simulated session.

    Parameters
    ----------
    seed
        Seed of the session.
    recorded_s, n_sensors
        Length of the session in seconds and number of sensors, at 100 Hz.
    simulate_cpu_s
        CPU seconds of the simulation.
    analyse_cpu_s
        CPU seconds from arrays to angles and events with the default engine.
    peer_cpu_s
        CPU seconds of orientation alone, by the Madgwick filter of the ahrs library.
    files_cpu_s
        CPU seconds from files to tables, summary and report, in a separate process. Starting
        Python and loading the package are excluded; libraries loaded on the way (for the report's
        figures) are included.
    files_peak_mb
        Peak resident memory of that process in MB (10⁶ bytes), libraries included; None where the
        system does not report it.
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
        """CPU time of the peer's orientation over that of our whole analysis."""
        return self.peer_cpu_s / self.analyse_cpu_s


def measure_speed(
    *, minutes: float = 10.0, seed: int = 1, tell: Callable[[str], None] = lambda _step: None
) -> SpeedResult:
    """Measure the main job on a simulated walk.

    Parameters
    ----------
    minutes
        Length of the walk in minutes.
    seed
        Seed of the person and the noise.
    tell
        Function called with the name of each step.

    Returns
    -------
    SpeedResult
        CPU seconds and memory, with those of the peer.
    """
    tell("Simulating")
    simulate_cpu_s, simulated = _timed(lambda: _long_walk(minutes=minutes, seed=seed))
    session = simulated.session
    tell("Analysing from arrays")
    analyse(_long_walk(minutes=0.5, seed=seed).session)  # imports and caches
    analyse_cpu_s, _ = _timed(lambda: analyse(session))
    tell("Analysing from files")
    with tempfile.TemporaryDirectory() as folder:
        write_plain_session(session, Path(folder) / "session")
        command = [sys.executable, "-m", "imu_valgus.benchmark.speed"]
        command += [f"{folder}/session", f"{folder}/results"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        files = json.loads(done.stdout)
    tell("Running the peer")
    peer_cpu_s, _ = _timed(lambda: _orient_all(session))
    streams = session.recordings[0].streams
    return SpeedResult(
        seed=seed,
        recorded_s=float(max(stream.time_s[-1] for stream in streams.values())),
        n_sensors=len(streams),
        simulate_cpu_s=simulate_cpu_s,
        analyse_cpu_s=analyse_cpu_s,
        peer_cpu_s=peer_cpu_s,
        files_cpu_s=files["cpu_s"],
        files_peak_mb=files["peak_mb"],
    )


def peak_memory_mb() -> float | None:
    """Return the peak resident memory of this process.

    Returns
    -------
    float or None
        Memory in MB (10⁶ bytes); None where the system does not report it.
    """
    if _STATUS.exists():
        # On Linux a child's ru_maxrss starts at the peak of its parent.
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "darwin":
        import resource  # noqa: PLC0415 - not available on Windows

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return None


def walk_script(*, minutes: float) -> tuple[Movement, ...]:
    """Return standing, squats, and a walk of the given length with a turn every half minute.

    Parameters
    ----------
    minutes
        Length of the walk in minutes.

    Returns
    -------
    tuple of Movement
        Script for `simulate_session`.
    """
    walk_s = 60.0 * minutes
    turns = tuple(Turn(at_s=at_s, angle_deg=180.0) for at_s in range(20, int(walk_s) - 10, 30))
    return (
        Standing(6.0),
        Squat(count=5),
        Standing(3.0),
        Walk(duration_s=walk_s, turns=turns),
        Standing(6.0),
    )


def _long_walk(*, minutes: float, seed: int) -> SimulatedSession:
    """Simulate the walk of `walk_script` with five sensors."""
    return simulate_session(random_person(seed), {"walk": walk_script(minutes=minutes)}, seed=seed)


def _main(arguments: list[str]) -> None:
    """Read a session, analyse it, write tables, summary and report, and print what it took."""
    session, results = (Path(argument) for argument in arguments)
    start = time.process_time()
    analysis = analyse(read_session(session))
    write_results(analysis, results, report_html=render_report(analysis))
    cpu_s = time.process_time() - start
    sys.stdout.write(json.dumps({"cpu_s": cpu_s, "peak_mb": peak_memory_mb()}))


def _orient_all(session: Session) -> None:
    aligned, _ = align_recording(session.recordings[0])
    for stream in aligned.streams.values():
        estimate_orientation(stream, engine=PEER_ENGINE)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


if __name__ == "__main__":
    _main(sys.argv[1:])
