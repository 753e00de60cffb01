"""Say where everything in a datastore stands: the names it takes and the keys made of them.

Keys are ``/``-separated paths below the store's root::

    artifacts/<address>
    <Flow>/executions/<execution>/<layer>/<index>.json
    <Flow>/executions/<execution>/<layer>/failed/<index>.<attempt>.json
    <Flow>/executions/<execution>/<layer>/offsets/<attribute>
"""

from __future__ import annotations

from laminar.exceptions import DatastoreError

__all__ = [
    "artifact_key",
    "document_key",
    "executions_folder",
    "failures_folder",
    "index_of",
    "is_name",
    "layer_folder",
    "offsets_key",
]

LONGEST = 200
"""Bytes a name may have: file systems take 255, and a suffix has to fit as well."""


def is_name(text: str) -> bool:
    """Say whether a flow, layer or execution may be called so, as a part of a path on any store.

    Refused are the empty name, path separators, ``..``, a leading dot, control characters and more than 200 bytes.

    >>> is_name("Train"), is_name("2026-11-23T10:00:00+00:00"), is_name("../../x"), is_name(".hidden"), is_name("")
    (True, True, False, False, False)
    """
    if not text or text[0] == "." or "/" in text or "\\" in text or ".." in text or not text.isprintable():
        return False
    return len(text) <= LONGEST // 4 or len(text.encode(errors="replace")) <= LONGEST


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
    if not is_name(name):
        raise DatastoreError(
            f"{name!r} cannot be the name of {'an' if kind[0] in 'ae' else 'a'} {kind}.",
            fix="use a name without path separators, '..', control characters and a leading dot, of 1 to 200 bytes.",
        )
