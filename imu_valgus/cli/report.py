"""``imu-valgus report``: the two pages about a person's weeks, as PDF and HTML."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import JsonOption
from imu_valgus.cli.console import print_json, print_lines, progress_steps
from imu_valgus.cli.course_options import KeptWeeks, kept_weeks
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


_NAMES = {"professional": "movement_summary", "participant": "participant_page"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "Examples:\n\n"
        "imu-valgus report P1 --out reports\n\n"
        "imu-valgus report P1 --out reports --for participant --format pdf"
    )
    app.command("report", epilog=examples)(report_command)


def report_command(
    person: PersonArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for the pages.", show_default=False
        ),
    ],
    audience: Annotated[_For, typer.Option("--for", help="Whom the pages are for.")] = _For.BOTH,
    file_format: Annotated[
        _Format, typer.Option("--format", help="How they are written.")
    ] = _Format.BOTH,
    as_json: JsonOption = False,
) -> None:
    """Write a page for the physiotherapist and one for the participant."""
    from imu_valgus.io.report_files import write_report_files

    weeks = kept_weeks(person)
    weeks.check_sessions()
    audiences = [one for one in _NAMES if audience in (_For.BOTH, one)]
    formats = [one for one in ("pdf", "html") if file_format in (_Format.BOTH, one)]
    with progress_steps() as tell:
        tell(f"Reading the sessions of {person}")
        pages_input = pages_input_of(weeks)
        files = {}
        for one in audiences:
            for ending in formats:
                name = f"{person}_{_NAMES[one]}.{ending}"
                tell(f"Drawing {name}")
                files[name] = _rendered(pages_input, one, ending)
        written = write_report_files(out, files)
    if as_json:
        print_json({"person": person, "files": [str(path) for path in written]})
        return
    print_lines([f"Wrote {path}" for path in written])


def _rendered(pages_input: "PagesInput", audience: str, ending: str) -> bytes:
    from imu_valgus.reports.weeks.html import render_course_html
    from imu_valgus.reports.weeks.pdf import render_course_pdf

    if ending == "pdf":
        return render_course_pdf(pages_input, audience=audience)
    return render_course_html(pages_input, audience=audience).encode()


def pages_input_of(weeks: KeptWeeks) -> "PagesInput":
    """Read what the store keeps of a person's sessions and review their course.

    Raises
    ------
    InputError
        If a result file is damaged.
    """
    from imu_valgus.io.session_files import read_session_curves, read_session_trust, read_step_ups
    from imu_valgus.model.progress import all_keys
    from imu_valgus.reports.weeks.course_input import PagesInput
    from imu_valgus.store import Store

    with Store() as store:
        files = {one.session_id: store.files_of(one.session_id) for one in weeks.sessions}
    return PagesInput(
        weeks.course(all_keys(weeks.sessions)),
        curves={name: read_session_curves(own) for name, own in files.items()},
        step_ups={name: read_step_ups(own) for name, own in files.items()},
        trust={name: read_session_trust(own) for name, own in files.items()},
    )
