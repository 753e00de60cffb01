"""Check the fake servers against responses of real ones: each recorded request gets the recorded kind of answer."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from laminar.compiler.rehearsal import Outcome, Pod
from tests.compiler.cluster.conftest import recording
from tests.support.fake_argo_server import FakeArgoServer
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.fake_server import FakeServer

NAME = re.compile(r"rec-[a-z0-9]{5}(?![a-z0-9])")


def recorded_pod(pod: Pod) -> Outcome:
    """End as the recorded pods say themselves: their program is in their arguments."""
    code = re.search(r"sys\.exit\((?:int\(')?(\d+)", pod.args[0] if pod.args else "")
    number = int(code[1]) if code else 0
    return Outcome(number, log="one\ntwo\n")


class Replay:
    """Send recorded requests to a fake server; names that the real server drew are replaced by those of the fake one."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.names: dict[str, str] = {}
        self.versions: dict[str, str] = {}

    def renamed(self, text: str) -> str:
        for real, ours in self.names.items():
            text = text.replace(real, ours)
        return text

    def send(self, exchange: Mapping[str, Any]) -> tuple[int, str, Any]:
        request = exchange["request"]
        params = request["params"]
        query = urlencode(params) if isinstance(params, dict) else params or ""
        query = re.sub(r"resourceVersion=\d{2,}", "resourceVersion=0", self.renamed(query)).replace(
            "timeoutSeconds=90", "timeoutSeconds=1"
        )
        path = self.pods(self.renamed(request["path"]))
        body = self.renamed(json.dumps(request["body"])).encode() if request["body"] is not None else None
        if body is not None and b"rec-tmpl" in body and exchange["name"] == "template-update":
            version = self.server.cluster.get("WorkflowTemplate", "default", "rec-tmpl")["metadata"]["resourceVersion"]
            body = re.sub(rb'"resourceVersion": "\d+"', f'"resourceVersion": "{version}"'.encode(), body)
        made = urllib.request.Request(f"{self.server.url}{path}?{query}", data=body, method=request["method"])
        made.add_header("Content-Type", request.get("content_type") or "application/json")
        if self.server.token and exchange["name"] not in ("info-401", "forbidden-anonymous"):
            made.add_header("Authorization", f"Bearer {self.server.token}")
        try:
            with urllib.request.urlopen(made, timeout=20) as answer:
                return answer.status, answer.headers["Content-Type"], self.read(answer.read().decode(), exchange)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], self.read(error.read().decode(), exchange)

    def pods(self, path: str) -> str:
        """Return a path that names a recorded pod with the name of one of the fake's."""
        ours = [pod for pod in self.server.cluster.pods if pod.rpartition("-layer-")[0] in path]
        return re.sub(r"[a-z0-9-]+-layer-\d+", ours[0], path) if "-layer-" in path and ours else path

    def read(self, text: str, exchange: Mapping[str, Any]) -> Any:
        answer = json.loads(text) if not is_stream(exchange) else text.splitlines()
        real = exchange["response"]
        if exchange["name"].startswith("create") and exchange["status"] < 300 and "resourceVersion" in real["metadata"]:
            self.names[real["metadata"]["name"]] = answer["metadata"]["name"]
        return answer

    def settle(self, exchange: Mapping[str, Any]) -> None:
        """Wait until the fake's workflows are where the recorded ones were."""
        name, cluster = exchange["name"], self.server.cluster
        if name in ("get-done", "get-failed", "log", "pods", "pod-log", "retry", "get-fields", "watch", "retry-succeeded-400"):
            cluster.wait_for(lambda: all(cluster.phase(one) in ("Succeeded", "Failed", "Error") for one in self.names.values()))


def is_stream(exchange: Mapping[str, Any]) -> bool:
    response = exchange["response"]
    return isinstance(response, list) or (isinstance(response, dict) and "lines" in response)


def shape(value: Any) -> Any:
    """Return the kind of a response: an error's code, reason and kind, or an object's kind and parts."""
    if not isinstance(value, dict):
        return type(value).__name__
    if ("message" in value and "metadata" not in value) or value.get("kind") == "Status":
        return {key: value.get(key) for key in ("kind", "status", "reason") if key in value} | {"code": value.get("code")}
    return {"kind": value.get("kind"), "parts": sorted(set(value) & {"metadata", "spec", "items"})}


def stream_shape(lines: list[str]) -> Any:
    """Return the kinds of lines that a stream has."""
    kinds = []
    for line in lines:
        if line.startswith("EXC"):  # what the recorder noted of its own time-out: the server keeps a watch open
            continue
        read = json.loads(line) if line.startswith("{") else {"text": line}
        event = read.get("result", read)
        kinds.append(event.get("type") or ("content" if "content" in event else "text"))
    return sorted(set(kinds) - {"BOOKMARK", "ADDED", "MODIFIED"}) + (["change"] if {"ADDED", "MODIFIED"} & set(kinds) else [])


@pytest.fixture(params=["server", "kubernetes"])
def replay(request: pytest.FixtureRequest) -> Iterator[tuple[Replay, list[dict[str, Any]]]]:
    cluster = FakeCluster(recorded_pod)
    cluster.oldest = 2  # the recorded watch that is too old starts at 1; the versions of the others are replaced by 0
    made = FakeArgoServer(cluster, token="t") if request.param == "server" else FakeKubernetes(cluster, token="t")
    made.patience = 0.5
    yield Replay(made), recording(request.param)
    made.close()
    assert made.checked == []


def test_each_recorded_request_gets_the_recorded_kind_of_answer(replay):
    player, exchanges = replay
    wrong = []
    for exchange in exchanges:
        player.settle(exchange)
        if exchange["name"] == "create-long":
            player.server.cluster.held = True
        status, content, answer = player.send(exchange)
        real = exchange["response"]
        lines = real["lines"] if isinstance(real, dict) and "lines" in real else real
        expected = stream_shape(lines) if is_stream(exchange) else shape(real)
        found = stream_shape(answer) if is_stream(exchange) else shape(answer)
        if (status, content.split(";")[0], found) != (exchange["status"], exchange["content_type"], expected):
            wrong.append(f"{exchange['name']}: {status} {content} {found}")
    print("\n".join(wrong))
    assert wrong == []


def test_the_recordings_are_all_there():
    assert (len(recording("server")), len(recording("kubernetes"))) == (33, 32)


def test_a_status_that_the_fake_makes_has_the_parts_of_a_recorded_one(replay):
    player, exchanges = replay
    for exchange in exchanges:
        player.settle(exchange)
        *_, answer = player.send(exchange)
        if exchange["name"] == "get-failed":
            break
    nodes, real = answer["status"]["nodes"], exchange["response"]["status"]["nodes"]
    parts = {"id", "name", "displayName", "type", "phase", "startedAt", "finishedAt", "templateName", "templateScope"}
    named = {node["name"].partition(".")[2]: node for node in nodes.values()}
    for node in real.values():
        ours = named[node["name"].partition(".")[2]]
        assert {part: ours.get(part) for part in ("type", "phase", "templateName")} == {
            part: node.get(part) for part in ("type", "phase", "templateName")
        }
        assert parts & set(node) <= set(ours)
        assert bool(node.get("children")) <= bool(ours.get("children")) or node["type"] == "Pod"
    pods = [node for node in nodes.values() if node["type"] == "Pod"]
    assert [node["outputs"]["exitCode"] for node in pods] == [n["outputs"]["exitCode"] for n in real.values() if n["type"] == "Pod"]
    assert answer["metadata"]["labels"] | exchange["response"]["metadata"]["labels"] == answer["metadata"]["labels"]
