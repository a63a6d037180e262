"""Adding, reading, forgetting; what other schemas and damaged files lead to."""

import os
import sqlite3
import stat
from dataclasses import replace
from datetime import date, timedelta

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, Phase, PlannedExercise, Programme
from imu_valgus.model.progress import Purpose
from imu_valgus.store import Store
from imu_valgus.store.schema import MIGRATIONS, SCHEMA_VERSION, index_error

_MONDAY = date(2026, 3, 2)
_PROGRAMME = Programme(
    start=_MONDAY,
    phases=(
        Phase("learn", _MONDAY, _MONDAY + timedelta(days=13)),
        Phase("build", _MONDAY + timedelta(days=14), _MONDAY + timedelta(days=41)),
    ),
    plan=(PlannedExercise("step_up", 3, "2 x 10"), PlannedExercise("clam_shell", 7)),
)


def _without_nan(session):
    """Sessions compare by value only without the NaN of an unknown spread."""
    return replace(
        session,
        measures=tuple(replace(m, sd=-1.0) if m.sd != m.sd else m for m in session.measures),
    )


def test_what_is_added_is_read_back_the_same(store, record, folder):
    added = [record(i, notes="Müde, links “gezogen”\n2. Zeile") for i in (3, 1, 2)]
    for session in added:
        store.add_session(session, {"summary.json": b"{}", "walk/angles.csv": b"time_s\n"})
    with Store(folder) as again:
        found = again.sessions("P1")
    expected = sorted(added, key=lambda s: s.recorded_at)
    assert [_without_nan(s) for s in found] == [_without_nan(s) for s in expected]
    assert store.sessions("P2") == ()
    names = [path.relative_to(folder / "sessions" / "P1-001") for path in store.files_of("P1-001")]
    assert [name.as_posix() for name in names] == ["summary.json", "walk/angles.csv"]


def test_files_are_copied_from_disk_too(store, record, tmp_path):
    source = tmp_path / "report.html"
    source.write_bytes(b"<html>")
    store.add_session(record(), {"report.html": source})
    assert store.files_of("P1-001")[0].read_bytes() == b"<html>"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights elsewhere.")
def test_only_the_owner_may_read_anything(store, record, folder):
    store.add_session(record(), {"a/b/summary.json": b"{}"})
    paths = [folder.parent, folder, *folder.rglob("*")]
    assert len(paths) > 8
    for path in paths:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_programme_and_log_are_read_back_the_same(store):
    assert store.programme("P1") is None
    store.set_programme("P1", _PROGRAMME)
    bare = Programme(start=_MONDAY - timedelta(days=7))
    store.set_programme("P1", bare)
    assert store.programme("P1") == bare
    store.set_programme("P1", _PROGRAMME)
    assert store.programme("P1") == _PROGRAMME
    assert store.programme("P2") is None
    entries = (
        LogEntry(_MONDAY, "step_up", pain=1, notes="ging gut"),
        LogEntry(_MONDAY + timedelta(days=1), None, pain=4),
    )
    store.add_log("P1", reversed(entries))
    assert store.log("P1") == entries


def test_names_stand_in_their_own_file_only(store, folder):
    assert store.name_of("P1") == "Erika Mustermann"
    assert store.name_of("P3") is None
    holders = [path.name for path in folder.rglob("*") if _holds(path, b"Mustermann")]
    assert holders == ["names.json"]


def test_setting_a_session_aside_is_remembered(store, record):
    store.add_session(record())
    store.set_aside("P1-001", reason="A strap slipped.")
    assert store.sessions("P1")[0].set_aside == "A strap slipped."
    store.set_aside("P1-001", reason="")
    assert store.sessions("P1")[0].set_aside == ""
    with pytest.raises(InputError, match="no session P1-009"):
        store.set_aside("P1-009", reason="x")


def test_unknown_people_taken_pseudonyms_and_doubled_sessions_are_refused(store, record):
    with pytest.raises(InputError, match="no P3"):
        store.sessions("P3")
    with pytest.raises(InputError, match="Add the person first"):
        store.add_session(record(person="P3"))
    with pytest.raises(InputError, match="P1 is already in the store"):
        store.add_person("P1")
    with pytest.raises(InputError, match="a pseudonym"):
        store.add_person("Erika Mustermann")
    store.add_session(record())
    with pytest.raises(InputError, match="already in the store"):
        store.add_session(record(), {"other": b""})
    assert store.files_of("P1-001") == ()


