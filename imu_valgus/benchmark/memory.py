"""Peak memory of the main job, measured in a process of its own.

``python -m imu_valgus.benchmark.memory SESSION RESULTS`` analyses a session from files to tables,
summary and report, and prints the CPU seconds it took and the process's peak memory as JSON.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from imu_valgus.io.results import write_results
from imu_valgus.io.sessions import read_session
from imu_valgus.pipeline import analyse
from imu_valgus.reports.html import render_report

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
    command = [sys.executable, "-m", "imu_valgus.benchmark.memory", str(session), str(results)]
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
