"""Read a pod's task from the runner's arguments and the worker variables."""

from __future__ import annotations

import getopt
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from laminar.exceptions import FlowError
from laminar.program.main_module import Program
from laminar.worker.job import Job

if TYPE_CHECKING:
    from laminar.program.code_package import Code

__all__ = ["USAGE", "Task", "packaged", "read"]

USAGE = "usage: python -m laminar.runner PROGRAM --flow F --layer L [--index I] [--splits N] [--batch B] [--execution ID] [-- ARGS]"


OPTIONS = ("flow", "layer", "index", "splits", "batch", "execution")


@dataclass(frozen=True)
class Task:
    """Describe the task of this process: ``batch`` splits from ``job.index * batch`` on.

    ``fused`` means that the layer is one of several in the pod.
    """

    program: Program
    job: Job
    batch: int = 1
    datastore: str | None = None
    parameters: str | None = None
    outputs: str | None = None
    chain: int = 1
    code: Code | None = None
    fused: bool = False


def read(argv: list[str], environ: Mapping[str, str]) -> Task:
    """Read arguments and variables.

    Raises FlowError for missing and unknown arguments, and for one that is no number.

    >>> task = read(["main.py", "--flow", "F", "--layer", "L", "--execution=one", "--", "--fast"], {})
    >>> task.job.layer, task.job.execution, task.program.args
    ('L', 'one', ('--fast',))
    """
    program, args, given = _split(argv)

    def value(option: str, variable: str, default: str | None = None) -> str:
        found = given[option] if option in given else environ.get(f"LAMINAR_{variable}") or default
        if not found:
            raise FlowError(f"The runner needs --{option} (or LAMINAR_{variable}).", fix=USAGE)
        return found

    job = Job(
        flow=value("flow", "FLOW_NAME"),
        execution=value("execution", "EXECUTION_ID"),
        layer=value("layer", "LAYER_NAME"),
        index=_number("index", value("index", "LAYER_INDEX", "0")),
        splits=_number("splits", value("splits", "LAYER_SPLITS", "1")),
        attempt=_number("attempt", environ.get("LAMINAR_LAYER_ATTEMPT") or "1"),
        retry=environ.get("LAMINAR_EXECUTION_RETRY") == "True",
    )
    return Task(
        Program(os.path.abspath(program), args, given=program),
        job,
        batch=_number("batch", given.get("batch", "1")),
        datastore=environ.get("LAMINAR_DATASTORE") or None,
        parameters=environ.get("LAMINAR_PARAMETERS") or None,
        outputs=environ.get("LAMINAR_OUTPUTS") or None,
        chain=_number("chain", environ.get("LAMINAR_CHAIN") or "1"),
    )


def _split(argv: list[str]) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Return the program, its own arguments, which follow two dashes, and the runner's options by name."""
    own, args = (argv[: argv.index("--")], argv[argv.index("--") + 1 :]) if "--" in argv else (argv, [])
    try:
        options, positional = getopt.gnu_getopt(own, "", [f"{name}=" for name in OPTIONS])
    except getopt.GetoptError as error:
        raise FlowError(f"The runner rejects its arguments: {error}.", fix=USAGE) from error
    if len(positional) != 1:
        raise FlowError(f"The runner runs one program, not {len(positional)}.", fix=USAGE)
    return positional[0], tuple(args), {name.removeprefix("--"): text for name, text in options}


def packaged(task: Task, text: str) -> Task:
    """Return a task with its program in the code package that ``LAMINAR_CODE`` names, if it names one."""
    if not text:
        return task
    from laminar.program.code_package import Code

    program = os.path.relpath(task.program.path)
    if program.startswith(os.pardir):
        raise FlowError(
            f"Program {task.program.path!r} is no path in a code package, which LAMINAR_CODE requires.",
            fix="compile the program again: laminar compile --code URL",
        )
    code = Code(text)
    path = os.path.join(code.folder, program)
    return replace(task, program=replace(task.program, path=path), code=code)


def _number(option: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):  # int() allows a sign, spaces and underscores
        raise FlowError(f"Option {option} of the runner is {text!r}, which is no number from 0.", fix=USAGE)
    return int(text)
