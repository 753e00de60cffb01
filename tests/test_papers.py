"""Check the papers: nothing of one machine in any tracked file, commands that exist, every package in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Put together here, so that this file holds none of them.
MACHINE = re.compile(rf"(?<![\w.$}}-])/(?:{'|'.join(('work', 'root', 'home/[a-z]+', 'Users/[A-Za-z]+'))})/")
REGISTRY = re.compile(
    "|".join(
        re.escape(host + "." + ending)
        for host, ending in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("crates", "io"),
            ("registry.npmjs", "org"),
            ("proxy.golang", "org"),
            ("repo1.maven", "org"),
            ("deb.debian", "org"),
        )
    )
)
FOREIGN = ROOT / "tests" / "data"
"""Folder of documents that others wrote: the paths in them are those of their containers."""
COMMAND = re.compile(r"^\s*(?:\$ )?(laminar|\./dev) ([a-z-]+)", re.MULTILINE)
FENCE = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, timeout=30)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return the lines of tracked files where a pattern is found, as places."""
    found = []
    for path in tracked():
        if FOREIGN in path.parents:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return found


@pytest.mark.parametrize("text", ["at /" + "work/main/x.py", "'/" + "root/.cache'", "/" + "home/ann/flow.py"])
def test_a_path_of_a_machine_is_recognized(text):
    assert MACHINE.search(text)


@pytest.mark.parametrize("text", ["s3://bucket/work/x", "/workdir/x", "{root}/root/x", "$HOME/x"])
def test_other_paths_are_not_taken_for_a_machines(text):
    assert not MACHINE.search(text)


def test_no_tracked_file_names_a_path_of_a_machine():
    assert lines_with(MACHINE) == []


def test_no_tracked_file_names_a_package_registrys_host():
    assert lines_with(REGISTRY) == []


def commands(paper: str) -> set[tuple[str, str]]:
    """Return the laminar and ./dev commands in a paper's shell blocks."""
    text = (ROOT / paper).read_text(encoding="utf-8")
    return {match.groups() for block in FENCE.findall(text) for match in COMMAND.finditer(block)}


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md"])
def test_every_command_of_a_paper_exists(paper):
    from laminar.cli.commands import COMMANDS

    usage = subprocess.run(["sh", "dev", "help"], cwd=ROOT, capture_output=True, text=True, timeout=30).stdout
    known = {("laminar", name) for name in COMMANDS} | {("./dev", name) for name in re.findall(r"^  ([a-z]+)", usage, re.MULTILINE)}
    used = commands(paper)
    assert used
    assert used <= known


def test_the_version_has_its_place_in_the_changelog():
    import laminar

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text or f"## [{laminar.__version__}]" in text


def test_every_package_is_listed_so_that_the_wheel_holds_it():
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {
        ".".join((*prefix, *file.parent.relative_to(ROOT).parts))
        for floor, prefix in (("laminar", ()), ("compiler", ("laminar",)), ("templates", ("laminar",)))
        for file in (ROOT / floor).rglob("__init__.py")
    }
    assert sorted(settings["packages"]) == sorted(folders)


def test_this_interpreter_is_one_that_the_project_supports():
    assert sys.version_info >= (3, 10)


def test_contributing_names_every_package_by_its_folder():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+)`", text))
    folders = {
        file.parent.relative_to(ROOT / floor).as_posix() + "/"
        for floor in ("laminar", "compiler")
        for file in (ROOT / floor).rglob("__init__.py")
        if file.parent != ROOT / floor
    }
    listed = {name.removeprefix("laminar/") for name in named}
    assert sorted(folders - listed) == []
    assert sorted(listed - folders - {"templates/", "laminar/", "compiler/", "tests/", ""}) == []
