"""A container's command, taken apart and turned into the one that runs a split."""

from __future__ import annotations

import pytest

from laminar.worker.container_command import runner_command, split_command


@pytest.mark.parametrize(
    ("command", "before", "program", "after"),
    [
        ("python main.py", ("python",), "main.py", ()),
        ("python3.11 -u src/main.py --fast 'a b'", ("python3.11", "-u"), "src/main.py", ("--fast", "a b")),
        ("/opt/venv/bin/python -O -B main.py", ("/opt/venv/bin/python", "-O", "-B"), "main.py", ()),
        ("python -m train", ("python", "-m", "train"), None, ()),
        ("python -c pass", ("python", "-c", "pass"), None, ()),
        ("python", ("python",), None, ()),
        ("pythonw main.py", ("pythonw", "main.py"), None, ()),
        ("bash run.sh", ("bash", "run.sh"), None, ()),
    ],
)
def test_a_command_is_python_options_a_program_and_its_arguments(command, before, program, after):
    assert split_command(command) == (before, program, after)


def test_python_runs_a_split_by_the_runner():
    words = runner_command("python -u main.py x", flow="F", layer="L", index=2, splits=3)
    assert " ".join(words) == "python -u -m laminar.runner main.py --flow F --layer L --index 2 --splits 3 -- x"


def test_another_command_runs_as_it_is():
    assert runner_command("bash run.sh", flow="F", layer="L", index=0, splits=1) == ["bash", "run.sh"]
