"""Adding sessions: what is kept, printed, refused, and under which name."""

import gzip
import json
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.cli.add import keep, moment_of, names_for, record_of
from imu_valgus.cli.sessions import why_not_counted
from imu_valgus.errors import InputError
from imu_valgus.io.plain_session import write_plain_session
from imu_valgus.io.session_files import read_session_curves, read_step_ups
from imu_valgus.io.session_hash import hash_of_session
from imu_valgus.model import (
    Analysis,
    Grade,
    Joint,
    Placement,
    SegmentFrame,
    SessionInfo,
    Side,
)
from imu_valgus.model.progress import Conditions, Feedback, Footwear, Purpose, SessionRecord
from imu_valgus.simulate import (
    Person,
    SimulationSettings,
    Squat,
    Standing,
    StepUp,
    Walk,
    simulate_session,
)
from imu_valgus.store import Store

pytestmark = pytest.mark.usefixtures("home")

_ZONE = timezone(timedelta(hours=2))
_NOW = datetime(2026, 6, 1, 12, 0, tzinfo=_ZONE)
_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write eight step-ups, squats and a walk of the right leg, with date and step height."""
    steps = StepUp(side=Side.RIGHT, count=8, repetition_s=2.6, pause_s=0.9)
    before = [Standing(6.0), Squat(count=3), Standing(2.0), Walk(duration_s=15.0), Standing(3.0)]
    settings = SimulationSettings(placements=[Placement.THIGH_RIGHT, Placement.SHANK_RIGHT])
    made = simulate_session(
        Person(), {"one": [*before, steps, Standing(3.0)]}, seed=3, settings=settings
    )
    folder = tmp_path_factory.mktemp("add") / "session"
    write_plain_session(made.session, folder)
    _edit(folder, lambda text: f"recorded_at = 2026-03-02T09:30:00+01:00\n{text}")
    return folder


def _edit(folder: Path, change: Callable[[str], str]) -> None:
    file = folder / "session.toml"
    file.write_text(change(file.read_text()))


@pytest.fixture
def home(tmp_path, monkeypatch, command) -> Path:
    """Make a store with one person."""
    folder = tmp_path / "home"
    monkeypatch.setenv("IMU_VALGUS_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    answer = command("person", "add", "P1")
    assert (answer.code, answer.output) == (0, f"Added P1. The store is in {folder}\n")
    return folder


def test_a_session_is_added_with_all_that_people_say_of_it(session, command, home, claims_in):
    code, text, error = command(
        "add", session, "--person", "P1", "--purpose", "baseline", "--feedback", "summary",
        "--footwear", "barefoot", "--pain", "3", "--notes", "Müde, 2. Tag", "--id", "first",
    )  # fmt: skip
    assert (code, error) == (0, "")
    with Store(home) as store:
        (record,) = store.sessions("P1")
        files = store.files_of("first")
    score = next(measure.value for measure in record.measures if measure.key.name == "score")
    n = len(record.measures)
    assert text.splitlines() == [
        f"Added:    first for P1 (baseline), recorded 2026-03-02 09:30, {n} measures",
        f"Calibration {record.conditions.calibration}; step-up score: left –, right {score:.0f}",
        "It counts in comparisons.",
    ]
    assert claims_in(text) == []
    assert record.recorded_at.isoformat() == "2026-03-02T09:30:00+01:00"
    assert (record.purpose, record.pain, record.notes) == (Purpose.BASELINE, 3, "Müde, 2. Tag")
    conditions = record.conditions
    assert (conditions.feedback, conditions.footwear) == (Feedback.SUMMARY, Footwear.BAREFOOT)
    assert (conditions.score_version, conditions.step_height_m) == ("sas-1", 0.1)
    assert conditions.sensors == ("SIM-3-2", "SIM-3-4")
    assert record.raw_sha256 == hash_of_session(session)
    assert [path.name for path in files] == ["curves.parquet", "summary.json"]
    for path in home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    curves = read_session_curves(files)
    assert {curve.side for curve in curves.step_ups} == {Side.RIGHT}
    assert {len(curve.curves_deg) for curve in curves.step_ups} == {8}
    assert {curve.joint for curve in curves.gait} == {Joint.FEMUR, Joint.KNEE}
    assert read_step_ups(files)[Side.RIGHT].score == score


def test_the_json_of_add_is_the_session_as_it_is_listed(session, command):
    added = json.loads(command("add", session, "-p", "P1", "--json")[1])
    assert (added.pop("withheld"), added.pop("warnings")) == ([], [])
    assert added["session"] == "2026-03-02_0930"
    assert added["counts"] is True
    assert json.loads(command("sessions", "P1", "--json")[1]) == [added]


def _refused(answer) -> str:
    code, text, error = answer
    assert (code, text) == (2, "")
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    return error


def test_an_unknown_person_is_told_the_command_that_helps(session, command, home):
    error = _refused(command("add", session, "--person", "P2"))
    assert error.endswith("Add the person first with: imu-valgus person add P2\n")
    with Store(home) as store:
        assert store.people() == ("P1",)


def test_a_session_without_a_date_asks_for_it_and_takes_local_time(session, command, tmp_path):
    copy = shutil.copytree(session, tmp_path / "copy")
    _edit(copy, lambda text: text.partition("\n")[2])
    error = _refused(command("add", copy, "--person", "P1"))
    assert "--recorded-at 2026-03-02T09:30" in error
    code, text, _ = command(
        "add", copy, "--person", "P1", "--recorded-at", "2026-03-04T08:15", "--json"
    )
    assert code == 0
    local = datetime(2026, 3, 4, 8, 15).astimezone()
    assert datetime.fromisoformat(json.loads(text)["recorded_at"]) == local


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--recorded-at", "yesterday"], "such as 2026-03-02T09:30"),
        (["--recorded-at", f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"], "in the future"),
        (["--id", "../out"], "1 to 80 letters"),
        (["--fusion", "magic"], "vqf"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence(session, command, home, options, words):
    assert words in _refused(command("add", session, "--person", "P1", *options))
    with Store(home) as store:
        assert store.sessions("P1") == ()


def test_pain_beyond_ten_is_refused(session, command):
    assert command("add", session, "--person", "P1", "--pain", "11")[0] == 2


def test_the_same_recording_is_added_a_second_time_only_on_purpose(session, command, tmp_path):
    assert command("add", session, "--person", "P1")[0] == 0
    copy = shutil.copytree(session, tmp_path / "renamed")
    error = _refused(command("add", copy, "--person", "P1", "--id", "other"))
    assert "P1 already has this recording as session 2026-03-02_0930" in error
    assert "--again" in error
    code, text, _ = command("add", copy, "--person", "P1", "--again")
    assert code == 0
    assert text.startswith("Added:    2026-03-02_0930_2 for P1, recorded")
    command("person", "add", "P2")
    code, text, _ = command("add", session, "--person", "P2")
    assert code == 0
    assert text.startswith("Added:    2026-03-02_0930_3 for P2, recorded")
    error = _refused(command("add", copy, "--person", "P1", "--again", "--id", "2026-03-02_0930"))
    assert "already in the store" in error


def _beginning(session: Path, folder: Path, *, until_s: float) -> Path:
    (folder / "one").mkdir(parents=True)
    (folder / "session.toml").write_text('recorded_at = 2026-03-05T10:00:00Z\nsubject = "x"\n')
    for file in (session / "one").glob("*.csv.gz"):
        with gzip.open(file) as opened:
            table = pd.read_csv(opened)
        name = file.name.removesuffix(".gz")
        table[table["time_s"] < until_s].to_csv(folder / "one" / name, index=False)
    return folder


def test_a_poorly_calibrated_session_is_kept_and_told_not_to_count(session, command, tmp_path):
    standing = _beginning(session, tmp_path / "standing", until_s=5.5)
    code, text, _ = command("add", standing, "--person", "P1")
    assert code == 3
    lines = text.splitlines()
    assert lines[0] == "Added:    2026-03-05_1000 for P1, recorded 2026-03-05 10:00, 0 measures"
    assert lines[1] == "Calibration poor; step-up score: left –, right –"
    assert any(line.startswith("Withheld: ") for line in lines)
    assert lines[-1].startswith(
        "It does not count in comparisons: The calibration of the session was poor. right "
    )
    code, text, _ = command("sessions", "P1")
    assert code == 0
    assert text.splitlines()[1] == (
        "2026-03-05_1000  2026-03-05 10:00  –        poor         –     –      "
        "no: The calibration of the session was poor."
    )


def test_a_recording_folder_is_added_as_it_is(command, tmp_path, home):

    options = ["--demo", "--fast", "--task", "squat", "--seconds", "12"]
    assert command("record", *options, "--out", tmp_path / "take")[0] == 0
    code, text, _ = command("add", tmp_path / "take", "--person", "P1", "--json")
    assert code in {0, 3}
    added = json.loads(text)
    assert added["sensors"]
    assert "knee_flexion_peak_left_deg" in {measure["measure"] for measure in added["measures"]}
    (tmp_path / "take" / "raw.jrnl").unlink()
    error = _refused(command("add", tmp_path / "take", "--person", "P1"))
    assert f"already has this recording as session {added['session']}" in error
    with Store(home) as store:
        assert len(store.sessions("P1")) == 1


def test_help_of_every_command_has_an_example_and_claims_nothing(command, claims_in):
    for name in ("add", "person", "sessions", "forget", "export"):
        code, text, _ = command(name, "--help")
        assert code == 0
        assert "Example" in text, name
        assert claims_in(text) == []


def _record(name: str, *, sha: str = "") -> SessionRecord:
    conditions = Conditions(Grade.GOOD, "0.1.0")
    return SessionRecord(name, "P1", _MOMENT, conditions, raw_sha256=sha)


def test_what_the_person_says_goes_before_what_the_files_say():
    given = moment_of(_MOMENT, given="2026-05-30T08:00+00:00", now=_NOW)
    assert given == datetime(2026, 5, 30, 8, 0, tzinfo=UTC)


def test_a_time_without_zone_is_local_from_a_person_and_utc_from_a_file():
    assert moment_of(None, given="2026-05-30", now=_NOW).isoformat() == "2026-05-30T00:00:00+02:00"
    naive = datetime.fromisoformat("2026-05-30T08:00")
    assert moment_of(naive, given=None, now=_NOW).isoformat() == "2026-05-30T08:00:00+00:00"


def test_today_is_fine_and_next_week_is_not():
    assert moment_of(None, given="2026-06-01T12:00", now=_NOW) == _NOW
    with pytest.raises(InputError, match="in the future"):
        moment_of(None, given="2026-06-08", now=_NOW)


@pytest.fixture
def store(home):
    with Store(home) as opened:
        yield opened


def test_names_go_on_counting_where_sessions_share_a_minute(store):
    for _ in range(3):
        keep(store, _record("any"), {}, again=False, is_named=False)
    found = [session.session_id for session in store.sessions("P1")]
    assert found == ["2026-03-02_0930", "2026-03-02_0930_2", "2026-03-02_0930_3"]


def test_a_name_taken_in_the_meantime_gives_way_to_the_next(store, home, monkeypatch):
    add = Store.add_session

    def add_after_another(self, record, files=None, **options):
        with Store(home) as other:
            if not other.has_session("2026-03-02_0930"):
                add(other, _record("2026-03-02_0930"))
        add(self, record, files, **options)

    monkeypatch.setattr(Store, "add_session", add_after_another)
    kept = keep(store, _record("any"), {"x": b"1"}, again=False, is_named=False)
    assert kept.session_id == "2026-03-02_0930_2"
    assert [path.read_bytes() for path in store.files_of(kept.session_id)] == [b"1"]


def test_a_chosen_name_is_never_changed_and_the_same_recording_ends_the_search(store):
    keep(store, _record("mine", sha="ab"), {}, again=False, is_named=True)
    with pytest.raises(InputError, match="already"):
        keep(store, _record("mine", sha="cd"), {}, again=False, is_named=True)
    keep(store, _record("any"), {}, again=False, is_named=False)
    with pytest.raises(InputError, match="already has this recording as session mine"):
        keep(store, _record("any", sha="ab"), {}, again=False, is_named=False)
    again = keep(store, _record("any", sha="ab"), {}, again=True, is_named=False)
    assert again.session_id == "2026-03-02_0930_2"


def test_names_are_of_the_time_as_the_session_tells_it():
    assert next(names_for(_MOMENT.astimezone(_ZONE))) == "2026-03-02_1130"


def _frame(placement: Placement, grade: Grade, reason: str) -> SegmentFrame:
    return SegmentFrame(placement, Rotation.identity(), np.eye(3), grade, (reason,))


def test_a_poor_calibration_is_explained_by_the_segments_that_measures_rest_on():
    frames = {
        Placement.PELVIS: _frame(Placement.PELVIS, Grade.POOR, "No bow."),
        Placement.THIGH_LEFT: _frame(Placement.THIGH_LEFT, Grade.POOR, "No squat."),
        Placement.SHANK_LEFT: _frame(Placement.SHANK_LEFT, Grade.FAIR, "Few squats."),
    }
    analysis = Analysis(SessionInfo(), "plain session", "0.1.0", "vqf", frames, (), None, ())
    record = record_of(analysis, person="P1", session_id="x", recorded_at=_MOMENT)
    assert record.conditions.calibration is Grade.POOR
    assert (
        why_not_counted(record, analysis)
        == "The calibration of the session was poor. left thigh: No squat."
    )
    assert why_not_counted(record) == "The calibration of the session was poor."


def test_what_cannot_be_a_session_is_one_sentence():
    analysis = Analysis(SessionInfo(), "plain session", "0.1.0", "vqf", {}, (), None, ())
    with pytest.raises(InputError, match="from 0 to 10, not 11"):
        record_of(analysis, person="P1", session_id="x", recorded_at=_MOMENT, pain=11)
    with pytest.raises(InputError, match="a session's name"):
        record_of(analysis, person="P1", session_id="a b", recorded_at=_MOMENT)
    empty = record_of(analysis, person="P1", session_id="x", recorded_at=_MOMENT)
    assert "nothing that can be compared" in why_not_counted(empty, analysis)
    assert empty.conditions.score_version is None
