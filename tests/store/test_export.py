"""The export of one's own data is there wholly or not at all."""

import errno

import pytest

from imu_valgus.errors import InputError
from imu_valgus.store import export, export_everything


def test_a_full_disk_is_one_sentence_and_leaves_nothing(store, record, tmp_path, monkeypatch):
    def write_a_part(folder, files):
        folder.mkdir()
        name = next(iter(files))
        (folder / name).write_bytes(files[name])
        raise OSError(errno.ENOSPC, "No space left on device")

    store.add_session(record(), {"summary.json": b"{}"})
    monkeypatch.setattr(export, "write_files", write_a_part)
    with pytest.raises(InputError, match=r"^Cannot export to .*\(No space left on device\)\. "):
        export_everything(store, ["P1"], tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_an_empty_folder_takes_the_export_and_a_file_is_refused(store, record, tmp_path):
    store.add_session(record(), {"walk/summary.json": b"{}"})
    (tmp_path / "out").mkdir()
    files = export_everything(store, ["P1", "P1", "P2"], tmp_path / "out")
    assert all(path.is_file() for path in files)
    assert files[-1] == tmp_path / "out" / "sessions" / "P1-001" / "walk" / "summary.json"
    with pytest.raises(InputError, match="new or empty folder"):
        export_everything(store, ["P1"], tmp_path / "out" / "log.csv")
