"""Turns a journal into a recorded session: one Parquet file per sensor, then ``session.toml``.

The same function ends a clean recording and recovers one that died, so there is a single way from
bytes to samples. ``session.toml`` is written last, after every other file has been read back and
compared; if it is there, the folder is complete.

One sensor that cannot be decoded, for whatever reason, never costs the others: it is named in the
notes, and its packets stay in the journal.
"""

import contextlib
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
from imu_valgus.io.logs import TAKE_LOG_FILE, log_to_file
from imu_valgus.io.plain_session import stream_columns
from imu_valgus.io.session_toml import RecordingEntry, SensorFile, write_recorded_session_toml
from imu_valgus.model import FloatArray, SensorStream, TaskSpan
from imu_valgus.model.recorded import SensorRecord
from imu_valgus.recorder.clocks.sample_times import TimedSamples, time_samples
from imu_valgus.recorder.decode import BlockTable, decode_sensor
from imu_valgus.recorder.journal import JOURNAL_FILE, Journal, Packet
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

_LEAD_NS: Final = 60 * 10**9
_LONGEST_TAKE_NS: Final = 7 * 86_400 * 10**9
"""Packets and events from a minute before the start to a week after it are taken as they are;
others come from damage, and their times would make tables of any size."""

_LONGEST_TAPS_S: Final = 300.0


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
    with contextlib.ExitStack() as log:
        with contextlib.suppress(OSError):  # the take matters more than its log
            log.enter_context(log_to_file(folder / TAKE_LOG_FILE))
        return _write_session(folder, journal, notes)


def _write_session(folder: Path, journal: Journal, notes: Sequence[str]) -> RecordedSummary:
    header = _header(journal, folder)
    events = _Events.of(journal, header)
    packets = _usable_packets(journal, header)
    take = _Take(folder, header, events, packets)
    try:
        make_private_folder(folder / RECORDING_FOLDER)
        written, silent, faults = _write_sensors(take)
        files = [file for _, file in written]
        if not files:
            raise _nothing_to_write(folder, faults)
        tasks, tap_spans = _labels(take)
        taps, tap_notes = _tap_check(written, tap_spans)
        all_notes = [*notes, *_damage_notes(journal, packets), *silent, *faults, *tap_notes]
        all_notes = [note.encode("utf-8", "replace").decode() for note in all_notes]
        entry = RecordingEntry(RECORDING_FOLDER, tasks)
        content = write_recorded_session_toml(
            header.info, entry, files, notes=all_notes, tap_check=taps
        )
        write_whole(folder / SESSION_FILE, content)
    except OSError as error:
        raise InputError(
            f"The recorded session cannot be written to '{folder}' ({error.strerror or error}). "
            f"The journal '{JOURNAL_FILE}' is safe: free some space and run  imu-valgus recover "
            f"'{folder}'."
        ) from error
    records = tuple(file.record for file in files)
    for record in records:
        _log.info(
            "%s: %d samples at %.2f Hz, %d lost, %d reconnects, clock %s to %.1f ms",
            record.placement, record.received, record.rate_hz, record.lost, record.reconnects,
            record.clock.method, 1e3 * record.clock.sync_error_s,
        )  # fmt: skip
    return RecordedSummary(folder, take.duration_s, records, tasks, tuple(all_notes), taps)


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
    def of(cls, journal: Journal, header: RecordingHeader) -> "_Events":
        read = (event_from_json(value) for value in journal.events)
        events = [event for event in read if event and _is_within_take(event.t_ns, header)]
        ordered = sorted(events, key=lambda event: event.t_ns)
        # The recorder repeats configurations; each connection is listed once.
        configured = {
            (e.sensor, e.connection): e for e in ordered if isinstance(e, SensorConfigured)
        }
        # A journal that was put together from pieces may hold an event twice.
        return cls(
            tuple(configured.values()),
            tuple(dict.fromkeys(e for e in ordered if isinstance(e, LinkChange))),
            tuple(dict.fromkeys(e for e in ordered if isinstance(e, TaskMark))),
        )


def _is_within_take(t_ns: int, header: RecordingHeader) -> bool:
    return -_LEAD_NS <= t_ns - header.start_ns <= _LONGEST_TAKE_NS


def _usable_packets(journal: Journal, header: RecordingHeader) -> dict[int, list[Packet]]:
    """Sort the packets by sensor, without those of unknown sensors and impossible times."""
    packets: dict[int, list[Packet]] = {index: [] for index in range(len(header.sensors))}
    for packet in journal.packets:
        if packet.sensor in packets and _is_within_take(packet.arrival_ns, header):
            packets[packet.sensor].append(packet)
    return packets


@dataclass(frozen=True, slots=True)
class _Take:
    """What of a journal can be used, and where the session goes."""

    folder: Path
    header: RecordingHeader
    events: _Events
    packets: Mapping[int, Sequence[Packet]]

    @property
    def duration_s(self) -> float:
        """Time from the start of the recording to its last packet."""
        arrivals = (packet.arrival_ns for some in self.packets.values() for packet in some)
        return 1e-9 * (max(arrivals, default=self.header.start_ns) - self.header.start_ns)


def _labels(take: _Take) -> tuple[tuple[TaskSpan, ...], list[tuple[float, float]]]:
    """Give the labelled tasks, and the spans in which the sensors were to be tapped."""
    tasks, taps = [], []
    marks, end_s = take.events.marks, take.duration_s
    times = [max(0.0, 1e-9 * (mark.t_ns - take.header.start_ns)) for mark in marks]
    # A task lasts until the next mark or the last packet.
    for mark, start_s, next_s in zip(marks, times, [*times[1:], end_s], strict=False):
        stop_s = min(next_s, end_s)
        if stop_s > start_s and mark.task is not None:
            tasks.append(TaskSpan(mark.task, start_s, stop_s, mark.side))
        if stop_s > start_s and mark.is_tap_check:
            taps.append((start_s, min(stop_s, start_s + _LONGEST_TAPS_S)))
    return tuple(tasks), taps


