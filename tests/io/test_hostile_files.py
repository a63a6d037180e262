"""What no recording holds but somebody may hand over: one sentence, in little time and memory."""

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from support.journals import write_example_journal
from support.limits import forget_peak, peak_bytes, time_limit

from imu_valgus.errors import ImuValgusError
from imu_valgus.io import text_table
from imu_valgus.io.calibrations import load_calibrations, read_calibration
from imu_valgus.io.protocol_file import read_protocol
from imu_valgus.io.session_files import read_session_curves, read_session_trust, read_step_ups
from imu_valgus.io.session_hash import hash_of_session
from imu_valgus.io.sessions import read_sensor_file, read_session
from imu_valgus.model import Placement
from imu_valgus.recorder.journal import JOURNAL_FILE
from imu_valgus.recorder.recover import recover_recording
from imu_valgus.signals.align import align_recording

MOST_SECONDS = 10.0
MOST_BYTES = 1_000_000_000

WriteLeg = Callable[..., Path]
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    forget_peak()
    before = peak_bytes()
    with time_limit(MOST_SECONDS):
        yield
    if before is not None:
        assert peak_bytes() - before < MOST_BYTES


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(ImuValgusError) as caught:
        read()
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 1200
    return sentence


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "monday"
    places = (Placement.PELVIS, Placement.THIGH_RIGHT, Placement.SHANK_RIGHT)
    write_example_journal(folder / JOURNAL_FILE, duration_s=6.0, placements=places)
    recover_recording(folder)
    return folder


@pytest.fixture
def recorded(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "monday")


def in_toml(folder: Path, old: str, new: str) -> Path:
    file = folder / "session.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return folder


def in_samples(folder: Path, **columns: Callable[[np.ndarray], object]) -> Path:
    file = folder / "recording" / "thigh_right.parquet"
    table = parquet.read_table(file)
    for name, change in columns.items():
        values = pa.array(change(table[name].to_numpy().copy()))
        table = table.set_column(table.column_names.index(name), name, values)
    parquet.write_table(table, file)
    return folder


