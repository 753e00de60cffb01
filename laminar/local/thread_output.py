"""Show the output of layers in threads line by line, each after its layer's name, while other output is not changed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from laminar.local.layer_output import pass_on
from laminar.local.line_buffer import LineBuffer

if TYPE_CHECKING:
    from laminar.components.layer import Layer

__all__ = ["captured", "install", "uninstall"]

NAMES = ("stdout", "stderr")


class Pending:
    """Hold the beginning of a line of output that has not ended yet."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.buffers = {name: LineBuffer() for name in NAMES}
        self.lock = threading.Lock()

    def write(self, name: str, data: bytes) -> None:
        """Take bytes and show the lines that are complete."""
        with self.lock:
            shown = self.buffers[name].feed(data)
        self._show(name, shown)

    def flush(self, name: str) -> None:
        """Show an unfinished line: it may be a prompt."""
        with self.lock:
            shown = self.buffers[name].flush()
        self._show(name, shown)

    def close(self) -> None:
        """Show the rest."""
        for name in NAMES:
            self._show(name, self.buffers[name].close())

    def _show(self, name: str, data: bytes) -> None:
        if data:
            token = _pending.set(None)
            try:
                pass_on(self.layer, name, data)
            finally:
                _pending.reset(token)


_pending: ContextVar[Pending | None] = ContextVar("laminar_pending", default=None)


class Proxy:
    """Replace a standard stream: the output of a layer's thread goes to its `Pending`, all else to the stream itself."""

    def __init__(self, name: str, stream: Any) -> None:
        self._name = name
        self._stream = stream

    def write(self, text: str) -> int:
        pending = _pending.get()
        if pending is None:
            written: int = self._stream.write(text)
            return written
        pending.write(self._name, text.encode(getattr(self._stream, "encoding", None) or "utf-8", "backslashreplace"))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pending = _pending.get()
        if pending is not None:
            pending.flush(self._name)
        else:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_lock = threading.Lock()
_users = 0
_proxies: list[Proxy] = []


@contextmanager
def captured(layer: Layer) -> Iterator[None]:
    """Show the output of this thread meanwhile as a layer's."""
    pending = Pending(layer)
    token = _pending.set(pending)
    try:
        yield
    finally:
        _pending.reset(token)
        pending.close()


def install() -> None:
    """Replace the standard streams by proxies, unless that was done; as many calls of `uninstall` remove them."""
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            for name in NAMES:
                proxy = Proxy(name, getattr(sys, name))
                _proxies.append(proxy)
                setattr(sys, name, proxy)


def uninstall() -> None:
    """Restore the standard streams, unless other code has replaced them meanwhile."""
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            for proxy in _proxies:
                if getattr(sys, proxy._name) is proxy:
                    setattr(sys, proxy._name, proxy._stream)
            _proxies.clear()
