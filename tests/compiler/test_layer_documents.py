"""Each layer's part of a workflow: its task, its gate and the template of its pods."""

from __future__ import annotations

from pathlib import Path

import yaml

from laminar.compiler import Settings, Target, recorder
from laminar.compiler.layer_documents import layer_documents

PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.hooks import entry
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register
class Read(Layer):
    def __call__(self) -> None:
        self.rows = [1]

@Train.register
class Other(Layer):
    def __call__(self) -> None: ...

@Train.register
class Check(Layer):
    def __call__(self, read: Read, other: Other) -> None: ...
    @entry
    def may(self) -> bool: return True

@Train.register(foreach=ForEach([Parameter(Read, "rows")], parallelism=2))
class Fit(Layer):
    def __call__(self, read: Read) -> None: ...

if flow := Train():
    flow().next(flow=Train(), linker=lambda execution: Parameters())
"""


def made(folder: Path) -> dict[tuple[str, str], str]:
    (folder / "train.py").write_text(PROGRAM)
    chain = recorder.record(folder / "train.py").chains[0]
    return layer_documents(chain, Settings(datastore="s3://bucket/prefix"), Target())


def test_every_layer_of_every_flow_has_its_part(tmp_path):
    assert sorted(made(tmp_path)) == [(flow, layer) for flow in ("Train", "Train-2") for layer in ("Check", "Fit", "Other", "Read")]


def test_a_part_is_yaml_with_the_task_and_its_template(tmp_path):
    text = made(tmp_path)["Train", "Read"]
    assert text.startswith("# task Read of Train\n")
    task, template = (yaml.safe_load(f"#{part}") for part in text.split("# template"))
    assert task["template"] == template["name"]
    assert "container" in template


def test_a_gate_and_a_bounded_loop_are_shown(tmp_path):
    found = made(tmp_path)
    assert "# task Check-gate of Train" in found["Train", "Check"]
    assert found["Train", "Fit"].count("# task") == 2
