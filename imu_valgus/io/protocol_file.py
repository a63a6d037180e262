"""A recording protocol of one's own, read from a TOML file."""

import math
import tomllib
from pathlib import Path
from typing import Any

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.model.protocol import ProtocolStep

__all__ = ["read_protocol"]


def read_protocol(path: Path) -> tuple[ProtocolStep, ...]:
    """Read a protocol from a TOML file with one ``[[step]]`` table per step.

    Parameters
    ----------
    path
        Each step has `task` and `seconds`, and may have `side`, `instruction` and
        ``tap_check = true``.

    Raises
    ------
    InputError
        If the file cannot be read or a step is not what it should be.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"Expected a protocol at '{path}', but it cannot be read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise InputError(f"Expected a TOML file at '{path}', found a mistake: {error}.") from error
    steps = document.get("step")
    if not isinstance(steps, list) or not steps:
        raise InputError(
            f"Expected [[step]] tables in '{path}', found none; see docs/recording.md."
        )
    return tuple(_step(table, number, path) for number, table in enumerate(steps, start=1))


def _step(table: Any, number: int, path: Path) -> ProtocolStep:
    try:
        return ProtocolStep(
            Task(table["task"]),
            _positive(float(table["seconds"])),
            Side(table["side"]) if "side" in table else None,
            str(table.get("instruction", "")),
            _truth(table.get("tap_check", False)),
        )
    except KeyError as error:
        raise InputError(f"Step {number} of '{path}' lacks {error.args[0]!r}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        tasks = ", ".join(Task)
        raise InputError(
            f"Step {number} of '{path}' has a mistake ({error}): task is one of {tasks}; seconds "
            "a positive number; side, if any, right or left; tap_check true or false."
        ) from error


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"tap_check = {value!r}")
    return value


def _positive(seconds: float) -> float:
    if not (math.isfinite(seconds) and seconds > 0.0):
        raise ValueError(f"seconds = {seconds:g}")
    return seconds
