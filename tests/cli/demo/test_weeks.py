"""A simulated programme of weeks, from the sensors to the pages."""

import json
import pickle
from concurrent.futures.process import BrokenProcessPool

import pytest

from imu_valgus.cli.demo import weeks as demo_weeks
from imu_valgus.cli.demo.session import TRUE_MEASURES, kept_session
from imu_valgus.cli.demo.truth import demo_lines, home_words, true_changes
from imu_valgus.cli.demo.weeks import analyse_sessions, run_demo_weeks
from imu_valgus.errors import InputError
from imu_valgus.model.progress import Purpose
from imu_valgus.simulate.course import Protocol
from imu_valgus.store import Store

SHORT = Protocol(squats=3, seated_rotations=2, walk_s=10.0, step_ups=4, step_up_s=3.0)
WEEKS = 2


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Eight short sessions, analysed in this process."""
    return run_demo_weeks(
        tmp_path_factory.mktemp("demo"), weeks=WEEKS, jobs=1, protocol=SHORT, with_repeats=False
    )


@pytest.fixture
def at_home(demo, monkeypatch):
    monkeypatch.setenv("IMU_VALGUS_HOME", str(demo.store))
    return demo


def test_the_store_holds_sessions_programme_and_diary(at_home):
    with Store() as store:
        assert store.people() == ("DEMO",)
        sessions = store.sessions("DEMO")
        programme = store.programme("DEMO")
        log = store.log("DEMO")
        files = [len(store.files_of(session.session_id)) for session in sessions]
    purposes = [session.purpose for session in sessions]
    assert purposes == [Purpose.BASELINE] * 3 + [Purpose.CHECK] * 2 + [Purpose.CLOSING] * 3
    times = [planned.recorded_at for planned in at_home.sessions]
    assert [session.recorded_at for session in sessions] == times
    assert all(session.measures and len(session.raw_sha256) == 64 for session in sessions)
    assert len({session.raw_sha256 for session in sessions}) == len(sessions)
    assert files == [2] * len(sessions)
    assert programme is not None
    assert programme.start == demo_weeks.START
    assert {entry.exercise for entry in log} > {item.exercise for item in programme.plan}


def test_the_session_with_the_slipped_strap_does_not_count(at_home, command):
    slipped = [
        kept.record.session_id
        for kept, planned in zip(at_home.kept, at_home.sessions, strict=True)
        if planned.slips
    ]
    document = command("sessions", "DEMO", "--json").document
    aside = {
        session["session"]: session["why_not"] for session in document if not session["counts"]
    }
    assert len(slipped) == 1
    assert aside[slipped[0]].startswith("A strap of the right thigh slipped")
    assert f"Does not count: {slipped[0]}: {aside[slipped[0]]}" in demo_lines(at_home)


def test_pages_and_charts_are_there_and_tables_are_what_commands_print(at_home, command):
    reports = at_home.reports
    pages = {path.name: path.read_bytes() for path in reports.iterdir() if path.is_file()}
    assert sum(name.endswith(".pdf") for name in pages) == 2
    assert sum(name.endswith(".html") for name in pages) == 2
    assert all(
        content.startswith(b"%PDF") for name, content in pages.items() if name.endswith(".pdf")
    )
    assert all(
        b"DEMO" in content and b"</html>" in content
        for name, content in pages.items()
        if name.endswith(".html")
    )
    charts = list((reports / "charts").iterdir())
    assert {path.suffix for path in charts} == {".svg", ".png"}
    assert all(path.stat().st_size > 1000 for path in charts)
    shown = command("compare", "DEMO", "--json")
    assert (reports / "compare.json").read_text(encoding="utf-8") == shown.output
    written = json.loads((reports / "progress.json").read_text(encoding="utf-8"))
    again = command("progress", "DEMO", "--json").document
    assert written["measures"] == again["measures"]


def test_printed_numbers_are_those_of_compare(at_home, command):
    def printed(value: float) -> str:
        return f"{value:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")

    names = [part for name in TRUE_MEASURES for part in ("--measure", name)]
    document = command("compare", "DEMO", *names, "--json").document
    lines = demo_lines(at_home)
    rows = {(measure["side"], measure["measure"]): measure for measure in document["measures"]}
    assert len(rows) == 8
    for change in true_changes(at_home):
        row = rows[str(change.key.side), change.key.name]
        low, high = row["interval_95"]
        words = change.key.name.replace("_excursion_deg", "").replace("_", " ")
        start = f"{str(change.key.side).capitalize()}: {words.capitalize()}"
        (line,) = (line for line in lines if line.startswith(start))
        cells = [cell.strip() for cell in line.split("  ") if cell.strip()]
        assert cells[1:5] == [
            printed(change.habit),
            printed(change.moved),
            printed(row["change"]),
            f"{printed(low)} to {printed(high)}",
        ]


def test_the_true_change_is_that_of_the_habit_from_baseline_to_close(at_home):
    first, last = at_home.sessions[0].habit, at_home.sessions[-1].habit
    for change in true_changes(at_home):
        side, field = change.key.side, change.key.name.replace("_excursion", "")
        truth = getattr(last.of(side), field) - getattr(first.of(side), field)
        assert change.habit == pytest.approx(truth)
        # Three days against three, each within a few day spreads of the habit.
        assert change.moved == pytest.approx(truth, abs=4.0)
        assert change.moved != change.found.change


def test_a_session_comes_out_alike_twice_and_goes_from_process_to_process(demo):
    once, again = demo.kept[0], kept_session(demo.sessions[0])
    sent = pickle.loads(pickle.dumps(again))
    # Compared as text: spreads that are not known are NaN, which equals nothing.
    assert repr(sent.record) == repr(once.record)
    assert sent.files == once.files
    assert sent.moved == once.moved


def test_without_other_processes_everything_happens_in_this_one(monkeypatch):
    def work_through(_work, items, *, jobs, tell):
        if jobs > 1:
            raise BrokenProcessPool
        for _ in items:
            tell("done")
        return list(items)

    steps = []
    monkeypatch.setattr(demo_weeks, "work_through", work_through)
    done = analyse_sessions(["a", "b"], 2, lambda: steps.append(1))
    assert done == ["a", "b"]
    assert steps == [1, 1]


def test_a_store_that_is_there_is_left_alone(demo):
    before = sorted(path.name for path in (demo.store / "sessions").iterdir())
    with pytest.raises(InputError, match="Choose another --out or remove that folder"):
        run_demo_weeks(demo.store.parent, weeks=1, jobs=1, protocol=SHORT, with_repeats=False)
    assert sorted(path.name for path in (demo.store / "sessions").iterdir()) == before


def test_the_command_tells_truth_finding_and_how_to_go_on(
    demo, command, monkeypatch, claims_in, judgements_in
):
    asked = {}

    def run(out, *, weeks, seed):
        asked.update(out=out, weeks=weeks, seed=seed)
        return demo

    monkeypatch.setattr(demo_weeks, "run_demo_weeks", run)
    shown = command("demo", "--weeks", "2", "--seed", "3", "--out", "somewhere")
    assert shown.code == 0, shown.error
    assert (asked["weeks"], asked["seed"]) == (2, 3)
    assert shown.output.splitlines() == demo_lines(demo)
    assert shown.output.rstrip().endswith(f"{home_words(demo.store)} imu-valgus progress DEMO")
    assert claims_in(shown.output) == judgements_in(shown.output) == []
    document = command("demo", "--weeks", "2", "--out", "somewhere", "--json").document
    assert len(document["sessions"]) == 8
    for row, change in zip(document["step_up_changes"], true_changes(demo), strict=True):
        assert row["measure"] == change.key.name
        assert row["true_change_of_habit"] == change.habit
        assert row["found_change"] == change.found.change


def test_zero_weeks_are_refused(command):
    assert command("demo", "--weeks", "0", "--out", "nowhere").code == 2


def test_the_store_is_named_as_each_shell_understands_it(tmp_path):
    place = tmp_path / "a b"
    assert home_words(place, is_windows=True) == f"$env:IMU_VALGUS_HOME='{place}';"
    assert home_words(place, is_windows=False).endswith("a b'")
