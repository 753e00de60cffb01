"""The README's program runs, and becomes the YAML of the page on the ideas."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
IDEAS = README.parent / "docs" / "concepts" / "overview.md"


def block(language: str, page: Path = README) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def program(tmp_path):
    (tmp_path / "fit.py").write_text(block("python"))
    return tmp_path


def test_the_program_is_short_and_compiles_to_the_yaml_shown(program, request):
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 20
    command = [sys.executable, "-m", "laminar", "compile", "fit.py", "--datastore", "s3://bucket/prefix"]
    done = subprocess.run(command, cwd=program, capture_output=True, text=True, check=False)
    if request.config.getoption("--update-golden"):
        IDEAS.write_text(IDEAS.read_text(encoding="utf-8").replace(block("yaml", IDEAS), done.stdout), encoding="utf-8")
    assert (done.returncode, done.stdout) == (0, block("yaml", IDEAS)), done.stderr


def test_the_program_runs(program):
    done = subprocess.run([sys.executable, "fit.py"], cwd=program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "best rate: 0.2\n"), done.stderr


def test_the_page_on_the_ideas_shows_the_same_program():
    assert block("python", IDEAS) == block("python")


def test_it_is_short():
    """Everything else that a reader may need is a page of docs/."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 70
