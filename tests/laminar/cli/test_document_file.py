"""Compiled files are written whole, and compared without the lines of the program."""

from __future__ import annotations

import os
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.cli.document_file import DocumentFile, compare, files_of, print_commands, write
from laminar.compiler import recorder
from laminar.compiler.plan.planner import Settings
from laminar.compiler.target import Target
from laminar.exceptions import FlowError
from tests.support.import_graph import ROOT


class Train(Flow): ...


@Train.register
class Fit(Layer):
    def __call__(self) -> None: ...


def files(path: str | None, **target: Any) -> list[DocumentFile]:
    chains = [(chain, Settings(datastore="s3://bucket/x", program="main.py")) for chain in recorder.call(lambda: Train()())]
    return files_of(chains, Target(**target), path)


@pytest.mark.parametrize(
    ("path", "target", "made"),
    [
        (None, {}, [("-", "create", 1)]),
        ("a.yaml", {"kind": "workflow"}, [("a.yaml", "create", 1)]),
        ("a.yaml", {"kind": "template"}, [("a.yaml", "apply", 1)]),
        (None, {"kind": "template", "start": True}, [("-", "create", 2)]),
        ("b/a.yaml", {"kind": "template", "start": True}, [("b/a.yaml", "apply", 1), ("b/a.start.yaml", "create", 1)]),
        ("a.yaml", {"kind": "template", "rbac": True}, [("a.yaml", "apply", 1)]),
        ("b/a.yaml", {"kind": "workflow", "rbac": True}, [("b/a.rbac.yaml", "apply", 0), ("b/a.yaml", "create", 1)]),
    ],
)
def test_what_kubectl_applies_and_what_it_creates_are_two_files(path, target, made):
    assert [(file.path, file.command, len(file.documents)) for file in files(path, **target)] == made


def test_the_rights_of_a_workflow_are_a_file_that_can_be_applied_again():
    rights, workflow = files("a.yaml", kind="workflow", rbac=True)
    assert rights.text == (ROOT / "templates" / "rbac.yaml").read_text() and rights.text == rights.bare
    assert "ServiceAccount" not in workflow.text and "generateName" in workflow.text
    with pytest.raises(FlowError, match="kubectl rejects a file of both"):
        files(None, kind="workflow", rbac=True)


@pytest.mark.parametrize(("start", "lines"), [(False, 0), (True, 2)])
def test_commands_are_printed_where_there_are_two_files(start, lines, capsys):
    print_commands(files("a.yaml", kind="template", start=start))
    assert len(capsys.readouterr().err.splitlines()) == lines


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text.replace("\n", "\r\n")])
def test_a_file_that_is_current_passes(change, tmp_path, capsys):
    [made] = files(str(tmp_path / "a.yaml"))
    (tmp_path / "a.yaml").write_bytes(change(made.text).encode())
    compare(made, "laminar compile")
    assert capsys.readouterr().out == ""


def test_a_stale_file_is_an_error_after_its_diff(tmp_path, capsys):
    [made] = files(str(tmp_path / "a.yaml"))
    (tmp_path / "a.yaml").write_text(made.text.replace("entrypoint: Train", "entrypoint: Other"))
    with pytest.raises(FlowError, match="is stale") as caught:
        compare(made, "laminar compile main.py")
    assert "laminar compile main.py" in caught.value.fix
    out = capsys.readouterr().out
    assert "-  entrypoint: Other" in out
    assert "+  entrypoint: Train" in out


@pytest.mark.parametrize(("content", "words"), [(None, "does not exist"), (b"\xff", "cannot be read")])
def test_a_file_that_cannot_be_compared_is_an_error(content, words, tmp_path):
    [made] = files(str(tmp_path / "a.yaml"))
    if content is not None:
        (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(FlowError, match=words):
        compare(made, "laminar compile")


def test_a_pipe_is_written_to_and_a_link_is_kept(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write("text", str(pipe))
    assert os.read(reader, 9) == b"text" and pipe.is_fifo()
    os.close(reader)
    link.symlink_to(tmp_path / "file")
    write("text", str(link))
    assert link.is_symlink() and (tmp_path / "file").read_text() == "text"


def test_a_file_is_written_as_it_is_and_nothing_is_left_beside_it(tmp_path):
    write("ü\n", str(tmp_path / "a.yaml"))
    assert (tmp_path / "a.yaml").read_bytes() == "ü\n".encode()
    (tmp_path / "folder").mkdir()
    for file in ("folder", "none/a.yaml"):
        with pytest.raises(FlowError, match="cannot be written"):
            write("x", str(tmp_path / file))
    assert sorted(os.listdir(tmp_path)) == ["a.yaml", "folder"]
