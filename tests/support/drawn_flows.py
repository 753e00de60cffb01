"""Draw flows with hypothesis, and write them as programs: any graph, fan-outs, hooks, skips, failures, retries and catches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

ROWS = [1, 2, 3]
"""The parameter that some layers fan out over."""


@dataclass(frozen=True)
class DrawnLayer:
    """One layer: ``fan_out`` holds sources and, over a fan-out, the split; ``fails`` attempts of some splits fail at first.

    ``entry`` is what its entry hook answers, ``submission`` what its submission hook does: both may read data and raise.
    ``env`` is a variable that its container is registered with, ``retuned`` is set where a retry hook adds to another.
    """

    needs: tuple[int, ...] = ()
    fan_out: tuple[tuple[int, int | None], ...] = ()
    count: int = 2
    entry: str | None = None
    fails: int = 0
    attempts: int = 1
    caught: bool = False
    default: bool = False
    batch: int = 1
    parallelism: int | None = None
    submission: str | None = None
    env: bool = False
    retuned: bool = False


@dataclass(frozen=True)
class DrawnFlow:
    """Layers, each of which needs only ones before it."""

    layers: tuple[DrawnLayer, ...] = field(default=(DrawnLayer(),))


@st.composite
def drawn_flows(draw: st.DrawFn) -> DrawnFlow:
    """Draw a flow of at most six layers."""
    layers: list[DrawnLayer] = []
    for place in range(draw(st.integers(1, 6))):
        needs = draw(st.lists(st.integers(0, place - 1), max_size=2, unique=True)) if place else []
        layers.append(draw(drawn_layers(layers, tuple(sorted(needs)))))
    return DrawnFlow(tuple(layers))


@st.composite
def drawn_layers(draw: st.DrawFn, before: list[DrawnLayer], needs: tuple[int, ...]) -> DrawnLayer:
    """Draw a layer that needs some of those before it; -1 stands for the parameters."""
    sources = draw(st.lists(st.sampled_from([-1, *needs]), max_size=2)) if draw(st.booleans()) else []
    fan_out = tuple(
        (source, draw(st.sampled_from([None, None, 0, 1])) if source >= 0 and before[source].fan_out else None)
        for source in sources
    )
    attempts = draw(st.sampled_from([1, 1, 3]))
    reading = ["data", "raises"] if needs else []
    submission = draw(st.sampled_from([None, None, None, "constant", *reading]))
    tuned_by_split = submission is not None and (submission != "constant" or bool(fan_out))
    return DrawnLayer(
        needs=needs,
        fan_out=fan_out,
        count=draw(st.sampled_from([0, 1, 2, 3])),
        entry=draw(st.sampled_from([None, None, None, "no", "yes", "any", *(["raises"] if needs else [])])),
        fails=draw(st.sampled_from([0, 0, 0, 1, 2, 9])) if attempts > 1 else draw(st.sampled_from([0, 0, 0, 0, 9])),
        attempts=attempts,
        caught=draw(st.booleans()),
        default=draw(st.booleans()),
        batch=draw(st.sampled_from([1, 1, 2, 3])),
        parallelism=draw(st.sampled_from([None, None, 2])),
        submission=submission,
        env=draw(st.booleans()),
        retuned=draw(st.booleans()) and attempts > 1 and not tuned_by_split,  # both are refused: Argo cannot choose by both
    )


HEAD = """\
import json, os, sys, time, zlib
from dataclasses import replace
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Accessor, Local, Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError

def look(layer, name):
    try:
        value = getattr(layer, name)
    except AttributeError as error:
        return "skipped" if "was skipped" in str(error) else "never set"
    return list(value) if isinstance(value, Accessor) else value

def digest(*values):
    return zlib.crc32(repr(values).encode())

def tuned(layer, batch):
    env = layer.configuration.container.env
    if "LAMINAR_DATASTORE" in os.environ and layer.index % batch == 0:  # a pod has what its first split is configured with
        seen = {name: os.environ[name] for name in ("FIXED", "TONE", "AGAIN") if name in os.environ}
        if seen != env:
            raise SystemExit(f"the pod of {layer.name}[{layer.index}] has {seen}, its layer {env}")
    return sorted(env.items())

def tune(layer, **env):
    container = layer.configuration.container
    layer.configuration.container = replace(container, env={**container.env, **env})

class Drawn(Flow): ...
"""

TAIL = """
def reported(store, flow, execution, layer):
    records = store.records(flow.name, execution.id, layer)
    def artifact(stored):
        value = store.read(stored)
        return list(value) if isinstance(value, Accessor) else value
    return {
        index: [record.status, record.splits, record.attempt, record.caught, record.reason,
                {name: artifact(stored) for name, stored in sorted(record.artifacts.items())}]
        for index, record in records.items()
    }

