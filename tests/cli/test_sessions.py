"""``person``, ``sessions``, ``forget`` and ``export``: what they print, write and refuse."""

import csv
import io
import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imu_valgus.model import Grade, Side, Task
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
from imu_valgus.model.progress import Conditions, Measure, MeasureKey, Purpose, SessionRecord
from imu_valgus.store import Store

pytestmark = pytest.mark.usefixtures("home")

_START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _record(number: int, *, grade: Grade = Grade.GOOD, person: str = "P1") -> SessionRecord:
    values = (60.0 + number, 70.0 + number, 71.0 + number)
    scores = tuple(
        Measure(MeasureKey("score", Task.STEP_UP, side), values[1], 6.0, values, 3)
        for side in (Side.LEFT, Side.RIGHT)[: 2 - number % 2]
    )
    cadence = Measure(MeasureKey("cadence_per_min", Task.WALK, None), 1 / 3, float("nan"), (), 40)
    return SessionRecord(
        session_id=f"{person}-{number}",
        person=person,
        recorded_at=_START + timedelta(days=number),
        conditions=Conditions(grade, "0.1.0", score_version="sas-1", sensors=("SERIAL-1",)),
        measures=(*scores, cadence),
        notes="secret, with comma",
        raw_sha256="cd" * 32,
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("IMU_VALGUS_HOME", str(folder))
    with Store(folder) as store:
        store.add_person("P1", name="Erika Mustermann")
        store.add_person("P2")
        store.add_session(replace(_record(0), purpose=Purpose.BASELINE), {"summary.json": b"{}"})
        store.add_session(_record(1, grade=Grade.POOR))
        store.add_session(replace(_record(2), measures=()))
        store.add_session(_record(3, person="P2"), {"summary.json": b"other"})
        day = _START.date()
        plan = (PlannedExercise("step_up", 3, "2 x 10"),)
        store.set_programme("P1", Programme(day, (Phase("learn", day, day),), plan))
        store.add_log("P1", [LogEntry(day, "step_up", pain=1, notes="ging gut")])
    return folder


_TABLE = """\
SESSION  RECORDED          PURPOSE   CALIBRATION  LEFT  RIGHT  COUNTS
P1-0     2026-03-02 09:30  baseline  good         70    70     yes
P1-1     2026-03-03 09:30  –         poor         71    –      \
no: The calibration of the session was poor.
P1-2     2026-03-04 09:30  –         good         –     –      \
no: It holds nothing that can be compared.
"""


def test_sessions_are_a_table_that_says_what_counts_and_why_not(command):
    assert command("sessions", "P1") == (0, _TABLE, "")


def test_a_session_is_set_aside_with_a_reason_and_counted_again(command):
    aside = ["sessions", "P1", "--set-aside", "P1-0", "--reason", "A strap slipped."]
    code, text, _ = command(*aside)
    assert code == 0
    assert text == _TABLE.replace("70    70     yes", "70    70     no: A strap slipped.")
    listed = json.loads(command("sessions", "P1", "--json")[1])
    assert [session["counts"] for session in listed] == [False, False, False]
    assert listed[0]["why_not"] == "A strap slipped."
    assert listed[0]["score"] == {"left": 70.0, "right": 70.0}
    assert listed[0]["measures"][2]["sd"] is None
    assert command("sessions", "P1", "--count-again", "P1-0")[1] == _TABLE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sessions", "P9"], "imu-valgus person add P9"),
        (["sessions", "P1", "--set-aside", "P1-0"], "--reason TEXT"),
        (["sessions", "P1", "--set-aside", "P1-0", "--reason", " "], "--reason TEXT"),
        (["sessions", "P1", "--reason", "x"], "--set-aside ID"),
        (["sessions", "P1", "--set-aside", "P2-3", "--reason", "x"], "a session of P1"),
        (["sessions", "P1", "--count-again", "P2-3"], "a session of P1"),
        (["person", "add", "P1"], "P1 is already in the store"),
        (["person", "add", "Erika M."], "letters, digits, - and _"),
        (["forget", "P9"], "no P9"),
        (["forget", "P1"], "Use --yes"),
        (["export", "P1", "P9", "--out", "out"], "no P9"),
        (["export", "P1", "--out", "."], "new or empty folder"),
        (["export", "P1", "--share", "--out", "."], "new or empty folder"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    command, tmp_path, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, text, error = command(*arguments)
    assert (code, text) == (2, "")
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert words in error
    assert not (tmp_path / "out").exists()
    assert command("sessions", "P1")[1] == _TABLE
    assert command("person", "list")[1].count("\n") == 3


def test_people_are_added_and_listed(command):
    assert command("person", "add", "P3", "--name", "Zoë", "--json")[1] == (
        '{\n  "person": "P3",\n  "name": "Zoë"\n}\n'
    )
    assert command("person", "list")[1] == (
        "PERSON  SESSIONS  NAME\n"
        "P1      3         Erika Mustermann\n"
        "P2      1         –\n"
        "P3      0         Zoë\n"
    )
    assert json.loads(command("person", "list", "--json")[1])[1] == {
        "person": "P2", "name": None, "sessions": 1,
    }  # fmt: skip


def test_for_a_person_without_sessions_the_command_that_adds_one_is_shown(command):
    command("person", "add", "P3")
    assert command("sessions", "P3")[1] == (
        "P3 has no sessions yet. Add one with: imu-valgus add SESSION --person P3\n"
    )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "is_gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_forget_asks_in_a_terminal(command, home, monkeypatch, answer, is_gone):
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    code, text, error = command("forget", "P1")
    assert code == 0
    assert "Remove P1 with 3 sessions for good?" in error
    assert text.endswith("Removed P1 and 3 sessions.\n" if is_gone else "Nothing was removed.\n")
    with Store(home) as store:
        assert ("P1" in store.people()) is not is_gone


def test_forget_with_yes_leaves_only_the_others(command, home):
    document = json.loads(command("forget", "P2", "--yes", "--json")[1])
    assert document == {"person": "P2", "sessions": 1, "forgotten": True}
    assert command("sessions", "P1")[1] == _TABLE
    assert not any(path.read_bytes() == b"other" for path in home.rglob("*") if path.is_file())


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_export_of_ones_own_data_holds_everything(command, tmp_path):
    out = tmp_path / "mine"
    code, text, _ = command("export", "P1", "--out", out)
    assert code == 0
    assert text.startswith("Wrote people.csv, sessions.csv, measures.csv, programme.csv, ")
    assert "and 1 result file in" in text
    assert _rows(out / "people.csv") == [{"person": "P1", "name": "Erika Mustermann"}]
    sessions = _rows(out / "sessions.csv")
    assert [row["session"] for row in sessions] == ["P1-0", "P1-1", "P1-2"]
    assert sessions[0]["recorded_at"] == "2026-03-02T09:30:00+00:00"
    assert sessions[0]["purpose"] == "baseline"
    assert sessions[0]["notes"] == "secret, with comma"
    assert sessions[0]["raw_sha256"] == "cd" * 32
    assert json.loads(sessions[0]["sensors"]) == ["SERIAL-1"]
    measures = [row for row in _rows(out / "measures.csv") if row["session"] == "P1-0"]
    assert [float(row["value"]) for row in measures] == [70.0, 70.0, 1 / 3]
    assert measures[0]["repetitions"] == "60.0 70.0 71.0"
    assert measures[2]["sd"] == ""
    assert _rows(out / "programme.csv") == [{"person": "P1", "start": "2026-03-02"}]
    assert _rows(out / "phases.csv")[0]["phase"] == "learn"
    assert _rows(out / "plan.csv")[0]["times_per_week"] == "3"
    assert _rows(out / "log.csv")[0]["notes"] == "ging gut"
    assert (out / "sessions" / "P1-0" / "summary.json").read_bytes() == b"{}"
    assert not (out / "sessions" / "P2-3").exists()
    for path in [out, *out.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert command("export", "P2", "--out", out)[0] == 2
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"home", "mine"}


def test_the_shared_export_says_what_stayed_behind_and_holds_no_identity(command, tmp_path):
    out = tmp_path / "shared"
    document = json.loads(command("export", "P1", "P2", "--share", "--out", out, "--json")[1])
    assert document["share"] is True
    assert [Path(file).name for file in document["files"]] == [
        "sessions.csv",
        "measures.csv",
        "log.csv",
    ]
    text = "".join(Path(file).read_text(encoding="utf-8") for file in document["files"])
    for trace in ("P1", "P2", "Erika", "secret", "SERIAL", "cdcd", "2026", "ging gut"):
        assert trace not in text
    assert "baseline" in text
    code, text, _ = command("export", "P1", "--share", "--out", tmp_path / "again")
    assert code == 0
    assert "share with care" in text
