"""Run one split in a pod, or by hand: ``python -m laminar.runner PROGRAM --flow F --layer L --index I --splits N [-- ARGS]``.

Arguments override the worker variables (``LAMINAR_FLOW_NAME`` and so on). The split runs in a child that this process
supervises, so that its own signal counts like any other failure. Exit codes: 0 done (or finished before), 75 failed and may
be retried, 70 failed for good, 78 cannot be run. A layer named ``link-K`` is the linker to the chain's K-th flow, one named
``X-gate`` evaluates the entry hooks of layer X; ``A+B+C`` are layers that run one after the other, each as if it were alone.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import NoReturn

from laminar.exceptions import FlowError
from laminar.program import main_module
from laminar.worker import pod
from laminar.worker.arguments import USAGE, Task, packaged, read
from laminar.worker.job import DONE
from laminar.worker.supervisor import supervise

__all__ = ["main", "take_over"]


def main(argv: list[str] | None = None) -> int:
    """Run the split that arguments and environment name, and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] in (["-h"], ["--help"]):
        print(f"{USAGE}\n\n{__doc__}")
        return DONE
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]  # `python -m` put it there; `python PROGRAM` would not
    try:
        task = packaged(read(argv, os.environ), os.environ.pop("LAMINAR_CODE", ""))
    except FlowError as error:
        return pod.refuse(error)
    try:
        return _in_a_row(task)
    finally:
        if task.code is not None:
            task.code.discard()


def take_over() -> NoReturn:
    """Run as the worker in a program that was started with the worker variables; nothing after the call runs."""
    program = main_module.current()
    try:
        if program is None:
            raise FlowError("A worker needs a program's file.", fix="start it as python PROGRAM.")
        code = _in_a_row(read([program.given or program.path, "--", *program.args], os.environ))
    except FlowError as error:
        code = pod.refuse(error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _in_a_row(task: Task) -> int:
    """Run the layers that a task names until one fails; the workflow reads the outputs of the last one."""
    *others, last = task.job.layer.split("+")
    for name in others:
        alone = replace(task, job=replace(task.job, layer=name), outputs=None, fused=True)
        if code := supervise(alone):
            return code
    return supervise(replace(task, job=replace(task.job, layer=last), fused=bool(others)))


if __name__ == "__main__":
    from laminar import runner

    sys.exit(runner.main())
