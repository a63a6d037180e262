"""When a session was, what it is called, and how it gets its name in a busy store."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_valgus.cli.adding import keep, moment_of, names_for, record_of, why_not_counted
from imu_valgus.errors import InputError
from imu_valgus.model import Analysis, Grade, Placement, SegmentFrame, SessionInfo
from imu_valgus.model.progress import Conditions, SessionRecord
from imu_valgus.store import Store

_ZONE = timezone(timedelta(hours=2))
_NOW = datetime(2026, 6, 1, 12, 0, tzinfo=_ZONE)
_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _record(name: str, *, sha: str = "", person: str = "P1") -> SessionRecord:
    conditions = Conditions(Grade.GOOD, "0.1.0")
    return SessionRecord(name, person, _MOMENT, conditions, raw_sha256=sha)


def test_what_the_person_says_goes_before_what_the_files_say():
    given = moment_of(_MOMENT, given="2026-05-30T08:00+00:00", now=_NOW)
    assert given == datetime(2026, 5, 30, 8, 0, tzinfo=UTC)


def test_a_time_without_zone_is_local_from_a_person_and_utc_from_a_file():
    assert moment_of(None, given="2026-05-30", now=_NOW).isoformat() == "2026-05-30T00:00:00+02:00"
    naive = datetime.fromisoformat("2026-05-30T08:00")
    assert moment_of(naive, given=None, now=_NOW).isoformat() == "2026-05-30T08:00:00+00:00"


def test_today_is_fine_and_next_week_is_not():
    assert moment_of(None, given="2026-06-01T12:00", now=_NOW) == _NOW
    with pytest.raises(InputError, match="to come"):
        moment_of(None, given="2026-06-08", now=_NOW)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        opened.add_person("P1")
        yield opened


def test_names_go_on_counting_where_sessions_share_a_minute(store):
    for _ in range(3):
        keep(store, _record("any"), {}, again=False, is_named=False)
    found = [session.session_id for session in store.sessions("P1")]
    assert found == ["2026-03-02_0930", "2026-03-02_0930_2", "2026-03-02_0930_3"]


def test_a_name_taken_in_the_meantime_gives_way_to_the_next(store, tmp_path, monkeypatch):
    add = Store.add_session

    def add_after_another(self, record, files=None, **options):
        with Store(tmp_path) as other:
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
    with pytest.raises(InputError, match="has it already as session mine"):
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
    told = why_not_counted(record, analysis)
    assert told == "The calibration of the session was poor. left thigh: No squat."
    assert why_not_counted(record) == "The calibration of the session was poor."


def test_what_cannot_be_a_session_is_one_sentence():
    analysis = Analysis(SessionInfo(), "plain session", "0.1.0", "vqf", {}, (), None, ())
    with pytest.raises(InputError, match="from 0 to 10, not 11"):
        record_of(analysis, person="P1", session_id="x", recorded_at=_MOMENT, pain=11)
    with pytest.raises(InputError, match="a session's name"):
        record_of(analysis, person="P1", session_id="a b", recorded_at=_MOMENT)
    empty = record_of(analysis, person="P1", session_id="x", recorded_at=_MOMENT)
    assert "Nothing was found" in why_not_counted(empty, analysis)
    assert empty.conditions.score_version is None
