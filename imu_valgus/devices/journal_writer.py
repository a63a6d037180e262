"""Writes the journal: collected, flushed, synced; never overwritten."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from imu_valgus.devices.journal import MAGIC, FrameKind, Packet, encode_json, encode_packet
from imu_valgus.errors import InputError

__all__ = ["JournalWriter"]

JsonObject = Mapping[str, object]


class JournalWriter:
    """Append to a journal; what was flushed survives the death of the process.

    `append_packet` and `append_event` only collect; `flush` hands everything to the operating
    system, `sync` to the disk. Not thread-safe but for `sync`, which may run in another thread.

    Parameters
    ----------
    path
        Where to write; must not exist yet.
    metadata
        What is known at the start; written completely or not at all, and synced.

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
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                raise FileExistsError(17, "it exists already")
            _write_atomically(path, MAGIC + encode_json(FrameKind.METADATA, metadata))
            self._file = path.open("ab", buffering=0)
            self._size = self._file.tell()
        except OSError as error:
            raise InputError(
                f"Expected to write the recording to '{path.parent}', but that is not possible "
                f"({error.strerror}); choose a folder that can be written, with --out."
            ) from error

    def append_packet(self, packet: Packet) -> None:
        """Collect one notification for the next flush."""
        self._pending.append(encode_packet(packet))

    def append_event(self, event: JsonObject) -> None:
        """Collect one event for the next flush."""
        self._pending.append(encode_json(FrameKind.EVENT, event))

    def append_metadata(self, metadata: JsonObject) -> None:
        """Collect a copy of the metadata, so that damage to the first one costs nothing."""
        self._pending.append(encode_json(FrameKind.METADATA, metadata))

    @property
    def size(self) -> int:
        """Bytes handed to the operating system so far."""
        return self._size

    def flush(self) -> None:
        """Hand everything collected to the operating system.

        Raises
        ------
        InputError
            If the disk is full or gone. The file ends with the last whole batch.
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
        """Wait until the disk has everything that was flushed.

        Raises
        ------
        InputError
            If the disk cannot take it.
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _lost(self, error: OSError) -> InputError:
        return InputError(
            f"Expected to go on writing '{self.path}', but the disk refuses ({error.strerror}); "
            f"what was recorded until then is safe: free some space and run  "
            f"imu-valgus recover '{self.path.parent}'."
        )


def _write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, even when the power goes."""
    part = path.with_name(f"{path.name}.{time.time_ns()}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
