"""Sensor calibrations as versioned JSON files: ``calibration/<sensor_id>/<date>.json``."""

import errno
import json
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from imu_valgus.errors import InputError
from imu_valgus.io.atomic import make_private_folder, write_whole
from imu_valgus.io.regular_file import brief, printable, read_regular, shown_path
from imu_valgus.model import Finding, Severity
from imu_valgus.model.calibration import SensorCalibration, TriaxialCorrection

_FORMAT_NAME: Final = "imu-valgus sensor calibration"
_FORMAT_VERSION: Final = 1
_UNITS: Final = {"accelerometer": "m/s^2", "magnetometer": "uT"}
_LARGEST_FILE_BYTES: Final = 100_000
"""A calibration takes about one kilobyte; a much larger file is something else."""


def write_calibration(calibration: SensorCalibration, folder: Path | str) -> Path:
    """Write a calibration where `load_calibrations` finds it, completely or not at all.

    Parameters
    ----------
    calibration
        Calibration to write. It replaces one of the same sensor and date.
    folder
        Folder of all sensors, usually ``calibration/``; created if it is missing.

    Returns
    -------
    Path
        ``<folder>/<sensor_id>/<date>.json``, with ``-`` for characters that file systems refuse.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    date = calibration.created.date().isoformat()
    file = Path(folder) / _folder_name(calibration.sensor_id) / f"{date}.json"
    text = json.dumps(_document(calibration), indent=2, ensure_ascii=False, allow_nan=False)
    try:
        make_private_folder(file.parent)
        write_whole(file, (text + "\n").encode())
    except OSError as error:
        raise InputError(
            f"{file} cannot be written ({error.strerror}). Free some space, change the permissions "
            "of its folder, or choose another folder."
        ) from error
    return file


def load_calibrations(
    folder: Path | str,
) -> tuple[tuple[SensorCalibration, ...], tuple[Finding, ...]]:
    """Read all calibrations in a folder.

    Parameters
    ----------
    folder
        Folder of all sensors; need not exist.

    Returns
    -------
    tuple of SensorCalibration
        All calibrations that can be read, in order of sensor and date.
    tuple of Finding
        A warning for each file that cannot be read.
    """
    calibrations, findings = [], []
    folder = Path(folder)
    for file in _calibration_files(folder):
        try:
            calibrations.append(_read(file, inside=folder))
        except InputError as error:
            findings.append(Finding(Severity.WARNING, "sensor_calibration_unreadable", str(error)))
    return tuple(calibrations), tuple(findings)


def read_calibration(file: Path | str) -> SensorCalibration:
    """Read one calibration.

    Parameters
    ----------
    file
        JSON file as written by `write_calibration`.

    Returns
    -------
    SensorCalibration
        Exactly as it was written.

    Raises
    ------
    InputError
        If it is no calibration, has a newer format or other units, or holds impossible numbers.
    """
    return _read(Path(file), inside=None)


def _calibration_files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*/*.json"))
    except (OSError, ValueError):
        return []


def _read(file: Path, *, inside: Path | None) -> SensorCalibration:
    document = _parsed(file, inside)
    _check_format(document.get("format"), file)
    try:
        corrections = {
            sensor: _correction(document[sensor], sensor, file)
            for sensor in _UNITS
            if sensor in document
        }
        return SensorCalibration(
            sensor_id=_text(document, "sensor_id", file),
            created=datetime.fromisoformat(_text(document, "created", file)),
            **corrections,
        )
    except (ValueError, OverflowError, np.linalg.LinAlgError) as error:
        _refuse(file, "complete and possible values", f"a mistake ({printable(str(error))})")


def _folder_name(sensor_id: str) -> str:
    """Make a folder name from an id that may hold colons or slashes, or only dots."""
    safe = re.sub(r"[^\w.-]+", "-", sensor_id.strip())[:80].strip(".")
    return safe or "sensor"


def _document(calibration: SensorCalibration) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": f"{_FORMAT_NAME} {_FORMAT_VERSION}",
        "sensor_id": calibration.sensor_id,
        "created": calibration.created.isoformat(),
    }
    for sensor, unit in _UNITS.items():
        correction: TriaxialCorrection | None = getattr(calibration, sensor)
        if correction is not None:
            document[sensor] = {
                "unit": unit,
                "matrix": correction.matrix.tolist(),
                "offset": correction.offset.tolist(),
                "residual": correction.residual,
                "made_from": correction.made_from,
            }
    return document


def _refuse(file: Path, expected: str, found: str) -> NoReturn:
    raise InputError(
        f"{shown_path(file)}: this is not a valid sensor calibration. It should hold {expected}, "
        f"but holds {found}. Calibrate the sensor again, or remove the file."
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the number {name}")


def _parsed(file: Path, inside: Path | None) -> dict[str, Any]:
    try:
        content = read_regular(file, most_bytes=_LARGEST_FILE_BYTES, inside=inside)
        document = json.loads(content.decode(), parse_constant=_no_constant)
    except OSError as error:
        if error.errno == errno.EFBIG:
            _refuse(file, "about a kilobyte", "much more")
        raise InputError(
            f"{shown_path(file)} cannot be read: {error.strerror}. Check the file."
        ) from error
    except (ValueError, RecursionError) as error:
        _refuse(file, "JSON", f"a mistake ({printable(str(error))})")
    if not isinstance(document, dict):
        _refuse(file, "a JSON object", f"a {type(document).__name__}")
    return document


def _check_format(found: object, file: Path) -> None:
    match = re.fullmatch(rf"{_FORMAT_NAME} (\d{{1,6}})", found) if isinstance(found, str) else None
    if match is None:
        _refuse(file, f'"format": "{_FORMAT_NAME} {_FORMAT_VERSION}"', brief(found))
    if int(match[1]) > _FORMAT_VERSION:
        raise InputError(
            f"{shown_path(file)}: this sensor calibration has the newer format {int(match[1])}, "
            f"but this version of imu_valgus knows only format {_FORMAT_VERSION}. Update "
            "imu_valgus."
        )
    if int(match[1]) < 1:
        _refuse(file, f"format {_FORMAT_VERSION} of sensor calibrations", f"format {match[1]}")


def _text(table: dict[str, Any], key: str, file: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        _refuse(file, f'"{key}" as text', brief(value))
    return value


def _correction(table: object, sensor: str, file: Path) -> TriaxialCorrection:
    if not isinstance(table, dict):
        _refuse(file, f'"{sensor}" with unit, matrix and offset', brief(table))
    if table.get("unit") != _UNITS[sensor]:
        _refuse(file, f"the {sensor} in {_UNITS[sensor]}", brief(table.get("unit")))
    matrix = table.get("matrix")
    if not isinstance(matrix, list) or len(matrix) != 3:
        _refuse(file, f"a 3 x 3 matrix of the {sensor}", brief(matrix))
    rows = [_numbers(row, 3, f"three numbers in each row of the {sensor}", file) for row in matrix]
    offset = _numbers(table.get("offset"), 3, f"three numbers as offset of the {sensor}", file)
    (residual,) = _numbers([table.get("residual")], 1, f"the residual of the {sensor}", file)
    return TriaxialCorrection(
        np.array(rows), np.array(offset), residual, _text(table, "made_from", file)
    )


def _numbers(values: object, count: int, expected: str, file: Path) -> list[float]:
    if not isinstance(values, list) or len(values) != count:
        _refuse(file, expected, brief(values))
    for value in values:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            _refuse(file, expected, brief(value))
    return [float(value) for value in values]
