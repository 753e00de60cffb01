"""Hooks in the workflow: who asks them, how skips spread, how pods change; and in the pods: the answers."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from laminar import compiler
from laminar.compiler.plan.planner import Settings
from laminar.compiler.rehearsal import read, rehearse
from laminar.compiler.rehearsal.processes import Forked
from laminar.compiler.rehearsal.site import Site
from laminar.exceptions import FlowError

GOLDEN = Path(__file__).parents[2] / "golden" / "compiler"
HEAD = """\
from dataclasses import replace
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import Container, ForEach, Parameter, Retry

class Train(Flow): ...

@Train.register
class A(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.n))

"""
CALL = """
if flow := Train():
    flow(n=3)
"""
ENTRY = """
@Train.register
class S(Layer):
    def __call__(self, a: A) -> None:
        self.shard(rows=[1, 2])
    @hooks.entry
    def many(self, a: A) -> bool:
        return len(a.rows) > 2

"""
PROGRAMS = {
    "entry_hook_asked_by_parent": HEAD
    + ENTRY
    + """
@Train.register(foreach=ForEach([Parameter(A, "rows")]))
class H(Layer):
    @hooks.entry
    def any(self, a: A) -> bool:
        return len(a.rows) > 0
"""
    + CALL,
    "skips_spread": HEAD
    + ENTRY
    + """
@Train.register
class T(Layer):
    def __call__(self, s: S) -> None: ...

@Train.register(foreach=ForEach([Parameter(S, "rows")]))
class F(Layer): ...

@Train.register
class U(Layer):
    def __call__(self, t: T, f: F) -> None: ...
"""
    + CALL,
    "gate": HEAD
    + ENTRY
    + """
@Train.register(foreach=ForEach([Parameter(S, "rows"), Parameter(A, "rows")]))
class J(Layer):
    def __call__(self, s: S, a: A) -> None: ...
    @hooks.entry
    def either(self, s: S) -> bool:
        return s.state.finished
"""
    + CALL,
    "submission_hook": HEAD
    + """
@Train.register(foreach=ForEach([Parameter(A, "rows")]))
class P(Layer):
    @hooks.submission
    def size(self, a: A) -> None:
        container = self.configuration.container
        self.configuration.container = replace(container, memory=1000 * (1 + a.rows % 2))
"""
    + CALL,
    "submission_hook_in_bounded_loop": HEAD
    + """
@Train.register(foreach=ForEach([Parameter(A, "rows")], parallelism=2))
class P(Layer):
    @hooks.submission
    def size(self, a: A) -> None:
        self.configuration.container = replace(self.configuration.container, cpu=2)
"""
    + CALL,
    "submission_hook_known_when_compiled": HEAD
    + """
@Train.register
class P(Layer):
    @hooks.submission
    def size(self) -> None:
        self.configuration.container = replace(self.configuration.container, cpu=4, image="other")
"""
    + CALL,
    "retry_hook": HEAD
    + """
@Train.register(retry=Retry(attempts=2), container=Container(memory=64))
class R(Layer):
    @hooks.retry
    def double(self) -> None:
        container = self.configuration.container
        self.configuration.container = replace(container, memory=2 * container.memory)
