"""Results as pandas tables, with the columns of the contract (section 3)."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from imu_valgus.conventions import MOTIONS, TIME_COLUMN, angle_column, angle_sd_column
from imu_valgus.model import FloatArray, GaitEvent, JointAngles, RecordingAnalysis, Repetition

REPETITION_COLUMNS: Final = (
    "task",
    "side",
    "repetition",
    "start_s",
    "top_s",
    "end_s",
    "valid",
    "reason",
)


def angle_columns(angles: Sequence[JointAngles], *, with_sd: bool) -> dict[str, FloatArray]:
    """Lay out joint angles as named columns.

    Parameters
    ----------
    angles
        Joint angles on one clock.
    with_sd
        Whether each angle is followed by its standard uncertainty.

    Returns
    -------
    dict of FloatArray
        ``time_s`` in seconds and the angles in degrees, by column name, shape (n,) each.

    Raises
    ------
    ValueError
        If the angles do not share their sample times.
    """
    time_s = angles[0].time_s if angles else np.empty(0)
    columns: dict[str, FloatArray] = {TIME_COLUMN: time_s}
    for joint in angles:
        if not np.array_equal(joint.time_s, time_s):
            msg = f"All joint angles must be on one clock, but {joint.joint} is on another one."
            raise ValueError(msg)
        for index, motion in enumerate(MOTIONS):
            columns[angle_column(joint.joint, motion, joint.side)] = joint.angles_deg[:, index]
            if with_sd:
                columns[angle_sd_column(joint.joint, motion, joint.side)] = joint.sd_deg[:, index]
    return columns


def angles_table(recording: RecordingAnalysis) -> pd.DataFrame:
    """Return the joint angles of a recording as a table.

    Parameters
    ----------
    recording
        Analysed recording.

    Returns
    -------
    pandas.DataFrame
        ``time_s`` in seconds, then for every joint, side and motion the angle in degrees and its
        standard uncertainty; NaN if not known.
    """
    return pd.DataFrame(angle_columns(recording.angles, with_sd=True))


def events_table(events: Iterable[GaitEvent]) -> pd.DataFrame:
    """Return gait events as a table.

    Parameters
    ----------
    events
        Gait events of a recording.

    Returns
    -------
    pandas.DataFrame
        ``side``, ``event`` (``initial_contact`` or ``toe_off``), ``time_s``.

    Examples
    --------
    >>> from imu_valgus.model import EventKind, Side
    >>> events_table([GaitEvent(1.25, Side.RIGHT, EventKind.TOE_OFF)])
        side    event  time_s
    0  right  toe_off    1.25
    """
    rows = [(str(event.side), str(event.kind), event.time_s) for event in events]
    return pd.DataFrame(rows, columns=["side", "event", TIME_COLUMN])


def repetitions_table(repetitions: Iterable[Repetition]) -> pd.DataFrame:
    """Return the repetitions of exercises as a table.

    Parameters
    ----------
    repetitions
        Repetitions of a recording.

    Returns
    -------
    pandas.DataFrame
        ``task``, ``side`` (empty for both legs), ``repetition``, ``start_s``, ``top_s``, ``end_s``,
        ``valid``, ``reason``, then one column per measure; NaN if a repetition lacks a measure.
    """
    repetitions = tuple(repetitions)
    measures = list(dict.fromkeys(name for rep in repetitions for name in rep.measures))
    rows = [
        (
            str(rep.task),
            "" if rep.side is None else str(rep.side),
            rep.number,
            rep.start_s,
            rep.top_s,
            rep.end_s,
            rep.is_valid,
            rep.reason,
            *(rep.measures.get(name, float("nan")) for name in measures),
        )
        for rep in repetitions
    ]
    return pd.DataFrame(rows, columns=[*REPETITION_COLUMNS, *measures])
