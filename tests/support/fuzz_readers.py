"""Every reader of files with a small corpus, made by our own writers and simulated sensors."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from support.journals import write_example_journal
from support.raw_samples import nodding_sensor

from imu_valgus.conventions import SESSION_FILE
from imu_valgus.io.calibrations import read_calibration, write_calibration
from imu_valgus.io.curves_file import CURVES_FILE, encode_curves
from imu_valgus.io.logs import TAKE_LOG_FILE
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.protocol_file import read_protocol
from imu_valgus.io.results import SUMMARY_FILE
from imu_valgus.io.session_files import read_session_curves, read_session_trust, read_step_ups
from imu_valgus.io.sessions import read_session
from imu_valgus.io.step_up_document import step_up_document
from imu_valgus.io.summary import without_nan
from imu_valgus.model import (
    GaitCurve,
    Grade,
    Joint,
    ObservedItem,
    Placement,
    Recording,
    RepetitionCurves,
    ScoreComponent,
    SensorStream,
    Session,
    SessionInfo,
    Side,
    StepUpSummary,
    Task,
    TaskSpan,
)
from imu_valgus.model.calibration import SensorCalibration, TriaxialCorrection
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, SessionRecord
from imu_valgus.model.session_results import SessionCurves
from imu_valgus.recorder.journal import JOURNAL_FILE
from imu_valgus.recorder.recover import recover_recording
from imu_valgus.signals.align import align_recording
from imu_valgus.store.documents import (
    SESSION_DOCUMENT,
    person_document,
    read_person_document,
    read_session_document,
    session_document,
)

Files = Mapping[str, bytes]
"""Content by path inside of a folder."""

_PLACES: Final = {"a.txt": Placement.THIGH_LEFT, "b.txt": Placement.SHANK_LEFT}


@dataclass(frozen=True, slots=True)
class FuzzedReader:
    """A reader, the files that it reads, and which of them are spoilt.

    Parameters
    ----------
    name
        Of the reader.
    make
        Makes files that can be read; always the same ones.
    spoil
        Ending of the paths of files to spoil.
    read
        Reads the folder that holds them.
    """

    name: str
    make: Callable[[], Files]
    spoil: str
    read: Callable[[Path], object]


def _files_of(write: Callable[[Path], object]) -> Files:
    with TemporaryDirectory() as name:
        folder = Path(name) / "session"
        write(folder)
        return {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }


def _session(folder: Path, places: Mapping[str, Placement] | None = None) -> None:
    for recording in read_session(folder, places=places).recordings:
        align_recording(recording)


def _plain() -> Files:
    raw = nodding_sensor()
    stream = SensorStream(raw.time_s[:200], raw.acc[:200], raw.gyr[:200])
    streams = {Placement.THIGH_RIGHT: stream, Placement.SHANK_RIGHT: stream}
    recording = Recording("walk", streams, (TaskSpan(Task.STANDING, 0.0, 1.0, Side.RIGHT),))
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    info = SessionInfo(subject="S01", height_m=1.72, recorded_at=moment)
    session = Session(info, (recording,), "plain session", ())
    return _files_of(lambda folder: write_plain_session(session, folder, suffix=".csv"))


def _rows(times: range, separator: str) -> str:
    waves = np.sin(0.3 * np.arange(len(times)))
    rows = ([t, w, 9.7, 0.3 * w, 0.5 * w, 0.01, -w] for t, w in zip(times, waves, strict=True))
    return "\n".join(separator.join(f"{cell:g}" for cell in row) for row in rows)


def _movella_dot() -> Files:
    head = (
        "sep=,\nDeviceTag:,Femur\nSyncStatus:,Synced\nStartTime: ,2024-12-09_17:31:07_869 CET\n\n"
        "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z\n"
    )
    rows = _rows(range(0, 1_000_020, 16_667), ",").split("\n")
    text = head + "\n".join(f"{number},{row}" for number, row in enumerate(rows))
    return {f"walk/{name}_right.csv": text.encode() for name in ("thigh", "shank")}


def _xsens_mt() -> Files:
    head = "// Update Rate: 100.0Hz\nPacketCounter\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z\n"
    text = head + _rows(range(65_500, 65_560), "\t")
    return {f"walk/{name}.txt": text.encode() for name in "ab"}


def _journal() -> Files:
    return _files_of(lambda folder: write_example_journal(folder / JOURNAL_FILE, duration_s=3.0))


def _recorded() -> Files:
    def write(folder: Path) -> None:
        write_example_journal(folder / JOURNAL_FILE, duration_s=3.0)
        recover_recording(folder)
        (folder / JOURNAL_FILE).unlink()
        (folder / TAKE_LOG_FILE).unlink()

    return _files_of(write)


def _recover(folder: Path) -> None:
    for name in ("recording", "take.log"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / SESSION_FILE).unlink(missing_ok=True)
    recover_recording(folder)


def _protocol() -> Files:
    step = '[[step]]\ntask = "step_up"\nseconds = 30\nside = "left"\ninstruction = "Go."\n'
    return {"protocol.toml": f'[[step]]\ntask = "walk"\nseconds = 9.5\n{step}'.encode()}


def _calibration() -> Files:
    correction = TriaxialCorrection(np.eye(3), np.zeros(3), 0.01, "6 positions, 31 s")
    calibration = SensorCalibration("SN1", datetime(2026, 11, 22, tzinfo=UTC), correction)
    files = _files_of(lambda folder: write_calibration(calibration, folder))
    return {"calibration.json": next(iter(files.values()))}


def _store_session() -> Files:
    measures = (
        Measure(MeasureKey("score", Task.STEP_UP, Side.LEFT), 71.5, 2.5, (70.0, 73.0), 2),
        Measure(MeasureKey("cadence_per_min", Task.WALK, None), 110.0, float("nan"), (), 1),
    )
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    conditions = Conditions(Grade.GOOD, "0.1.0", sensors=("SN1",), step_height_m=0.2)
    record = SessionRecord("S01-2026", "S01", moment, conditions, measures, pain=2, notes="x")
    return {SESSION_DOCUMENT: session_document(record, token="abc")}


def _store_person() -> Files:
    day = date(2026, 11, 1)
    programme = Programme(
        day, (Phase("first", day, date(2026, 12, 1)),), (PlannedExercise("clam_shell", 3, "2x10"),)
    )
    log = (LogEntry(day, "clam_shell", 2, "fine"), LogEntry(day, None, 0))
    return {"S01.json": person_document("S01", programme, log)}


def _summary() -> Files:
    part = ScoreComponent("knee", "knee", 4.0, 1.0, "deg", 0.0, 20.0, 1.0, 80.0, 0.5)
    summary = StepUpSummary(
        side=Side.RIGHT, score_id="step_up 1", n_found=9, n_valid=8, known_share=0.9, score=80.0,
        interval=(70.0, 90.0), components=(part,), alignment_deg={"knee": 1.0},
        matched_knee_flexion_deg=40.0, heading_difference_deg=2.0,
        items=(ObservedItem("a", "b", True),), is_thigh_only=False, step_height_m=0.2,
        withheld=("x",),
    )  # fmt: skip
    quality = {
        "sensors": {"thigh_right": {"received_share": 0.99}},
        "joints": {"knee_right": {"heading_closure_deg": -1.5}},
    }
    document = {
        "schema": "imu-valgus results 1",
        "step_up": {"right": {"alignment_score": step_up_document(summary)}},
        "quality": {"walk": quality},
    }
    return {SUMMARY_FILE: json.dumps(without_nan(document), indent=2).encode()}


def _read_summary(folder: Path) -> None:
    read_step_ups([folder / SUMMARY_FILE])
    read_session_trust([folder / SUMMARY_FILE])


def _curves() -> Files:
    wave = np.sin(np.linspace(0.0, 6.0, 101))
    gait = GaitCurve(Joint.KNEE, "flexion", Side.RIGHT, wave, 0.1 * wave**2, 1.0, 12)
    repeated = np.tile(wave, (3, 1))
    step_ups = RepetitionCurves(Joint.HIP, "flexion", Side.LEFT, repeated, np.full(3, 50.0))
    return {CURVES_FILE: encode_curves(SessionCurves((gait,), (step_ups,)))}


READERS: Final = (
    FuzzedReader("plain csv", _plain, "thigh_right.csv", _session),
    FuzzedReader("plain session.toml", _plain, ".toml", _session),
    FuzzedReader("movella dot", _movella_dot, "thigh_right.csv", _session),
    FuzzedReader("xsens mt", _xsens_mt, "a.txt", lambda folder: _session(folder, _PLACES)),
    FuzzedReader("recorded session.toml", _recorded, ".toml", _session),
    FuzzedReader("recorded parquet", _recorded, "thigh_right.parquet", _session),
    FuzzedReader("journal", _journal, ".jrnl", _recover),
    FuzzedReader("protocol", _protocol, ".toml", lambda at: read_protocol(at / "protocol.toml")),
    FuzzedReader(
        "calibration", _calibration, ".json", lambda at: read_calibration(at / "calibration.json")
    ),
    FuzzedReader("store session", _store_session, ".json", read_session_document),
    FuzzedReader(
        "store person", _store_person, ".json", lambda at: read_person_document(at / "S01.json")
    ),
    FuzzedReader("summary.json", _summary, ".json", _read_summary),
    FuzzedReader(
        "curves.parquet", _curves, ".parquet", lambda at: read_session_curves([at / CURVES_FILE])
    ),
)