"""
    + CALL,
}


def write(folder: Path, source: str) -> Path:
    path = folder / "main.py"
    path.write_text(source)
    return path


@pytest.mark.parametrize("name", PROGRAMS)
def test_hooks_become_conditions_counts_and_patches(name, tmp_path, golden):
    path = write(tmp_path, PROGRAMS[name])
    golden(compiler.compile(path, settings=Settings(datastore="s3://bucket/prefix")), GOLDEN / f"{name}.yaml")


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("    @hooks.retry\n    def double(self, a: A) -> None: ...", "reads other layers"),
        ("    @hooks.retry\n    def double(self) -> None:\n        raise ValueError('no')", "ValueError: no"),
        (
            "    @hooks.retry\n    def double(self) -> None:\n"
            "        self.configuration.container = replace(self.configuration.container, workdir='/x')",
            "changes its container's workdir",
        ),
    ],
)
def test_a_hook_that_cannot_be_asked_when_compiled_is_an_error_naming_it(hook, message, tmp_path):
    path = write(tmp_path, HEAD + "@Train.register\nclass R(Layer):\n" + hook + "\n" + CALL)
    with pytest.raises(FlowError, match=message) as raised:
        compiler.compile(path, settings=Settings(datastore="s3://bucket/prefix"))
    assert "main.py:" in raised.value.where


@pytest.fixture
def pod(tmp_path):
    def run(source: str, layer: str, **variables: str) -> dict[str, object]:
        write(tmp_path, source)
        environment = {
            **os.environ,
            "LAMINAR_EXECUTION_ID": "one",
            "LAMINAR_DATASTORE": str(tmp_path / "store"),
            "LAMINAR_OUTPUTS": str(tmp_path / "outputs"),
            **variables,
        }
        command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", layer]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "outputs" / "entries").read_text())

    return run


def test_the_only_parent_answers_for_the_layers_below_and_writes_down_a_skip(pod, tmp_path):
    source = PROGRAMS["entry_hook_asked_by_parent"].replace("n=3", "n=2")
    assert pod(source, "A") == {"H": True, "S": False}
    document = json.loads((tmp_path / "store/Train/executions/one/S/0.json").read_text())
    assert (document["status"], document["reason"]) == ("skipped", "S.many returned a false value")


def test_answers_are_kept_so_that_a_second_run_gives_the_same(pod):
    source = PROGRAMS["entry_hook_asked_by_parent"]
    first = pod(source, "A")
    assert first == {"H": True, "S": True}
    assert pod(source.replace("> 2", "> 99"), "A") == first


def test_a_gate_answers_in_a_pod_of_its_own(pod):
    assert pod(PROGRAMS["gate"], "A") == {"S": True}
    pod(PROGRAMS["gate"], "S")
    assert pod(PROGRAMS["gate"], "J-gate") == {"J": True}


def patches(published: object) -> list[object]:
    assert isinstance(published, dict)
    return [json.loads(base64.b64decode(text)) for text in published["is"]]


def test_distinct_patches_are_published_once_with_which_split_takes_which(pod):
    published = pod(PROGRAMS["submission_hook"], "A")["P-patches"]
    assert published["of"] == [0, 1, 0]
    memory = [patch["containers"][0]["resources"]["limits"]["memory"] for patch in patches(published)]
    assert memory == ["1000M", "2000M"]


BOTH = """
from dataclasses import replace
from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.datastores import Local
from laminar.configurations.layers import Container, ForEach, Parameter, Retry

class Train(Flow): ...

@Train.register
class A(Layer):
    def __call__(self) -> None:
        self.shard(rows=[2, 0, 1])

@Train.register(foreach=ForEach([Parameter(A, "rows")]), retry=Retry(attempts=3, delay=0), container=Container(memory=1))
class P(Layer):
    @hooks.submission
    def first(self READS) -> None:
        env = {"SIZE": "SET"}
        self.configuration.container = replace(self.configuration.container, memory=MEMORY, env=env)

    @hooks.retry
    def more(self) -> None:
        container = self.configuration.container
        env = {"SIZE": container.env["SIZE"] + GROWTH}
        self.configuration.container = replace(container, memory=10 * container.memory, env=env)

    def __call__(self, a: A) -> None:
        if self.attempt <= a.rows:
            raise ValueError("once more")

if flow := Train(datastore=Local("store")):
    flow()
"""


@pytest.mark.parametrize(
    "growth", ["+", pytest.param("' {x", marks=pytest.mark.slow)]
)  # the second is text that no expression of Argo can hold
@pytest.mark.parametrize(
    ("reads", "memory"),
    [
        (", a: A", "a.rows + 1"),
        pytest.param("", "3 - self.index", marks=pytest.mark.slow),
        pytest.param("", "7", marks=pytest.mark.slow),
    ],
)
def test_each_attempt_of_a_split_has_a_pod_as_submission_and_retry_hooks_say(reads, memory, growth, tmp_path):
    source = BOTH.replace(" READS", reads).replace("MEMORY", memory).replace("GROWTH", repr(growth))
    text = compiler.compile(write(tmp_path, source), settings=Settings(datastore="s3://bucket/store"))
    trace = rehearse(read(text), run_pod=Forked(Site(tmp_path, tmp_path / "scratch", str(tmp_path / "store"))))
    assert trace.succeeded, str(trace) + "".join(node.log for node in trace.pods)
    first = {"a.rows + 1": [3, 1, 2], "3 - self.index": [3, 2, 1], "7": [7, 7, 7]}[memory]
    expected = [[first[0], 10 * first[0], 100 * first[0]], [first[1]], [first[2], 10 * first[2]]]
    pods: dict[str, list[tuple[str, str]]] = {}
    for node in trace.pods:
        if split := re.search(r"\.P\((\d):", node.name):
            main = next(one for one in node.patch["containers"] if one["name"] == "main")
            pods.setdefault(split[1], []).append((main["resources"]["limits"]["memory"], main["env"][0]["value"]))
    assert [[size for size, _ in pods[split]] for split in "012"] == [[f"{size}M" for size in sizes] for sizes in expected]
    assert [[text for _, text in pods[split]] for split in "012"] == [
        ["SET" + growth * attempt for attempt in range(len(sizes))] for sizes in expected
    ]
