"""Serve a fake cluster over HTTP on loopback, with faults on demand: the common part of both fake servers."""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from laminar.timestamps import now
from tests.support.fake_cluster import FakeCluster, Refusal


@dataclass
class Fault:
    """A fault instead of a response, the next ``times`` that a request fits ``method`` and ``path`` (a pattern).

    ``status`` (with ``headers``, ``body``) is answered; "drop" closes the connection before the request is carried out, "lose"
    after; "slow" waits ``seconds`` first; "cut" ends a stream after ``lines`` lines, in the middle of the next.
    """

    method: str = ".*"
    path: str = ".*"
    times: int = 1
    status: int = 0
    kind: str = "status"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    lines: int = 0


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answer:
    status: int
    body: Any
    content: str = "application/json"


@dataclass
class Stream:
    lines: Iterator[str]
    content: str = "application/json"


class FakeServer:
    """One HTTP server; ``token`` is what requests must bear, ``base`` a path before all others."""

    def __init__(self, cluster: FakeCluster, *, token: str = "", base: str = "", tls: tuple[str, str] | None = None) -> None:
        self.cluster, self.token, self.base = cluster, token, base
        self.patience = 60.0  # seconds that a watch stays open, also when the workflow has ended
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.checked: list[str] = []
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer, written as head and body, waits 40 ms for a delayed ACK

            def log_message(self, *_: Any) -> None:
                pass

            def do(self) -> None:
                try:
                    server.handle(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                except Exception:  # a mistake of the fake's own: tests read the list
                    server.checked.append(traceback.format_exc())
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass  # a client that hangs up, a handshake that fails

        self.http = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if tls is not None else "http"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.address}{self.base}"

    def close(self) -> None:
        self.cluster.close()
        self.http.shutdown()
        self.http.server_close()

    def fault(self, **given: Any) -> None:
        """Add a fault."""
        self.faults.append(Fault(**given))

    def seen(self, pattern: str) -> list[Request]:
        """Return the requests whose method and path fit a pattern."""
        return [request for request in self.requests if re.search(pattern, str(request))]

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        raw = handler.rfile.read(length) if length else b""
        split = urlsplit(handler.path)
        query = {name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        path = unquote(split.path)
        request = Request(handler.command, path, query, json.loads(raw) if raw else None, dict(handler.headers))
        with self.lock:
            self.requests.append(request)
            fault = next((one for one in self.faults if one.times and fits(one, request)), None)
            if fault is not None:
                fault.times -= 1
        if fault is not None and fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop":
            handler.close_connection = True
            return
        if fault is not None and fault.kind == "status":
            send(handler, fault.status, fault.body, {"Content-Type": "application/json", **fault.headers})
            return
        answer = self.answer(request)
        if fault is not None and fault.kind == "lose":
            handler.close_connection = True
            return
        if isinstance(answer, Stream):
            self.stream(handler, answer, fault.lines if fault is not None and fault.kind == "cut" else None)
            return
        data = json.dumps(answer.body).encode()
        date = formatdate(time.time() + self.cluster.skew, usegmt=True)
        send(handler, answer.status, data, {"Content-Type": answer.content}, date)

    def stream(self, handler: BaseHTTPRequestHandler, answer: Stream, cut: int | None) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", answer.content)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for number, line in enumerate(answer.lines):
            data = line.encode()
            if cut is not None and number == cut:
                handler.wfile.write(f"{len(data):x}\r\n".encode() + data[: len(data) // 2])
                handler.wfile.flush()
                handler.close_connection = True
                return
            handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")

    def answer(self, request: Request) -> Answer | Stream:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return self.refused(self.stranger(request), request)
        if not request.path.startswith(self.base + "/"):
            return Answer(404, "404 page not found", "text/plain")
        try:
            return self.route(request.method, request.path[len(self.base) :], request)
        except Refusal as refusal:
            return self.refused(refusal, request)

    def stranger(self, request: Request) -> Refusal:
        """Return the response to requests without the token."""
        return Refusal(401, "Unauthorized", "Unauthorized")

    def route(self, method: str, path: str, request: Request) -> Answer | Stream:
        raise NotImplementedError

    def refused(self, refusal: Refusal, request: Request) -> Answer:
        raise NotImplementedError


def fits(fault: Fault, request: Request) -> bool:
    return bool(re.fullmatch(fault.method, request.method) and re.search(fault.path, request.path))


def send(handler: BaseHTTPRequestHandler, status: int, data: bytes, headers: Mapping[str, str], date: str = "") -> None:
    handler.send_response_only(status)
    if date:
        handler.send_header("Date", date)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def log_lines(cluster: FakeCluster, pod: str, query: Mapping[str, str], prefix: str) -> Iterator[str]:
    """Yield the lines of a pod's log, those to come too where they are followed."""
    follow, tail = query.get(f"{prefix}follow") == "true", query.get(f"{prefix}tailLines")
    seconds = query.get(f"{prefix}sinceSeconds")
    earliest = now(after=-float(seconds)) if seconds else ""
    with cluster.changed:
        place = max(0, len(cluster.logs.get(pod, [])) - int(tail)) if tail else 0
    while True:
        with cluster.changed:
            lines = cluster.logs.get(pod, [])[place:]
            done = cluster.pods.get(pod, {}).get("status", {}).get("phase") in ("Succeeded", "Failed", None)
            if not lines and follow and not done and not cluster.closed:
                cluster.changed.wait(1)
                continue
        place += len(lines)
        yield from (line for line in lines if line >= earliest)
        if not lines:
            return
