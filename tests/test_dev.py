"""Check how ./dev finds its Python and its message where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUPPORTED = "{}.{}".format(*sys.version_info[:2])

SHIM = '#!/bin/sh\necho "pyenv: python: command not found" >&2\nexit 127\n'
OLD = "#!/bin/sh\necho old 3.8 /usr/bin/python3.8\n"
"""What ./dev's question prints on an old Python."""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return the PATH of a machine with the standard tools but no Python and no uv."""
    for tool in ("sh", "basename", "cat", "cksum", "dirname", "grep", "sed"):
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def put(machine: Path, name: str, script: str) -> None:
    (machine / name).write_text(script)
    (machine / name).chmod(0o755)


def put_python(machine: Path, name: str) -> None:
    put(machine, name, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')


def dev(*arguments: str, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("LAMINAR_PYTHON", "PYENV_ROOT")}
    environment |= variables
    if path:
        environment |= {"PATH": str(path), "PYENV_ROOT": str(path / "pyenv")}
    shell = shutil.which("sh") or "/bin/sh"
    return subprocess.run(
        [shell, str(ROOT / "dev"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def test_help_needs_nothing_and_names_every_command(machine):
    done = dev("help", path=machine)
    assert done.returncode == 0
    for command in ("demo", "test", "lint", "pictures", "bench", "mutate", "shell", "help"):
        assert f"\n  {command} " in done.stdout


def test_an_unknown_command_is_an_error_that_names_it():
    done = dev("tset")
    assert done.returncode == 2
    assert "there is no command 'tset'" in done.stderr


def test_a_machine_without_python_is_told_what_to_install(machine):
    done = dev("python", path=machine)
    assert done.returncode == 2
    assert "no Python from 3.10 to 3.13 was found" in done.stderr
    assert "LAMINAR_PYTHON=" in done.stderr


def test_an_old_python_is_named_in_the_error(machine):
    put(machine, "python3", OLD)
    done = dev("python", path=machine)
    assert done.returncode == 2
    assert "python3 is too old" in done.stderr


def test_a_shim_that_fails_is_passed_over(machine):
    put(machine, "python3", SHIM)
    put_python(machine, f"python{SUPPORTED}")
    done = dev("python", path=machine)
    assert done.returncode == 0, done.stderr
    assert os.path.realpath(done.stdout.strip()) == os.path.realpath(sys.executable)


def test_a_python_of_pyenv_is_found_without_its_shims(machine):
    folder = machine / "pyenv" / "versions" / "any" / "bin"
    folder.mkdir(parents=True)
    put_python(folder, "python3")
    assert dev("python", SUPPORTED, path=machine).returncode == 0


def test_a_python_without_venv_is_told_how_to_get_it(machine):
    put(machine, "python3", "#!/bin/sh\necho bare 3.11 /usr/bin/python3.11\n")
    done = dev("python", path=machine)
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr


def test_a_named_python_that_is_too_old_is_refused(machine):
    put(machine, "mine", OLD)
    done = dev("python", path=machine, LAMINAR_PYTHON=str(machine / "mine"))
    assert done.returncode == 2
    assert "is too old" in done.stderr


def test_a_named_python_that_does_not_run_is_refused():
    done = dev("python", LAMINAR_PYTHON="/no/such/python")
    assert done.returncode == 2
    assert "/no/such/python does not run" in done.stderr


def test_a_version_that_is_not_supported_is_refused():
    done = dev("python", LAMINAR_PYTHON="3.9")
    assert done.returncode == 2
    assert "does not support Python 3.9" in done.stderr
