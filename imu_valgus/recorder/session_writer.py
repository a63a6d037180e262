"""Turns a journal into a recorded session: one Parquet file per sensor, then ``session.toml``.

The same function ends a clean recording and recovers one that died, so there is a single way from
bytes to samples. ``session.toml`` is written last, after every other file has been read back and
compared; if it is there, the folder is complete.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from imu_valgus.conventions import SESSION_FILE, TIME_COLUMN
from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.io.plain_session import stream_columns
from imu_valgus.io.session_toml import RecordingEntry, SensorFile, write_recorded_session_toml
from imu_valgus.model import FloatArray, Placement, SensorStream, TaskSpan
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

__all__ = ["RECORDING_FOLDER", "RecordedSummary", "write_recorded_session"]

_log = logging.getLogger(__name__)

RECORDING_FOLDER: Final = "recording"
"""Sub-folder with the samples, and therefore the name of the recording in every result."""


@dataclass(frozen=True, slots=True)
class RecordedSummary:
    """What a recorded session holds.

    Parameters
    ----------
    folder
        Folder of the session.
    duration_s
        Time from the start of the recording to its last packet.
    sensors
        Sensors that delivered samples.
    tasks
        Labelled tasks.
    notes
        What went wrong or was repaired, one sentence each.
    tap_check
        How the sensors' clocks compare by taps; None if no taps were asked for.
    """

    folder: Path
    duration_s: float
    sensors: tuple[SensorRecord, ...]
    tasks: tuple[TaskSpan, ...]
    notes: tuple[str, ...]
    tap_check: TapCheck | None = None


def write_recorded_session(
    folder: Path, journal: Journal, *, notes: Sequence[str] = ()
) -> RecordedSummary:
    """Decode a journal, write the session beside it and verify what was written.

    Parameters
    ----------
    folder
        Folder of the recording. The journal in it is not changed.
    journal
        Content of the journal.
    notes
        What went wrong during the recording, one sentence each.

    Returns
    -------
    RecordedSummary
        What the session holds.

    Raises
    ------
    InputError
        If the journal holds nothing that can be used, or the folder cannot be written.
    """
    header = _header(journal, folder)
    events = _Events.of(journal)
    all_notes = [*notes, *_damage_notes(journal)]
    files: list[SensorFile] = []
    streams: dict[Placement, SensorStream] = {}
    try:
        make_private_folder(folder / RECORDING_FOLDER)
        for index, sensor in enumerate(header.sensors):
            written = _write_sensor(folder, journal, events, header, index)
            if written is None:
                all_notes.append(f"The {sensor.words} sent no samples.")
            else:
                streams[sensor.placement], file = written
                files.append(file)
        if not files:
            raise InputError(
                f"The journal in '{folder}' holds no samples: no sensor had started to stream when "
                "the recording ended, so there is nothing to recover."
            )
        records = tuple(file.record for file in files)
        end_ns = max(packet.arrival_ns for packet in journal.packets)
        duration_s = 1e-9 * (end_ns - header.start_ns)
        spans = list(_spans(events.marks, header.start_ns, duration_s))
        tasks = tuple(
            TaskSpan(mark.task, start_s, end_s, mark.side)
            for mark, start_s, end_s in spans
            if mark.task is not None
        )
        taps = None
        if tap_spans := [(start_s, end_s) for mark, start_s, end_s in spans if mark.is_tap_check]:
            promised_s = {record.placement: record.clock.sync_error_s for record in records}
            taps = check_taps(streams, tap_spans, sync_error_s=promised_s)
        entry = RecordingEntry(RECORDING_FOLDER, tasks)
        content = write_recorded_session_toml(
            header.info, entry, files, notes=all_notes, tap_check=taps
        )
        write_whole(folder / SESSION_FILE, content)
        for record in records:
            _log.info(
                "%s: %d samples at %.2f Hz, %d lost, %d reconnects, clock %s to %.1f ms",
                record.placement, record.received, record.rate_hz, record.lost, record.reconnects,
                record.clock.method, 1e3 * record.clock.sync_error_s,
            )  # fmt: skip
    except OSError as error:
        raise InputError(
            f"The recorded session cannot be written to '{folder}' ({error.strerror}). The journal "
            f"'{JOURNAL_FILE}' is safe: free some space and run  imu-valgus recover '{folder}'."
        ) from error
    return RecordedSummary(folder, duration_s, records, tasks, tuple(all_notes), taps)


def _header(journal: Journal, folder: Path) -> RecordingHeader:
    try:
        if journal.metadata is not None:
            return RecordingHeader.from_json(journal.metadata)
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(
        f"The journal in '{folder}' names no sensors: it was cut off before its first frame, or "
        "another program wrote it. There is nothing to recover."
    )


@dataclass(frozen=True, slots=True)
class _Events:
    """The journal's events by kind, in order of time."""

    configured: tuple[SensorConfigured, ...]
    links: tuple[LinkChange, ...]
    marks: tuple[TaskMark, ...]

    @classmethod
    def of(cls, journal: Journal) -> "_Events":
        events = [event for value in journal.events if (event := event_from_json(value))]
        ordered = sorted(events, key=lambda event: event.t_ns)
        # The recorder repeats configurations; each connection is listed once.
        configured = {
            (e.sensor, e.connection): e for e in ordered if isinstance(e, SensorConfigured)
        }
        return cls(
            tuple(configured.values()),
            tuple(e for e in ordered if isinstance(e, LinkChange)),
            tuple(e for e in ordered if isinstance(e, TaskMark)),
        )


