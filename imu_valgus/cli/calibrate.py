"""``imu-valgus calibrate``: a sensor's own errors from lying on its six faces."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imu_valgus.cli.console import print_lines

if TYPE_CHECKING:
    from imu_valgus.model import FloatArray, SensorStream


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "calibrate", epilog="Example:  imu-valgus calibrate six_faces.csv --sensor D4-22-CD-01"
    )(calibrate_command)


def calibrate_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Recording of one sensor that lay still on each of its six faces.",
            show_default=False,
        ),
    ],
    sensor: Annotated[str, typer.Option("--sensor", help="Name or serial number of the sensor.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder of all calibrations.")
    ] = Path("calibration"),
    magnetometer: Annotated[
        bool,
        typer.Option(
            "--magnetometer", help="Also the magnetometer, if FILE holds turns in all directions."
        ),
    ] = False,
) -> None:
    """Find accelerometer errors (and magnetometer errors) of one sensor and keep them."""
    from imu_valgus.calibration.sensor_accelerometer import calibrate_accelerometer
    from imu_valgus.calibration.sensor_magnetometer import calibrate_magnetometer
    from imu_valgus.io.calibrations import write_calibration
    from imu_valgus.io.sessions import read_sensor_file
    from imu_valgus.model.calibration import SensorCalibration
    from imu_valgus.signals.stillness import find_sensor_still_spans

    stream = read_sensor_file(file)
    stills = find_sensor_still_spans(stream, stream.rate_hz)
    accelerometer = calibrate_accelerometer(stream, stills)
    found = SensorCalibration(
        sensor,
        datetime.now(UTC),
        accelerometer=accelerometer,
        magnetometer=calibrate_magnetometer(_magnetic(stream, file)) if magnetometer else None,
    )
    written = write_calibration(found, out)
    print_lines(
        [
            f"Accelerometer: {accelerometer.made_from}, residual {accelerometer.residual:.3f} m/s²",
            f"Written:       {written}",
            f"Used by analyse for the sensor '{sensor}' (name it in session.toml under [sensors]).",
        ]
    )


def _magnetic(stream: "SensorStream", file: Path) -> "FloatArray":
    from imu_valgus.errors import InputError

    if stream.mag is None:
        raise InputError(
            f"{file}: expected magnetometer columns for --magnetometer, found none; leave the "
            "option out or export them."
        )
    return stream.mag
