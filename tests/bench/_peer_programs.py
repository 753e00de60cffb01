"""Write the same work for each tool: ten steps in a row, a fan-out of 100 with a join, and 150 steps to render."""

from __future__ import annotations

from textwrap import dedent

__all__ = ["PROGRAMS", "RENDERED", "SPLITS", "STEPS"]

STEPS, SPLITS, RENDERED = 10, 100, 150


def laminar_row(steps: int) -> str:
    """Return a flow of so many layers in a row."""
    layers = [
        f"@Row.register\nclass L{place}(Layer):\n"
        f"    def __call__(self{f', before: L{place - 1}' if place else ''}) -> None:\n"
        f"        self.value = {'before.value + 1' if place else 0}\n"
        for place in range(steps)
    ]
    head = "from laminar import Flow, Layer\nclass Row(Flow): ...\n"
    return head + "".join(layers) + "if flow := Row():\n    flow()\n"


LAMINAR_WIDE = f"""\
from laminar import Flow, Layer
from laminar.configurations.layers import ForEach, Parameter
class Wide(Flow): ...
@Wide.register
class Make(Layer):
    def __call__(self) -> None:
        self.shard(rows=range({SPLITS}))
@Wide.register(foreach=ForEach([Parameter(Make, "rows")]))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        self.value = make.rows * 2
@Wide.register
class Join(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(use.value)
if flow := Wide():
    assert flow().layer(Join).total == {SPLITS * (SPLITS - 1)}
"""

PLAIN = """\
import os, pickle
# What a process a step, with its result in a file, cannot do without.
def step(name, value):
    if (pid := os.fork()) == 0:
        with open(name + ".new", "wb") as file:
            pickle.dump(value(), file)
        os.rename(name + ".new", name)
        os._exit(0)
    return pid
def result(name):
    with open(name, "rb") as file:
        return pickle.load(file)
"""
PLAIN_ROW = (
    PLAIN
    + f"""\
for place in range({STEPS}):
    os.waitpid(step(f"row{{place}}", lambda: result(f"row{{place - 1}}") + 1 if place else 0), 0)
assert result("row{STEPS - 1}") == {STEPS - 1}
"""
)
PLAIN_WIDE = (
    PLAIN
    + f"""\
running = []
for place in range({SPLITS}):
    if len(running) == len(os.sched_getaffinity(0)):
        os.waitpid(running.pop(0), 0)
    running.append(step(f"use{{place}}", lambda: place * 2))
for pid in running:
    os.waitpid(pid, 0)
assert sum(result(f"use{{place}}") for place in range({SPLITS})) == {SPLITS * (SPLITS - 1)}
"""
)


def metaflow_row() -> str:
    """Return a flow of ten steps in a row."""
    names = ["start", *(f"s{place}" for place in range(1, STEPS - 1)), "end"]
    steps = [
        f"    @step\n    def {name}(self):\n        self.value = {'self.value + 1' if place else 0}\n"
        + (f"        self.next(self.{names[place + 1]})\n" if name != "end" else "")
        for place, name in enumerate(names)
    ]
    head = "from metaflow import FlowSpec, step\nclass Row(FlowSpec):\n"
    return head + "".join(steps) + "if __name__ == '__main__':\n    Row()\n"


METAFLOW_WIDE = f"""\
from metaflow import FlowSpec, step
class Wide(FlowSpec):
    @step
    def start(self):
        self.rows = list(range({SPLITS}))
        self.next(self.use, foreach="rows")
    @step
    def use(self):
        self.value = self.input * 2
        self.next(self.join)
    @step
    def join(self, inputs):
        self.total = sum(each.value for each in inputs)
        self.next(self.end)
    @step
    def end(self):
        assert self.total == {SPLITS * (SPLITS - 1)}
if __name__ == "__main__":
    Wide()
"""

