"""From a journal to a recorded session: Parquet per sensor, ``session.toml`` last, all verified.

The same function ends a clean recording and recovers one that died: there is one way from bytes to
samples. ``session.toml`` is written only when every other file has been read back and compared; its
presence says that the folder is complete.

The tap check of a recording: which spans, and which samples.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from imu_valgus.conventions import ACC_COLUMNS, GYR_COLUMNS, MAG_COLUMNS, SESSION_FILE, TIME_COLUMN
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.io.session_toml import RecordingEntry, SensorFile, write_recorded_session_toml
from imu_valgus.model import FloatArray, SensorStream, TaskSpan
from imu_valgus.model.recorded import SensorRecord
from imu_valgus.recorder.clocks.sample_times import TimedSamples, time_samples
from imu_valgus.recorder.decode import BlockTable, decode_sensor
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal
from imu_valgus.recorder.journal_entries import (
    LinkChange,
    LinkState,
    PlannedSensor,
    RecordingHeader,
    SensorConfigured,
    TaskMark,
    event_from_json,
)
from imu_valgus.signals.taps import TapCheck, check_taps

__all__ = [
    "RECORDING_FOLDER",
    "RecordedSummary",
    "compare_taps",
    "timed_marks",
    "write_recorded_session",
]


def timed_marks(
    marks: Sequence[TaskMark], start_ns: int, duration_s: float
) -> Iterator[tuple[TaskMark, float, float]]:
    """Give each mark its start and end; it lasts until the next mark or the last packet."""
    times = [1e-9 * (mark.t_ns - start_ns) for mark in marks]
    ends = [*times[1:], duration_s][: len(times)]
    yield from zip(marks, times, ends, strict=True)


def compare_taps(
    folder: Path,
    files: Sequence[SensorFile],
    marks: Sequence[TaskMark],
    start_ns: int,
    duration_s: float,
) -> TapCheck | None:
    """Compare the taps in the written files; None where no taps were asked for."""
    spans = [
        (start_s, end_s)
        for mark, start_s, end_s in timed_marks(marks, start_ns, duration_s)
        if mark.is_tap_check and end_s > start_s
    ]
    if not spans:
        return None
    streams = {file.record.placement: _stream(folder / file.name) for file in files}
    promised = {file.record.placement: file.record.clock.sync_error_s for file in files}
    return check_taps(streams, spans, sync_error_s=promised)


def _stream(path: Path) -> SensorStream:
    table = parquet.read_table(path, columns=[TIME_COLUMN, *ACC_COLUMNS, *GYR_COLUMNS])
    acc, gyr = (
        np.column_stack([table[name].to_numpy() for name in names])
        for names in (ACC_COLUMNS, GYR_COLUMNS)
    )
    return SensorStream(time_s=table[TIME_COLUMN].to_numpy(), acc=acc, gyr=gyr)


RECORDING_FOLDER: Final = "recording"
"""Sub-folder with the samples, and so the name of the recording in every result."""


@dataclass(frozen=True, slots=True)
class RecordedSummary:
    """What a recorded session holds.

    Parameters
    ----------
    folder
        Where it is.
    duration_s
        From the start of the recording to its last packet.
    sensors
        Those that delivered samples.
    tasks
        As labelled.
    notes
        What went wrong or was repaired, one sentence each.
    tap_check
        None where no taps were asked for.
    """

    folder: Path
    duration_s: float
    sensors: tuple[SensorRecord, ...]
    tasks: tuple[TaskSpan, ...]
    notes: tuple[str, ...]
    tap_check: TapCheck | None = None


@dataclass(frozen=True, slots=True)
class _Story:
    """The journal's events by kind, in the order of time."""

    configured: tuple[SensorConfigured, ...]
    links: tuple[LinkChange, ...]
    marks: tuple[TaskMark, ...]

    @classmethod
    def of(cls, journal: Journal) -> "_Story":
        events = [event for value in journal.events if (event := event_from_json(value))]
        ordered = sorted(events, key=lambda event: event.t_ns)
        # The recorder repeats configurations; the same connection is listed once.
        configured = {
            (e.sensor, e.connection): e for e in ordered if isinstance(e, SensorConfigured)
        }
        return cls(
            tuple(configured.values()),
            tuple(e for e in ordered if isinstance(e, LinkChange)),
            tuple(e for e in ordered if isinstance(e, TaskMark)),
        )


