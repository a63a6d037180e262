"""Session folders: what is found in them, and the one sentence that bad ones get."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imu_valgus.conventions import RECORDED_SESSION_FORMAT
from imu_valgus.errors import InputError
from imu_valgus.io.sessions import _merge_equal_findings, read_session
from imu_valgus.model import Finding, Placement, Severity, Side, Task

COLUMNS = "time_s,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
LEG = {Placement.THIGH_RIGHT, Placement.SHANK_RIGHT}

WriteLeg = Callable[..., Path]
WriteCsv = Callable[..., Path]
Rows = Callable[..., np.ndarray]


def codes(session) -> set[str]:
    return {finding.code for finding in session.findings}


class TestWhatIsRead:
    def test_sub_folders_are_recordings_in_name_order(self, write_leg: WriteLeg) -> None:
        for folder in ("walk", "standing"):
            session_folder = write_leg(folder=folder)
        session = read_session(session_folder)
        assert [one.name for one in session.recordings] == ["standing", "walk"]
        assert set(session.recordings[0].streams) == LEG
        assert session.source_format == "plain session"
        assert session.findings == ()

    def test_a_folder_of_sensor_files_is_one_recording(self, write_leg: WriteLeg) -> None:
        session = read_session(write_leg() / "walk")
        assert [one.name for one in session.recordings] == ["walk"]

    def test_values_arrive_as_written(self, write_leg: WriteLeg, rows: Rows) -> None:
        stream = read_session(write_leg()).recordings[0].streams[Placement.THIGH_RIGHT]
        written = rows()
        np.testing.assert_allclose(stream.time_s, written[:, 0], atol=1e-6)
        np.testing.assert_allclose(stream.acc, written[:, 1:4], atol=1e-6)
        np.testing.assert_allclose(stream.gyr, written[:, 4:7], atol=1e-6)

    def test_gzip_and_plain_files_read_the_same(
        self, tmp_path: Path, write_csv: WriteCsv, rows: Rows
    ) -> None:
        for suffix in ("csv", "csv.gz"):
            for name in LEG:
                write_csv(tmp_path / suffix / f"{name}.{suffix}", rows())
        plain, packed = (
            read_session(tmp_path / suffix).recordings[0].streams[Placement.SHANK_RIGHT]
            for suffix in ("csv", "csv.gz")
        )
        np.testing.assert_array_equal(plain.gyr, packed.gyr)

    def test_the_session_file_names_recordings_and_tasks(self, write_leg: WriteLeg) -> None:
        folder = write_leg()
        (folder / "session.toml").write_text(
            'format = "imu-valgus plain session 1"\n'
            'subject = "S01"\n'
            "recorded_at = 2026-11-22T10:00:00+00:00\n"
            "height_m = 1.72\n"
            "[[recording]]\n"
            'folder = "walk"\n'
            "[[recording.task]]\n"
            'name = "standing"\n'
            "start_s = 0.0\n"
            "end_s = 1.0\n"
            "[[recording.task]]\n"
            'name = "step_up"\n'
            'side = "left"\n'
            "start_s = 1.0\n"
            "end_s = 4\n"
        )
        session = read_session(folder)
        assert (session.info.subject, session.info.height_m) == ("S01", 1.72)
        assert session.info.recorded_at is not None
        standing, step_up = session.recordings[0].tasks
        assert (standing.task, standing.end_s, standing.side) == (Task.STANDING, 1.0, None)
        assert (step_up.task, step_up.end_s, step_up.side) == (Task.STEP_UP, 4.0, Side.LEFT)

    def test_a_session_file_beside_sensor_files_is_one_recording(self, write_leg: WriteLeg) -> None:
        folder = write_leg() / "walk"
        (folder / "session.toml").write_text(
            'subject = "S02"\n[[recording]]\n[[recording.task]]\n'
            'name = "walk"\nstart_s = 1\nend_s = 3\n'
        )
        session = read_session(folder)
        assert [one.name for one in session.recordings] == ["walk"]
        assert session.recordings[0].tasks[0].task is Task.WALK
        assert session.info.subject == "S02"

    def test_spreadsheets_of_other_countries_write_semicolons_and_decimal_commas(
        self, tmp_path: Path, write_csv: WriteCsv, rows: Rows
    ) -> None:
        for name in LEG:
            write_csv(tmp_path / f"{name}.csv", rows(), delimiter=";")
        stream = read_session(tmp_path).recordings[0].streams[Placement.THIGH_RIGHT]
        np.testing.assert_allclose(stream.acc, rows()[:, 1:4], atol=1e-6)

    def test_columns_in_another_order_beside_unknown_ones(
        self, tmp_path: Path, write_csv: WriteCsv, rows: Rows
    ) -> None:
        names = [*COLUMNS.split(",")[::-1], "note"]
        table = [[*row[::-1], "text"] for row in rows()]
        for name in LEG:
            write_csv(tmp_path / f"{name}.csv", table, columns=names)
        stream = read_session(tmp_path).recordings[0].streams[Placement.THIGH_RIGHT]
        np.testing.assert_allclose(stream.gyr, rows()[:, 4:7], atol=1e-6)

    def test_file_names_in_words_are_understood_and_told(
        self, tmp_path: Path, write_csv: WriteCsv, rows: Rows
    ) -> None:
        for name in ("Right Thigh", "tibia_R"):
            write_csv(tmp_path / f"{name}.csv", rows())
        session = read_session(tmp_path)
        assert set(session.recordings[0].streams) == LEG
        assert codes(session) == {"placed_by_name"}

    def test_given_places_win_over_file_names(
        self, tmp_path: Path, write_csv: WriteCsv, rows: Rows
    ) -> None:
        for name in ("a.csv", "thigh_left.csv"):
            write_csv(tmp_path / name, rows())
        places = {"a.csv": Placement.SHANK_RIGHT, "thigh_left": Placement.THIGH_RIGHT}
        assert set(read_session(tmp_path, places=places).recordings[0].streams) == LEG

    def test_files_that_are_not_of_sensors_are_left_out_and_told(self, write_leg: WriteLeg) -> None:
        folder = write_leg()
        (folder / "walk" / "reference_angles.csv").write_text("time_s,knee\n0,1\n")
        session = read_session(folder)
        assert codes(session) == {"files_left_out"}
        assert "reference_angles.csv" in session.findings[0].message

    def test_a_sensor_elsewhere_on_the_body_is_left_out_and_told(
        self, write_leg: WriteLeg, write_csv: WriteCsv, rows: Rows
    ) -> None:
        folder = write_leg()
        write_csv(folder / "walk" / "sternum.csv", rows())
        session = read_session(folder)
        assert set(session.recordings[0].streams) == LEG
        assert "--place sternum.csv=" in session.findings[0].message

    def test_a_task_that_reaches_beyond_the_samples_is_cut_and_told(
        self, write_leg: WriteLeg
    ) -> None:
        folder = write_leg()
        (folder / "session.toml").write_text(
            '[[recording]]\nfolder="walk"\n[[recording.task]]\nname="walk"\nstart_s=1\nend_s=9\n'
        )
        session = read_session(folder)
        assert session.recordings[0].tasks[0].end_s == pytest.approx(4.99)
        assert codes(session) == {"task_cut"}

    def test_the_same_about_many_files_is_told_once(self, write_leg: WriteLeg, rows: Rows) -> None:
        table = rows()
        table[:, 1:4] /= 9.81
        for folder in ("a", "b"):
            session_folder = write_leg({"thigh_right": table, "shank_right": table}, folder=folder)
        (finding,) = read_session(session_folder).findings
        assert finding.message.startswith("4 files (a/shank_right.csv, a/thigh_right.csv, ...): ")
        assert (finding.code, finding.recording, finding.placement) == ("acc_unit", None, None)

    def test_the_folder_in_which_one_stands_has_its_name(
        self, write_leg: WriteLeg, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(write_leg() / "walk")
        assert read_session(".").recordings[0].name == "walk"

    def test_a_recorded_session_takes_no_places(self, tmp_path: Path) -> None:
        (tmp_path / "session.toml").write_text(f'format = "{RECORDED_SESSION_FORMAT}"\n')
        with pytest.raises(InputError, match="already says where its sensors were worn"):
            read_session(tmp_path, places={"a.csv": Placement.PELVIS})

    def test_deg_per_second_in_one_file_is_told_with_recording_and_sensor(
        self, write_leg: WriteLeg, rows: Rows
    ) -> None:
        table = rows()
        table[:, 4:] = np.degrees(table[:, 4:])
        session = read_session(write_leg({"shank_right": table}))
        (finding,) = session.findings
        assert (finding.code, finding.severity) == ("gyr_unit", Severity.WARNING)
        assert (finding.recording, finding.placement) == ("walk", Placement.SHANK_RIGHT)
        stream = session.recordings[0].streams[Placement.SHANK_RIGHT]
        np.testing.assert_allclose(stream.gyr, rows()[:, 4:], atol=1e-5)


def bad_column_names(folder: Path, name: str = "acc_x") -> None:
    file = folder / "walk" / "thigh_right.csv"
    file.write_text(file.read_text().replace("acc_x_m_s2", name))


def overwrite(data: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "walk" / "thigh_right.csv").write_bytes(data)

    return spoil


def session_text(text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "session.toml").write_text(text)

    return spoil


def text_in_numbers(folder: Path) -> None:
    file = folder / "walk" / "thigh_right.csv"
    lines = file.read_text().splitlines()
    lines[40] = lines[40].replace(",", ",broken", 1)
    file.write_text("\n".join(lines))


def constant_time(folder: Path) -> None:
    file = folder / "walk" / "thigh_right.csv"
    head, *lines = file.read_text().splitlines()
    file.write_text("\n".join([head, *("1.0," + line.split(",", 1)[1] for line in lines)]))


def broken_gzip(folder: Path) -> None:
    file = folder / "walk" / "thigh_right.csv"
    packed = gzip.compress(file.read_bytes())
    (folder / "walk" / "thigh_right.csv.gz").write_bytes(packed[: len(packed) // 2])
    file.unlink()


def zeros(folder: Path) -> None:
    lines = [f"{0.01 * i:.2f},0,0,0,0,0,0" for i in range(100)]
    (folder / "walk" / "thigh_right.csv").write_text("\n".join([COLUMNS, *lines]))


def without_shank(folder: Path) -> None:
    (folder / "walk" / "shank_right.csv").unlink()


def second_thigh(folder: Path) -> None:
    (folder / "walk" / "thigh_right.csv.gz").write_bytes(
        gzip.compress((folder / "walk" / "thigh_right.csv").read_bytes())
    )


def other_clock(folder: Path) -> None:
    file = folder / "walk" / "thigh_right.csv"
    head, *lines = file.read_text().splitlines()
    moved = (line.split(",", 1) for line in lines)
    file.write_text("\n".join([head, *(f"{float(t) + 100:.3f},{rest}" for t, rest in moved)]))


TASK = '[[recording]]\nfolder = "walk"\n[[recording.task]]\n'


@pytest.mark.parametrize(
    ("spoil", "names", "says"),
    [
        (bad_column_names, "walk/thigh_right.csv", "acc_x_m_s2"),
        (overwrite(b"\x89PNG\x00\x01" * 50), "walk/thigh_right.csv", "binary"),
        (overwrite(b""), "walk/thigh_right.csv", "empty"),
        (overwrite(COLUMNS.encode() + b"\n"), "walk/thigh_right.csv", "only 0 samples"),
        (
            overwrite(COLUMNS.encode() + b"\n0,0,0,9,0,0,0\n1,0,0,9,0,0,0\n2,0,0,9,0,0,0\n"),
            "walk/thigh_right.csv",
            "only 3 samples",
        ),
        (overwrite("Ä Ö Ü\n1\n".encode("utf-16")), "walk/thigh_right.csv", "UTF-8"),
        (text_in_numbers, "walk/thigh_right.csv", "line 41"),
        (constant_time, "walk/thigh_right.csv", "time stamps do not increase"),
        (broken_gzip, "walk/thigh_right.csv.gz", "damage"),
        (zeros, "walk/thigh_right.csv", "zero throughout"),
        (without_shank, "session", "shank of the same side"),
        (second_thigh, "walk/thigh_right.csv.gz", "only one file for the right thigh"),
        (other_clock, "walk", "one clock"),
        (session_text("[[recording"), "session/session.toml", "mistake"),
        (session_text('format = "plain 9"'), "session/session.toml", "imu-valgus plain session 1"),
        (session_text('height_m = "tall"'), "session/session.toml", "height_m"),
        (session_text("height_m = 172"), "session/session.toml", "in metres"),
        (session_text("recording = 3"), "session/session.toml", "[[recording]]"),
        (session_text('[[recording]]\nfolder = "run"'), "session/session.toml", "'run'"),
        (
            session_text('[[recording]]\nfolder = "walk"\n[[recording]]\nfolder = "walk"'),
            "session/session.toml",
            "'walk' is listed more than once",
        ),
        (session_text('[[recording]]\nfolder = "../x"'), "session/session.toml", "sub-folder"),
        (
            session_text(TASK + 'name = "jump"\nstart_s = 0\nend_s = 1'),
            "session/session.toml",
            "step_up",
        ),
        (
            session_text(TASK + 'name = "walk"\nstart_s = 2\nend_s = 1'),
            "session/session.toml",
            "start_s must be before end_s",
        ),
        (
            session_text(TASK + 'name = "walk"\nstart_s = 50\nend_s = 60'),
            "session/session.toml",
            "not inside the recording 'walk'",
        ),
    ],
)
def test_bad_input_gets_one_sentence_that_names_the_file(
    spoil: Callable[[Path], None], names: str, says: str, write_leg: WriteLeg
) -> None:
    folder = write_leg()
    spoil(folder)
    with pytest.raises(InputError) as caught:
        read_session(folder)
    sentence = str(caught.value)
    assert names in sentence
    assert says in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_two_recordings_of_one_name_are_refused(
    write_leg: WriteLeg, write_csv: WriteCsv, rows: Rows
) -> None:
    folder = write_leg() / "walk"
    for place in LEG:
        write_csv(folder / "walk" / f"{place}.csv", rows())
    (folder / "session.toml").write_text('[[recording]]\n[[recording]]\nfolder = "walk"\n')
    with pytest.raises(InputError, match="recordings with the same name"):
        read_session(folder)


class TestFoldersThatAreNone:
    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="There is no folder"):
            read_session(tmp_path / "missing")

    def test_a_file_instead_of_its_folder(self, write_leg: WriteLeg) -> None:
        with pytest.raises(InputError, match="Give its folder"):
            read_session(write_leg() / "walk" / "thigh_right.csv")

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="holds no sensor files"):
            read_session(tmp_path)

    def test_sensors_that_cannot_be_placed_show_the_place_option(
        self, tmp_path: Path, write_csv: WriteCsv, rows: Rows
    ) -> None:
        for name in ("1.csv", "2.csv"):
            write_csv(tmp_path / name, rows())
        with pytest.raises(InputError, match=r"--place 1\.csv=thigh_right"):
            read_session(tmp_path)

    def test_a_place_for_a_file_that_is_not_there(self, write_leg: WriteLeg) -> None:
        with pytest.raises(InputError, match=r"--place typo\.csv=pelvis: there is no sensor file"):
            read_session(write_leg(), places={"typo.csv": Placement.PELVIS})


@pytest.mark.parametrize("names", [("a", "b", "c"), ("x: a", "x: b", "x: c")])
def test_only_what_is_said_about_files_is_merged(names: tuple[str, ...]) -> None:
    def notes(messages: list[str]) -> list[Finding]:
        return [Finding(Severity.NOTE, "odd", message) for message in messages]

    about_files = notes([f"{name}: the ratio is 1: 2." for name in names])
    about_others = notes([f"The task '{task}': it was cut." for task in ("walk", "squat", "rest")])
    merged = _merge_equal_findings([*about_files, *about_others], sources=names)
    assert [finding.message for finding in merged] == [
        f"3 files ({names[0]}, {names[1]}, ...): the ratio is 1: 2.",
        *(finding.message for finding in about_others),
    ]
