"""``imu-valgus report``: the two pages about a person's weeks, as PDF or HTML."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from imu_valgus.cli.console import JsonOption, examples, print_json, print_lines, progress_steps
from imu_valgus.cli.course import History, read_history
from imu_valgus.cli.people import PersonArgument

if TYPE_CHECKING:
    from imu_valgus.reports.weeks.course_input import PagesInput


class _For(StrEnum):
    PROFESSIONAL = "professional"
    PARTICIPANT = "participant"
    BOTH = "both"


class _Format(StrEnum):
    HTML = "html"
    PDF = "pdf"
    BOTH = "both"


_NAMES: Final = {"professional": "movement_summary", "participant": "participant_page"}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples(
        "imu-valgus report P1 --out reports",
        "imu-valgus report P1 --out reports --for participant --format pdf",
    )
    app.command("report", epilog=epilog)(report_command)


def report_command(
    person: PersonArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the pages.")],
    audience: Annotated[_For, typer.Option("--for", help="Who will read the pages.")] = _For.BOTH,
    file_format: Annotated[_Format, typer.Option("--format", help="File format.")] = _Format.BOTH,
    as_json: JsonOption = False,
) -> None:
    """Write a page for the physiotherapist and one for the participant."""
    from imu_valgus.io.report_files import write_report_files

    history = read_history(person, needs_sessions=True)
    audiences = [reader for reader in _NAMES if audience in (_For.BOTH, reader)]
    endings = [ending for ending in ("pdf", "html") if file_format in (_Format.BOTH, ending)]
    with progress_steps() as tell:
        tell(f"Reading the sessions of {person}")
        pages_input = _pages_input(history)
        files = {}
        for reader in audiences:
            for ending in endings:
                name = f"{person}_{_NAMES[reader]}.{ending}"
                tell(f"Drawing {name}")
                files[name] = _rendered(pages_input, reader, ending)
        written = write_report_files(out, files)
    if as_json:
        print_json({"person": person, "files": [str(path) for path in written]})
    else:
        print_lines([f"Wrote {path}" for path in written])


def _pages_input(history: History) -> "PagesInput":
    from imu_valgus.io.session_files import read_session_curves, read_session_trust, read_step_ups
    from imu_valgus.model.progress import all_keys
    from imu_valgus.reports.weeks.course_input import PagesInput
    from imu_valgus.store import Store

    with Store() as store:
        names = [session.session_id for session in history.sessions]
        files = {name: store.files_of(name) for name in names}
    return PagesInput(
        history.course(all_keys(history.sessions)),
        curves={name: read_session_curves(paths) for name, paths in files.items()},
        step_ups={name: read_step_ups(paths) for name, paths in files.items()},
        trust={name: read_session_trust(paths) for name, paths in files.items()},
    )


def _rendered(pages_input: "PagesInput", audience: str, ending: str) -> bytes:
    from imu_valgus.reports.weeks.html import render_course_html
    from imu_valgus.reports.weeks.pdf import render_course_pdf

    if ending == "pdf":
        return render_course_pdf(pages_input, audience=audience)
    return render_course_html(pages_input, audience=audience).encode()
