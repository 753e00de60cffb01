"""A run below a notebook's cell: one output that changes, and the output of layers as usual."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from laminar.graph import Node
from laminar.local import display
from laminar.local.notebook_tree import NotebookTree
from tests.support.kernel import run_cells

NODES = {"Read": Node("Read"), "<b>": Node("<b>", ("Read",))}
EXECUTION = SimpleNamespace(flow=SimpleNamespace(name="Train", nodes=NODES), id="one", retry=False, origin=None)

CELL = """\
from IPython.utils.capture import capture_output
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class Read(Layer):
    def __call__(self) -> None: print("reading")
with capture_output() as captured:
    execution = Train()()
print(len([one for one in captured.outputs if "<pre" in one.data.get("text/html", "")]) >= 2)
print(captured.stdout, captured.stderr)
print(captured.outputs[-1].data["text/html"])
print("img" in execution._repr_html_())
"""


@pytest.fixture
def drawn(monkeypatch):
    made: list[str] = []

    def show(html, *, display_id):
        made.append(html.data)
        return SimpleNamespace(update=lambda html: made.append(html.data))

    monkeypatch.setattr("IPython.display.display", show)
    monkeypatch.setattr("laminar.local.run_lines.next_commands", lambda execution, failed: ())
    return made


def test_the_tree_is_drawn_into_one_output_and_names_stay_text(drawn, capsys):
    report = NotebookTree()
    report.start(EXECUTION)
    report.begin("Read", 1, False)
    report.split("Read")
    report.end("Read", "finished")
    report.output(SimpleNamespace(name="Read", _binding=SimpleNamespace(is_fan_out=lambda layer: False)), "stdout", b"hello\n")
    report.stop(EXECUTION, 0)
    assert "&lt;b&gt;" in drawn[0]
    assert "<b>" not in "".join(drawn)
    assert re.search(r"\N{CHECK MARK} Read +[\d.]+ m?s", drawn[-1])
    printed = capsys.readouterr()
    assert printed.out == "Read | hello\n"
    assert re.fullmatch(r"Train: execution one\nTrain: stopped after [\d.]+ m?s: 1 layer finished, 1 not run\n", printed.err)


def test_a_kernel_that_shows_nothing_does_not_end_the_run(monkeypatch):
    monkeypatch.setattr("IPython.display.display", lambda *given, **more: 1 / 0)
    report = NotebookTree()
    report.start(EXECUTION)
    report.tick()


def test_a_notebook_is_known_by_its_shell(monkeypatch):
    assert not display.is_notebook()
    shell = type("ZMQInteractiveShell", (), {})
    module = SimpleNamespace(InteractiveShell=SimpleNamespace(initialized=lambda: True, instance=shell))
    monkeypatch.setitem(display.sys.modules, "IPython.core.interactiveshell", module)
    assert display.is_notebook()
    monkeypatch.setattr(display, "_is_fixed", False)
    monkeypatch.setattr(display, "_current", display.Quiet())
    assert type(display.choose()) is NotebookTree


@pytest.mark.slow
def test_a_run_in_a_kernel_shows_the_id_the_tree_and_the_output(tmp_path):
    (printed,) = run_cells(tmp_path, CELL)
    assert printed.startswith("True\n")
    assert "Read | reading" in printed
    assert re.search(r"Train: execution \w{27}", printed)
    assert "Train: finished in" in printed
    assert re.search(r"\N{CHECK MARK} Read", printed)
    assert printed.rstrip().endswith("True")
