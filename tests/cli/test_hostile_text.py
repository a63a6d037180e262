"""What others have named cannot command a terminal or a spreadsheet, and stops no command."""

import csv
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from imu_valgus.cli.console import printable
from imu_valgus.store.export import csv_bytes

ESCAPE = "\x1b]0;owned\x07\x1b[31m"
MARKUP = "[bold]x[/bold]"


def run(
    *arguments: str, encoding: str = "utf-8", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "imu_valgus", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, **variables},
    )


@pytest.mark.parametrize(
    "hostile", [ESCAPE, "a\x9b31mb", "\u202egnp.exe", "zero\u200bwidth", "\udc80", "\x7f\r"]
)
def test_nothing_that_a_terminal_obeys_is_left(hostile: str) -> None:
    text = printable(hostile)
    assert text.isprintable()
    assert text != hostile


def test_good_letters_stay() -> None:
    assert printable("Müller, 10° ± 2, 力, naïve\tx\ny") == "Müller, 10° ± 2, 力, naïve\tx\ny"


def test_names_of_folders_reach_neither_terminal_nor_json_unescaped(tmp_path: Path) -> None:
    folder = tmp_path / f"session{ESCAPE}{MARKUP}"
    made = run("simulate", "--seed", "3", "--walk", "8", "--out", str(folder))
    assert made.returncode == 0, made.stderr
    inner = next(path for path in folder.rglob("session.toml")).parent
    for arguments in (
        ("info", str(inner)),
        ("info", str(inner), "--json"),
        ("info", str(folder / ESCAPE)),
    ):
        result = run(*arguments)
        assert b"\x1b" not in result.stdout + result.stderr
        assert b"\x07" not in result.stdout + result.stderr
    assert (
        MARKUP.encode() in run("info", str(inner)).stdout + run("info", str(folder / "no")).stderr
    )


def test_an_ascii_terminal_stops_no_command(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    session = tmp_path / "made"
    assert run("simulate", "--seed", "3", "--walk", "8", "--out", str(session)).returncode == 0
    inner = next(path for path in session.rglob("session.toml")).parent
    result = run("analyse", str(inner), "--out", str(out), "--no-report", encoding="ascii")
    assert result.returncode in {0, 3}
    assert b"Traceback" not in result.stderr
    assert (out / "summary.json").is_file()


def test_names_that_are_not_utf8_are_one_sentence(tmp_path: Path) -> None:
    if sys.platform in {"darwin", "win32"}:
        pytest.skip("The file system takes only Unicode names.")
    folder = os.fsencode(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(folder)).mkdir()
    (Path(os.fsdecode(folder)) / "thigh_right.csv").write_text("time_s\n1\n")
    result = run("info", os.fsdecode(folder))
    assert result.returncode == 2
    assert result.stderr.startswith(b"Error: ")
    assert b"bug" not in result.stderr


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1"])
def test_no_cell_of_an_export_is_a_formula(cell: str) -> None:
    (row,) = list(csv.reader(csv_bytes(("a", "b"), [(cell, -1.5)]).decode().splitlines()))[1:]
    assert row == [f"'{cell}", "-1.5"]


def test_lists_of_numbers_stay_numbers() -> None:
    assert csv_bytes(("a",), [("-1.5 2 3e-4",)]) == b"a\n-1.5 2 3e-4\n"


def test_everything_written_is_for_its_owner_only(tmp_path: Path) -> None:
    session, home = tmp_path / "new" / "session", tmp_path / "home"
    variables = {"IMU_VALGUS_HOME": str(home)}
    before = os.umask(0)
    try:
        run("record", "--demo", "--fast", "--task", "walk", "--seconds", "8", "--out", str(session),
            **variables)  # fmt: skip
        run("analyse", str(session), "--out", str(tmp_path / "results"), **variables)
        run("person", "add", "P1", "--name", "Erika M.", **variables)
        run("add", str(session), "--person", "P1", **variables)
        run("report", "P1", "--out", str(tmp_path / "pages"), **variables)
        run("export", "P1", "--out", str(tmp_path / "export"), **variables)
        run("store", "backup", str(tmp_path / "backup.zip"), **variables)
    finally:
        os.umask(before)
    paths = list(tmp_path.rglob("*"))
    assert {path.name for path in paths} >= {
        "raw.jrnl",
        "report.html",
        "names.json",
        "log.csv",
        "backup.zip",
    }
    for path in paths:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_results_of_another_session_are_never_replaced_unasked(command, tmp_path: Path) -> None:
    sessions = []
    for seed in ("3", "4"):
        made = tmp_path / f"made{seed}"
        command("simulate", "--seed", seed, "--walk", "8", "--out", made)
        sessions.append(next(path for path in made.rglob("session.toml")).parent)
    out = tmp_path / "out"

    def analyse(session: Path, *options: str):
        return command("analyse", session, "--out", out, "--no-report", *options)

    assert analyse(sessions[0]).code in {0, 3}
    before = (out / "summary.json").read_bytes()
    refused = analyse(sessions[1])
    assert refused.code == 2
    assert "another session" in refused.error
    assert (out / "summary.json").read_bytes() == before
    text = (sessions[0] / "session.toml").read_text()
    (sessions[0] / "session.toml").write_text(text + "\n# a note\n")
    assert analyse(sessions[0]).code in {0, 3}, "the same folder, though its file has changed"
    copy = tmp_path / "copy"
    sessions[0].rename(copy)
    assert analyse(copy).code in {0, 3}, "the same files under another name"
    assert analyse(sessions[1], "--overwrite").code in {0, 3}
    summary = json.loads((out / "summary.json").read_bytes())
    del summary["source"]
    (out / "summary.json").write_text(json.dumps(summary))
    assert analyse(sessions[1]).code == 2, "results that do not say whose they are"
