"""Run flows of a notebook on other machines: their chains are a pickle, beside a program that replays them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from laminar.exceptions import FlowError
from laminar.program import main_module, recording

__all__ = ["PICKLE", "PROGRAM", "SOURCE", "is_of_notebook", "replay"]

PROGRAM = "laminar_notebook.py"
PICKLE = "laminar_notebook.pickle"

SOURCE = '''\
"""Flows of a notebook, pickled when they were compiled."""

from laminar.program import notebook_replay

notebook_replay.replay(__file__, path={path!r})
'''
"""Source of the program in a notebook's code package; ``path`` holds folders of imported modules, relative to its own."""


def is_of_notebook(flow: Any) -> bool:
    """Return whether a flow, or a layer of it, is defined in a notebook or a REPL: in ``__main__``, of which there is no file."""
    return main_module.current() is None and any(cls.__module__ == "__main__" for cls in (type(flow), *flow.registry.values()))


def replay(program: str, path: Sequence[str]) -> None:
    """Record the chains that are pickled beside a program as if the program had called them.

    Raises FlowError where nothing is recorded: a package is for pods to run.
    """
    from laminar.program import pickle_by_value

    folder = os.path.dirname(os.path.abspath(program))
    sys.path[1:1] = [os.path.normpath(os.path.join(folder, entry)) for entry in path]
    with open(os.path.join(folder, PICKLE), "rb") as file:
        chains: list[recording.Chain] = pickle_by_value.loads(file.read())
    active = recording.active()
    if active is None:
        bool(chains[0].first.flow)  # a worker starts the runner here
        raise FlowError(
            f"{os.path.basename(program)} is the program of a code package, which pods run.",
            fix="run the flow in its notebook, or name a split: python -m laminar.runner PROGRAM --flow ... --layer ...",
        )
    for chain in chains:
        for step in chain.steps:
            active.see(step.flow)
        active.chains.append(chain)