KFP_HEAD = """\
from kfp import compiler, dsl, local
@dsl.component(install_kfp_package=False)
def add(value: int) -> int:
    return value + 1
@dsl.component(install_kfp_package=False)
def double(value: int) -> int:
    return value * 2
@dsl.component(install_kfp_package=False)
def total(values: list) -> int:
    return int(sum(values))
"""
# Numbers inside a list reach a component as floats: KFP passes lists as protobuf's Value, which has no whole numbers (seen with
# KFP 2.17.3's local runner). Without int(), the join fails: its result has another type than declared.


def kfp_row(steps: int, then: str) -> str:
    """Return a pipeline of so many steps in a row, and the function that uses it."""
    lines = ["    value = add(value=0).output"] + ["    value = add(value=value).output"] * (steps - 1)
    return KFP_HEAD + "@dsl.pipeline\ndef row() -> int:\n" + "\n".join(lines) + f"\n    return value\n{then}\n"


KFP_RUN = "local.init(runner=local.SubprocessRunner(use_venv=False))"
KFP_WIDE = (
    KFP_HEAD
    + f"""\
@dsl.pipeline
def wide() -> int:
    with dsl.ParallelFor(list(range({SPLITS}))) as row:
        one = double(value=row)
    return total(values=dsl.Collected(one.output)).output
{KFP_RUN}
assert wide().output == {SPLITS * (SPLITS - 1)}
"""
)

PREFECT_HEAD = """\
from prefect import flow, task
@task
def add(value):
    return value + 1
@task
def double(value):
    return value * 2
@task
def total(values):
    return sum(values)
"""
PREFECT_ROW = PREFECT_HEAD + f"@flow\ndef row():\n    value = 0\n    for _ in range({STEPS}):\n        value = add(value)\nrow()\n"
PREFECT_WIDE = PREFECT_HEAD + f"@flow\ndef wide():\n    return total(double.map(range({SPLITS})))\n"
PREFECT_WIDE += f"assert wide() == {SPLITS * (SPLITS - 1)}\n"

HERA = dedent(
    f"""\
    import sys
    from hera.workflows import DAG, Container, Task, Workflow
    from hera.workflows.models import Parameter
    with Workflow(generate_name="flow-", entrypoint="flow") as workflow:
        layer = Container(name="layer", image="python", command=["python"], inputs=[Parameter(name="layer")])
        with DAG(name="flow"):
            before = None
            for number in range({RENDERED}):
                task = Task(name=f"L{{number}}", template=layer, arguments={{"layer": f"L{{number}}"}})
                if before is not None:
                    before >> task
                before = task
    sys.stdout.write(workflow.to_yaml())
    """
)

RUN, WIDE, RENDER = f"{STEPS} steps in a row", f"fan-out of {SPLITS} and join", f"render {RENDERED} steps"
PROGRAMS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    RUN: {
        "laminar": (laminar_row(STEPS), ()),
        "plain Python": (PLAIN_ROW, ()),
        "Metaflow": (metaflow_row(), ("--no-pylint", "run")),
        "KFP": (kfp_row(STEPS, KFP_RUN + "\nrow()"), ()),
        "Prefect": (PREFECT_ROW, ()),
    },
    WIDE: {
        "laminar": (LAMINAR_WIDE, ()),
        "plain Python": (PLAIN_WIDE, ()),
        "Metaflow": (METAFLOW_WIDE, ("--no-pylint", "run", "--max-num-splits", "1000")),
        "KFP": (KFP_WIDE, ()),
        "Prefect": (PREFECT_WIDE, ()),
    },
    RENDER: {
        "laminar": (laminar_row(RENDERED), ("compile",)),
        "plain Python": (f"print('\\n'.join(f'task: L{{number}}' for number in range({RENDERED})))", ()),
        "KFP": (kfp_row(RENDERED, "compiler.Compiler().compile(row, 'row.yaml')"), ()),
        "Hera": (HERA, ()),
    },
    "import": {
        "laminar": ("import laminar", ()),
        "plain Python": ("pass", ()),
        "Metaflow": ("import metaflow", ()),
        "KFP": ("import kfp.dsl", ()),
        "Prefect": ("import prefect", ()),
        "Hera": ("import hera.workflows", ()),
    },
}
"""By work and tool the program, and the words after its path on the command line. ``compile`` is laminar's own command."""
