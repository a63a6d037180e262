"""The hash of a session is that of its raw files, whatever lies beside them."""

import hashlib
import os
import shutil

import pytest

from imu_valgus.errors import InputError
from imu_valgus.io.session_hash import hash_of_session

_FILES = {"session.toml": b"a = 1\n", "walk/b.csv": b"1,2\n" * 9, "walk/a.csv": b""}


@pytest.fixture
def session(tmp_path):
    folder = tmp_path / "session"
    for name, content in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_hash_is_what_its_description_says(session):
    expected = b"".join(
        name.encode() + b"\0" + len(_FILES[name]).to_bytes(8, "big") + _FILES[name]
        for name in ("session.toml", "walk/a.csv", "walk/b.csv")
    )
    assert hash_of_session(session) == hashlib.sha256(expected).hexdigest()


def test_copies_share_it_and_results_journals_and_litter_do_not_enter(session, tmp_path):
    before = hash_of_session(session)
    assert hash_of_session(shutil.copytree(session, tmp_path / "other name")) == before
    for name in (".DS_Store", ".git/x", "raw.jrnl", "out/summary.json", "out/walk/angles.csv"):
        (session / name).parent.mkdir(parents=True, exist_ok=True)
        (session / name).write_bytes(b"x")
    assert hash_of_session(session) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "walk" / "b.csv").write_bytes(b"1,3\n" * 9),
        lambda folder: (folder / "walk" / "a.csv").rename(folder / "walk" / "c.csv"),
        lambda folder: (folder / "walk" / "a.csv").unlink(),
        lambda folder: (folder / "walk" / "d.csv").write_bytes(b""),
    ],
)
def test_any_change_of_the_raw_files_changes_it(session, change):
    before = hash_of_session(session)
    change(session)
    assert hash_of_session(session) != before


def test_bytes_that_move_from_one_file_to_the_next_change_it(session):
    before = hash_of_session(session)
    (session / "walk" / "a.csv").write_bytes(b"1,2\n")
    (session / "walk" / "b.csv").write_bytes(b"1,2\n" * 8)
    assert hash_of_session(session) != before


def test_the_journal_of_the_recorder_is_known_by_its_name():
    from imu_valgus.recorder.journal import JOURNAL_FILE

    assert JOURNAL_FILE == "raw.jrnl"


def test_nothing_to_hash_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no files of a session"):
        hash_of_session(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_one_sentence(session):
    (session / "session.toml").chmod(0)
    with pytest.raises(InputError, match="Check its permissions"):
        hash_of_session(session)
