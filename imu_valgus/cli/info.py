"""``imu-valgus info``: what a session holds, before any analysis."""

from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.analyse import PlaceOption, SessionArgument, parsed_places
from imu_valgus.cli.console import (
    JsonOption,
    counted,
    examples,
    print_json,
    print_lines,
    progress_steps,
)
from imu_valgus.errors import InputError

if TYPE_CHECKING:
    from imu_valgus.model import Placement, Recording, Session, StreamQuality, TaskSpan

FindOption = Annotated[
    bool, typer.Option("--find/--no-find", help="Also look for tasks that are not labelled.")
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("info", epilog=examples("imu-valgus info my_session"))(info_command)


def info_command(
    session: SessionArgument,
    place: PlaceOption = None,
    find: FindOption = True,
    as_json: JsonOption = False,
) -> None:
    """Show what a session holds: sensors, rates, gaps, labelled tasks and tasks found."""
    from imu_valgus.io.sessions import read_session

    with progress_steps() as tell:
        tell(f"Reading {session}")
        content = read_session(session, places=parsed_places(place))
        tasks = _tasks(content, is_searched=find)
    if as_json:
        print_json(_document(content, tasks))
        return
    lines = [f"{content.source_format}, {counted(len(content.recordings), 'recording')}"]
    if content.info.subject:
        lines.append(f"Subject:  {content.info.subject}")
    for recording in content.recordings:
        lines += ["", recording.name, *_sensor_lines(recording)]
        lines += [f"  {_task_words(span)}" for span in tasks[recording.name]]
    lines += ["", *(f"{finding.severity}: {finding.message}" for finding in content.findings)]
    print_lines(lines)


def _tasks(session: "Session", *, is_searched: bool) -> dict[str, "tuple[TaskSpan, ...]"]:
    labelled = {recording.name: recording.tasks for recording in session.recordings}
    if not is_searched:
        return labelled
    from imu_valgus.pipeline import find_tasks

    try:
        return dict(find_tasks(session))
    except InputError:
        # Without a static trial there are only the labels; analyse explains why.
        return labelled


def _sensor_lines(recording: "Recording") -> list[str]:
    lines = []
    for placement, quality in _qualities(recording).items():
        stream = recording.streams[placement]
        magnetometer = "with" if stream.mag is not None else "no"
        lines.append(
            f"  {placement:<12} {stream.time_s[0]:7.2f} to {stream.time_s[-1]:7.2f} s  "
            f"{quality.rate_hz:6.1f} Hz  received {100 * quality.received_share:5.1f} %  "
            f"longest gap {quality.longest_gap_s:.2f} s  {magnetometer} magnetometer"
        )
    return lines


def _qualities(recording: "Recording") -> "dict[Placement, StreamQuality]":
    from imu_valgus.signals.quality import measure_quality

    start_s = min(float(stream.time_s[0]) for stream in recording.streams.values())
    end_s = max(float(stream.time_s[-1]) for stream in recording.streams.values())
    return {
        placement: measure_quality(stream, start_s=start_s, end_s=end_s)
        for placement, stream in recording.streams.items()
    }


def _task_words(span: "TaskSpan") -> str:
    side = f" ({span.side})" if span.side else ""
    return f"{span.start_s:7.1f} to {span.end_s:7.1f} s  {span.task}{side}".replace("_", " ")


def _document(session: "Session", tasks: "dict[str, tuple[TaskSpan, ...]]") -> dict[str, object]:
    return {
        "source": session.source_format,
        "subject": session.info.subject,
        "recordings": [
            {
                "name": recording.name,
                "sensors": {
                    str(placement): {
                        "start_s": float(recording.streams[placement].time_s[0]),
                        "end_s": float(recording.streams[placement].time_s[-1]),
                        "rate_hz": round(quality.rate_hz, 3),
                        "received_share": round(quality.received_share, 5),
                        "longest_gap_s": round(quality.longest_gap_s, 3),
                        "has_magnetometer": recording.streams[placement].mag is not None,
                    }
                    for placement, quality in _qualities(recording).items()
                },
                "tasks": [
                    {
                        "task": str(span.task),
                        "side": str(span.side) if span.side else None,
                        "start_s": span.start_s,
                        "end_s": span.end_s,
                    }
                    for span in tasks[recording.name]
                ],
            }
            for recording in session.recordings
        ],
        "findings": [
            {"severity": str(finding.severity), "message": finding.message}
            for finding in session.findings
        ],
    }
