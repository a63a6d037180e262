"""Reads a custom recording protocol from a TOML file."""

from pathlib import Path
from typing import Any

from imu_valgus.errors import InputError
from imu_valgus.io.regular_file import brief, printable, shown_path
from imu_valgus.io.toml_document import load_toml
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
    name = shown_path(path)
    try:
        document = load_toml(path)
    except OSError as error:
        raise InputError(
            f"The protocol '{name}' cannot be read ({error.strerror}). Check its name."
        ) from error
    except (ValueError, RecursionError) as error:
        what = printable(str(error), most=200)
        raise InputError(
            f"The protocol '{name}' is not a valid TOML file ({what}). Correct it."
        ) from error
    steps = document.get("step")
    if not isinstance(steps, list) or not steps:
        raise InputError(f"The protocol '{name}' has no [[step]] tables. See docs/recording.md.")
    return tuple(_step(table, number, name) for number, table in enumerate(steps, start=1))


def _step(table: Any, number: int, name: str) -> ProtocolStep:
    try:
        return ProtocolStep(
            Task(table["task"]),
            _seconds(float(table["seconds"])),
            Side(table["side"]) if "side" in table else None,
            _text(table.get("instruction", "")),
            _flag(table.get("tap_check", False)),
        )
    except KeyError as error:
        raise InputError(f"Step {number} of '{name}' lacks {error.args[0]!r}. Add it.") from error
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        tasks, what = ", ".join(Task), printable(str(error), most=100)
        raise InputError(
            f"Step {number} of '{name}' has a mistake ({what}). `task` must be one of {tasks}, "
            "`seconds` a number from 1 to 21600 (6 hours), `side` (optional) right or left, "
            "and `tap_check` (optional) true or false."
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"instruction = {brief(value)}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"tap_check = {brief(value)}")
    return value


def _seconds(seconds: float) -> float:
    if not is_possible(seconds, STEP_S):
        raise ValueError(f"seconds = {seconds:g}")
    return seconds
