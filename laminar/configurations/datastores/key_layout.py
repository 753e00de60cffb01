"""Say where everything in a datastore stands: the names it takes and the keys made of them.

Keys are ``/``-separated paths below the store's root::

    artifacts/<address>
    <Flow>/executions/<execution>/<layer>/<index>.json
    <Flow>/executions/<execution>/<layer>/failed/<index>.<attempt>.json
    <Flow>/executions/<execution>/<layer>/offsets/<attribute>
"""

from __future__ import annotations

from laminar.exceptions import DatastoreError
from laminar.identifiers import name_problem

__all__ = [
    "artifact_key",
    "document_key",
    "executions_folder",
    "failures_folder",
    "index_of",
    "layer_folder",
    "offsets_key",
]


def artifact_key(address: str) -> str:
    """Return the key of an artifact's file."""
    return f"artifacts/{address}"


def executions_folder(flow: str) -> str:
    """Return the folder that holds a folder for each execution of a flow.

    Raises DatastoreError for a name that cannot be part of a path, as all functions here do.
    """
    check(flow, "flow")
    return f"{flow}/executions"


def execution_folder(flow: str, execution: str) -> str:
    """Return the folder that holds a folder for each layer of an execution."""
    check(execution, "execution")
    return f"{executions_folder(flow)}/{execution}"


def layer_folder(flow: str, execution: str, layer: str) -> str:
    """Return the folder of all that a layer left in an execution but its artifacts."""
    check(layer, "layer")
    return f"{execution_folder(flow, execution)}/{layer}"


def document_key(flow: str, execution: str, layer: str, index: int) -> str:
    """Return the key of one split's document.

    >>> document_key("Train", "1", "Fit", 0)
    'Train/executions/1/Fit/0.json'
    """
    return f"{layer_folder(flow, execution, layer)}/{index:d}.json"


def failures_folder(flow: str, execution: str, layer: str) -> str:
    """Return the folder of a layer's failure markers, each named ``<index>.<attempt>.json``."""
    return f"{layer_folder(flow, execution, layer)}/failed"


def offsets_key(flow: str, execution: str, layer: str, attribute: str) -> str:
    """Return the key of the file that says how many elements each split of a fan-out contributes to an attribute."""
    check(attribute, "attribute")
    return f"{layer_folder(flow, execution, layer)}/offsets/{attribute}"


def index_of(name: str) -> int | None:
    """Return the split that a document belongs to by its file name, None for any other file.

    >>> index_of("12.json"), index_of("failed/"), index_of("x.json")
    (12, None, None)
    """
    number, dot, rest = name.partition(".")
    return int(number) if dot and rest == "json" and number.isascii() and number.isdigit() else None


def check(name: str, kind: str) -> None:
    if problem := name_problem(name):
        raise DatastoreError(
            f"{name!r} cannot be the name of {'an' if kind[0] in 'ae' else 'a'} {kind}: it {problem}.",
            fix="use a name without path separators, '..', control characters and a leading dot, of 1 to 200 bytes.",
        )