if __name__ == "__main__":
    kind, root = sys.argv[1:3]
    settings = {"datastore": Memory(), "executor": Thread(concurrency=2)} if kind == "thread" else {"datastore": Local(root)}
    if flow := Drawn(**settings):
        failed = None
        try:
            if kind == "resume":
                flow.execution("one").resume()
            else:
                flow(execution="one", rows=%(rows)r)
        except ExecutionError as error:
            failed = [error.layer, error.index, error.attempt]
        execution, store = flow.execution("one"), flow.configuration.datastore
        states = {name: execution.status(name) for name in flow.nodes}
        documents = {name: reported(store, flow, execution, name) for name in flow.nodes}
        print(json.dumps({"failed": failed, "finished": execution.finished, "states": states, "documents": documents}))
"""


def source(flow: DrawnFlow) -> str:
    """Return the program of a flow: run it with thread, process or resume, and a datastore's folder."""
    return definition(flow) + TAIL % {"rows": ROWS}


def definition(flow: DrawnFlow) -> str:
    """Return the part of a program that defines a flow, which is called Drawn."""
    return HEAD + "".join(_layer(place, layer, flow.layers) for place, layer in enumerate(flow.layers))


def _layer(place: int, layer: DrawnLayer, layers: tuple[DrawnLayer, ...]) -> str:
    parameters = [f"l{need}: L{need}" for need in layer.needs]
    reads = ["digest()"] + [f'look(l{need}, "{name}")' for need in layer.needs for name in ("value", "rows", "late")]
    if any(axis == -1 for axis, _ in layer.fan_out):
        parameters.append("parameters: Parameters")
        reads.append("parameters.rows")
    lines = [
        f"@Drawn.register({', '.join(_options(layer, layers))})",
        f"class L{place}(Layer):",
        *(['    late = "default"'] if layer.default else []),
        *_entry(layer),
        *_submission(layer),
        *_retry(layer),
        f"    def __call__(self{''.join(', ' + parameter for parameter in parameters)}) -> None:",
        '        time.sleep(float(os.environ.get("SLOW", "0")))',
        f"        self.value = digest(self.name, self.index, self.splits, tuned(self, {layer.batch}), {', '.join(reads)})",
        f"        if self.index % 2 == 0 and self.attempt <= {layer.fails}:",
        '            raise ValueError(f"split {self.index}")',
        "        if self.index % 3 == 0:",
        "            self.late = self.value % 1000",
        f"        self.shard(rows=[digest(self.value, number) for number in range({layer.count} + self.index % 2)])",
    ]
    return "\n" + "\n".join(lines) + "\n"


def _options(layer: DrawnLayer, layers: tuple[DrawnLayer, ...]) -> list[str]:
    options: list[Any] = [f"retry=Retry(attempts={layer.attempts}, delay=0)"]
    if layer.env:
        options.append('container=Container(env={"FIXED": "f"})')
    if layer.caught:
        options.append("catch=Catch(LookupError, ValueError)")
    axes = [
        'Parameter(Parameters, "rows")'
        if axis == -1
        else f'Parameter(L{axis}, "rows"{f", index={split}" if layers[axis].fan_out else ""})'
        for axis, split in layer.fan_out
    ]
    if axes:
        options.append(f"foreach=ForEach([{', '.join(axes)}], batch={layer.batch}, parallelism={layer.parallelism})")
    return options


def _entry(layer: DrawnLayer) -> list[str]:
    if layer.entry is None:
        return []
    parameters = "".join(f", l{need}: L{need}" for need in layer.needs)
    states = ", ".join(f"l{need}.state.finished" for need in layer.needs)
    odd = f"(digest({_looks(layer)}) % 2 or 1 / 0)"
    answer = {"no": "False", "yes": "True", "any": f"any([{states}])", "raises": odd}[layer.entry]
    return ["    @hooks.entry", f"    def check(self{parameters}) -> bool:", f"        return {answer}"]


def _looks(layer: DrawnLayer) -> str:
    return ", ".join(f'look(l{need}, "{name}")' for need in layer.needs for name in ("value", "rows"))


def _submission(layer: DrawnLayer) -> list[str]:
    """Return a submission hook; one that reads data chooses between few pods, and may raise."""
    if layer.submission is None:
        return []
    if layer.submission == "constant":
        return ["    @hooks.submission", "    def tone(self) -> None:", '        tune(self, TONE="c")']
    parameters = "".join(f", l{need}: L{need}" for need in layer.needs)
    raising = ['        if tone == "2":', '            raise LookupError("tone")'] if layer.submission == "raises" else []
    return [
        "    @hooks.submission",
        f"    def tone(self{parameters}) -> None:",
        f"        tone = str(digest({_looks(layer)}) % 3)",
        *raising,
        "        tune(self, TONE=tone)",
    ]


def _retry(layer: DrawnLayer) -> list[str]:
    if not layer.retuned:
        return []
    again = 'self.configuration.container.env.get("AGAIN", "") + "x"'
    return ["    @hooks.retry", "    def again(self) -> None:", f"        tune(self, AGAIN={again})"]
