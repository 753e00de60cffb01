"""The output of layers in threads is separated by layer, and shown line by line."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from laminar.local import display, thread_output


class Shown(display.Quiet):
    """Record the output of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Any, str, bytes]] = []

    def output(self, layer: Any, stream: str, data: bytes) -> None:
        self.seen.append((layer.name, stream, data))


@contextmanager
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Install the proxies around streams of the test's own: pytest puts its own in place after the fixtures."""
    reporter = Shown()
    monkeypatch.setattr(display, "_current", reporter)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    thread_output.install()
    try:
        yield reporter
    finally:
        thread_output.uninstall()


def layer(name: str) -> Any:
    return SimpleNamespace(name=name, _binding=SimpleNamespace(log=None))


def test_complete_lines_are_shown_as_the_layers_and_the_rest_at_its_end(monkeypatch):
    with installed(monkeypatch) as shown:
        with thread_output.captured(layer("A")):
            print("one\ntw", end="")
            assert shown.seen == [("A", "stdout", b"one\n")]
            print("error", file=sys.stderr)
            assert shown.seen[1:] == [("A", "stderr", b"error\n")]
        assert shown.seen[2:] == [("A", "stdout", b"tw\n")]


def test_flushing_shows_an_unfinished_line(monkeypatch):
    with installed(monkeypatch) as shown, thread_output.captured(layer("A")):
        print("name? ", end="", flush=True)
        assert shown.seen == [("A", "stdout", b"name? ")]


def test_what_is_printed_outside_a_layer_passes_as_it_is(monkeypatch):
    with installed(monkeypatch) as shown:
        print("plain")
        with thread_output.captured(layer("A")):
            other = threading.Thread(target=lambda: sys.stdout.writelines(["of ", "another thread\n"]))
            other.start()
            other.join()
        assert sys.stdout._stream.getvalue() == "plain\nof another thread\n"
        assert shown.seen == []


def test_layers_of_two_threads_do_not_mix_their_lines(monkeypatch):
    with installed(monkeypatch) as shown:
        both = threading.Barrier(2, timeout=10)

        def work(name: str) -> None:
            with thread_output.captured(layer(name)):
                print(f"{name} begins", end="")
                both.wait()
                print(f" and {name} ends")

        threads = [threading.Thread(target=work, args=(name,)) for name in "AB"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(shown.seen) == [(name, "stdout", f"{name} begins and {name} ends\n".encode()) for name in "AB"]


def test_a_proxy_is_otherwise_the_stream_itself(monkeypatch):
    with installed(monkeypatch):
        assert sys.stdout.getvalue() == "" and not sys.stdout.closed


def test_the_streams_return_when_the_last_user_leaves(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    thread_output.install()
    thread_output.install()
    thread_output.uninstall()
    assert sys.stdout is not stream
    thread_output.uninstall()
    assert sys.stdout is stream


def test_a_stream_that_someone_else_replaced_meanwhile_stays(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    thread_output.install()
    theirs = io.StringIO()
    monkeypatch.setattr(sys, "stdout", theirs)
    thread_output.uninstall()
    assert sys.stdout is theirs