def write_recorded_session(
    folder: Path, journal: Journal, *, notes: Sequence[str] = ()
) -> RecordedSummary:
    """Decode a journal, write the session beside it and verify what was written.

    Parameters
    ----------
    folder
        Of the recording; the journal itself is not touched.
    journal
        As read.
    notes
        What is known to have gone wrong, for the reader of the session.

    Raises
    ------
    InputError
        If the journal holds nothing that can be used, or the folder cannot be written.
    """
    header = _header(journal, folder)
    story = _Story.of(journal)
    said = [*notes, *_damage_notes(journal)]
    files: list[SensorFile] = []
    try:
        make_private_folder(folder / RECORDING_FOLDER)
        for index, planned in enumerate(header.sensors):
            written = _write_sensor(folder, journal, story, header, index)
            if written is None:
                said.append(_silent_note(planned))
            else:
                files.append(written)
        if not files:
            raise InputError(
                f"The journal in '{folder}' holds no samples: no sensor had begun to stream when "
                "the recording ended; there is nothing to recover."
            )
        end_ns = max(packet.arrival_ns for packet in journal.packets)
        duration_s = 1e-9 * (end_ns - header.start_ns)
        tasks = tuple(_tasks(story.marks, header.start_ns, duration_s))
        taps = compare_taps(folder, files, story.marks, header.start_ns, duration_s)
        entry = RecordingEntry(RECORDING_FOLDER, tasks)
        content = write_recorded_session_toml(header.info, entry, files, notes=said, tap_check=taps)
        write_whole(folder / SESSION_FILE, content)
    except OSError as error:
        raise InputError(
            f"Expected to write the recorded session to '{folder}', but the disk refuses "
            f"({error.strerror}); the journal '{JOURNAL_FILE}' is safe: free some space and run  "
            f"imu-valgus recover '{folder}'."
        ) from error
    records = tuple(file.record for file in files)
    return RecordedSummary(folder, duration_s, records, tasks, tuple(said), taps)


def _header(journal: Journal, folder: Path) -> RecordingHeader:
    try:
        if journal.metadata is not None:
            return RecordingHeader.from_json(journal.metadata)
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(
        f"The journal in '{folder}' tells no sensors: it was cut off before its first frame, or "
        "another program wrote it; nothing can be recovered from it."
    )


def _damage_notes(journal: Journal) -> Iterator[str]:
    if journal.damage:
        total = sum(part.length for part in journal.damage)
        count = len(journal.damage)
        yield (
            f"The journal was damaged in {count} place{'s' if count > 1 else ''} "
            f"({total} bytes skipped); at most one packet is lost with each."
        )


def _silent_note(planned: PlannedSensor) -> str:
    return f"The sensor at the {planned.placement.words} ({planned.sensor_id}) sent no samples."


def _write_sensor(
    folder: Path, journal: Journal, story: _Story, header: RecordingHeader, index: int
) -> SensorFile | None:
    table = decode_sensor(
        (packet for packet in journal.packets if packet.sensor == index),
        [event for event in story.configured if event.sensor == index],
        start_ns=header.start_ns,
    )
    samples = time_samples(table) if table is not None else None
    if table is None or samples is None:
        return None
    planned = header.sensors[index]
    name = f"{RECORDING_FOLDER}/{planned.placement}.parquet"
    columns = _columns(samples)
    sha256 = _write_verified(folder / name, columns)
    record = _record(table, samples, story, planned, index)
    return SensorFile(name, sha256, len(columns[TIME_COLUMN]), record)


def _columns(samples: TimedSamples) -> dict[str, FloatArray]:
    names = (*ACC_COLUMNS, *GYR_COLUMNS, *MAG_COLUMNS)
    values = {name: samples.values[:, k] for k, name in enumerate(names)}
    if not np.isfinite(samples.values[:, 6:]).any():
        values = {name: values[name] for name in (*ACC_COLUMNS, *GYR_COLUMNS)}
    return {TIME_COLUMN: samples.time_s, **values}


def _write_verified(path: Path, columns: dict[str, FloatArray]) -> str:
    """Write a Parquet file, read it back from the disk, compare; return its SHA-256."""
    buffer = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), buffer, compression="zstd")
    write_whole(path, buffer.getvalue().to_pybytes())
    content = path.read_bytes()
    read_back = parquet.read_table(pa.BufferReader(content))
    for name, values in columns.items():
        if not np.array_equal(read_back[name].to_numpy(), values, equal_nan=True):
            raise InputError(
                f"Expected to read from '{path}' what was written to it, but it differs; the "
                "disk is not to be trusted. The journal is kept: copy the folder elsewhere and "
                "run  imu-valgus recover  there."
            )
    return hashlib.sha256(content).hexdigest()


def _record(
    table: BlockTable,
    samples: TimedSamples,
    story: _Story,
    planned: PlannedSensor,
    index: int,
) -> SensorRecord:
    setup = next(event for event in reversed(story.configured) if event.sensor == index)
    streams = sum(
        link.sensor == index and link.state is LinkState.STREAMING for link in story.links
    )
    return SensorRecord(
        placement=planned.placement,
        sensor_id=planned.sensor_id,
        model=setup.model,
        firmware=setup.firmware,
        protocol=setup.recipe.protocol,
        nominal_rate_hz=table.nominal_rate_hz,
        rate_hz=samples.rate_hz,
        loss_accounting=str(table.accounting),
        received=int(samples.time_s.size),
        lost=samples.lost,
        gaps=samples.gaps,
        reconnects=max(0, streams - 1),
        undecodable=table.undecodable,
        clock=samples.clock,
    )


def _tasks(marks: Sequence[TaskMark], start_ns: int, duration_s: float) -> Iterator[TaskSpan]:
    """Turn marks into spans; each task lasts until the next mark or the last packet."""
    for mark, start_s, end_s in timed_marks(marks, start_ns, duration_s):
        if mark.task is not None and end_s > start_s:
            yield TaskSpan(mark.task, start_s, end_s, mark.side)
