"""Drawn programs leave the same when they are run on this machine and when their workflow is rehearsed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support import drawn_flows
from tests.support.drawn_flows import DrawnFlow, DrawnLayer

ROOT = Path(__file__).parent.parent
FEW, MANY = 6, 240

pytestmark = pytest.mark.timeout(1800)  # hundreds of workflows

TAIL = """
def link(execution):
    first = look(execution.layer("L0"), "value")
    return Parameters(rows=list(range(first %% 4 if isinstance(first, int) else 2)))

if flow := Drawn():
    execution = flow(rows=%(rows)r)
    for _ in range(%(links)d):
        execution = execution.next(flow=Drawn(), linker=link)
"""


def program(flow: DrawnFlow, links: int) -> str:
    """Return a drawn flow as a program that calls it, and again after itself."""
    layers = "".join(drawn_flows._layer(place, layer, flow.layers) for place, layer in enumerate(flow.layers))
    return drawn_flows.HEAD + layers + TAIL % {"rows": drawn_flows.ROWS, "links": links}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Start the process that runs programs both ways; return what requests a run."""
    folder = tmp_path_factory.mktemp("drawn")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.side_by_side"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def both(source: str, *, widest: int | None = None, **target: Any) -> dict[str, Any]:
            (folder / "main.py").write_text(source)
            asked = {"path": str(folder / "main.py"), "target": target, "widest": widest}
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert "error" not in answer, answer["error"] + source
            return answer

        yield both
        process.stdin.close()


def check(answer: dict[str, Any], source: str) -> None:
    local, rehearsed = answer["local"], answer["rehearsed"]
    told = "\n".join([source, answer["yaml"], *rehearsed["nodes"], *rehearsed["logs"]])
    assert local["failed"] == rehearsed["failed"], told
    for here, there in zip(local["flows"], rehearsed["flows"], strict=True):
        assert here["states"] == there["states"], told
        for layer, state in here["states"].items():
            if state != "unfinished":
                assert here["documents"][layer] == there["documents"][layer], f"{layer}\n{told}"


@pytest.mark.slow
def test_a_program_whose_rows_of_layers_share_pods_leaves_the_same(ask, request):
    @settings(max_examples=few_or_many(request) // 4, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    @given(drawn_flows.drawn_flows(), st.sampled_from([0, 0, 1]))
    def same(flow: DrawnFlow, links: int) -> None:
        source = program(flow, links)
        check(ask(source, fuse=True), source)

    same()


def held_up(here: dict[str, str], there: dict[str, str]) -> None:
    """Forgive layers that a failure in another part kept from running, though they do not need the failed one."""
    here.update({layer: state for layer, state in there.items() if state == "unfinished"})


def few_or_many(request: pytest.FixtureRequest) -> int:
    return MANY if request.config.getoption("--all") else FEW


TUNED = DrawnFlow(
    (
        DrawnLayer(count=5),
        DrawnLayer(needs=(0,), fan_out=((0, None),), submission="data", env=True),
        DrawnLayer(needs=(0,), fan_out=((0, None),), submission="data", batch=2, parallelism=2),
        DrawnLayer(needs=(1,), fan_out=((1, None),), submission="data", fails=1, attempts=3),
        DrawnLayer(needs=(0,), submission="constant", fails=2, attempts=3, retuned=True, env=True),
    )
)
"""Each pod of the second layer has an environment of its own, each attempt of the last."""

RAISING = DrawnFlow(
    (
        DrawnLayer(count=2),
        *(DrawnLayer(needs=(0,), entry="raises", count=count) for count in (1, 2)),
        *(DrawnLayer(needs=(need,), submission="raises") for need in (0, 1, 2)),
        DrawnLayer(needs=(3, 4), entry="raises", submission="raises", fan_out=((3, None),), caught=True),
    )
)


def test_a_program_leaves_the_same_run_and_rehearsed(ask, request):
    @settings(max_examples=few_or_many(request), deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    @example(TUNED, 1)
    @example(RAISING, 0)
    @given(drawn_flows.drawn_flows(), st.sampled_from([0, 0, 0, 1, 2]))
    def same(flow: DrawnFlow, links: int) -> None:
        source = program(flow, links)
        check(ask(source), source)

    same()


@pytest.mark.slow
def test_a_program_divided_into_parts_leaves_the_same(ask, request):
    @settings(max_examples=few_or_many(request) // 4, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    @given(drawn_flows.drawn_flows(), st.sampled_from([0, 0, 1]), st.integers(2, 3))
    def same(flow: DrawnFlow, links: int, widest: int) -> None:
        source = program(flow, links)
        answer = ask(source, widest=widest)
        if answer["local"]["failed"]:
            for here, there in zip(answer["local"]["flows"], answer["rehearsed"]["flows"], strict=True):
                held_up(here["states"], there["states"])
        check(answer, source)

    same()


THOUSAND = """\
from laminar import Flow, Layer
from laminar.configurations.layers import ForEach, Parameter

class Wide(Flow): ...

@Wide.register
class Root(Layer):
    def __call__(self) -> None:
        self.shard(rows=[1, 2])

def add(name, above, fan_out):
    def call(self, before) -> None:
        own = before.rows if fan_out else 0
        self.value = own + (0 if above is Root else before.value) + 1
        self.shard(rows=[self.index, 1])
    call.__annotations__["before"] = above
    layer = type(name, (Layer,), {"__call__": call, "__module__": __name__})
    options = {"foreach": ForEach([Parameter(above, "rows")])} if fan_out else {}
    return Wide.register(**options)(layer)

for chain in range(37):
    above = Root
    for place in range(27):
        above = add(f"L{chain}_{place}", above, fan_out=False)
    add(f"End{chain}", above, fan_out=chain == 0)

if flow := Wide():
    flow()
"""


@pytest.mark.slow
def test_a_thousand_layers_stay_within_all_limits_and_leave_the_same(ask):
    answer = ask(THOUSAND)
    assert len(answer["local"]["flows"][0]["states"]) > 1000
    check(answer, THOUSAND)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(flow=drawn_flows.drawn_flows())
def test_a_program_leaves_the_same_with_processes_in_the_pods_place(flow, tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    source = program(flow, 0)
    (folder / "main.py").write_text(source)
    command = [sys.executable, "-m", "laminar", "rehearse", "main.py", "--datastore", str(folder / "store")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    (folder / "run.py").write_text(source.replace("execution = flow(", 'execution = flow(execution="one", '))
    local = subprocess.run([sys.executable, "run.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (local.returncode == 0), f"{source}{done.stdout}{done.stderr}{local.stderr}"
    (uid,) = {path.name for path in (folder / "store/Drawn/executions").iterdir()}
    here, there = folder / ".laminar/Drawn/executions/one", folder / "store/Drawn/executions" / uid
    assert artifacts(here, local.returncode) == artifacts(there, local.returncode), f"{source}{done.stdout}"


def artifacts(folder: Path, failed: int) -> dict[str, Any]:
    """Return what all documents of an execution hold; after a failure only those of layers that are whole."""
    found: dict[str, dict[int, Any]] = {}
    for path in folder.glob("L*/*.json"):
        document = json.loads(path.read_text())
        found.setdefault(path.parent.name, {})[int(path.stem)] = [document["splits"], document["status"], document["artifacts"]]
    if failed:
        found = {name: made for name, made in found.items() if all(max(splits, 1) == len(made) for splits, *_ in made.values())}
    return {name: made for name, made in found.items() if "-gate" not in name}
