"""The tap check of a recording: which spans, and which samples."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pyarrow import parquet

from imu_valgus.conventions import ACC_COLUMNS, GYR_COLUMNS, TIME_COLUMN
from imu_valgus.devices.capture_log import TaskMark
from imu_valgus.devices.session_toml import SensorFile
from imu_valgus.model import SensorStream
from imu_valgus.recording.taps import TapCheck, check_taps

__all__ = ["compare_taps", "timed_marks"]


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