def _tap_check(
    written: Sequence["_WrittenSensor"], spans: Sequence[tuple[float, float]]
) -> tuple[TapCheck | None, list[str]]:
    """Compare the taps; a failure costs the comparison, not the recording."""
    if not spans:
        return None, []
    streams = {file.record.placement: stream for stream, file in written}
    promised_s = {file.record.placement: file.record.clock.sync_error_s for _, file in written}
    try:
        return check_taps(streams, spans, sync_error_s=promised_s), []
    except Exception as fault:  # noqa: BLE001 - see the docstring
        _log.error("the taps cannot be compared", exc_info=fault)
        return None, [f"The taps could not be compared ({_reason(fault)})."]


def _damage_notes(journal: Journal, usable: Mapping[int, Sequence[Packet]]) -> Iterator[str]:
    if journal.damage:
        total = sum(part.length for part in journal.damage)
        count = len(journal.damage)
        yield (
            f"The journal was damaged in {count} place{'s' if count > 1 else ''} "
            f"({total} bytes skipped); each one costs at most one packet."
        )
    if foreign := len(journal.packets) - sum(map(len, usable.values())):
        yield (
            f"{foreign} packet{'s' if foreign > 1 else ''} of the journal belong to none of the "
            "sensors or to no time of the recording, and were left out."
        )


_WrittenSensor = tuple[SensorStream, SensorFile]


def _write_sensors(take: _Take) -> tuple[list[_WrittenSensor], list[str], list[str]]:
    """Write every sensor that can be written; name those without samples, and what failed."""
    written: list[_WrittenSensor] = []
    silent: list[str] = []
    faults: list[str] = []
    for index, sensor in enumerate(take.header.sensors):
        try:
            result = _decoded(take, index)
            if result is None:
                silent.append(f"The {sensor.words} sent no samples.")
                continue
            stream, record, skipped = result
            written.append((stream, _write_stream(take.folder, stream, record)))
            faults += skipped
        except (OSError, _UntrustedDiskError):
            raise
        except Exception as fault:  # noqa: BLE001 - one sensor must not cost the others
            words = sensor.placement.words
            _log.error("the samples of the %s cannot be decoded", words, exc_info=fault)
            faults.append(_undecoded(f"The samples of the {words}", _reason(fault)))
    return written, silent, faults


def _undecoded(what: str, reason: str) -> str:
    return f"{what} could not be decoded ({reason}). They are still in the journal."


def _reason(fault: Exception) -> str:
    """Say in brackets why something failed: in our own words, or by the kind of error."""
    words = str(fault).strip().rstrip(".")
    return words if isinstance(fault, InputError) else f"{type(fault).__name__}: {words}"


def _nothing_to_write(folder: Path, faults: Sequence[str]) -> InputError:
    if faults:
        return InputError(
            f"No sensor of the recording in '{folder}' can be written. {faults[0]} The journal "
            f"'{JOURNAL_FILE}' is safe: keep it, and run  imu-valgus recover '{folder}'  with a "
            "newer version."
        )
    return InputError(
        f"The journal in '{folder}' holds no samples: no sensor had started to stream when "
        "the recording ended, so there is nothing to recover."
    )


def _decoded(take: _Take, index: int) -> tuple[SensorStream, SensorRecord, list[str]] | None:
    """Decode and time one sensor; None if it sent no samples. Notes tell of skipped packets."""
    sensor, packets = take.header.sensors[index], take.packets[index]
    setups = [event for event in take.events.configured if event.sensor == index]
    if packets and not setups:
        raise InputError("the journal does not say how")
    table = decode_sensor(packets, setups, start_ns=take.header.start_ns)
    samples = time_samples(table) if table is not None else None
    if table is not None and samples is None and table.faulty:
        raise InputError(f"the decoder failed at every packet, {table.first_fault}")
    if table is None or samples is None:
        return None
    acc, gyr, mag = np.hsplit(samples.values, 3)
    stream = SensorStream(samples.time_s, acc, gyr, mag if np.isfinite(mag).any() else None)
    skipped = []
    if table.faulty:
        count = f"{table.faulty} packet{'s' if table.faulty > 1 else ''}"
        skipped = [_undecoded(f"{count} of the {sensor.placement.words}", table.first_fault)]
    return stream, _record(table, samples, take.events, sensor, index), skipped


def _write_stream(folder: Path, stream: SensorStream, record: SensorRecord) -> SensorFile:
    name = f"{RECORDING_FOLDER}/{record.placement}.parquet"
    columns = stream_columns(stream)
    sha256 = _write_verified(folder / name, columns)
    return SensorFile(name, sha256, len(columns[TIME_COLUMN]), record)


class _UntrustedDiskError(InputError):
    """What was written is not what is read back."""


def _write_verified(path: Path, columns: Mapping[str, FloatArray]) -> str:
    """Write a Parquet file, read it back from the disk and compare; return its SHA-256."""
    buffer = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), buffer, compression="zstd")
    write_whole(path, buffer.getvalue().to_pybytes())
    content = path.read_bytes()
    read_back = parquet.read_table(pa.BufferReader(content))
    for name, values in columns.items():
        if not np.array_equal(read_back[name].to_numpy(), values, equal_nan=True):
            raise _UntrustedDiskError(
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
