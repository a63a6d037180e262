"""Exports hold the numbers and nothing that tells who."""

import csv
from dataclasses import replace
from datetime import date, timedelta

import pytest

from imu_valgus.errors import InputError
from imu_valgus.model.programme import LogEntry, Phase, Programme
from imu_valgus.model.progress import Purpose
from imu_valgus.store import export_files, shared_of


def export_share(store, people, folder):
    return export_files(store, shared_of(store, people), folder)


_IDENTITY = (
    "P1", "P2", "Mustermann", "Beispiel", "Erika", "D4:22:CD", "SERIAL-4711", "secret", "abab",
    "2026", "09:00",
)  # fmt: skip


@pytest.fixture
def filled(store, record):
    for number in (1, 8, 15):
        store.add_session(record(number, notes="secret note"), {"r.html": b"secret"})
        store.add_session(record(number, person="P2", notes="secret note"))
    store.set_aside("P1-008", reason="secret reason")
    day = date(2026, 3, 3)
    store.set_programme("P1", Programme(day, (Phase("secret phase", day, day),)))
    store.add_log("P1", [LogEntry(day + timedelta(days=7), "step_up", pain=3, notes="secret")])
    return store


def _read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_identity_is_in_any_exported_byte(filled, tmp_path):
    files = export_share(filled, ["P1", "P2"], tmp_path / "out")
    assert {path.name for path in files} == {path.name for path in (tmp_path / "out").iterdir()}
    for path in files:
        text = path.read_text(encoding="utf-8")
        for trace in _IDENTITY:
            assert trace not in text, (path.name, trace)


def test_distances_in_time_and_values_stay_true(filled, tmp_path):
    sessions, measures, log = export_share(filled, ["P1"], tmp_path / "out")
    rows = _read(sessions)
    days = [date.fromisoformat(row["day"]) for row in rows]
    assert [(day - days[0]).days for day in days] == [0, 7, 14]
    assert [row["weeks_since_first"] for row in rows] == ["0.000", "1.000", "2.000"]
    assert [row["is_set_aside"] for row in rows] == ["False", "True", "False"]
    scores = [row for row in _read(measures) if row["measure"] == "score"]
    assert [float(row["value"]) for row in scores] == [66.0, 73.0, 80.0]
    assert scores[0]["repetitions"] == "60 66 70"
    entry = _read(log)[0]
    assert date.fromisoformat(entry["day"]) == days[1]
    assert entry["pain"] == "3"


def test_each_person_and_each_export_is_moved_by_its_own_number_of_days(filled, tmp_path):
    true = date(2026, 3, 3)
    shifts = set()
    for number in range(4):
        rows = _read(export_share(filled, ["P1", "P2"], tmp_path / str(number))[0])
        firsts = {row["person"]: date.fromisoformat(row["day"]) for row in reversed(rows)}
        assert set(firsts) == {"person_1", "person_2"}
        shifts |= {(true - day).days for day in firsts.values()}
    # Eight draws from ten years; less than seven different ones has a chance of 0.002 %.
    assert len(shifts) >= 7
    assert min(shifts) >= 365


def test_an_export_never_writes_over_files_and_knows_its_people(filled, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="new or empty folder"):
        export_share(filled, ["P1"], tmp_path / "full")
    with pytest.raises(InputError, match="no P9"):
        export_share(filled, ["P9"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_purpose_of_a_session_is_exported(filled, record, tmp_path):
    filled.add_session(replace(record(30), purpose=Purpose.REDONNING))
    rows = _read(export_share(filled, ["P1"], tmp_path / "out")[0])
    assert [row["purpose"] for row in rows] == ["", "", "", "redonning"]


def test_a_session_without_measures_is_exported_as_such(filled, record, tmp_path):
    filled.add_session(replace(record(30), measures=()))
    sessions, measures, _ = export_share(filled, ["P1"], tmp_path / "out")
    assert len(_read(sessions)) == 4
    assert {row["session"] for row in _read(measures)} == {"1", "2", "3"}
