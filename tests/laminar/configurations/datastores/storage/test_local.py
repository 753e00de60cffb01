"""Test the datastore in a folder."""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from laminar.configurations.datastores import DataStore, Local, Record
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import file_format
from laminar.exceptions import DatastoreError
from tests.support.store_contract import StoreContract

WRITE_FOR_EVER = """
import sys
from laminar.configurations.datastores import Local, Record
store = Local(sys.argv[1])
print("ready", flush=True)
for number in range(10**9):
    artifact = store.write(bytes([number % 256]) * 3_000_000)
    store.save(Record(flow="F", execution="e", layer="L", index=number % 50, splits=50, artifacts={"x": artifact}))
"""

WRITE_ONCE = """
import sys
from laminar.configurations.datastores import Local
store = Local(sys.argv[1])
sys.stdin.readline()
for number in range(10):
    print(store.write(bytes([number]) * 100_000).address, store.shard(range(2000)).parts[1].address)
"""


class TestLocal(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Local:
        return Local(tmp_path / "store")


@pytest.fixture
def store(tmp_path: Path) -> Local:
    return Local(tmp_path / "store")


def temporaries(store: Local) -> list[str]:
    return os.listdir(f"{store.root}/tmp")


def verify_all(store: DataStore) -> int:
    """Check every file of a store, and return how many artifacts there are."""
    names = list(store.names("artifacts"))
    for name in names:
        file_format.verify(store.get(artifact_key(name)), name)
    return len(names)


# where it is


def test_a_relative_root_is_made_absolute_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Local()
    monkeypatch.chdir("/")
    assert store.relative
    assert store.root == store.url == str(tmp_path / ".laminar")
    assert not Local(tmp_path).relative


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Local("~/store").root == str(tmp_path / "store")
    assert not Local("~/store").relative


def test_nothing_is_made_before_the_first_write(store: Local) -> None:
    assert store.executions("F") == ()
    assert store.load("F", "e", "L", 0) is None
    store.remove("F", "e", "L")
    assert not os.path.exists(store.root)


def test_a_new_root_keeps_itself_out_of_git(store: Local) -> None:
    store.write(b"x" * 5000)
    assert Path(store.root, ".gitignore").read_text() == "*\n"


def test_a_folder_that_was_there_gets_no_gitignore(tmp_path: Path) -> None:
    Local(tmp_path).write(b"x" * 5000)
    assert not (tmp_path / ".gitignore").exists()


def test_a_root_that_is_a_file_is_an_error_at_the_first_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatastoreError, match="file is a file, not a folder"):
        Local(tmp_path / "file").write(b"x" * 5000)
    with pytest.raises(DatastoreError, match="cannot be written to"):
        Local(tmp_path / "file" / "below").save(Record(flow="F", execution="e", layer="L"))


def test_a_root_that_cannot_be_written_to_is_an_error_at_the_first_write() -> None:
    with pytest.raises(DatastoreError, match="cannot be written to") as error:
        Local("/proc/laminar").write(b"x" * 5000)
    assert isinstance(error.value.__cause__, OSError)
    assert "Local('...')" in error.value.fix


def test_a_folder_without_permission_is_an_error_that_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    child = os.fork()
    if not child:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setuid(65534)  # root may write everywhere
            Local(tmp_path).write(b"x" * 5000)
        except DatastoreError as error:
            code = 0 if "Permission denied" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_an_error_and_leaves_no_file(store: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(b"x" * 5000)
    monkeypatch.setattr(Local, "_create", lambda self, path: os.open("/dev/full", os.O_WRONLY))
    with pytest.raises(DatastoreError, match="No space left on device"):
        store.write(b"y" * 5000)
    assert verify_all(store) == 1


def test_a_root_needs_a_name() -> None:
    with pytest.raises(DatastoreError, match="needs a folder"):
        Local("")


# how it is written


def test_a_write_leaves_no_temporary_file(store: Local) -> None:
    store.write(b"x" * 5000)
    store.save(Record(flow="F", execution="e", layer="L"))
    assert temporaries(store) == []


def test_temporary_files_of_killed_writers_are_swept_once_they_are_old(store: Local) -> None:
    store.write(b"x" * 5000)
    old, young = Path(store.root, "tmp", "old"), Path(store.root, "tmp", "young")
    for path in (old, young):
        path.write_bytes(b"torn")
    os.utime(old, (0, time.time() - 2 * 86_400))
    Local(store.root).write(b"y" * 5000)
    assert temporaries(store) == ["young"]


def test_content_that_is_there_gets_a_new_time_and_is_not_written_again(store: Local) -> None:
    path = Path(store.root, artifact_key(str(store.write(b"x" * 5000).address)))
    os.utime(path, (1000, 1000))
    before = path.stat()
    store.write(b"x" * 5000)
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime > time.time() - 60


def test_removing_the_last_of_an_execution_leaves_no_empty_folders(store: Local) -> None:
    store.save(Record(flow="F", execution="e", layer="L"))
    store.remove("F", "e", "L")
    assert store.executions("F") == ()
    assert not os.path.exists(f"{store.root}/F")
    assert os.path.isdir(store.root)


def test_a_value_read_stays_whole_when_its_file_is_deleted(store: Local) -> None:
    import numpy as np

    array = store.read(store.write(np.arange(1_000_000)))
    store.delete("artifacts")
    assert array.sum() == 499_999_500_000


@pytest.mark.slow
def test_sixteen_processes_write_the_same_artifacts_at_once(store: Local) -> None:
    command = [sys.executable, "-c", WRITE_ONCE, store.root]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(16)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    outputs = {writer.communicate()[0] for writer in writers}
    assert [writer.returncode for writer in writers] == [0] * 16
    assert len(outputs) == 1
    assert verify_all(store) == 12
    assert temporaries(store) == []


def test_a_writer_that_is_killed_leaves_nothing_torn(store: Local) -> None:
    moments = random.Random(3)
    for _ in range(6):
        writer = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, store.root], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        with writer.stdout:
            writer.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.06))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        verify_all(store)
        for record in store.records("F", "e", "L").values():
            assert len(store.read(record.artifacts["x"])) == 3_000_000


@pytest.mark.parametrize("size", [100, 600_000], ids=["small", "overlapped"])
def test_a_durable_store_syncs_a_file_before_its_rename_and_its_folders_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    synced: list[str] = []
    fsync, replace = os.fsync, os.replace
    root = str(tmp_path / "store")

    def renamed(source: str, target: str) -> None:
        replace(source, target)
        synced.append("rename")

    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")) or fsync(handle))  # type: ignore[func-returns-value]
    monkeypatch.setattr(os, "replace", renamed)
    monkeypatch.setattr(Local, "overlap_bytes", 500_000)
    store = Local(root, durable=True)
    artifact = store.write(bytes(6000 + size))
    folder = f"{root}/artifacts"
    assert synced[0].startswith(f"{root}/tmp/")
    assert synced[1:] == ["rename", folder, root, str(tmp_path)]
    synced.clear()
    store.put("artifacts/x", [b"1"])
    assert synced[1:] == ["rename", folder], "the folders above are synced once"
    assert store.read(artifact) == bytes(6000 + size)
    synced.clear()
    Local(root).put("artifacts/y", [b"1"])
    assert synced == ["rename"]


def test_a_store_that_has_opened_segments_can_be_sent(tmp_path: Path) -> None:
    store = Local(tmp_path)
    artifact = store.shard(f"{number:06}" for number in range(2000))
    assert store.element(artifact, 7) == "000007"
    assert pickle.loads(pickle.dumps(store)).element(artifact, 1999) == "001999"
