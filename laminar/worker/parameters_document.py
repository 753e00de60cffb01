"""Write the Parameters' document of an execution: the values that a flow is called with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from laminar.components.parameters import fanned_out, normalize
from laminar.exceptions import FlowError, located
from laminar.graph import PARAMETERS
from laminar.ksuid import ksuid

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Record

__all__ = ["ensure", "parameters_record", "parse", "save_parameters"]


def save_parameters(execution: Execution, artifacts: dict[str, Any]) -> None:
    """Store the Parameters' document of an execution, with the values it has already; a missing id is made.

    Raises DatastoreError naming the parameter for a value that cannot be stored.
    """
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    datastore = execution.flow.configuration.datastore
    known = datastore.load(execution.flow.name, execution.id, PARAMETERS, 0)
    datastore.save(parameters_record(execution, artifacts, known))


def parameters_record(execution: Execution, artifacts: dict[str, Any], known: Record | None = None) -> Record:
    """Return the Parameters' document of an execution, with the values that are known; large ones are stored.

    Raises DatastoreError naming the parameter for a value that cannot be stored.
    """
    from laminar.worker.document_stamp import Stamp

    assert execution.id is not None
    flow, stored = execution.flow, dict(known.artifacts) if known is not None else {}
    for name, value in fanned_out(flow.nodes, artifacts).items():
        with located(f"parameter {name!r} of flow {flow.name!r}"):
            stored[name] = flow.configuration.datastore.write(normalize(value))
    stamp = Stamp(flow.registrations[PARAMETERS].layer)
    return stamp.record(flow.name, execution.id, PARAMETERS, index=0, splits=1, attempt=1, artifacts=stored)


def ensure(
    execution: Execution,
    values: Callable[[], dict[str, Any]],
    first: Callable[[Record], None] = lambda _: None,
    later: Callable[[Record], None] = lambda _: None,
) -> Callable[[], None]:
    """Write the Parameters' document of an execution where it is absent, and return a function that waits for the write.

    ``first`` is called with the document before it is written: nothing of the execution was written before. ``later`` is called
    with a document that is there.
    """
    assert execution.id is not None
    datastore = execution.flow.configuration.datastore
    record = datastore.load(execution.flow.name, execution.id, PARAMETERS, 0)
    if record is not None:
        later(record)
        return lambda: None
    made = parameters_record(execution, values())
    first(made)
    return datastore.save_in_background(made)


def parse(text: str) -> dict[str, Any]:
    """Return the parameters that ``LAMINAR_PARAMETERS`` holds: an object of names to values, or Argo's list.

    Argo writes `workflow.parameters.json` as a list of objects with a name and a value that is text: JSON, as laminar
    compiles it (docs/variables.md of Argo, 4.1.2).

    Raises FlowError for anything else.

    >>> parse('{"n": 3}'), parse('[{"name": "n", "value": "3"}]')
    ({'n': 3}, {'n': 3})
    """
    try:
        read = json.loads(text)
    except ValueError as error:
        raise _no_parameters(f"is not JSON: {error}") from error
    if isinstance(read, dict):
        return read
    if not isinstance(read, list):
        raise _no_parameters(f"is {_shown(read)}")
    return dict(_parameter(item) for item in read)


def _parameter(item: Any) -> tuple[str, Any]:
    """Return the name and the value of one of Argo's parameters."""
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not isinstance(item.get("value"), str):
        raise _no_parameters(f"has an item {_shown(item)}, which has no name and value")
    name, text = item["name"], item["value"]
    try:
        return name, json.loads(text)
    except ValueError as error:
        raise FlowError(f"Parameter {name!r} is not JSON: {text!r}.", fix=f"quote text: -p {name}='\"...\"'.") from error


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _no_parameters(what: str) -> FlowError:
    return FlowError(f"LAMINAR_PARAMETERS {what}.", fix="give a JSON object of names and values.")