def _spans(
    marks: Sequence[TaskMark], start_ns: int, duration_s: float
) -> Iterator[tuple[TaskMark, float, float]]:
    """Give each mark its start and end; it lasts until the next mark or the last packet."""
    times = [1e-9 * (mark.t_ns - start_ns) for mark in marks]
    for mark, start_s, end_s in zip(marks, times, [*times[1:], duration_s], strict=False):
        if end_s > start_s:
            yield mark, start_s, end_s


def _damage_notes(journal: Journal) -> Iterator[str]:
    if journal.damage:
        total = sum(part.length for part in journal.damage)
        count = len(journal.damage)
        yield (
            f"The journal was damaged in {count} place{'s' if count > 1 else ''} "
            f"({total} bytes skipped); each one costs at most one packet."
        )


def _write_sensor(
    folder: Path, journal: Journal, events: _Events, header: RecordingHeader, index: int
) -> tuple[SensorStream, SensorFile] | None:
    """Decode and write one sensor; None if it sent no samples."""
    table = decode_sensor(
        (packet for packet in journal.packets if packet.sensor == index),
        [event for event in events.configured if event.sensor == index],
        start_ns=header.start_ns,
    )
    samples = time_samples(table) if table is not None else None
    if table is None or samples is None:
        return None
    acc, gyr, mag = np.hsplit(samples.values, 3)
    has_mag = bool(np.isfinite(mag).any())
    stream = SensorStream(samples.time_s, acc, gyr, mag if has_mag else None)
    sensor = header.sensors[index]
    name = f"{RECORDING_FOLDER}/{sensor.placement}.parquet"
    columns = stream_columns(stream)
    sha256 = _write_verified(folder / name, columns)
    record = _record(table, samples, events, sensor, index)
    return stream, SensorFile(name, sha256, len(columns[TIME_COLUMN]), record)


def _write_verified(path: Path, columns: Mapping[str, FloatArray]) -> str:
    """Write a Parquet file, read it back from the disk and compare; return its SHA-256."""
    buffer = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), buffer, compression="zstd")
    write_whole(path, buffer.getvalue().to_pybytes())
    content = path.read_bytes()
    read_back = parquet.read_table(pa.BufferReader(content))
    for name, values in columns.items():
        if not np.array_equal(read_back[name].to_numpy(), values, equal_nan=True):
            raise InputError(
                f"'{path}' does not hold what was written to it, so the disk cannot be trusted. "
                "The journal is kept: copy the folder to another disk and run  imu-valgus recover "
                " there."
            )
    return hashlib.sha256(content).hexdigest()


def _record(
    table: BlockTable,
    samples: TimedSamples,
    events: _Events,
    sensor: PlannedSensor,
    index: int,
) -> SensorRecord:
    setup = next(event for event in reversed(events.configured) if event.sensor == index)
    streams = sum(
        link.sensor == index and link.state is LinkState.STREAMING for link in events.links
    )
    return SensorRecord(
        placement=sensor.placement,
        sensor_id=sensor.sensor_id,
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