def test_every_purpose_is_kept(store, record):
    purposes = [None, *Purpose]
    for number, purpose in enumerate(purposes):
        store.add_session(replace(record(number), purpose=purpose))
    assert [session.purpose for session in store.sessions("P1")] == purposes


def test_the_same_recording_is_refused_for_one_person_where_that_is_wanted(store, record):
    store.add_session(record(1), once=True)
    with pytest.raises(InputError, match="P1 already has this recording as session P1-001"):
        store.add_session(record(2), once=True)
    store.add_session(record(2, person="P2"), once=True)
    store.add_session(record(3))
    unknown = replace(record(4), raw_sha256="")
    store.add_session(unknown, once=True)
    store.add_session(replace(unknown, session_id="P1-005"), once=True)
    assert [s.session_id for s in store.sessions("P1")] == ["P1-001", "P1-003", "P1-004", "P1-005"]
    assert store.has_session("P1-003")
    assert not store.has_session("P1-002")


@pytest.mark.parametrize("files", [{"../out": b""}, {"a": b"", "a/b": b""}])
def test_an_add_that_fails_leaves_nothing(store, record, folder, files):
    with pytest.raises(InputError):
        store.add_session(record(), files)
    assert store.sessions("P1") == ()
    assert list((folder / "sessions").iterdir()) == []
    store.add_session(record())


