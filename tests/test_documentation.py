"""Every page is in the site, every link leads somewhere, and each block of code is run or checked."""

from __future__ import annotations

import ast
import importlib
import json
import re
import shlex
import subprocess
import sys

import click
import pytest
import yaml

from laminar.cli.commands import COMMANDS, command
from laminar.exceptions import LaminarError
from tests.support.doc_pages import DOCS, PAGES, ROOT, Block, anchors, blocks, links, programs
from tests.support.programs import variables

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ELSEWHERE = ("howto/testing.md", "howto/types.md")
"""Pages whose blocks other tests run."""
PARTS = {
    "howto/notebooks.md": "cells of a notebook, whose flows other cells define",
    "howto/submit-from-python.md": "needs a cluster: tests of laminar.compiler.cluster run it on a fake one",
}
"""Pages whose blocks are parts of programs: they are only parsed."""
PROGRAMS = [each for each in programs() if each.page.relative_to(ROOT).as_posix().removeprefix("docs/") not in (*ELSEWHERE, *PARTS)]
PUBLIC = (
    "laminar",
    "laminar.configurations.layers",
    "laminar.configurations.hooks",
    "laminar.configurations.datastores",
    "laminar.configurations.serde",
    "laminar.configurations.executors",
    "laminar.configurations.schedulers",
    "laminar.elements",
    "laminar.settings",
    "laminar.exceptions",
    "laminar.compiler",
)
"""Modules that users import from, as the contract of the DSL lists them."""
OTHERS = "# . ./dev PASSWORD=... argo cd coverage docker eval git jupyter kubectl pip pytest python3 python".split()
"""First words of the commands that are not laminar's; ./dev's are checked by tests/test_papers.py."""


def listed() -> list[str]:
    """Return the pages that the toctrees of the site list."""
    trees = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    return [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]


def test_every_page_is_in_the_navigation_once():
    """Where this fails: add the page to a toctree of docs/index.md."""
    pages = [page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(listed()) == sorted(set(pages) - {"index"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading(page):
    dead = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_module_is_a_page_of_the_reference(name):
    texts = [page.read_text(encoding="utf-8") for page in (DOCS / "reference" / "api").glob("*.md")]
    assert sum(f".. automodule:: {name}\n" in text for text in texts) == 1
    assert importlib.import_module(name).__all__


@pytest.mark.parametrize("block", list(blocks("python", "py")), ids=str)
def test_every_block_of_python_is_python(block):
    ast.parse(block.text)


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_program_is_recorded_and_planned(program, tmp_path):
    """The program is executed up to the call of its flow, and compiled: names, options and parameters are right."""
    from laminar.compiler import recorder
    from laminar.compiler.plan.planner import Settings, plan

    path = tmp_path / "program.py"
    path.write_text(program.text, encoding="utf-8")
    if "flow" not in program.text and "train" not in program.text:
        exec(compile(program.text, str(program), "exec"), {"__name__": "example"})
        return
    if not re.search(r"^if \w+ := ", program.text, re.MULTILINE):  # a page that shows layers alone
        with pytest.raises(LaminarError, match="calls"):
            recorder.record(path)
        return
    for chain in recorder.record(path).chains:
        plan(chain, Settings(datastore="s3://bucket/store"))


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_every_program_runs(program, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(program.text, encoding="utf-8")
    command = ["-m", "laminar", "run", "program.py"] if re.search(r"^if \w+ := ", program.text, re.MULTILINE) else ["program.py"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", list(blocks("yaml", "json", "toml")), ids=str)
def test_every_block_of_data_can_be_read(block):
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    else:
        list(yaml.safe_load_all(block.text))


@pytest.mark.parametrize("block", list(blocks("sh")), ids=str)
def test_every_command_of_laminar_has_these_arguments_and_options(block):
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words or "laminar" not in words:
            assert not words or words[0] in OTHERS, line
            continue
        check(block, words[words.index("laminar") + 1 :])


def check(block: Block, words: list[str]) -> None:
    """Parse the words of a command, as click does, without calling it."""
    words = words[: next((place for place, word in enumerate(words) if word in ("|", ">")), len(words))]
    if words[0].startswith("-"):
        return
    assert words[0] in COMMANDS, block
    if "--help" not in words:
        command(words[0]).make_context(words[0], [word for word in words[1:] if word != ")"], resilient_parsing=False)


def test_the_commands_in_the_text_of_pages_exist():
    """Those in backticks: `laminar run train.py`."""
    found = {
        (page.relative_to(ROOT).as_posix(), name)
        for page in PAGES
        for name in re.findall(r"`laminar ([a-z]+)", page.read_text(encoding="utf-8"))
    }
    assert {(page, name) for page, name in found if name not in COMMANDS} == set()


def test_the_first_page_of_the_tutorial_is_the_readme_of_a_new_project():
    from laminar.templates import project_scaffold

    page = (DOCS / "tutorial" / "first-project.md").read_text(encoding="utf-8")
    body = project_scaffold.files("churn")["README.md"].partition("\n\n")[2].rstrip()
    assert body in page


def test_the_second_page_of_the_tutorial_shows_the_program_of_a_new_project():
    from laminar.templates import project_scaffold

    text = project_scaffold.files("churn")["train.py"]
    page = [block for block in blocks("python") if block.page.name == "the-program.md"]
    lines = {line.strip() for block in page for line in block.text.splitlines() if line.startswith("    ")}
    assert {line for line in lines if line not in text} <= {"best = train().layer(Best)", 'print(f"best step size: {best.rate}")'}


def test_the_parser_of_commands_rejects_an_option_that_does_not_exist():
    with pytest.raises(click.UsageError):
        command("run").make_context("run", ["train.py", "--resme"])


def test_links_and_anchors_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A heading: `x`, twice\n[one](two.md#three) ![picture](x.svg) `[no](link)` [far](https://a.example)\n")
    assert links(page) == ["two.md#three", "x.svg"]
    assert anchors(page) == {"a-heading-x-twice"}
