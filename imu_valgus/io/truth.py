"""The truth of a simulated or measured recording, in the columns of the results."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from imu_valgus.io.number_table import write_number_table
from imu_valgus.io.plain_session import (
    TRUE_ANGLES_FILE,
    TRUE_EVENTS_FILE,
    TRUE_REPETITIONS_FILE,
)
from imu_valgus.io.results import DECIMALS, write_table
from imu_valgus.io.tables import angle_columns, events_table, repetitions_table
from imu_valgus.model import GaitEvent, JointAngles, Repetition


def write_truth(
    folder: Path | str,
    *,
    angles: Sequence[JointAngles],
    events: Iterable[GaitEvent] = (),
    repetitions: Iterable[Repetition] = (),
) -> None:
    """Write the truth of one recording beside its sensor files.

    Parameters
    ----------
    folder
        Of the recording; created where it is missing.
    angles
        True joint angles on one clock; columns as in ``angles.csv``, without uncertainties.
    events, repetitions
        As they really were; their files are written where there are any.

    Raises
    ------
    OSError
        If the files cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    columns = angle_columns(angles, with_sd=False)
    write_number_table(folder / TRUE_ANGLES_FILE, columns, decimals=DECIMALS)
    if events := tuple(events):
        write_table(events_table(events), folder / TRUE_EVENTS_FILE)
    if repetitions := tuple(repetitions):
        write_table(repetitions_table(repetitions), folder / TRUE_REPETITIONS_FILE)
