"""Write the Parameters' document of an execution: the values that a flow is called with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laminar.components.parameters import normalize
from laminar.exceptions import located
from laminar.graph import PARAMETERS
from laminar.ksuid import ksuid

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Record

__all__ = ["parameters_record", "save_parameters"]


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
    from laminar.worker.split import Stamp

    assert execution.id is not None
    flow, stored = execution.flow, dict(known.artifacts) if known is not None else {}
    for name, value in artifacts.items():
        with located(f"parameter {name!r} of flow {flow.name!r}"):
            stored[name] = flow.configuration.datastore.write(normalize(value))
    stamp = Stamp(flow.registrations[PARAMETERS].layer)
    return stamp.record(flow.name, execution.id, PARAMETERS, index=0, splits=1, attempt=1, artifacts=stored)