def with_last(value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: np.append(values[:-1], value)


class TestRecordedSessionsFollowTheRulesOfPlainOnes:
    @pytest.mark.parametrize(
        ("old", "new", "named"),
        [
            ('subject = "S01"', 'subject = "S01"\nheight_m = "x"', "height_m"),
            ('subject = "S01"', 'subject = "S01"\nheight_m = nan', "height_m"),
            ('subject = "S01"', 'subject = "S01"\nheight_m = 172', "height_m"),
            ('subject = "S01"', 'subject = "S01"\nstep_height_m = -1', "step_height_m"),
            ('subject = "S01"', 'subject = "S01"\nrecorded_at = 5', "recorded_at"),
            ('subject = "S01"', f'subject = "S01"\nheight_m = 0x{"f" * 5000}', "height_m"),
            ("received = ", "received = inf #", "received"),
            ("received = ", "received = -4 #", "received"),
            ("lost = 0", "lost = 1.5", "lost"),
            ("rate_hz = ", "rate_hz = inf #", "rate_hz"),
            ("sync_error_s = ", "sync_error_s = inf #", "sync_error_s"),
            ('placement = "shank_right"', 'placement = "thigh_right"', "right thigh"),
            ("recording/shank_right", "../monday/recording/shank_right", "file"),
            ("recording/shank_right", "recording/\\u001b[2Jx", "file"),
            ("recording/shank_right.parquet", "session.toml", "right shank"),
            ('folder = "recording"', 'folder = "a\\nb"', "folder"),
            ('name = "walk"', 'name = "dance"', "dance"),
        ],
    )
    def test_impossible_values_of_the_session_file(
        self, recorded: Path, old: str, new: str, named: str
    ) -> None:
        if "recorded_at" in new:
            lines = (recorded / "session.toml").read_text().splitlines(keepends=True)
            kept = [line for line in lines if not line.startswith("recorded_at")]
            (recorded / "session.toml").write_text("".join(kept))
        in_toml(recorded, old, new)
        assert named in refusal(lambda: read_session(recorded))

    def test_tasks_named_like_exercises(self, recorded: Path) -> None:
        session = read_session(in_toml(recorded, 'name = "walk"', 'name = "clam_shell"'))
        assert session.recordings[0].tasks[-1].exercise == "clam_shell"

    @pytest.mark.parametrize(
        ("columns", "named"),
        [
            ({"time_s": lambda t: 1e3 * t}, "rows per second"),
            ({"time_s": with_last(1e5)}, "jumps from"),
            ({"time_s": lambda t: np.full_like(t, np.nan)}, "only 0 samples"),
            ({"time_s": lambda t: t.astype(str)}, "numbers"),
            ({f"acc_{axis}_m_s2": np.zeros_like for axis in "xyz"}, "zero throughout"),
            ({"acc_x_m_s2": lambda x: np.full_like(x, 1e308)}, "no row holds"),
            ({"gyr_x_rad_s": lambda x: [[1.0]] * len(x)}, "numbers"),
        ],
    )
    def test_impossible_samples(
        self, recorded: Path, columns: dict[str, Callable], named: str
    ) -> None:
        assert named in refusal(lambda: read_session(in_samples(recorded, **columns)))

    def test_single_numbers_that_no_sensor_reads_are_gaps(self, recorded: Path) -> None:
        session = read_session(in_samples(recorded, acc_y_m_s2=with_last(1e308)))
        stream = session.recordings[0].streams[Placement.THIGH_RIGHT]
        assert np.isnan(stream.acc[-1]).all()
        assert np.isfinite(stream.acc[:-1]).all()
        found = {finding.code: finding for finding in session.findings}
        assert found["rows_without_numbers"].placement is Placement.THIGH_RIGHT
        assert "file_changed" in found

    def test_a_sensor_that_died_at_once_is_left_out(self, recorded: Path) -> None:
        for name in ("pelvis", "thigh_right"):
            file = recorded / "recording" / f"{name}.parquet"
            parquet.write_table(parquet.read_table(file)[:5], file)
            if name == "pelvis":
                session = read_session(recorded)
                assert Placement.PELVIS not in session.recordings[0].streams
                (left_out,) = (f for f in session.findings if f.code == "sensor_left_out")
                assert "pelvis delivered only 5 samples" in left_out.message
        assert "only shank_right" in refusal(lambda: read_session(recorded))

    def test_a_good_one_gives_the_samples_that_were_written(self, whole: Path) -> None:
        session = read_session(whole)
        for place, stream in session.recordings[0].streams.items():
            table = parquet.read_table(whole / "recording" / f"{place}.parquet")
            np.testing.assert_array_equal(stream.time_s, table["time_s"].to_numpy())
            np.testing.assert_array_equal(stream.acc[:, 1], table["acc_y_m_s2"].to_numpy())
            np.testing.assert_array_equal(stream.gyr[:, 2], table["gyr_z_rad_s"].to_numpy())
        assert {finding.code for finding in session.findings} == {"recorder_note"}


class TestBombs:
    @pytest.mark.parametrize("rows", [3_900_000, 60_000_000])
    def test_parquet_that_unpacks_to_far_more(self, recorded: Path, rows: int) -> None:
        file = recorded / "recording" / "thigh_right.parquet"
        names = parquet.read_table(file).column_names
        zeros = pa.array(np.zeros(rows))
        table = pa.table({names[0]: zeros} | (dict.fromkeys(names, zeros) if rows < 5e6 else {}))
        parquet.write_table(table, file, compression="zstd", use_dictionary=rows > 5e6)
        assert file.stat().st_size < 1_000_000
        assert "promise" in refusal(lambda: read_session(recorded))

    def test_a_sparse_file_of_terabytes(self, recorded: Path) -> None:
        with (recorded / "recording" / "thigh_right.parquet").open("ab") as file:
            file.truncate(1 << 42)
        assert "larger than" in refusal(lambda: read_session(recorded))

    @pytest.mark.parametrize("filling", [b"\n", b"0,0,9.8,0,0,0,0\n", b"x", b"1,2\n"])
    def test_gzip_that_never_ends(
        self, write_leg: WriteLeg, filling: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(text_table, "_MOST_TEXT_BYTES", text_table._MOST_TEXT_BYTES // 4)
        folder = write_leg()
        head = (folder / "walk" / "thigh_right.csv").read_bytes()
        (folder / "walk" / "thigh_right.csv").unlink()
        part = gzip.compress(filling * (20_000_000 // len(filling)))
        bomb = folder / "walk" / "thigh_right.csv.gz"
        bomb.write_bytes(gzip.compress(head) + part * 500)
        assert bomb.stat().st_size < 60_000_000
        assert "thigh_right.csv.gz" in refusal(lambda: read_session(folder))

    def test_gzip_that_is_cut(self, write_leg: WriteLeg) -> None:
        folder = write_leg()
        file = folder / "walk" / "thigh_right.csv"
        packed = gzip.compress(file.read_bytes())
        file.unlink()
        for length in (2, 10, 500, len(packed) - 4):
            (folder / "walk" / "thigh_right.csv.gz").write_bytes(packed[:length])
            refusal(lambda: read_session(folder))

    def test_gzip_with_a_name_of_many_megabytes(self, write_leg: WriteLeg) -> None:
        folder = write_leg()
        header = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"n" * 60_000_000
        (folder / "walk" / "thigh_right.csv").write_bytes(header)
        refusal(lambda: read_session(folder))

    def test_a_million_columns(self, write_leg: WriteLeg) -> None:
        folder = write_leg()
        file = folder / "walk" / "thigh_right.csv"
        head, *rows = file.read_text().splitlines()
        more = ",c" * 1_000_000
        file.write_text("\n".join([head + more, *(row + more for row in rows[:20])]))
        assert "longer than 64 kB" in refusal(lambda: read_session(folder))

    @pytest.mark.parametrize("filling", [b"1", b"x", b",", b"\0", b'"', b"\xff"])
    def test_a_line_of_100_megabytes(self, write_leg: WriteLeg, filling: bytes) -> None:
        folder = write_leg()
        with (folder / "walk" / "thigh_right.csv").open("ab") as file:
            file.write(filling * 100_000_000)
        refusal(lambda: read_session(folder))

    def test_a_last_time_of_a_day_makes_no_grid_of_a_day(self, write_leg: WriteLeg, rows) -> None:
        table = rows()
        table[-1, 0] = 80_000.0
        sentence = refusal(lambda: read_session(write_leg({"shank_right": table})))
        assert "shank_right.csv" in sentence
        assert "from 4.98 s to 80000.00 s" in sentence


class TestTextsThatParsersStumbleOver:
    TEXTS = (
        b"a = " + b"[" * 100_000,
        b"a = " + b"{a=" * 100_000,
        b"height_m = " + b"9" * 5000,
        b"height_m = 0x" + b"f" * 5000,
        b"recorded_at = 0x" + b"f" * 5000,
        b"[[recording]]\nfolder = 0x" + b"f" * 5000,
        b"a" + b".a" * 30_000 + b" = 1",
        b"[" + b"'a'." * 30_000 + b"a]",
        b"a = '''" + b"x" * 5_000_000,
        b"\xff\xfe\x00",
        b"\0" * 1000,
        b"[[recording]]\nfolder = '" + b"w" * 300 + b"'",
        b"[[recording]]\nfolder = 'a\\u0000b'",
        b'format = "imu-valgus recorded session 1"\n' + b"[[recording]]\n" * 100,
    )

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_as_session_file(self, write_leg: WriteLeg, text: bytes) -> None:
        folder = write_leg()
        (folder / "session.toml").write_bytes(text)
        refusal(lambda: read_session(folder))

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_as_protocol_calibration_and_results(self, tmp_path: Path, text: bytes) -> None:
        for name in ("a.toml", "a.json", "summary.json", "curves.parquet"):
            (tmp_path / name).write_bytes(text)
        refusal(lambda: read_protocol(tmp_path / "a.toml"))
        refusal(lambda: read_calibration(tmp_path / "a.json"))
        refusal(lambda: read_step_ups([tmp_path / "summary.json"]))
        refusal(lambda: read_session_trust([tmp_path / "summary.json"]))
        refusal(lambda: read_session_curves([tmp_path / "curves.parquet"]))

    @pytest.mark.parametrize("seconds", ["1e308", "nan", "-1", "9" * 400, "0x" + "f" * 5000])
    def test_impossible_seconds_of_a_protocol(self, tmp_path: Path, seconds: str) -> None:
        (tmp_path / "a.toml").write_text(f'[[step]]\ntask = "walk"\nseconds = {seconds}\n')
        assert "Step 1" in refusal(lambda: read_protocol(tmp_path / "a.toml"))


class TestNames:
    @pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\udcff", "\x1b[2J", "a\nb"])
    def test_no_file_or_folder_can_have(self, tmp_path: Path, name: str) -> None:
        for path in (tmp_path / name, tmp_path / name / "a.json"):
            refusal(lambda path=path: read_session(path))
            refusal(lambda path=path: read_sensor_file(path))
            refusal(lambda path=path: read_protocol(path))
            refusal(lambda path=path: read_calibration(path))
            refusal(lambda path=path: read_step_ups([path / "summary.json"]))
            refusal(lambda path=path: read_session_trust([path / "summary.json"]))
            assert load_calibrations(path) == ((), ())

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
    @pytest.mark.parametrize("name", ["\udcff", "\x1b[2J", "a\nb"])
    def test_that_cannot_be_shown(self, write_leg: WriteLeg, tmp_path: Path, name: str) -> None:
        try:
            folder = write_leg(folder=f"walk{name}")
        except OSError:
            pytest.skip("this file system has no such names")
        assert "cannot be shown" in refusal(lambda: read_session(folder))
        whole = tmp_path / f"whole{name}"
        folder.rename(whole)
        assert "cannot be shown" in refusal(lambda: read_session(whole))
        assert "cannot be shown" in refusal(lambda: read_session(whole / f"walk{name}"))
        assert len(hash_of_session(whole)) == 64

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
    def test_of_a_sensor_file_that_cannot_be_shown(self, write_leg: WriteLeg) -> None:
        folder = write_leg()
        file = folder / "walk" / "thigh_right.csv"
        file.rename(file.with_name("thigh right \udce9.csv"))
        assert "thigh right ?.csv" in refusal(lambda: read_session(folder))


def fifo(file: Path) -> None:
    os.mkfifo(file)


def endless(file: Path) -> None:
    file.symlink_to("/dev/zero")


def outside(file: Path) -> None:
    away = file.parents[2] / "away" / file.name
    away.parent.mkdir(exist_ok=True)
    away.write_bytes(b"format = 1\n")
    file.symlink_to(away)


def circle(file: Path) -> None:
    file.symlink_to(file)


def folder_instead(file: Path) -> None:
    file.mkdir()


@needs_fifo
@pytest.mark.parametrize("put", [fifo, endless, outside, circle, folder_instead])
class TestInPlaceOfAFile:
    def test_session_file(self, write_leg: WriteLeg, put: Callable[[Path], None]) -> None:
        folder = write_leg()
        put(folder / "session.toml")
        assert "session.toml" in refusal(lambda: read_session(folder))

    def test_sensor_file(self, write_leg: WriteLeg, put: Callable[[Path], None]) -> None:
        folder = write_leg()
        (folder / "walk" / "thigh_right.csv").unlink()
        put(folder / "walk" / "thigh_right.csv")
        refusal(lambda: read_session(folder))

    def test_samples(self, recorded: Path, put: Callable[[Path], None]) -> None:
        (recorded / "recording" / "thigh_right.parquet").unlink()
        put(recorded / "recording" / "thigh_right.parquet")
        assert "right thigh" in refusal(lambda: read_session(recorded))

    def test_files_named_by_the_person(self, tmp_path: Path, put: Callable[[Path], None]) -> None:
        if put is outside:
            pytest.skip("a file that the person names may lie anywhere")
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        put(inner / "summary.json")
        for read in (read_sensor_file, read_protocol, read_calibration):
            refusal(lambda read=read: read(inner / "summary.json"))
        for read in (read_step_ups, read_session_trust):
            refusal(lambda read=read: read([inner / "summary.json"]))

    def test_calibrations(self, tmp_path: Path, put: Callable[[Path], None]) -> None:
        (tmp_path / "calibration" / "SN1").mkdir(parents=True)
        put(tmp_path / "calibration" / "SN1" / "2026-01-01.json")
        calibrations, findings = load_calibrations(tmp_path / "calibration")
        assert calibrations == ()
        assert [finding.code for finding in findings] == ["sensor_calibration_unreadable"]
        assert "cannot be read" in findings[0].message

    def test_files_that_are_hashed(self, write_leg: WriteLeg, put: Callable[[Path], None]) -> None:
        folder = write_leg()
        put(folder / "walk" / "notes.csv")
        assert len(hash_of_session(folder)) == 64


def test_links_inside_of_a_session_are_followed(write_leg: WriteLeg) -> None:
    folder = write_leg()
    file = folder / "walk" / "thigh_right.csv"
    file.rename(folder / "samples.dat")
    file.symlink_to("../samples.dat")
    session = read_session(folder)
    aligned, _ = align_recording(session.recordings[0])
    assert len(aligned) == 500


def test_a_folder_elsewhere_is_not_read_as_a_recording(write_leg: WriteLeg, tmp_path: Path) -> None:
    folder = write_leg()
    (folder / "walk").rename(tmp_path / "elsewhere")
    (folder / "walk").symlink_to(tmp_path / "elsewhere")
    assert "leads out" in refusal(lambda: read_session(folder))
