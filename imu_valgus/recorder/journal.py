"""The crash-safe journal: everything the radio delivered, on disk before it is interpreted.

The file is a sequence of frames, each of which can be found on its own::

    file   := magic(8) frame*                       the first frame is the metadata
    frame  := marker(4) kind(u8) length(u32) crc32(u32) payload(length)     little-endian
    crc32  := over kind, length and payload
    packet := sensor(u8) channel(u8) arrival_ns(i64) raw bytes
    event, metadata := a JSON object, UTF-8

A file that is cut anywhere yields every whole frame before the cut. A damaged byte costs only the
frame it is in: the reader looks for the next marker with a valid checksum and reports what it
skipped. An Arrow IPC stream of the same packets was tried for comparison: a cut loses the current
batch, and a flipped byte mostly goes unnoticed, because its batches carry no checksum. A journal is
never overwritten.
"""

import json
import os
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Self

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole

__all__ = ["JOURNAL_FILE", "Damage", "Journal", "JournalWriter", "Packet"]

JOURNAL_FILE: Final = "raw.jrnl"
"""Name of the journal inside the folder of a recording."""

JsonObject = Mapping[str, object]

_MAGIC: Final = b"IMUVJRN1"

_MARKER: Final = b"\xabIVF"
_HEAD: Final = struct.Struct("<4sBII")
_CHECKED: Final = struct.Struct("<BI")
_PACKET: Final = struct.Struct("<BBq")

_LONGEST_PAYLOAD: Final = 1 << 20
"""A longer payload is damage: a notification has at most 512 bytes, metadata a few kB."""

_LARGEST_FILE: Final = 1 << 32
"""Six hours of seven sensors take half a gigabyte."""

_VAIN_SHARE: Final = 16
"""False markers are given up when checking them has cost this many times the size of the file; only
a file that was made for it holds so many."""


class _FrameKind(IntEnum):
    METADATA = 1
    PACKET = 2
    EVENT = 3


@dataclass(frozen=True, slots=True)
class Packet:
    """One notification, exactly as it arrived.

    Parameters
    ----------
    sensor
        Index of the sensor in the journal's metadata.
    channel
        Index of the characteristic among those of the sensor.
    arrival_ns
        Host clock (monotonic, any origin) when the radio delivered it.
    data
        Unchanged bytes.
    """

    sensor: int
    channel: int
    arrival_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of bytes in a journal that is not a whole, intact frame.

    Parameters
    ----------
    offset, length
        First byte and number of bytes.
    """

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Journal:
    """Everything that could be read from a journal.

    Parameters
    ----------
    metadata
        What was known at the start; None if no copy of it is left.
    packets, events
        In the order in which they were written.
    damage
        Skipped stretches; one at the very end is typical of a program that was killed.
    """

    metadata: JsonObject | None
    packets: tuple[Packet, ...]
    events: tuple[JsonObject, ...]
    damage: tuple[Damage, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a journal, whatever state it is in.

        Parameters
        ----------
        path
            Journal file.

        Returns
        -------
        Journal
            Everything that is intact.

        Raises
        ------
        InputError
            If the file cannot be read at all. Damage inside it is not an error.
        """
        try:
            size = _size_of_file(path)
            with path.open("rb") as file:
                return cls.from_bytes(file.read(size))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(
                f"There is no readable journal at '{path}' ({reason}). Give the folder of "
                "the recording or its journal."
            ) from error
        except MemoryError as error:
            raise InputError(
                f"The journal at '{path}' does not fit into this computer's memory. Close other "
                "programs, or recover it on a larger computer."
            ) from error

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a journal from the bytes of its file; see `read`."""
        metadata: JsonObject | None = None
        packets: list[Packet] = []
        events: list[JsonObject] = []
        damage: list[Damage] = []
        at = len(_MAGIC) if content.startswith(_MAGIC) else 0
        search = _FrameSearch(content)
        while at < len(content):
            found = search.next_from(at)
            if found is None:
                damage.append(Damage(at, len(content) - at))
                break
            start, kind, payload = found
            if start > at:
                damage.append(Damage(at, start - at))
            at = start + _HEAD.size + len(payload)
            if kind == _FrameKind.PACKET and len(payload) >= _PACKET.size:
                sensor, channel, arrival_ns = _PACKET.unpack_from(payload)
                packets.append(Packet(sensor, channel, arrival_ns, payload[_PACKET.size :]))
            elif kind == _FrameKind.METADATA:
                metadata = metadata or _json_object(payload)
            elif kind == _FrameKind.EVENT and (event := _json_object(payload)):
                events.append(event)
        return cls(metadata, tuple(packets), tuple(events), tuple(damage))


def _size_of_file(path: Path) -> int:
    """Give the size of a regular file; a pipe or device would never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a file")
    if status.st_size > _LARGEST_FILE:
        raise ValueError(f"it is larger than {_LARGEST_FILE >> 30} GB")
    return status.st_size