def test_a_missing_file_to_copy_is_told_and_leaves_nothing(store, record, tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv"):
        store.add_session(record(), {"ok": b"1", "x": tmp_path / "nothing.csv"})
    assert store.sessions("P1") == ()


def _holds(path, content: bytes) -> bool:
    return path.is_file() and content in path.read_bytes()


def _everywhere(folder) -> bytes:
    names = "\n".join(str(path) for path in folder.rglob("*")).encode()
    return names + b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_forgetting_leaves_no_byte_of_the_person_and_all_of_the_other(store, record, folder):
    for number in range(30):
        store.add_session(record(number, notes="secret-note-of-p1"), {"r.html": b"secret-report"})
        store.add_session(record(number, person="P2", notes="note-of-p2"), {"r.html": b"other"})
    store.set_programme(
        "P1", replace(_PROGRAMME, phases=(Phase("secret-phase", _MONDAY, _MONDAY),))
    )
    store.add_log("P1", [LogEntry(_MONDAY, "secret_exercise", notes="secret-log")])
    before = store.sessions("P2")
    assert b"secret-note-of-p1" in _everywhere(folder)
    store.forget("P1")
    left = _everywhere(folder)
    for trace in (b"secret", b"P1", b"Mustermann"):
        assert trace not in left
    assert [s.session_id for s in store.sessions("P2")] == [s.session_id for s in before]
    assert store.files_of("P2-000")[0].read_bytes() == b"other"
    assert store.name_of("P2") == "Hans Beispiel"
    assert store.people() == ("P2",)
    with pytest.raises(InputError, match="no P1"):
        store.forget("P1")


_OLD_ROW = {
    "session_id": "P1-001", "person": "P1", "recorded_at": "2026-03-03T09:00:00+00:00",
    "recorded_utc_s": 1772528400.0, "calibration": "fair", "software_version": "0.1.0",
    "science_version": "1", "score_version": "sas-1", "fusion": "vqf", "feedback": "none",
    "step_height_m": 0.1, "footwear": "unknown",
    "sensors": '["D4:22:CD:00:11:22", "SERIAL-4711"]', "pain": 2, "notes": "Müde",
    "set_aside": "", "raw_sha256": "ab" * 32,
}  # fmt: skip
_OLD_MEASURES = (
    ("walk", "", "cadence_per_min", 109.5, None, 40, "[]"),
    ("step_up", "left", "score", 66.0, 5.0, 3, "[60.0, 66.0, 70.0]"),
)


def _write_old_store(folder, version):
    """Write a store as the program of that schema version left it behind."""
    (folder / "sessions" / "P1-001").mkdir(parents=True)
    (folder / "sessions" / "P1-001" / "summary.json").write_text("{}")
    index = sqlite3.connect(folder / "index.sqlite3")
    index.execute("PRAGMA journal_mode = WAL")
    for script in MIGRATIONS[:version]:
        index.executescript(script)
    index.execute("INSERT INTO person VALUES ('P1')")
    names = ", ".join(_OLD_ROW)
    marks = ", ".join(f":{name}" for name in _OLD_ROW)
    index.execute(f"INSERT INTO session ({names}) VALUES ({marks})", _OLD_ROW)
    for measure in _OLD_MEASURES:
        index.execute("INSERT INTO measure VALUES ('P1-001', ?, ?, ?, ?, ?, ?, ?)", measure)
    index.execute(f"PRAGMA application_id = {0x1A6B5A17}")
    index.execute(f"PRAGMA user_version = {version}")
    index.commit()
    index.close()


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_an_older_store_is_brought_forward_with_all_it_holds(folder, record, version):
    _write_old_store(folder, version)
    with Store(folder) as store:
        expected = _without_nan(record(1, notes="Müde"))
        assert [_without_nan(s) for s in store.sessions("P1")] == [expected]
        assert [path.name for path in store.files_of("P1-001")] == ["summary.json"]
        store.set_programme("P1", _PROGRAMME)
        assert store.programme("P1") == _PROGRAMME
        store.add_session(replace(record(2), purpose=Purpose.CLOSING))
    with Store(folder) as store:
        assert [s.purpose for s in store.sessions("P1")] == [None, Purpose.CLOSING]
    index = sqlite3.connect(folder / "index.sqlite3")
    assert index.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    index.close()


def test_every_earlier_schema_ends_in_the_same_tables(tmp_path):
    def tables(path):
        index = sqlite3.connect(path)
        rows = index.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        index.close()
        return rows

    with Store(tmp_path / "new"):
        pass
    for version in range(1, SCHEMA_VERSION):
        folder = tmp_path / f"old{version}"
        folder.mkdir()
        index = sqlite3.connect(folder / "index.sqlite3")
        for script in MIGRATIONS[:version]:
            index.executescript(script)
        index.execute(f"PRAGMA application_id = {0x1A6B5A17}")
        index.execute(f"PRAGMA user_version = {version}")
        index.commit()
        index.close()
        with Store(folder):
            pass
        found = tables(folder / "index.sqlite3")
        assert found == tables(tmp_path / "new" / "index.sqlite3")


def test_a_newer_store_is_refused_in_a_sentence_and_not_touched(folder, record):
    with Store(folder) as store:
        store.add_person("P1")
        store.add_session(record(), {"x": b"1"})
    index = sqlite3.connect(folder / "index.sqlite3")
    index.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    index.commit()
    index.close()
    before = _everywhere(folder)
    with pytest.raises(InputError, match="newer imu_valgus") as caught:
        Store(folder)
    assert "install the newer version" in str(caught.value)
    assert _everywhere(folder) == before


def test_other_files_in_its_place_are_refused(folder, tmp_path):
    folder.mkdir(parents=True)
    (folder / "index.sqlite3").write_bytes(b"this is not a database at all, but long enough" * 50)
    with pytest.raises(InputError, match=r"damaged.*store rebuild"):
        Store(folder)
    other = tmp_path / "other"
    other.mkdir()
    index = sqlite3.connect(other / "index.sqlite3")
    index.execute("CREATE TABLE recipes (name TEXT)")
    index.commit()
    index.close()
    before = _everywhere(other)
    with pytest.raises(InputError, match="another program's database"):
        Store(other)
    assert _everywhere(other) == before
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="IMU_VALGUS_HOME"):
        Store(tmp_path / "file" / "store")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "is full"),
        (sqlite3.SQLITE_READONLY, "cannot be written"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be written"),
        (sqlite3.SQLITE_BUSY, "Another program"),
        (sqlite3.SQLITE_IOERR, "reports an error"),
        (sqlite3.SQLITE_CORRUPT, "store rebuild"),
        (sqlite3.SQLITE_NOTADB, "store rebuild"),
        (None, "store rebuild"),
    ],
)
def test_what_the_index_says_is_told_with_what_to_do(folder, code, words):
    error = sqlite3.OperationalError("said by SQLite")
    if code is not None:
        error.sqlite_errorcode = code
    said = str(index_error(error, folder))
    assert words in said
    if code != sqlite3.SQLITE_CORRUPT and words != "store rebuild":
        assert "rebuild" not in said
        assert "move" not in said
