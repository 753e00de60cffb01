"""Flows, layers and datastores are read from a program's source, and nothing of it is executed."""

from __future__ import annotations

import pytest

from laminar.exceptions import FlowError
from laminar.program import outline

PROGRAM = """\
raise SystemExit("executed")
import laminar as lm
from laminar import Flow as Base, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import ForEach, Parameter

class Train(Base): ...
class Tuned(Train): ...
class Other(lm.Flow): ...
class Model: ...

@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None: ...

class Shared(Layer):
    @hooks.entry
    def may(self, read: Read) -> bool: ...

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
@Tuned.register()
class Use(Shared):
    def __call__(self, read: "Read", *, more: int = 0) -> None: ...

Other.register(Read)
"""


def write(folder, text: str, name: str = "program.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_flows_are_the_classes_whose_bases_lead_to_flow_with_their_layers(tmp_path):
    flows = outline.read(write(tmp_path, PROGRAM)).flows
    assert list(flows) == ["Train", "Tuned", "Other"]
    assert [list(flow.layers) for flow in flows.values()] == [["Read", "Use"], ["Read", "Use"], ["Read"]]
    assert all(flow.complete for flow in flows.values())


def test_a_layer_has_the_needs_of_its_methods_and_of_its_foreach_inherited_hooks_included(tmp_path):
    use = outline.read(write(tmp_path, PROGRAM)).flows["Train"].layers["Use"]
    assert (use.needs, use.fan_out, use.entry) == (("Read",), True, True)


def test_a_flow_of_a_module_beside_the_program_is_found_by_its_own_name(tmp_path):
    write(tmp_path, PROGRAM, "flows.py")
    text = "import flows\nfrom flows import Train as Mine\nif flow := Mine():\n    flow()\n"
    found = outline.read(write(tmp_path, text)).flows
    assert found["Mine"].name == "Train"
    assert found["flows.Other"].name == "Other"
    assert list(found["Mine"].layers) == ["Read", "Use"]


def test_modules_that_import_each_other_are_read(tmp_path):
    write(tmp_path, "from two import Second\nfrom laminar import Flow\nclass First(Flow): ...\n", "one.py")
    write(tmp_path, "from one import First\nfrom laminar import Flow\nclass Second(Flow): ...\n", "two.py")
    assert set(outline.read(str(tmp_path / "one.py")).flows) == {"First", "Second"}


@pytest.mark.parametrize("line", ["Train.register()(make())", "Train.register(make())", "Train.register(**options)(make())"])
def test_a_flow_whose_layers_are_made_while_it_runs_is_not_complete(tmp_path, line):
    text = f"from laminar import Flow\nclass Train(Flow): ...\n{line}\n"
    assert not outline.read(write(tmp_path, text)).flows["Train"].complete


@pytest.mark.parametrize(
    ("text", "message"),
    [("def (", "is not valid Python"), ("\0", "is not"), (None, "cannot be read: no such file")],
    ids=["syntax", "null", "absent"],
)
def test_what_is_no_program_is_an_error(tmp_path, text, message):
    path = write(tmp_path, text) if text is not None else str(tmp_path / "absent.py")
    with pytest.raises(FlowError, match=message):
        outline.read(path)
