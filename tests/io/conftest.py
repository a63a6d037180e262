"""Small sessions written with the standard library only, so that the writer is not trusted."""

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

COLUMNS = (
    "time_s",
    "acc_x_m_s2",
    "acc_y_m_s2",
    "acc_z_m_s2",
    "gyr_x_rad_s",
    "gyr_y_rad_s",
    "gyr_z_rad_s",
)


def nodding_rows(*, n: int = 500, rate_hz: float = 100.0, start_s: float = 0.0) -> np.ndarray:
    """Rows of a sensor that rests for a second, then nods about its x axis."""
    time_s = start_s + np.arange(n) / rate_hz
    moving = np.clip(time_s - start_s - 1.0, 0.0, None)
    angle = 0.6 * np.sin(2 * np.pi * 0.5 * moving)
    speed = 0.6 * 2 * np.pi * 0.5 * np.cos(2 * np.pi * 0.5 * moving) * (moving > 0)
    acc = 9.81 * np.stack([np.zeros(n), np.cos(angle), -np.sin(angle)], axis=1)
    gyr = np.stack([speed, np.zeros(n), np.zeros(n)], axis=1)
    noise = np.random.default_rng(7).normal(size=(n, 6))
    return np.column_stack([time_s, acc + 0.02 * noise[:, :3], gyr + 0.003 * noise[:, 3:]])


@pytest.fixture
def rows() -> Callable[..., np.ndarray]:
    return nodding_rows


WriteCsv = Callable[..., Path]


@pytest.fixture
def write_csv() -> WriteCsv:
    """Write rows of numbers (or text) below column names, plain or gzipped by the file's name."""

    def write(
        file: Path,
        table: np.ndarray | Sequence[Sequence[object]],
        *,
        columns: Sequence[str] = COLUMNS,
        delimiter: str = ",",
    ) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        opener = gzip.open if file.name.endswith(".gz") else open
        with opener(file, "wt", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerow(columns)
            writer.writerows([[_shown(cell, delimiter) for cell in row] for row in table])
        return file

    def _shown(cell: object, delimiter: str) -> str:
        text = f"{cell:.6f}" if isinstance(cell, float) else str(cell)
        return text.replace(".", ",") if delimiter == ";" else text

    return write


@pytest.fixture
def write_leg(tmp_path: Path, write_csv: WriteCsv) -> Callable[..., Path]:
    """Write a session of one recording: both sensors of the right leg, replaced where asked."""

    def write(replaced: Mapping[str, np.ndarray] | None = None, *, folder: str = "walk") -> Path:
        tables = {"thigh_right": nodding_rows(), "shank_right": nodding_rows()} | dict(
            replaced or {}
        )
        for name, table in tables.items():
            write_csv(tmp_path / "session" / folder / f"{name}.csv", table)
        return tmp_path / "session"

    return write
