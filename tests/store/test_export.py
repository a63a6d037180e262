"""The export of one's own data is there wholly or not at all."""

import errno
import io
import stat
import zipfile

import pyrage
import pytest

from imu_valgus.errors import InputError
from imu_valgus.store import everything_of, export, export_encrypted, export_files


def export_everything(store, people, folder):
    return export_files(store, everything_of(store, people), folder)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(store, record, tmp_path, monkeypatch):
    def write_a_part(folder, files):
        name = next(iter(files))
        (folder / name).write_bytes(files[name])
        raise OSError(errno.ENOSPC, "No space left on device")

    store.add_session(record(), {"summary.json": b"{}"})
    monkeypatch.setattr(export, "write_files", write_a_part)
    with pytest.raises(InputError, match=r"No space left on device.*Nothing was left there"):
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


def test_an_encrypted_export_opens_with_the_key_and_holds_everything(store, record, tmp_path):
    store.add_session(record(), {"walk/summary.json": b"{}"})
    keys = [pyrage.x25519.Identity.generate() for _ in range(3)]
    file = export_encrypted(
        everything_of(store, ["P1"]),
        tmp_path / "new" / "p1.zip.age",
        recipients=[str(key.to_public()) for key in keys[:2]],
    )
    content = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for trace in (b"Mustermann", b"summary.json", b"PK\x03\x04"):
        assert trace not in content
    for key in keys[:2]:
        with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(content, [key]))) as packed:
            assert packed.testzip() is None
            assert b"Mustermann" in packed.read("people.csv")
            assert packed.read("sessions/P1-001/walk/summary.json") == b"{}"
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(content, keys[2:])
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("key", ["age1nonsense", "ssh-ed25519 AAAA", "", "hello"])
def test_what_is_no_key_is_one_sentence_and_writes_nothing(store, tmp_path, key):
    with pytest.raises(InputError, match="no public key"):
        export_encrypted(everything_of(store, ["P1"]), tmp_path / "x.age", recipients=[key])
    assert not (tmp_path / "x.age").exists()
