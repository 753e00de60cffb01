"""Notebooks and the REPL: flows without a program's file, cells run twice, a running event loop, compiling an object."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

SETUP = """\
import os
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

factor = 10
"""

LAYERS = """\
@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.n))
        self.worker = os.getpid()

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Use(Layer):
    def __call__(self, read: Read) -> None:
        self.value = read.rows * factor

@Train.register
class Sum(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(use.value)
"""

KERNEL = """\
import asyncio, sys

async def main(cells, space):
    for cell in cells:
        exec(compile(cell, "<cell>", "exec"), space)

asyncio.run(main(%r, vars(sys.modules["__main__"])))
"""
"""A stand-in for a notebook's kernel: cells are executed in ``__main__`` inside a running event loop."""


def repl(folder: Path, *cells: str) -> str:
    done = subprocess.run(
        [sys.executable, "-i", "-q"],
        input="\n".join(cells) + "\n",
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Error" not in done.stderr, done.stderr
    return done.stdout


def notebook(folder: Path, *cells: str) -> str:
    done = subprocess.run([sys.executable, "-c", KERNEL % (cells,)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def typed(source: str) -> str:
    """Return a source as one types it: an empty line ends each block."""
    return source.replace("\n\n", "\n").replace("\n@", "\n\n@").replace("\nfactor", "\n\nfactor")


def test_a_flow_of_a_repl_runs_in_processes(tmp_path):
    out = repl(
        tmp_path,
        typed(SETUP) + "\n",
        # a REPL knows no empty line inside a block
        LAYERS.replace("range(parameters.n))\n", "range(parameters.n))\n"),
        "execution = Train()(n=3)",
        "print(execution.layer(Sum).total, execution.layer(Read).worker != os.getpid())",
    )
    assert out.splitlines()[-1] == "30 True"


def test_a_flow_of_a_notebook_runs_in_processes_inside_the_running_event_loop(tmp_path):
    out = notebook(
        tmp_path,
        SETUP,
        LAYERS,
        "execution = Train()(n=3)",
        "print(execution.layer(Sum).total, execution.layer(Read).worker != os.getpid())",
    )
    assert out.splitlines()[-1] == "30 True"


def test_a_cell_that_is_run_twice_replaces_its_layers_and_newer_values_are_used(tmp_path):
    out = notebook(
        tmp_path,
        SETUP,
        LAYERS,
        "flow = Train()\nfirst = flow(n=3)",
        LAYERS.replace("sum(use.value)", "-sum(use.value)"),
        "factor = 100",
        "second = Train()(n=3)\nagain = flow(n=3)",
        "print(first.layer('Sum').total, second.layer(Sum).total, again.layer(Sum).total, len(Train().registry))",
    )
    assert out.splitlines()[-1] == "30 -300 -300 4"


def test_a_flow_that_is_run_again_after_a_global_changed_sees_the_new_value(tmp_path):
    out = notebook(tmp_path, SETUP, LAYERS, "flow = Train()\nflow(n=3)\nfactor = 1\nprint(flow(n=3).layer(Sum).total)")
    assert out.splitlines()[-1] == "3"


def test_an_execution_of_an_old_cells_layer_is_read_by_the_new_class(tmp_path):
    out = notebook(tmp_path, SETUP, LAYERS, "old = Read\nexecution = Train()(n=3)", LAYERS, "print(len(execution.layer(old).rows))")
    assert out.splitlines()[-1] == "3"


def test_resuming_in_a_notebook_runs_what_failed_with_the_mended_cell(tmp_path):
    broken = LAYERS.replace("read.rows * factor", "1 / 0")
    out = notebook(
        tmp_path,
        SETUP,
        broken,
        "try:\n    Train()(execution='one', n=2)\nexcept Exception as error:\n    print(type(error).__name__)",
        LAYERS,
        "print(Train().execution('one').resume().layer(Sum).total)",
    )
    assert out.splitlines()[-2:] == ["ExecutionError", "10"]


def test_compile_takes_an_execution_that_was_made_in_a_notebook(tmp_path):
    out = notebook(
        tmp_path,
        SETUP,
        LAYERS,
        "from laminar.compiler import compile as to_yaml",
        "from laminar.compiler.plan.planner import Settings",
        "class Next(Flow): ...",
        "@Next.register\nclass End(Layer):\n    def __call__(self, parameters: Parameters) -> None: ...",
        "linked = Train()(n=3).next(flow=Next(), linker=lambda e: Parameters(total=e.layer(Sum).total))",
        "print(to_yaml(linked, settings=Settings(datastore='s3://bucket/store'), code='s3://bucket/code'))",
        "print('---')",
        "print(to_yaml(Train().execution('mine').parameters(n=5), settings=Settings(datastore='s3://bucket/store'), code='s3://bucket/code'))",
    )
    both, one = yaml.safe_load_all(out)
    assert both["metadata"]["generateName"].startswith("train-") and one["kind"] == "Workflow"
    assert {parameter["name"]: parameter["value"] for parameter in one["spec"]["arguments"]["parameters"]} == {"n": "5"}
    flows = {template["name"] for template in both["spec"]["templates"] if "dag" in template}
    assert len(flows) == 3, "a flow each, and what joins them"
    assert "mine" in str(one) and "mine" not in str(both)
