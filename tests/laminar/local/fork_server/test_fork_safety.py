"""Whether this process can be forked: the reason names the obstacle."""

from __future__ import annotations

import os
import socket
import sys
import threading
from types import SimpleNamespace

import pytest

from laminar.local.fork_server import fork_safety


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """Stand for /proc/self/task: a function that makes native threads of these names, besides the main one."""
    monkeypatch.setattr(fork_safety, "TASKS", str(tmp_path))
    monkeypatch.setattr(fork_safety.threading, "enumerate", lambda: [threading.main_thread()])
    monkeypatch.setattr(fork_safety.sys, "platform", "linux")
    monkeypatch.setattr(fork_safety, "_data_threads", set)

    def make(*names: str) -> None:
        for task, name in [(str(os.getpid()), "python"), *((f"{2**30 + place}", name) for place, name in enumerate(names))]:
            (tmp_path / task).mkdir(exist_ok=True)
            (tmp_path / task / "comm").write_text(f"{name}\n")

    make()
    return make


def test_one_thread_can_be_forked(tasks):
    assert fork_safety.unsafe_reason() is None


def test_another_platform_is_not_safe(monkeypatch):
    monkeypatch.setattr(fork_safety.sys, "platform", "darwin")
    assert fork_safety.unsafe_reason() == "a fork is not safe on darwin"


def test_a_call_from_a_thread_is_not_safe(tasks):
    found: list[str | None] = []
    thread = threading.Thread(target=lambda: found.append(fork_safety.unsafe_reason()))
    thread.start()
    thread.join()
    assert found == ["its flow is called in a thread"]


@pytest.mark.parametrize(
    ("names", "listed"), [(["worker"], "worker"), (["a", "a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b, c, ...")]
)
def test_python_threads_are_named(names, listed, tasks, monkeypatch):
    others = [threading.Thread(name=name) for name in names]
    monkeypatch.setattr(fork_safety.threading, "enumerate", lambda: [threading.main_thread(), *others])
    assert fork_safety.unsafe_reason() == f"it runs Python threads ({listed})"


def test_native_threads_that_stay_after_a_probe_are_named(tasks, monkeypatch):
    monkeypatch.setattr(fork_safety, "_probe", lambda: None)
    tasks("polars", "polars")
    assert fork_safety.unsafe_reason() == "a library that it imports keeps native threads (polars)"


def test_native_threads_that_end_at_a_fork_are_safe(tasks, tmp_path, monkeypatch):
    tasks("openblas")

    def probe() -> None:
        task = tmp_path / str(2**30)
        (task / "comm").unlink()
        task.rmdir()

    monkeypatch.setattr(fork_safety, "_probe", probe)
    assert fork_safety.unsafe_reason() is None


def test_the_threads_of_a_data_library_are_its_own(monkeypatch):
    thread, pooled = threading.Thread(name="fsspecIO"), threading.Thread(name="pool")
    loop = SimpleNamespace(_default_executor=SimpleNamespace(_threads={pooled}))
    monkeypatch.setitem(sys.modules, "fsspec.asyn", SimpleNamespace(loop=[loop], iothread=[thread]))
    assert fork_safety._data_threads() == {thread, pooled}
    monkeypatch.setitem(sys.modules, "fsspec.asyn", SimpleNamespace(loop=[None], iothread=[None]))
    assert fork_safety._data_threads() == set()


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_connection_is_named_by_its_other_end_until_it_is_closed(tasks, listening):
    address = listening.getsockname()
    with socket.create_connection(address):
        reason = f"it holds a connection, to 127.0.0.1:{address[1]}, which its forks would share"
        assert fork_safety.unsafe_reason() == reason
    assert fork_safety.unsafe_reason() is None


def test_a_connection_by_a_unix_socket_is_named_by_its_path(tasks, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("sockets"))
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("db.sock")
        server.listen()
        client.connect("db.sock")
        assert fork_safety.unsafe_reason() == "it holds a connection, to db.sock, which its forks would share"


def test_a_connection_that_this_process_inherited_and_sockets_without_one_are_safe(tasks, listening):
    with socket.create_connection(listening.getsockname()) as inherited, socket.socket() as fresh:
        inherited.set_inheritable(True)
        fresh.bind(("127.0.0.1", 0))
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.connect(listening.getsockname())
            pair = socket.socketpair()
            assert fork_safety.unsafe_reason() is None
            for end in pair:
                end.close()


def test_the_connections_of_a_data_librarys_loop_are_its_own(tasks, listening, monkeypatch):
    with socket.create_connection(listening.getsockname()) as kept:
        loop = SimpleNamespace(_selector=SimpleNamespace(get_map=lambda: {kept.fileno(): None}))
        monkeypatch.setitem(sys.modules, "fsspec.asyn", SimpleNamespace(loop=[loop], iothread=[None]))
        assert fork_safety.unsafe_reason() is None