class _FrameSearch:
    """Finds intact frames, in a time that the size of the file limits."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._vain_bytes = _LONGEST_PAYLOAD + _VAIN_SHARE * len(content)

    def next_from(self, at: int) -> tuple[int, int, bytes] | None:
        """Find the next intact frame from `at` on: its offset, kind and payload."""
        content = self._content
        while (at := content.find(_MARKER, at)) >= 0 and at + _HEAD.size <= len(content):
            _, kind, length, checksum = _HEAD.unpack_from(content, at)
            body = at + _HEAD.size
            if length <= _LONGEST_PAYLOAD and body + length <= len(content):
                payload = content[body : body + length]
                if zlib.crc32(payload, zlib.crc32(_CHECKED.pack(kind, length))) == checksum:
                    return at, kind, payload
                self._vain_bytes -= length
                if self._vain_bytes < 0:
                    return None
            at += 1
        return None


def _json_object(payload: bytes) -> JsonObject | None:
    """Decode a JSON frame; None if another program wrote something else into it."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _encode_json(kind: _FrameKind, value: JsonObject) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _encode_frame(kind, text.encode("utf-8", "replace"))


def _encode_frame(kind: _FrameKind, payload: bytes) -> bytes:
    checksum = zlib.crc32(payload, zlib.crc32(_CHECKED.pack(kind, len(payload))))
    return _HEAD.pack(_MARKER, kind, len(payload), checksum) + payload


class JournalWriter:
    """Appends to a journal; everything that was flushed survives the death of the process.

    `append_packet` and `append_event` only collect. `flush` hands everything to the operating
    system, `sync` to the disk. Only `sync` may be called from another thread.

    Parameters
    ----------
    path
        Journal file to create; must not exist yet.
    metadata
        What is known at the start. It is synced, and written completely or not at all.

    Raises
    ------
    InputError
        If the file exists or cannot be created.
    """

    def __init__(self, path: Path, metadata: JsonObject) -> None:
        self.path = path
        self._pending: list[bytes] = []
        self._size = 0
        try:
            make_private_folder(path.parent)
            if path.exists():
                raise FileExistsError(17, "it exists already")
            write_whole(path, _MAGIC + _encode_json(_FrameKind.METADATA, metadata))
            self._file = path.open("ab", buffering=0)
            self._size = self._file.tell()
        except OSError as error:
            raise InputError(
                f"The recording cannot be written to '{path.parent}' ({error.strerror}). Use "
                "--out to choose a folder that can be written."
            ) from error

    def append_packet(self, packet: Packet) -> None:
        """Collect one notification for the next flush."""
        head = _PACKET.pack(packet.sensor, packet.channel, packet.arrival_ns)
        self._pending.append(_encode_frame(_FrameKind.PACKET, head + packet.data))

    def append_event(self, event: JsonObject) -> None:
        """Collect one event for the next flush."""
        self._pending.append(_encode_json(_FrameKind.EVENT, event))

    def append_metadata(self, metadata: JsonObject) -> None:
        """Collect a copy of the metadata, in case the first one is damaged."""
        self._pending.append(_encode_json(_FrameKind.METADATA, metadata))

    @property
    def size(self) -> int:
        """Number of bytes handed to the operating system so far."""
        return self._size

    def flush(self) -> None:
        """Hand everything that was collected to the operating system.

        Raises
        ------
        InputError
            If the disk is full or gone. Everything written before is safe.
        """
        if not self._pending:
            return
        batch = memoryview(b"".join(self._pending))
        self._pending.clear()
        try:
            written = 0
            while written < len(batch):
                written += self._file.write(batch[written:])
        except OSError as error:
            raise self._lost(error) from error
        self._size += len(batch)

    def sync(self) -> None:
        """Wait until everything that was flushed is on the disk.

        Raises
        ------
        InputError
            If the disk reports an error.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Flush, sync and close; a second call does nothing."""
        if self._file.closed:
            return
        try:
            self.flush()
            self.sync()
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lost(self, error: OSError) -> InputError:
        return InputError(
            f"'{self.path}' can no longer be written ({error.strerror}). Everything recorded so "
            f"far is safe: free some space and run  imu-valgus recover '{self.path.parent}'."
        )
