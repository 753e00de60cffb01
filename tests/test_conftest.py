"""Check the fixtures and the session rules of conftest.py, in sessions of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent / "conftest.py"

CASE = """
from pathlib import Path
import pytest

def test_text(golden):
    golden("one\\ntwo\\n", Path("tests/golden/text.txt"))

@pytest.mark.slow
def test_slow():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a small project that has this conftest, one golden case and its file."""
    (tmp_path / "tests" / "golden").mkdir(parents=True)
    shutil.copy(CONFTEST, tmp_path / "tests")
    (tmp_path / "tests" / "test_case.py").write_text(CASE)
    (tmp_path / "tests" / "golden" / "text.txt").write_bytes(b"one\ntwo\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\nmarkers = slow\n")
    return tmp_path


def pytest_in(project: Path, *arguments: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_an_equal_golden_file_passes(project):
    code, output = pytest_in(project)
    assert code == 0, output


def test_a_different_golden_file_fails_with_a_diff_and_the_hint(project):
    (project / "tests" / "golden" / "text.txt").write_bytes(b"one\nthree\n")
    code, output = pytest_in(project)
    assert code == 1
    assert "-three\n+two\n" in output
    assert "pytest --update-golden" in output


def test_line_ends_count(project):
    (project / "tests" / "golden" / "text.txt").write_bytes(b"one\r\ntwo\n")
    code, output = pytest_in(project)
    assert code == 1
    assert r"-one\r\n" in output


def test_a_missing_golden_file_fails_and_shows_what_it_would_be(project):
    (project / "tests" / "golden" / "text.txt").unlink()
    code, output = pytest_in(project)
    assert code == 1
    assert "tests/golden/text.txt does not exist" in output
    assert "one\ntwo\n" in output


@pytest.mark.parametrize("known", [None, b"old\n"], ids=["missing", "different"])
def test_update_golden_writes_the_file(project, known):
    file = project / "tests" / "golden" / "text.txt"
    file.unlink()
    if known:
        file.write_bytes(known)
    code, output = pytest_in(project, "--update-golden")
    assert code == 0, output
    assert file.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_golden_file_without_a_case_fails_a_session_of_all_tests(project, workers):
    (project / "tests" / "golden" / "left.txt").write_text("")
    code, output = pytest_in(project, "--all", "-n", workers)
    assert code == 1
    assert "tests/golden/left.txt: no test compares with this golden file" in output


@pytest.mark.parametrize("selection", [["--all", "-k", "text"], ["--all", "tests/test_case.py"], []], ids=["k", "path", "no --all"])
def test_a_golden_file_without_a_case_is_left_alone_when_not_all_tests_run(project, selection):
    (project / "tests" / "golden" / "left.txt").write_text("")
    code, output = pytest_in(project, *selection)
    assert code == 0, output


@pytest.mark.slow
def test_a_session_of_all_tests_passes_when_every_golden_file_has_a_case(project):
    code, output = pytest_in(project, "--all", "-n", "2")
    assert code == 0, output
    assert "2 passed" in output


def test_slow_tests_are_skipped_with_the_reason(project):
    code, output = pytest_in(project)
    assert code == 0, output
    assert "slow: runs with --all" in output
