"""tests/README.md names files that exist, and all tests of the DSL are in it."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def named() -> set[str]:
    """Return the files and folders that the page names in its table."""
    lines = [line for line in (HERE / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return {name for line in lines for name in re.findall(r"`([^`]+)`", line)}


def test_every_file_that_the_page_names_exists():
    assert [name for name in sorted(named()) if not (HERE / name).exists()] == []


def test_every_test_of_the_dsl_is_on_the_page():
    text = (HERE / "README.md").read_text(encoding="utf-8")
    files = [path.relative_to(HERE).as_posix() for path in (HERE / "laminar").glob("test_*.py")]
    assert [file for file in sorted(files) if file not in text] == []
