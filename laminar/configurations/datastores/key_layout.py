"""Lay out a datastore: the key of every file in it.

Keys are ``/``-separated paths below the store's root::

    artifacts/<address>
    <Flow>/executions/<execution>/<layer>/<index>.json
    <Flow>/executions/<execution>/<layer>/failed/<index>/<attempt>.json
    <Flow>/executions/<execution>/<layer>/offsets/<attribute>
    <Flow>/executions/<execution>/execution.json
    <Flow>/executions/<execution>/.history/attempts/<id>.json
    <Flow>/executions/<execution>/.history/leases/<name>.json
    <Flow>/executions/<execution>/.history/aside/<id>/<layer>/<index>.json
    <Flow>/executions/<execution>/.history/logs/<layer>/<name>.jsonl
    cache/<key>.json
    removed/<id>.json

No layer is named ``.history``: no name starts with a dot.
"""

from __future__ import annotations

from functools import lru_cache

from laminar.exceptions import DatastoreError
from laminar.identifiers import name_problem

__all__ = [
    "ARTIFACTS",
    "CACHE",
    "EXECUTION",
    "REMOVED",
    "artifact_key",
    "aside_folder",
    "attempts_folder",
    "cache_key",
    "document_key",
    "execution_folder",
    "execution_key",
    "executions_folder",
    "failure_key",
    "failures_folder",
    "index_of",
    "is_aside",
    "is_history",
    "is_marker",
    "layer_folder",
    "leases_folder",
    "logs_folder",
    "offsets_folder",
    "offsets_key",
]

ARTIFACTS = "artifacts"
"""Folder of all values of a store."""

CACHE = "cache"
"""Folder of the files that find the result of a split by its key."""

REMOVED = "removed"
"""Folder of notes about removed executions, whose artifacts are still kept."""

EXECUTION = "execution.json"
"""Name of an execution's own record, in its folder."""

HISTORY = ".history"
"""Name of the folder of an execution's attempts, leases and logs, which no run of a layer removes."""


def artifact_key(address: str) -> str:
    """Return the key of an artifact's file."""
    return f"{ARTIFACTS}/{address}"


def cache_key(key: str) -> str:
    """Return the key of the file that names the split with the result of a cache key."""
    return f"{CACHE}/{key}.json"


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


@lru_cache(maxsize=256)
def layer_folder(flow: str, execution: str, layer: str) -> str:
    """Return the folder of all files of a layer in an execution except its artifacts."""
    check(layer, "layer")
    return f"{execution_folder(flow, execution)}/{layer}"


def execution_key(flow: str, execution: str) -> str:
    """Return the key of an execution's own record.

    >>> execution_key("Train", "1")
    'Train/executions/1/execution.json'
    """
    return f"{execution_folder(flow, execution)}/{EXECUTION}"


def attempts_folder(flow: str, execution: str) -> str:
    """Return the folder of the records of attempts without a document."""
    return f"{execution_folder(flow, execution)}/{HISTORY}/attempts"


def leases_folder(flow: str, execution: str) -> str:
    """Return the folder of the leases of pods that run longer than an interval."""
    return f"{execution_folder(flow, execution)}/{HISTORY}/leases"


def logs_folder(flow: str, execution: str, layer: str = "") -> str:
    """Return the folder of a layer's output, or of the folders of all layers."""
    if layer:
        check(layer, "layer")
    return f"{execution_folder(flow, execution)}/{HISTORY}/logs" + (f"/{layer}" if layer else "")


def document_key(flow: str, execution: str, layer: str, index: int) -> str:
    """Return the key of one split's document.

    >>> document_key("Train", "1", "Fit", 0)
    'Train/executions/1/Fit/0.json'
    """
    return f"{layer_folder(flow, execution, layer)}/{index:d}.json"


def failures_folder(flow: str, execution: str, layer: str, index: int) -> str:
    """Return the folder of one split's failure markers: listing it does not depend on the number of splits."""
    return f"{layer_folder(flow, execution, layer)}/failed/{index:d}"


def failure_key(flow: str, execution: str, layer: str, index: int, attempt: int) -> str:
    """Return the key of the marker of a failed attempt."""
    return f"{failures_folder(flow, execution, layer, index)}/{attempt:d}.json"


def offsets_folder(flow: str, execution: str, layer: str) -> str:
    """Return the folder of a fan-out's offset files."""
    return f"{layer_folder(flow, execution, layer)}/offsets"


def offsets_key(flow: str, execution: str, layer: str, attribute: str) -> str:
    """Return the key of the file with the number of elements that each split of a fan-out contributes to an attribute."""
    check(attribute, "attribute")
    return f"{offsets_folder(flow, execution, layer)}/{attribute}"


def index_of(name: str) -> int | None:
    """Return the number in the name of a document or a marker, None for any other file.

    >>> index_of("12.json"), index_of("failed/"), index_of("x.json")
    (12, None, None)
    """
    number, dot, rest = name.partition(".")
    return int(number) if dot and rest == "json" and number.isascii() and number.isdigit() else None


def is_marker(name: str) -> bool:
    """Return whether a path below a layer's folder is that of a failure marker.

    >>> is_marker("failed/3/1.json"), is_marker("3.json"), is_marker("offsets/rows")
    (True, False, False)
    """
    return name.startswith("failed/") and index_of(name.rpartition("/")[2]) is not None


def aside_folder(flow: str, execution: str, name: str) -> str:
    """Return the folder of the documents that layers had before they run again."""
    check(name, "session")
    return f"{execution_folder(flow, execution)}/{HISTORY}/aside/{name}"


def is_aside(name: str) -> bool:
    """Return whether a path below an execution's folder is that of a document that was set aside.

    >>> is_aside(".history/aside/1/Fit/0.json"), is_aside("Fit/0.json")
    (True, False)
    """
    return name.startswith(f"{HISTORY}/aside/") and index_of(name.rpartition("/")[2]) is not None


def is_history(name: str) -> bool:
    """Return whether a path below an execution's folder is of its history rather than of a layer.

    >>> is_history("execution.json"), is_history(".history/attempts/1.json"), is_history("Fit/0.json")
    (True, True, False)
    """
    return name == EXECUTION or name.startswith(f"{HISTORY}/")


def check(name: str, kind: str) -> None:
    """Raise DatastoreError for a name that cannot be part of a path."""
    if problem := name_problem(name):
        raise DatastoreError(
            f"{name!r} cannot be the name of {'an' if kind[0] in 'ae' else 'a'} {kind}: it {problem}.",
            fix="use a name without path separators, '..', control characters and a leading dot, of 1 to 200 bytes.",
        )
