"""The chains of a program are recorded with the settings of its command line and its project."""

from __future__ import annotations

import pytest

from laminar.cli.compilation import compiled_text, record_chains
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import ProgramChoice
from laminar.exceptions import FlowError

PROGRAM = """\
from laminar import Flow, Layer
class Train(Flow): ...
class Score(Flow): ...
@Train.register
class Fit(Layer):
    def __call__(self) -> None: ...
@Score.register
class Use(Layer):
    def __call__(self) -> None: ...
"""
BOTH = "Train()(rate=1)\nScore()()\n"


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(calls: str, settings: str = 'datastore = "s3://b/project"\nimage = "project:1"') -> str:
        (tmp_path / "pyproject.toml").write_text(f"[tool.laminar]\n{settings}\n")
        (tmp_path / "main.py").write_text(PROGRAM + calls)
        return "main.py"

    return write


def test_options_come_before_the_projects_settings(program):
    given = ProgramChoice(program(BOTH))
    chains, _ = record_chains(given, DocumentChoice())
    assert [(one.datastore, one.image, one.chain) for _, one in chains] == [
        ("s3://b/project", "project:1", 1),
        ("s3://b/project", "project:1", 2),
    ]
    chains, target = record_chains(given, DocumentChoice(image="option:1", kind="template"), "s3://b/option")
    assert {(one.datastore, one.image) for _, one in chains} == {("s3://b/option", "option:1")}
    assert target.kind == "template"


@pytest.mark.parametrize(("flow", "chain"), [("Train", 1), ("Score", 2)])
def test_a_flow_selects_its_chain_which_keeps_its_number(flow, chain, program):
    [(recorded, settings)], _ = record_chains(ProgramChoice(program(BOTH), flow=flow), DocumentChoice())
    assert (recorded.first.flow.name, settings.chain) == (flow, chain)


def test_parameters_need_one_chain(program):
    given = program(BOTH)
    with pytest.raises(FlowError, match="calls several flows: Train, Score"):
        record_chains(ProgramChoice(given, assignments=(("rate", "2"),)), DocumentChoice())
    [(_, settings)], _ = record_chains(ProgramChoice(given, assignments=(("rate", "2"),), flow="Train"), DocumentChoice())
    assert list(settings.parameters) == ["rate"]


LATE = "done = Train()(rate=1)\nprint(done.layer(Fit).score)\nScore()()\n"


def test_a_flow_after_the_read_of_a_result_is_a_warning_or_with_strict_an_error(program, capsys):
    given = ProgramChoice(program(LATE))
    chains, _ = record_chains(given, DocumentChoice())
    assert len(chains) == 1
    assert "is not part of the document" in capsys.readouterr().err
    with pytest.raises(FlowError, match="are not part of the document"):
        record_chains(given, DocumentChoice(), strict=True)


def test_the_text_is_the_yaml_of_all_selected_chains(program):
    text = compiled_text(ProgramChoice(program(BOTH)), DocumentChoice())
    assert text.count("kind: Workflow\n") == 2
    selected = compiled_text(ProgramChoice("main.py", flow="Score"), DocumentChoice())
    assert selected.count("kind: Workflow\n") == 1
