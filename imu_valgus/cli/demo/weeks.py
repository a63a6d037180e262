"""``imu-valgus demo --weeks``: a simulated programme, kept and reported like a real one."""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from imu_valgus.cli.compare import compare_command
from imu_valgus.cli.console import progress_steps
from imu_valgus.cli.demo.session import PERSON, KeptSession, keep_session, kept_session
from imu_valgus.cli.progress import progress_command
from imu_valgus.cli.report import report_command
from imu_valgus.errors import InputError
from imu_valgus.exercises.proposal import propose_programme
from imu_valgus.model.progress import Purpose
from imu_valgus.progress.schedule import propose_programme_sessions, propose_repeat_sessions
from imu_valgus.simulate.course import (
    CourseSession,
    Protocol,
    simulated_course,
    simulated_diary,
)
from imu_valgus.simulate.parallel import default_jobs, work_through
from imu_valgus.store import Store

START: Final = date(2025, 3, 3)
"""A Monday that has passed everywhere; fixed, so that reports come out alike every time."""

_REPEATS_BEFORE: Final = timedelta(days=7)
"""Four days of repeat sessions end before the three days of the baseline."""


@dataclass(frozen=True, slots=True)
class DemoWeeks:
    """What a run left behind.

    Parameters
    ----------
    sessions
        As laid out, in order of time.
    kept
        What was found in each, in the same order.
    weeks
        Of the programme.
    store, reports
        Folders.
    """

    sessions: tuple[CourseSession, ...]
    kept: tuple[KeptSession, ...]
    weeks: int
    store: Path
    reports: Path


def run_demo_weeks(
    out: Path,
    *,
    weeks: int,
    seed: int = 1,
    jobs: int | None = None,
    protocol: Protocol | None = None,
    with_repeats: bool = True,
) -> DemoWeeks:
    """Simulate a programme, analyse and keep its sessions, and write every report.

    Sessions are analysed as they are simulated, without going over files: their raw samples would
    be 100 MB of text that nobody reads. The hash that each is kept with is that of its samples.

    Parameters
    ----------
    out
        Gets the folders ``store`` and ``reports``.
    weeks, seed
        Length of the programme; person and noise.
    jobs
        Processes; None takes one per processor. The results do not depend on it.
    protocol
        How long a session lasts.
    with_repeats
        Whether six repeat sessions come first, from which the own spread is measured.

    Raises
    ------
    InputError
        If there is a store in the folder already, or it cannot be written.
    """
    folder, reports = out / "store", out / "reports"
    if folder.exists():
        raise InputError(
            f"Expected a folder without a store for a programme of its own, found {folder}: "
            "choose another --out or remove it."
        )
    visits = _visits(weeks, with_repeats=with_repeats)
    sessions = simulated_course(visits, start=START, weeks=weeks, seed=seed, protocol=protocol)
    programme = propose_programme(START, weeks=weeks)
    with _bar(f"Simulating and analysing {len(sessions)} sessions", len(sessions)) as advance:
        kept = analyse_sessions(sessions, jobs, advance)
    with Store(folder) as store:
        store.add_person(PERSON)
        for one in kept:
            keep_session(store, one)
        store.set_programme(PERSON, programme)
        store.add_log(PERSON, simulated_diary(programme, weeks=weeks, seed=seed))
    with store_at(folder):
        _write_reports(reports)
    return DemoWeeks(sessions, tuple(kept), weeks, folder, reports)


def _visits(weeks: int, *, with_repeats: bool) -> list[tuple[date, Purpose]]:
    appointments = list(propose_programme_sessions(START, weeks=weeks))
    if with_repeats:
        appointments += propose_repeat_sessions(START - _REPEATS_BEFORE)
    return [(one.day, one.purpose) for one in appointments]


def analyse_sessions(
    sessions: Sequence[CourseSession], jobs: int | None, advance: Callable[[], None]
) -> list[KeptSession]:
    """Simulate and analyse sessions in several processes, or in this one where none can start.

    Parameters
    ----------
    sessions
        To be worked through.
    jobs
        Processes; None takes one per processor.
    advance
        Called after each session.

    Returns
    -------
    list of KeptSession
        In the order of the sessions.
    """

    def tell(_done: str) -> None:
        advance()

    wanted = default_jobs() if jobs is None else jobs
    try:
        with _environment(_ONE_THREAD):
            return work_through(kept_session, sessions, jobs=wanted, tell=tell)
    except (BrokenProcessPool, OSError, NotImplementedError):
        # Some computers let nobody start processes or share locks between them.
        return work_through(kept_session, sessions, jobs=1, tell=tell)


_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""Every processor has a session of its own; threads of linear algebra that wait for each other
took a third more time."""


@contextmanager
def store_at(folder: Path) -> Iterator[None]:
    """Let commands use the store of a folder."""
    with _environment({"IMU_VALGUS_HOME": str(folder)}):
        yield


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set variables for this process and those it starts, and put back what there was."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _write_reports(reports: Path) -> None:
    try:
        reports.mkdir(parents=True, exist_ok=True)
        _printed(lambda: report_command(PERSON, reports, as_json=True))
        with progress_steps() as tell:
            tell("Comparing baseline and close")
            compared = _printed(lambda: compare_command(PERSON, as_json=True))
            _write(reports / "compare.json", compared)
            tell("Drawing every measure over the weeks")
            charts = reports / "charts"
            shown = _printed(lambda: progress_command(PERSON, out=charts, as_json=True))
            _write(reports / "progress.json", shown)
    except OSError as error:
        raise InputError(
            f"Expected a folder for reports in {reports}, but: {error.strerror}."
        ) from error


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _printed(command: Callable[[], None]) -> str:
    """Run a command and return what it prints, so that files hold what people would see."""
    text = io.StringIO()
    with redirect_stdout(text):
        command()
    return text.getvalue()


@contextmanager
def _bar(words: str, n_steps: int) -> Iterator[Callable[[], None]]:
    """Show how many steps are done; silent when nobody watches."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task(words, total=n_steps)
        yield lambda: bar.advance(task)
