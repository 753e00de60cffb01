"""Stand between a client and an HTTP server: add latency, write down what is asked when, and fail at random as S3 may."""

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
"""Errors that S3 answers, and connections that break before a request is done, after it, or in the middle of a body."""

SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
INTERNAL = b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"


@dataclass
class Conditions:
    """How the connection is at the moment: which part of requests fails, how, and how long each takes."""

    rate: float = 0.0
    faults: tuple[str, ...] = FAULTS
    latency: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))
    failed: int = 0
    log: list[str] = field(default_factory=list)
    rounds: int = 0
    last: float = 0.0
    is_open: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self) -> str:
        """Return what happens to the next request: nothing, or a fault."""
        fault = self.random.choice(self.faults) if self.random.random() < self.rate else ""
        self.failed += bool(fault)
        return fault

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
            fault = conditions.draw()
            if fault in ("500", "503"):
                self.answer(int(fault), INTERNAL if fault == "500" else SLOW_DOWN)
            elif fault == "close before":
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
