"""Faults during writes and reads: no torn or wrong value is ever read, and a finished split is complete."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import AWS, DataStore, Local, Memory, Record, open_like
from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.executors import Executor, Process, Thread
from laminar.configurations.layers import Retry
from laminar.exceptions import DatastoreError, ExecutionError
from laminar.ksuid import ksuid
from tests.support.faulty_proxy import FAULTS, Conditions, proxy

# SIGKILL

WRITER = """
import os, sys
from laminar.configurations.datastores import Local, Record
store = Local(sys.argv[1])
number = int(sys.argv[2])
while True:
    large = bytes([number % 256]) * (200_000 + number % 7)
    rows = store.shard(bytes([number % 256]) * 900 for _ in range(50))
    artifacts = {"large": store.write(large), "rows": rows, "small": store.write(number)}
    store.save(Record(flow="F", execution="e", layer="L", index=number % 40, splits=40, artifacts=artifacts))
    number += 1
    if number % 5 == 0:
        os.write(1, b".")
"""


def check_whole(store: DataStore) -> int:
    """Check that all documents there are say the truth, and return how many there are."""
    records = store.records("F", "e", "L")
    for index, record in records.items():
        number = store.read(record.artifacts["small"])
        assert number % 40 == index
        assert store.read(record.artifacts["large"]) == bytes([number % 256]) * (200_000 + number % 7)
        assert list(store.read(record.artifacts["rows"])) == [bytes([number % 256]) * 900] * 50
    return len(records)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_a_writer_killed_at_any_moment_leaves_nothing_torn(tmp_path, kills):
    store, chance = Local(str(tmp_path / "store")), random.Random(7)
    finished = 0
    for kill in range(kills):
        command = [sys.executable, "-c", WRITER, store.root, str(kill * 13)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=PATHS) as writer:
            assert writer.stdout is not None
            writer.stdout.read(1)  # it writes: the moment is not one of starting
            time.sleep(chance.random() * 0.03)
            writer.kill()
        finished = check_whole(store)
    assert finished > 10


PATHS = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


# disk full, permission denied


@pytest.fixture
def small_files() -> Iterator[None]:
    """Limit the files of this process to 300,000 bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_without_room_is_an_error_that_says_so_and_leaves_nothing(tmp_path, small_files):
    store = Local(str(tmp_path / "store"))
    kept = store.write(b"1" * 200_000)
    for value in (b"2" * 400_000, [b"3" * 200_000, bytearray(b"4" * 200_000)]):
        with pytest.raises(DatastoreError, match="cannot be written to: File too large") as error:
            store.write(value)
        assert "room" in error.value.fix
    with pytest.raises(DatastoreError, match="cannot be written to"):
        store.shard(os.urandom(250_000) for _ in range(20))
    assert store.read(kept) == b"1" * 200_000
    assert os.listdir(tmp_path / "store" / "tmp") == []
    for name in os.listdir(tmp_path / "store" / "artifacts"):
        assert (tmp_path / "store" / "artifacts" / name).stat().st_size < 300_000


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system of its own takes root")
def test_a_full_file_system_is_an_error_and_what_was_written_reads(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        store, kept = Local(str(tmp_path / "store")), []
        with pytest.raises(DatastoreError, match="No space left on device"):
            kept.extend(store.write(bytes([number]) * 300_000) for number in range(100))
        assert len(kept) >= 4
        assert [store.read(artifact) for artifact in kept] == [bytes([number]) * 300_000 for number in range(len(kept))]
        with pytest.raises(DatastoreError, match="No space left on device"):
            store.save(Record(flow="F", execution="e", layer="L", caught_traceback="x" * 2_000_000))
        assert store.load("F", "e", "L", 0) is None
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


UNPRIVILEGED = """
import os, sys, tempfile
from laminar.configurations.datastores import Local, Record
from laminar.exceptions import DatastoreError
with tempfile.TemporaryDirectory() as folder:  # loads all modules that writing and reading need: that user may not read them
    store = Local(folder)
    store.write(b"x" * 9000)
    store.save(Record(flow="F", execution="e", layer="M"))
    store.load("F", "e", "M", 0)
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
store = Local(sys.argv[1])
for call in (lambda: store.write(b"x" * 9000), lambda: store.save(Record(flow="F", execution="e", layer="L"))):
    try:
        call()
    except DatastoreError as error:
        print(error.what)
    else:
        print("written")
try:
    print(store.load("F", "e", "M", 0) is not None)
except DatastoreError as error:
    print(error.what)
"""


def unprivileged(folder: Path) -> list[str]:
    code = [sys.executable, "-c", UNPRIVILEGED, str(folder)]
    return subprocess.run(code, capture_output=True, text=True, check=True, env=PATHS).stdout.splitlines()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder below which any user may come: pytest's own are private."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="laminar-faults-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_store_that_may_only_be_read_refuses_writes_and_gives_what_is_there(open_folder):
    store = Local(str(open_folder / "store"))
    store.save(Record(flow="F", execution="e", layer="M"))
    store.write(b"y" * 9000)
    for path in (open_folder / "store", *(open_folder / "store").rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    written, saved, loaded = unprivileged(open_folder / "store")
    assert "cannot be written to: Permission denied" in written
    assert "cannot be written to: Permission denied" in saved
    assert loaded == "True"


def test_a_document_that_may_not_be_read_is_an_error_and_not_an_unfinished_split(open_folder):
    store = Local(str(open_folder / "store"))
    store.save(Record(flow="F", execution="e", layer="M"))
    (open_folder / "store/F/executions/e/M/0.json").chmod(0)
    assert "cannot be read: Permission denied" in unprivileged(open_folder / "store")[-1]


# S3


@pytest.fixture(scope="module")
def shaky(endpoint: str, bucket_store: DataStore) -> Iterator[tuple[DataStore, Conditions]]:
    """Return a store whose connection is as bad as its conditions say."""
    with proxy(endpoint) as (url, conditions):
        store = AWS.S3("s3://laminar", endpoint_url=url)
        assert not store.exists("x")
        yield store, conditions


@pytest.fixture
def shaken(shaky: tuple[DataStore, Conditions]) -> Iterator[tuple[DataStore, Conditions]]:
    store, conditions = shaky
    conditions.clear()
    conditions.failed, conditions.rate, conditions.faults = 0, 0.2, FAULTS
    yield open_like(store, f"{store.url}/{ksuid()}"), conditions
    conditions.mend()


def exercise(store: DataStore, number: int) -> None:
    """Write, save, list and read, as a layer does."""
    values: dict[str, Any] = {"large": os.urandom(300_000), "small": number, "text": "é" * 5000}
    artifacts = {name: store.write(value) for name, value in values.items()}
    artifacts["rows"] = store.shard(bytes([row % 256]) * 900 for row in range(100))
    store.save(Record(flow="F", execution="e", layer="L", index=number, splits=10, artifacts=artifacts))
    record = store.load("F", "e", "L", number)
    assert record is not None
    assert {name: store.read(record.artifacts[name]) for name in values} == values
    assert list(store.read(record.artifacts["rows"])) == [bytes([row % 256]) * 900 for row in range(100)]


def test_requests_that_fail_now_and_then_are_tried_again(shaken):
    store, conditions = shaken
    for number in range(5):
        exercise(store, number)
    assert list(store.records("F", "e", "L")) == list(range(5))
    assert conditions.failed > 5, "the test has to see faults"


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_survived_by_itself(shaken, fault):
    store, conditions = shaken
    conditions.faults, conditions.rate = (fault,), 0.3
    exercise(store, 0)
    assert conditions.failed > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_what_never_works_is_an_error_that_names_the_store_and_no_wrong_value(shaken, fault, monkeypatch):
    monkeypatch.setattr(retrying_filesystem, "SECONDS", 1.0)
    store, conditions = shaken
    conditions.rate = 0.0
    artifact = store.write(b"x" * 9000)
    conditions.faults, conditions.rate = (fault,), 1.0
    with pytest.raises(DatastoreError, match=store.url) as error:
        store.read(artifact)
    assert "connection" in error.value.fix
    assert error.value.transient
    assert len(conditions.log) > 2
    conditions.rate = 0.0
    assert store.read(artifact) == b"x" * 9000


def test_a_document_whose_writing_was_answered_by_an_error_is_whole_or_absent(shaken, monkeypatch):
    monkeypatch.setattr(retrying_filesystem, "SECONDS", 0.5)
    store, conditions = shaken
    conditions.rate = 0.8
    for number in range(4):
        record = Record(flow="F", execution="e", layer="L", index=number, splits=4, host="x" * 5000)
        try:
            store.save(record)
        except DatastoreError:
            pass
    conditions.rate = 0.0
    assert all(record.host == "x" * 5000 for record in store.records("F", "e", "L").values())


PROGRAM = """\
import os
from laminar import Flow, Layer
from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.layers import Retry

retrying_filesystem.SECONDS = float(os.environ["PATIENCE"])
class Train(Flow): ...

@Train.register(retry=Retry(attempts=3))
class Make(Layer):
    def __call__(self) -> None:
        self.rows = b"x" * 9000

@Train.register(retry=Retry(attempts=3))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        self.size = len(make.rows)

if flow := Train():
    flow()
"""


@pytest.fixture
def pod(shaken, tmp_path, endpoint):
    """Return a function that runs a layer of a program as a pod does, with a limit in seconds."""
    store, conditions = shaken
    conditions.mend()
    (tmp_path / "main.py").write_text(PROGRAM)
    environment = {**os.environ, "AWS_ENDPOINT_URL": store.options["endpoint_url"], "LAMINAR_DATASTORE": store.url}

    def run(layer: str, patience: float) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", layer, "--execution", "e"]
        environment["PATIENCE"] = str(patience)
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return run, store, conditions


@pytest.mark.slow
def test_an_outage_that_ends_in_time_is_not_seen_by_a_layer(pod):
    run, store, conditions = pod
    conditions.fail("500", "503", "close before", only="/artifacts/", left=4)
    assert run("Make", 20).returncode == 0
    conditions.fail("500", "503", "truncate", only="/artifacts/", left=4)
    ended = run("Use", 20)
    assert (ended.returncode, conditions.left) == (0, 0), ended.stderr
    assert store.failures("Train", "e", "Use", 0) == ()


@pytest.mark.slow
@pytest.mark.parametrize("layer, line", [("Make", "main.py"), ("Use", "main.py:17, in __call__")])
def test_an_outage_that_lasts_ends_a_pod_so_that_it_is_tried_again_and_counts_as_no_failure(pod, layer, line):
    run, store, conditions = pod
    assert layer == "Make" or run("Make", 20).returncode == 0
    conditions.fail("500", only="/artifacts/")
    ended = run(layer, 0.5)
    assert ended.returncode == 75, ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert f"{store.url}" in last
    assert "contextlib" not in last
    assert layer == "Make" or line in last
    assert "It may be retried" in last
    conditions.mend()
    assert store.failures("Train", "e", layer, 0) == ()
    assert run(layer, 20).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("only", ["GET ", "/e/Make/0.json"])
def test_an_outage_around_a_layer_is_none_of_its_failures_either(pod, only):
    run, store, conditions = pod
    conditions.fail("503", only=only)
    ended = run("Make", 0.3)
    assert ended.returncode == 75, ended.stderr
    conditions.mend()
    assert store.failures("Train", "e", "Make", 0) == ()


# a store that is out of reach, in a local run


class Flaky(Local):
    """Fail to read artifacts as long as a file beside it has bytes, one of them each time."""

    def get(self, key: str, start: int = 0, stop: int | None = None) -> Any:
        self._fail(key)
        return super().get(key, start, stop)

    def get_if_present(self, key: str) -> Any:
        self._fail(key)
        return super().get_if_present(key)

    def _fail(self, key: str) -> None:
        count = Path(f"{self.root}-left")
        if key.startswith("artifacts/") and (left := count.stat().st_size):
            os.truncate(count, left - 1)
            error = DatastoreError("Cannot read it.")
            error.transient = True
            raise error


class Unsteady(Flow): ...


@Unsteady.register
class Rows(Layer):
    def __call__(self) -> None:
        self.rows = b"x" * 9000


@Unsteady.register(retry=Retry(delay=0.0))
class Count(Layer):
    def __call__(self, rows: Rows) -> None:
        self.size = len(rows.rows)


@pytest.mark.parametrize("executor", [Thread, Process])
@pytest.mark.parametrize("outages", [2, 3])
def test_a_local_run_tries_an_outage_again_twice_as_it_does_a_kill(tmp_path, executor, outages):
    store = Flaky(str(tmp_path / "store"))
    Path(f"{store.root}-left").write_bytes(b"x" * outages)
    flow = Unsteady(datastore=store, executor=executor())
    if outages == 2:
        execution = flow()
        assert (execution.layer(Count).size, execution.layer(Count).state.finished) == (9000, True)
        return
    with pytest.raises(ExecutionError, match=r"attempt 3.*Cannot read it") as error:
        flow(execution="e")
    assert error.value.layer == "Count"
    assert store.failures("Unsteady", "e", "Count", 0) == ()


def test_a_container_that_asks_for_ever_to_be_tried_again_is_not():
    from laminar.worker import split

    class Asking(Executor):
        isolated = False
        tries = 0

        async def submit(self, *, layer: Layer) -> Any:
            self.tries += 1
            failed = split.failure(layer, "the datastore is out of reach")
            failed.retryable = True  # a container's exit code says no more
            raise failed

    class Train(Flow): ...

    @Train.register(retry=Retry(attempts=3, delay=0.0))
    class Fit(Layer): ...

    executor = Asking()
    with pytest.raises(ExecutionError, match="out of reach"):
        Train(datastore=Memory(), executor=executor)()
    assert executor.tries == 5
