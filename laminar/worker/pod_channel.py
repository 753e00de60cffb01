"""Send messages from the process of a pod's work to its supervisor: limits, the datastore, the split, the end."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from laminar.configurations.datastores.storage.retrying_filesystem import hurried

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore

__all__ = ["LAST_SECONDS", "PodChannel", "messages", "store_of"]

LAST_SECONDS = 15.0
"""Seconds for which the last records of a pod are retried: no work waits for them, and no later write repeats them."""


class PodChannel:
    """The worker's end of a socket. A message to a supervisor that has ended is dropped: the work continues without it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.owner = os.getpid()
        self.datastore: DataStore | None = None

    def limit(self, seconds: float | None) -> None:
        """Send the seconds that the work may take from now on."""
        self._send({"seconds": seconds})

    def store(self, datastore: DataStore, secrets: Iterable[str]) -> None:
        """Send the history's datastore and the variables that hold secrets; a datastore that cannot be pickled is not sent."""
        self.datastore = datastore
        message: dict[str, Any] = {"secrets": list(secrets)}
        with contextlib.suppress(Exception):  # any class of a program may fail to pickle in any way
            message["store"] = base64.b64encode(pickle.dumps(datastore)).decode()
        self._send(message)

    def split(self, index: int) -> None:
        """Send the number of the batch's next split, and wait until the output of the one before it was read."""
        self._send({"split": index})
        with contextlib.suppress(OSError):
            self.connection.recv(1)

    def unkept(self, what: str) -> None:
        """Send that the history cannot be written, with the error's text."""
        self._send({"unkept": what})

    def done(self, code: int) -> None:
        """Send that the work has ended, and write the log that the supervisor answers with; a process that a layer forked does not.

        The worker has the datastore open. The supervisor would import all that S3 needs, which takes a second of each pod.
        """
        if os.getpid() != self.owner:
            return
        self._send({"done": code})
        key, data = self._log()
        if key and self.datastore is not None:
            try:
                with hurried(LAST_SECONDS):
                    self.datastore.put(key, (data,))
            except Exception:  # the supervisor writes the log itself, or reports the error
                self._send({"away": True})
            else:
                self._send({"kept": len(data)})

    def _log(self) -> tuple[str, bytes]:
        """Receive the key and the bytes of the log, an empty key where there is nothing to write."""
        with contextlib.suppress(OSError, ValueError, KeyError), self.connection.makefile("rb") as stream:
            head = json.loads(stream.readline())
            return str(head["key"]), stream.read(int(head["size"]))
        return "", b""

    def _send(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(json.dumps(message).encode() + b"\n")


def messages(received: bytearray, data: bytes) -> list[dict[str, Any]]:
    r"""Return the messages that are complete with these bytes; ``received`` keeps the incomplete rest.

    >>> rest = bytearray()
    >>> messages(rest, b'{"done": 0}'), messages(rest, b"\n")
    ([], [{'done': 0}])
    """
    received += data
    *lines, rest = received.split(b"\n")
    received[:] = rest
    return [json.loads(line) for line in lines]


def store_of(text: str) -> DataStore | None:
    """Return the datastore that a worker sent, None where this process cannot make it."""
    try:
        store: DataStore = pickle.loads(base64.b64decode(text))
    except Exception:  # its class may exist only where the program is loaded
        return None
    return store
