"""What is written: the tables of the contract, complete or not at all."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.conventions import RESULT_SCHEMA
from imu_valgus.errors import InputError
from imu_valgus.io import results
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.results import write_results, write_truth
from imu_valgus.io.sessions import read_session
from imu_valgus.io.summary import summary_document
from imu_valgus.io.tables import angles_table, events_table, repetitions_table
from imu_valgus.model import (
    Analysis,
    EventKind,
    Finding,
    GaitCurve,
    GaitEvent,
    Grade,
    Joint,
    JointAngles,
    MeanSd,
    Placement,
    Recording,
    RecordingAnalysis,
    RelativeHeading,
    Repetition,
    SegmentFrame,
    SensorStream,
    Session,
    SessionInfo,
    Severity,
    Side,
    SideGait,
    StreamQuality,
    Task,
    TaskSpan,
    WalkSummary,
)

TIME_S = np.array([0.0, 0.01, 0.02])
NAN = float("nan")


def knee(side: Side = Side.RIGHT) -> JointAngles:
    angles = np.array([[1.0, -2.00006, -0.00001], [NAN, NAN, NAN], [60.5, 3.0, -12.25]])
    return JointAngles(Joint.KNEE, side, TIME_S, angles, np.full((3, 3), 0.5))


def repetition(number: int, side: Side | None, **measures: float) -> Repetition:
    task = Task.STEP_UP if side else Task.SQUAT
    is_valid = number != 2
    return Repetition(
        task, side, number, 1.0, 2.0, 3.0, is_valid, "" if is_valid else "too fast", measures
    )


def analysis(name: str = "walk") -> Analysis:
    events = (
        GaitEvent(0.5, Side.RIGHT, EventKind.INITIAL_CONTACT),
        GaitEvent(1.1, Side.RIGHT, EventKind.TOE_OFF),
    )
    repetitions = (
        repetition(1, Side.RIGHT, knee_abduction_peak_deg=4.0),
        repetition(2, Side.RIGHT, knee_abduction_peak_deg=40.0),
        repetition(3, Side.RIGHT, knee_abduction_peak_deg=6.0),
        repetition(4, None),
    )
    heading = RelativeHeading(
        Placement.THIGH_RIGHT, Placement.SHANK_RIGHT, TIME_S, np.zeros(3), np.full(3, 0.1), 2.5, 2
    )
    quality = {Placement.THIGH_RIGHT: StreamQuality(NAN, 0.98, 0.25, 0.0)}
    recording = RecordingAnalysis(name, (knee(),), (heading,), events, (), repetitions, (), quality)
    gait = SideGait(MeanSd(1.1, 0.02, 9), MeanSd(0.62, 0.01, 9), None, 10)
    mean = np.linspace(5.0, 60.0, 101)
    curve = GaitCurve(Joint.KNEE, "flexion", Side.RIGHT, mean, np.ones(101), 2.0, 9)
    walk = WalkSummary(109.0, {Side.RIGHT: gait}, None, (curve,), 30.0, 1)
    frame = SegmentFrame(
        Placement.THIGH_RIGHT, Rotation.identity(), np.eye(3), Grade.FAIR, ("little squatting",)
    )
    findings = (
        Finding(Severity.WITHHELD, "no_heading", "No heading."),
        Finding(Severity.NOTE, "x", "Note.", name, Placement.THIGH_RIGHT),
    )
    return Analysis(
        SessionInfo(subject="S01"),
        "plain session",
        "1.2.3",
        "vqf",
        {Placement.THIGH_RIGHT: frame},
        (recording,),
        walk,
        findings,
    )


class TestTables:
    def test_each_angle_is_followed_by_its_uncertainty(self) -> None:
        table = angles_table(analysis().recordings[0])
        assert list(table.columns) == [
            "time_s",
            "knee_flexion_right_deg",
            "knee_flexion_right_sd_deg",
            "knee_adduction_right_deg",
            "knee_adduction_right_sd_deg",
            "knee_internal_rotation_right_deg",
            "knee_internal_rotation_right_sd_deg",
        ]
        assert table["knee_internal_rotation_right_deg"].iloc[2] == -12.25

    def test_angles_on_another_clock_are_refused(self) -> None:
        other = JointAngles(Joint.HIP, Side.RIGHT, TIME_S + 1, np.ones((3, 3)), np.ones((3, 3)))
        recording = RecordingAnalysis("x", (knee(), other), (), (), (), (), (), {})
        with pytest.raises(ValueError, match="one clock"):
            angles_table(recording)

    def test_events_and_repetitions_have_the_columns_of_the_contract(self) -> None:
        recording = analysis().recordings[0]
        assert events_table(recording.events).to_numpy().tolist() == [
            ["right", "initial_contact", 0.5],
            ["right", "toe_off", 1.1],
        ]
        table = repetitions_table(recording.repetitions)
        assert list(table.columns) == (
            [
                "task",
                "side",
                "repetition",
                "start_s",
                "top_s",
                "end_s",
                "valid",
                "reason",
                "knee_abduction_peak_deg",
            ]
        )
        assert table["reason"].tolist() == ["", "too fast", "", ""]
        assert np.isnan(table["knee_abduction_peak_deg"].iloc[3])

    def test_empty_tables_keep_their_columns(self) -> None:
        assert list(events_table(()).columns) == ["side", "event", "time_s"]
        assert list(repetitions_table(()).columns)[:3] == ["task", "side", "repetition"]


class TestSummary:
    def test_it_says_what_the_contract_names(self) -> None:
        document = summary_document(analysis())
        assert document["schema"] == RESULT_SCHEMA
        assert document["software"]["version"] == "1.2.3"
        assert document["fusion"] == "vqf"
        assert document["calibration"]["thigh_right"]["grade"] == "fair"
        assert document["calibration"]["thigh_right"]["reasons"] == ["little squatting"]
        quality = document["quality"]["walk"]
        assert quality["sensors"]["thigh_right"]["received_share"] == 0.98
        assert quality["sensors"]["thigh_right"]["longest_gap_s"] == 0.25
        assert quality["joints"]["knee_right"]["heading_closure_deg"] == 2.5
        assert document["walk"]["cadence_per_min"] == 109.0
        assert document["walk"]["sides"]["right"]["stance_share"]["mean"] == 0.62
        assert document["walk"]["curves"][0]["largest_at_percent"] == 100
        assert document["reasons"] == ["No heading."]

    def test_only_valid_repetitions_enter_the_step_up_figures(self) -> None:
        right = summary_document(analysis())["step_up"]["right"]
        assert (right["repetitions"], right["valid"]) == (3, 2)
        assert right["components"]["knee_abduction_peak_deg"]["mean"] == 5.0

    def test_it_is_json_without_nan(self) -> None:
        document = summary_document(analysis())
        text = json.dumps(document, allow_nan=False)
        assert json.loads(text) == document
        assert document["quality"]["walk"]["sensors"]["thigh_right"]["rate_hz"] is None


def content(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


class TestWriting:
    def test_the_folder_holds_what_the_contract_names(self, tmp_path: Path) -> None:
        write_results(analysis(), tmp_path / "new" / "out", report_html="<p>ü")
        assert set(content(tmp_path / "new" / "out")) == {
            "summary.json",
            "report.html",
            "walk/angles.csv",
            "walk/events.csv",
            "walk/repetitions.csv",
        }
        assert [child.name for child in (tmp_path / "new").iterdir()] == ["out"]

    def test_angles_have_fixed_decimals_and_empty_cells(self, tmp_path: Path) -> None:
        write_results(analysis(), tmp_path / "out", report_html=None)
        lines = (tmp_path / "out" / "walk" / "angles.csv").read_text().splitlines()
        assert lines[0].startswith("time_s,knee_flexion_right_deg,knee_flexion_right_sd_deg,")
        assert lines[1] == "0.0000,1.0000,0.5000,-2.0001,0.5000,0.0000,0.5000"
        assert lines[2] == "0.0100,,0.5000,,0.5000,,0.5000"
        table = pd.read_csv(tmp_path / "out" / "walk" / "angles.csv")
        written = angles_table(analysis().recordings[0])
        np.testing.assert_allclose(table.to_numpy(), written.to_numpy(), atol=5.1e-5)

    def test_earlier_results_are_replaced_as_a_whole(self, tmp_path: Path) -> None:
        write_results(analysis("old"), tmp_path / "out", report_html="old")
        (tmp_path / "out" / ".DS_Store").write_bytes(b"")
        write_results(analysis("new"), tmp_path / "out", report_html=None)
        assert {name.split("/")[0] for name in content(tmp_path / "out")} == {"new", "summary.json"}
        assert [child.name for child in tmp_path.iterdir()] == ["out"]

    @pytest.mark.parametrize("foreign", ["notes.txt", "walk/thigh_right.csv", "a/b/report.html"])
    def test_files_of_others_are_never_deleted(self, tmp_path: Path, foreign: str) -> None:
        write_results(analysis(), tmp_path / "out", report_html=None)
        (tmp_path / "out" / foreign).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / foreign).write_text("mine")
        before = content(tmp_path)
        with pytest.raises(InputError, match=foreign):
            write_results(analysis(), tmp_path / "out", report_html=None)
        assert content(tmp_path) == before

    def test_a_file_in_the_way_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("mine")
        with pytest.raises(InputError, match="is a file"):
            write_results(analysis(), tmp_path / "out", report_html=None)
        assert (tmp_path / "out").read_text() == "mine"

    def test_a_crash_in_the_middle_leaves_what_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_results(analysis("old"), tmp_path / "out", report_html="old")
        before = content(tmp_path)

        def crash(_: object) -> dict[str, object]:
            raise KeyboardInterrupt

        monkeypatch.setattr(results, "summary_document", crash)
        with pytest.raises(KeyboardInterrupt):
            write_results(analysis("new"), tmp_path / "out", report_html=None)
        assert content(tmp_path) == before

    def test_a_crash_in_the_middle_leaves_nothing_where_nothing_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def disk_full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(results, "_write_table", disk_full)
        with pytest.raises(InputError, match=r"No space left on device.*Free some space"):
            write_results(analysis(), tmp_path / "out", report_html=None)
        assert list(tmp_path.iterdir()) == []

    def test_a_rename_that_fails_puts_the_earlier_results_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_results(analysis("old"), tmp_path / "out", report_html="old")
        before = content(tmp_path)
        rename = Path.rename

        def refuse_new(self: Path, target: Path) -> Path:
            if self.suffix == ".partial":
                raise PermissionError(13, "Permission denied")
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", refuse_new)
        with pytest.raises(InputError, match="Permission denied"):
            write_results(analysis("new"), tmp_path / "out", report_html=None)
        assert content(tmp_path) == before

    def test_a_place_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="cannot be written"):
            write_results(analysis(), tmp_path / "file" / "out", report_html=None)


@pytest.fixture
def session(rows: object) -> Iterator[Session]:
    table = rows()  # type: ignore[operator]
    mag = np.tile([20.0, 0.0, -40.0], (len(table), 1))
    acc = table[:, 1:4].copy()
    acc[50:60] = NAN
    stream = SensorStream(table[:, 0], acc, table[:, 4:7], mag)
    tasks = (TaskSpan(Task.STANDING, 0.0, 1.0), TaskSpan(Task.STEP_UP, 1.0, 4.5, Side.LEFT))
    places = (Placement.THIGH_LEFT, Placement.SHANK_LEFT)
    info = SessionInfo(subject='Ä "1"\\\n\x7f', height_m=1.7)
    return Session(info, (Recording("walk", dict.fromkeys(places, stream), tasks),))


class TestPlainSession:
    def test_what_is_written_is_read_back(self, tmp_path: Path, session: Session) -> None:
        write_plain_session(session, tmp_path / "s", decimals=6)
        again = read_session(tmp_path / "s")
        assert again.info == session.info
        assert again.recordings[0].tasks == session.recordings[0].tasks
        for place, stream in session.recordings[0].streams.items():
            found = again.recordings[0].streams[place]
            np.testing.assert_allclose(found.time_s, stream.time_s, atol=1e-6)
            np.testing.assert_allclose(found.acc, stream.acc, atol=1e-6)
            np.testing.assert_allclose(found.gyr, stream.gyr, atol=1e-6)
            np.testing.assert_allclose(found.mag, stream.mag, atol=1e-6)

    def test_equal_sessions_give_equal_bytes(self, tmp_path: Path, session: Session) -> None:
        for name in ("one", "two"):
            write_plain_session(session, tmp_path / name)
        assert content(tmp_path / "one") == content(tmp_path / "two")
        packed = content(tmp_path / "one")["walk/thigh_left.csv.gz"]
        assert packed[4:8] == b"\0\0\0\0"

    def test_a_folder_of_others_is_not_replaced(self, tmp_path: Path, session: Session) -> None:
        (tmp_path / "letters.txt").write_text("mine")
        with pytest.raises(InputError, match=r"letters\.txt"):
            write_plain_session(session, tmp_path)

    def test_the_truth_stands_beside_the_sensors_without_being_taken_for_one(
        self, tmp_path: Path, session: Session
    ) -> None:
        write_plain_session(session, tmp_path / "s")
        write_truth(
            tmp_path / "s" / "walk",
            angles=[knee(Side.LEFT)],
            events=[GaitEvent(0.5, Side.LEFT, EventKind.TOE_OFF)],
            repetitions=[repetition(1, Side.LEFT, knee_abduction_peak_deg=4.0)],
        )
        with gzip.open(tmp_path / "s" / "walk" / "true_angles.csv.gz", "rt") as stream:
            assert stream.readline().strip() == (
                "time_s,knee_flexion_left_deg,knee_adduction_left_deg,"
                "knee_internal_rotation_left_deg"
            )
        assert set(read_session(tmp_path / "s").recordings[0].streams) == {
            Placement.THIGH_LEFT,
            Placement.SHANK_LEFT,
        }
        write_plain_session(session, tmp_path / "s")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_the_summary_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "summary.json")
    with pytest.raises(InputError, match="another session"):
        results.check_same_source(tmp_path, {"content_sha256": "a"})
