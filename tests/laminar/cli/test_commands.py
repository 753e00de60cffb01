"""The table of the commands has the same short helps as the commands, and imports none of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import laminar.cli
from laminar.cli.commands import COMMANDS, command

SHOWN = """\
import contextlib, io, json, sys
from laminar.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(sys.argv[1:])
json.dump(sorted(name.removeprefix("laminar.cli.") for name in sys.modules if name.startswith("laminar.cli.")), sys.stdout)
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_has_the_name_and_the_help_of_each_command(name):
    found = command(name)
    assert (found.name, found.short_help) == (name, COMMANDS[name].help)


def test_every_module_with_a_command_is_in_the_table():
    files = Path(laminar.cli.__file__).parent.glob("*.py")
    assert {path.stem for path in files if "\n@click.command(" in path.read_text(encoding="utf-8")} == {
        entry.module for entry in COMMANDS.values()
    }


@pytest.mark.parametrize(
    ("words", "loaded"),
    [(["--help"], set()), (["--version"], set()), (["status", "--help"], {"status"}), (["run", "--help"], {"run"})],
    ids=" ".join,
)
def test_a_command_loads_itself_only(words, loaded):
    done = subprocess.run([sys.executable, "-c", SHOWN, *words], capture_output=True, text=True, check=True)
    modules = {entry.module for entry in COMMANDS.values()}
    assert modules & set(json.loads(done.stdout)) == loaded
