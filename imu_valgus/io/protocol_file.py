"""Reads a custom recording protocol from a TOML file."""

import tomllib
from pathlib import Path
from typing import Any

from imu_valgus.errors import InputError
from imu_valgus.model import Side, Task
from imu_valgus.model.limits import STEP_S, is_possible
from imu_valgus.model.protocol import ProtocolStep

__all__ = ["read_protocol"]


def read_protocol(path: Path) -> tuple[ProtocolStep, ...]:
    """Read a protocol from a TOML file with one ``[[step]]`` table per step.

    Parameters
    ----------
    path
        Protocol file. Each step has `task` and `seconds`, and may have `side`, `instruction` and
        ``tap_check = true``.

    Returns
    -------
    tuple of ProtocolStep
        Steps in the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read or a step has a mistake.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"The protocol '{path}' cannot be read ({error.strerror}). Check its name."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The protocol '{path}' is no valid TOML file ({error}). Correct it."
        ) from error
    steps = document.get("step")
    if not isinstance(steps, list) or not steps:
        raise InputError(f"The protocol '{path}' has no [[step]] tables. See docs/recording.md.")
    return tuple(_step(table, number, path) for number, table in enumerate(steps, start=1))


def _step(table: Any, number: int, path: Path) -> ProtocolStep:
    try:
        return ProtocolStep(
            Task(table["task"]),
            _seconds(float(table["seconds"])),
            Side(table["side"]) if "side" in table else None,
            str(table.get("instruction", "")),
            _flag(table.get("tap_check", False)),
        )
    except KeyError as error:
        raise InputError(f"Step {number} of '{path}' lacks {error.args[0]!r}. Add it.") from error
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        tasks = ", ".join(Task)
        raise InputError(
            f"Step {number} of '{path}' has a mistake ({error}). `task` must be one of {tasks}, "
            "`seconds` a number from 1 to 21600 (6 hours), `side` (optional) right or left, and "
            "`tap_check` (optional) true or false."
        ) from error


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"tap_check = {value!r}")
    return value


def _seconds(seconds: float) -> float:
    if not is_possible(seconds, STEP_S):
        raise ValueError(f"seconds = {seconds:g}")
    return seconds
