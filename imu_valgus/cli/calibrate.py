"""``imu-valgus calibrate``: the errors of one sensor, found while it lies on its six faces."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from imu_valgus.cli.console import examples, print_lines
from imu_valgus.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    epilog = examples("imu-valgus calibrate six_faces.csv --sensor D4-22-CD-01")
    app.command("calibrate", epilog=epilog)(calibrate_command)


def calibrate_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Recording of one sensor that lay still on each of its six faces."
        ),
    ],
    sensor: Annotated[str, typer.Option("--sensor", help="Name or serial number of the sensor.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder of all calibrations.")
    ] = Path("calibration"),
    magnetometer: Annotated[
        bool,
        typer.Option(
            "--magnetometer",
            help="Also calibrate the magnetometer; FILE must hold turns in all directions.",
        ),
    ] = False,
) -> None:
    """Find the accelerometer errors (and magnetometer errors) of one sensor and keep them."""
    from imu_valgus.calibration.sensor_accelerometer import calibrate_accelerometer
    from imu_valgus.calibration.sensor_magnetometer import calibrate_magnetometer
    from imu_valgus.io.calibrations import write_calibration
    from imu_valgus.io.sessions import read_sensor_file
    from imu_valgus.model.calibration import SensorCalibration
    from imu_valgus.signals.stillness import find_sensor_still_spans

    stream = read_sensor_file(file)
    still_spans = find_sensor_still_spans(stream, stream.rate_hz)
    accelerometer = calibrate_accelerometer(stream, still_spans)
    magnetic = None
    if magnetometer:
        if stream.mag is None:
            raise InputError(
                f"{file} has no magnetometer columns. Export them, or leave out --magnetometer."
            )
        magnetic = calibrate_magnetometer(stream.mag)
    calibration = SensorCalibration(
        sensor, datetime.now(UTC), accelerometer=accelerometer, magnetometer=magnetic
    )
    written = write_calibration(calibration, out)
    print_lines(
        [
            f"Accelerometer: {accelerometer.made_from}, residual {accelerometer.residual:.3f} m/s²",
            f"Written:       {written}",
            f"analyse uses it for the sensor named '{sensor}' in session.toml, under [sensors].",
        ]
    )
