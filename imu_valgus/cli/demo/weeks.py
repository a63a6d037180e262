"""``imu-valgus demo --weeks``: a simulated programme, handled like a real one."""

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

from imu_valgus.cli.add import keep
from imu_valgus.cli.compare import compare_command
from imu_valgus.cli.console import progress_steps
from imu_valgus.cli.demo.session import PERSON, KeptSession, kept_session
from imu_valgus.cli.progress import progress_command
from imu_valgus.cli.report import report_command
from imu_valgus.errors import InputError
from imu_valgus.exercises.proposal import propose_programme
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
"""A Monday in the past; fixed, so that reports come out the same every time."""

_REPEATS_BEFORE: Final = timedelta(days=7)
"""Long enough for the four days of repeat sessions to end before the baseline begins."""


@dataclass(frozen=True, slots=True)
class DemoWeeks:
    """A simulated programme with its store and reports.

    Parameters
    ----------
    sessions
        Plans of the sessions, in order of time.
    kept
        What went into the store for each, in the same order.
    weeks
        Length of the programme.
    store, reports
        Folders of the store and of the reports.
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
    """Simulate a programme, put its sessions into a store, and write every report.

    Sessions are analysed directly, without going through files: their raw samples would take
    100 MB of text that nobody reads. The hash stored with each session is that of its samples.

    Parameters
    ----------
    out
        Folder that gets the folders ``store`` and ``reports``.
    weeks
        Length of the programme.
    seed
        Chooses the person and the noise.
    jobs
        Number of processes; None takes one per processor. The results do not depend on it.
    protocol
        How long a session lasts; None for the usual one.
    with_repeats
        Whether six repeat sessions come first, from which the person's own spread is measured.

    Returns
    -------
    DemoWeeks
        Sessions and folders.

    Raises
    ------
    InputError
        If the folder already holds a store, or cannot be written.
    """
    folder, reports = out / "store", out / "reports"
    if folder.exists():
        raise InputError(
            f"{folder} already exists, and the demo needs a new store. Choose another --out or "
            "remove that folder."
        )
    appointments = list(propose_programme_sessions(START, weeks=weeks))
    if with_repeats:
        appointments += propose_repeat_sessions(START - _REPEATS_BEFORE)
    visits = [(appointment.day, appointment.purpose) for appointment in appointments]
    sessions = simulated_course(visits, start=START, weeks=weeks, seed=seed, protocol=protocol)
    programme = propose_programme(START, weeks=weeks)
    with _bar(f"Simulating and analysing {len(sessions)} sessions", len(sessions)) as advance:
        kept = analyse_sessions(sessions, jobs, advance)
    with Store(folder) as store:
        store.add_person(PERSON)
        for session in kept:
            keep(store, session.record, session.files, again=False, is_named=False)
        store.set_programme(PERSON, programme)
        store.add_log(PERSON, simulated_diary(programme, weeks=weeks, seed=seed))
    with store_at(folder):
        _write_reports(reports)
    return DemoWeeks(sessions, tuple(kept), weeks, folder, reports)


def analyse_sessions(
    sessions: Sequence[CourseSession], jobs: int | None, advance: Callable[[], None]
) -> list[KeptSession]:
    """Simulate and analyse sessions in several processes, or in this one if none can be started.

    Parameters
    ----------
    sessions
        Plans of the sessions.
    jobs
        Number of processes; None takes one per processor.
    advance
        Called after each session.

    Returns
    -------
    list of KeptSession
        The sessions for the store, in the same order.
    """

    def tell(_done: str) -> None:
        advance()

    n_jobs = default_jobs() if jobs is None else jobs
    try:
        with _environment(_ONE_THREAD):
            return work_through(kept_session, sessions, jobs=n_jobs, tell=tell)
    except (BrokenProcessPool, OSError, NotImplementedError):
        # Some computers do not allow starting processes or sharing locks between them.
        return work_through(kept_session, sessions, jobs=1, tell=tell)


_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""Each processor works on one session; several threads of linear algebra each, waiting for one
another, took a third more time."""


@contextmanager
def store_at(folder: Path) -> Iterator[None]:
    """Make commands use the store in a folder.

    Parameters
    ----------
    folder
        Folder of the store.

    Yields
    ------
    None
        While the block runs, commands find this store.
    """
    with _environment({"IMU_VALGUS_HOME": str(folder)}):
        yield


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for this process and those it starts, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
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
        with redirect_stdout(io.StringIO()):
            report_command(PERSON, reports, as_json=True)
        with progress_steps() as tell:
            tell("Comparing baseline and close")
            _save_output(reports / "compare.json", lambda: compare_command(PERSON, as_json=True))
            tell("Drawing every measure over the weeks")
            _save_output(
                reports / "progress.json",
                lambda: progress_command(PERSON, out=reports / "charts", as_json=True),
            )
    except OSError as error:
        raise InputError(
            f"Cannot write reports to {reports} ({error.strerror}). Choose another --out."
        ) from error


def _save_output(path: Path, command: Callable[[], None]) -> None:
    """Write what a command prints to a file."""
    text = io.StringIO()
    with redirect_stdout(text):
        command()
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


@contextmanager
def _bar(words: str, n_steps: int) -> Iterator[Callable[[], None]]:
    """Show how many steps are done; silent without a terminal."""
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
