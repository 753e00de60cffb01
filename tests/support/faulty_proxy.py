"""Forward requests to an HTTP server: add latency, record each request with its time, and fail at random as S3 may."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = ("500", "503", "close before", "close after", "truncate")
"""Errors that S3 answers, and connections that break before a request is done, after it, or in the middle of a body.

Two more are "403", which no repetition fixes, and "hang": the server takes the request and never answers.
"""

SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
INTERNAL = b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"

ANSWERS = {"403": DENIED, "500": INTERNAL, "503": SLOW_DOWN}


@dataclass
class Conditions:
    """How the connection is at the moment: which part of requests fails, how, and how long each takes.

    ``only`` is what a request's line holds that may fail, such as ``"PUT "``, and ``left`` how many will fail at most.
    """

    rate: float = 0.0
    only: str = ""
    left: int | None = None
    faults: tuple[str, ...] = FAULTS
    latency: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))
    failed: int = 0
    log: list[str] = field(default_factory=list)
    rounds: int = 0
    last: float = 0.0
    is_open: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def draw(self, line: str) -> str:
        """Return the fault of a request, None for none."""
        if self.left == 0 or self.only not in line or self.random.random() >= self.rate:
            return ""
        self.failed += 1
        self.left = None if self.left is None else self.left - 1
        return self.random.choice(self.faults)

    def fail(self, *faults: str, only: str = "", left: int | None = None) -> None:
        """Fail all of these requests from now on, counted again."""
        self.clear()
        self.rate, self.faults, self.only, self.left, self.failed = 1.0, faults, only, left, 0

    def mend(self) -> None:
        """Stop failing requests."""
        self.rate, self.only, self.left = 0.0, "", None

    def wait(self) -> None:
        """Hold a request back until no other has come for ``latency`` seconds: all that wait for none come in one round."""
        with self.lock:
            self.rounds += not self.is_open
            self.is_open, self.last = True, time.monotonic()
        while self.latency and time.monotonic() - self.last < self.latency:
            time.sleep(self.latency / 10)
        with self.lock:
            self.is_open = False

    def clear(self) -> None:
        """Count from here on."""
        self.log.clear()
        self.rounds = 0


@contextmanager
def proxy(upstream: str) -> Iterator[tuple[str, Conditions]]:
    """Run a proxy and give its URL and its conditions, which may be changed while it runs."""
    conditions = Conditions()
    server = Server(("127.0.0.1", 0), handler(urlsplit(upstream).netloc, conditions))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", conditions
    conditions.over.set()
    server.shutdown()
    server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up is part of the game


def handler(upstream: str, conditions: Conditions) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            conditions.wait()
            conditions.log.append(f"{self.command} {self.path}")
            fault = conditions.draw(conditions.log[-1])
            if fault in ANSWERS:
                self.answer(int(fault), ANSWERS[fault])
            elif fault == "close before":
                self.close_connection = True
            elif fault == "hang":
                conditions.over.wait()
                self.close_connection = True
            else:
                self.forward(body, fault)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = pass_on  # noqa: N815  what http.server looks for

        def forward(self, body: bytes, fault: str) -> None:
            connection = http.client.HTTPConnection(upstream)
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            response = connection.getresponse()
            data = response.read()
            connection.close()
            if fault == "close after":
                self.close_connection = True
                return
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            length = response.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            if fault == "truncate":
                data = data[: len(data) // 2]
                self.close_connection = True
            self.wfile.write(data)

        def answer(self, status: int, data: bytes) -> None:
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "application/xml")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
