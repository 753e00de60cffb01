"""Compute the common facts of a fan-out's splits once, before the first of them runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from laminar import graph, settings
from laminar.configurations.datastores import key_layout
from laminar.graph import PARAMETERS
from laminar.timestamps import now
from laminar.worker import document_stamp, fan_out_grid, hook_calls, split_cache
from laminar.worker.job import ExecutionScope

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Record
    from laminar.configurations.hooks import Kind
    from laminar.configurations.layers import Configuration

__all__ = ["LayerScope"]

KINDS: tuple[Kind, ...] = ("entry", "execution", "retry", "submission")


@dataclass(frozen=True)
class LayerScope:
    """Hold the common facts of a layer's splits.

    ``scope`` has the documents of the layers above. ``needs`` are the layers that ``__call__`` is given, ``lengths`` the
    elements on each axis of the layer's grid, ``published`` the attributes that some ForEach iterates over.
    """

    layer: str
    execution: Execution
    scope: ExecutionScope
    configuration: Configuration
    hooks: Mapping[Kind, Sequence[hook_calls.Hook]]
    needs: tuple[str, ...]
    lengths: tuple[int, ...] | None
    published: tuple[str, ...]
    current: tuple[settings.CurrentExecution, settings.CurrentFlow]

    @classmethod
    def of(cls, execution: Execution, name: str) -> LayerScope:
        """Return the common facts of a layer's splits; the layers above it have finished.

        Raises DatastoreError where a document of these is missing or damaged, FlowError for wrong annotations.
        """
        plain = ExecutionScope.of_execution(execution)
        axes = plain.nodes[name].grid
        whole = [axis for axis in axes or () if axis.fan_out and axis.index is None]
        ends = {
            (axis.layer, axis.attribute): fan_out_grid.ends(plain, axis) for axis in whole if plain.status(axis.layer) != "skipped"
        }
        scope = replace(plain, known=_documents(plain, name), ends=ends)
        layer = execution.layer(name)
        document_stamp.prepare(type(layer))
        split_cache.prepare(scope, name)
        key_layout.layer_folder(scope.flow, scope.execution, name)  # it keeps the folder that all documents are in
        return cls(
            name,
            execution,
            scope,
            scope.registrations[name].configuration,
            {kind: tuple(hook_calls.hooks_for(layer, kind)) for kind in KINDS},
            hook_calls.needs(layer),
            None if axes is None else tuple(fan_out_grid.length(scope, axis) for axis in axes),
            graph.published(axis for node in scope.nodes.values() for axis in node.grid or ()).get(name, ()),
            (settings.CurrentExecution(scope.execution, scope.retry), settings.CurrentFlow(scope.flow)),
        )

    def prepare(self, index: int) -> None:
        """Read, in a process that is about to be forked for a split, the tables that a split needs of its elements' files."""
        now()  # its date is written once a second, not in each split
        if self.lengths is not None:
            fan_out_grid.prepare(self.scope, self.layer, index, self.lengths)

    @property
    def is_tuned(self) -> bool:
        """Whether hooks may change the configuration of a split."""
        return bool(self.hooks["submission"] or self.hooks["retry"])

    def records(self, name: str) -> dict[int, Record] | None:
        """Return the document of a layer above that is no fan-out, as `Binding` keeps it, None where it is not known."""
        found = self.scope.known.get((name, 0))
        return None if found is None or self.scope.registrations[name].configuration.foreach is not None else {0: found}


def _documents(scope: ExecutionScope, name: str) -> dict[tuple[str, int], Record]:
    """Return the documents of the layers above that every split reads: those of layers that are no fan-outs, and named splits."""
    node = scope.nodes[name]
    wanted = [(need, 0) for need in (PARAMETERS, *node.needs) if scope.registrations[need].configuration.foreach is None]
    wanted += [(axis.layer, axis.index) for axis in node.grid or () if axis.index is not None]
    found = {key: scope.document(*key) for key in wanted}
    return {key: record for key, record in found.items() if record is not None and record.status == "finished"}
