"""Programs leave the same results rehearsed, by both runners of pods, as run locally."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from laminar.compiler import compile as compile_program
from laminar.compiler.plan.planner import Settings
from laminar.compiler.rehearsal import read, rehearse
from laminar.compiler.rehearsal.processes import Forked, Processes
from laminar.compiler.rehearsal.site import Site

ROOT = Path(__file__).parent.parent.parent.parent

PROGRAM = """
from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Local
from laminar.configurations.layers import Catch, ForEach, Parameter, Retry

class Train(Flow): ...
class Evaluate(Flow): ...

@Train.register
class Load(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.count))
        self.shard(none=[])
        self.text = "x{{y}} $(HOME) ü\\n"

@Train.register(foreach=ForEach(parameters=[Parameter(layer=Load, attribute="rows")]))
class Square(Layer):
    def __call__(self, load: Load) -> None:
        self.square = load.rows ** 2

@Train.register(foreach=ForEach(parameters=[Parameter(layer=Load, attribute="rows")], batch=2), retry=Retry(attempts=3, delay=0.01))
class Flaky(Layer):
    def __call__(self, load: Load) -> None:
        if self.attempt == 1 and load.rows == 1:
            raise ConnectionError("once")
        self.value = load.rows + 10

@Train.register(foreach=ForEach(parameters=[Parameter(layer=Load, attribute="none")]))
class Empty(Layer):
    def __call__(self, load: Load) -> None:
        self.value = 1

@Train.register(catch=Catch(ZeroDivisionError))
class Caught(Layer):
    def __call__(self, load: Load) -> None:
        self.before = load.text
        1 / 0

@Train.register
class Join(Layer):
    def __call__(self, square: Square, flaky: Flaky, empty: Empty, caught: Caught) -> None:
        self.all = [list(square.square), list(flaky.value), list(empty.value), caught.before]

@Evaluate.register(foreach=ForEach(parameters=[Parameter(layer=Parameters, attribute="found")]))
class Each(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.each = parameters.found

if train := Train(datastore=Local("store")):
    train(count=3).next(flow=Evaluate(datastore=Local("store")), linker=lambda e: Parameters(found=e.layer(Join).all[0]))
"""


def results(store: Path) -> dict[str, Any]:
    """Return what the documents of all layers hold, but for times, places and the execution's id; gates keep their answers too."""
    found = {}
    for path in store.glob("*/executions/*/*/*.json"):
        flow, _, _, layer, index = path.relative_to(store).parts
        document = json.loads(path.read_text(encoding="utf-8"))
        kept = {name: document[name] for name in ("artifacts", "splits", "status", "caught", "layer", "index")}
        if not layer.endswith("-gate"):
            found[f"{flow}/{layer}/{index}"] = kept
    return found


def laminar(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "laminar", *words], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("example", ["wordcount", "report"])
def test_an_example_rehearsed_from_its_yaml_leaves_the_same_results_as_run(example, tmp_path):
    local = laminar("run", str(ROOT / "examples" / f"{example}.py"), cwd=tmp_path)
    assert local.returncode == 0, local.stderr
    done = laminar("rehearse", str(ROOT / "examples" / f"{example}.yaml"), "--keep", str(tmp_path / "out"), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(tmp_path / "out/store") == results(tmp_path / ".laminar")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "main.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("runner", [Processes, Forked])
def test_a_program_of_many_kinds_of_layers_leaves_the_same_results(runner, program):
    folder = program.parent
    local = laminar("run", str(program), cwd=folder)
    assert local.returncode == 0, local.stderr
    text = compile_program(program, settings=Settings(datastore="s3://bucket/prefix", root=str(folder)))
    site = Site(folder, folder / "scratch", str(folder / "rehearsed"))
    trace = rehearse(read(text), run_pod=runner(site))
    assert trace.succeeded, str(trace) + "".join(node.log for node in trace.pods)
    assert results(folder / "rehearsed") == results(folder / "store")
    # one pod a split, two splits a pod where they are batched, one for the empty fan-out and one for the link
    assert sum(node.phase == "Succeeded" for node in trace.pods) == 1 + 3 + 2 + 1 + 1 + 1 + 1 + 3
    assert [node.message for node in trace.pods if node.phase == "Failed"] == ["main: Error (exit code 75)"]


@pytest.mark.slow
def test_a_parameter_overridden_at_submission_decides_how_many_pods_there_are(program):
    folder = program.parent
    text = compile_program(program, settings=Settings(datastore="s3://bucket/prefix", root=str(folder)))
    trace = rehearse(read(text), {"count": "0"}, run_pod=Forked(Site(folder, folder / "scratch", str(folder / "store"))))
    assert trace.succeeded, str(trace) + "".join(node.log for node in trace.pods)
    assert sum("Square" in node.name for node in trace.pods) == 1


HOOKS = """
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Local
from laminar.configurations.layers import Container, ForEach, Parameter

class F(Flow): ...

@F.register
class A(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.go = parameters.go
        self.shard(rows=[1, 2])

@F.register
class S(Layer):
    @hooks.entry
    def may(self, a: A) -> bool:
        return a.go

    def __call__(self, a: A) -> None:
        self.size = 100

@F.register(foreach=ForEach(parameters=[Parameter(layer=A, attribute="rows")]))
class L(Layer):
    @hooks.submission
    def grow(self, a: A, s: S) -> None:
        self.configuration.container = Container(memory=s.size * (1 + self.index))

    def __call__(self, a: A) -> None:
        self.row = a.rows

@F.register
class J(Layer):
    @hooks.entry
    def may(self, s: S) -> bool:
        return not s.state.finished

    def __call__(self, a: A) -> None:
        self.done = True

if f := F(datastore=Local("store")):
    f(go=%s)
"""


@pytest.mark.parametrize("go", [True, False])
def test_hooks_decide_the_same_and_ask_nothing_of_a_layer_that_is_skipped(go, tmp_path):
    path = tmp_path / "main.py"
    path.write_text(HOOKS % go, encoding="utf-8")
    local = laminar("run", str(path), cwd=tmp_path)
    assert local.returncode == 0, local.stderr
    text = compile_program(path, settings=Settings(datastore="s3://bucket/prefix", root=str(tmp_path)))
    trace = rehearse(read(text), run_pod=Forked(Site(tmp_path, tmp_path / "scratch", str(tmp_path / "rehearsed"))))
    assert trace.succeeded, str(trace) + "".join(node.log for node in trace.pods)
    assert results(tmp_path / "rehearsed") == results(tmp_path / "store")
    mains = [one for node in trace.pods if ".L(" in node.name for one in node.patch["containers"] if one["name"] == "main"]
    assert [main["resources"]["limits"]["memory"] for main in mains] == (["100M", "200M"] if go else [])
