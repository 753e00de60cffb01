"""Find the datastore and the flows that a command line names, without executing a program."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from laminar.cli.options import store_expression
from laminar.exceptions import DatastoreError, FlowError, suggest

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.configurations.datastores.documents.garbage_collection import Survey
    from laminar.program.outline import FlowOutline, Outline

__all__ = ["DatastoreChoice", "StoredFlow", "is_flow_name", "require_flow"]

FOLDER = ".laminar"
"""Where a flow keeps its data unless it is given a datastore."""


@dataclass(frozen=True)
class StoredFlow:
    """A flow in a datastore. ``outline`` has the layers that a program's source defines, None without a program."""

    name: str
    store: DataStore
    outline: FlowOutline | None = None


@dataclass(frozen=True)
class DatastoreChoice:
    """The choice of the command line: the file of a program, or the name of a flow, and the URL of a datastore."""

    program: str | None = None
    flow: str | None = None
    datastore: str | None = None

    def flows(self) -> list[StoredFlow]:
        """Return the named flows, each with its datastore: those of the program, else all flows of the store.

        Raises FlowError for a flow that is in neither, and where only executing the program would show its datastore.
        DatastoreError where the datastore does not exist.
        """
        found = self._program_flows() if self.program is not None else self._stored_flows()
        if self.flow is None:
            return found
        if chosen := [flow for flow in found if flow.name == self.flow]:
            return chosen
        names = [flow.name for flow in found]
        if self.program is not None:
            what = f"Program {self.program!r} has no flow {self.flow!r}."
        else:
            what = f"There is no flow {self.flow!r} in {self._named_store().url}."
        fix = f"its flows are: {', '.join(names) or 'none'}."
        if self.program is None and names:
            fix += f" An execution follows its flow: {names[0]} {self.flow}."
        raise FlowError(what + suggest(self.flow, names), fix=fix)

    def store(self) -> tuple[DataStore, frozenset[str]]:
        """Return the one datastore of the flows, and the names of the program's flows.

        Raises FlowError where the flows of the program have several.
        """
        if self.program is None:
            return self._named_store(), frozenset()
        flows = self._program_flows()
        stores = {flow.store.url: flow.store for flow in flows}
        if len(stores) > 1:
            raise FlowError(
                f"The flows of program {self.program!r} keep their data in {len(stores)} datastores: {', '.join(stores)}.",
                fix="pass --datastore URL with one of them.",
            )
        store = next(iter(stores.values())) if stores else self._named_store()
        return store, frozenset(flow.name for flow in flows)

    def _program_flows(self) -> list[StoredFlow]:
        from laminar.program import outline

        assert self.program is not None
        read = outline.read(self.program)
        named = self._named_store() if self.datastore is not None else None
        flows = [
            StoredFlow(flow.name, named if named is not None else self._own_store(read, flow), flow)
            for flow in {flow.name: flow for flow in read.flows.values()}.values()
        ]
        if not flows:
            raise FlowError(
                f"Program {self.program!r} defines no flow.", fix="pass the program that calls a flow, or the name of a flow."
            )
        return flows

    def _own_store(self, read: Outline, flow: FlowOutline) -> DataStore:
        """Return the datastore that a program's source gives a flow; where it is computed, the project's."""
        from laminar.compiler import project

        settled = project.find(Path(read.path)).datastore
        stores: dict[str, DataStore] = {}
        for expression in flow.datastores or [None]:
            store = store_expression.evaluate(read, expression)
            if store is None and settled is None:
                raise FlowError(
                    f"The datastore of flow {flow.name!r} is computed by the program, and this command executes no program.",
                    where=f"{os.path.relpath(read.path)}:{getattr(expression, 'lineno', 1)}",
                    fix="pass --datastore URL, or set datastore in [tool.laminar] of pyproject.toml.",
                )
            store = store if store is not None else existing(str(settled))
            stores.setdefault(store.url, store)
        if len(stores) > 1:
            raise FlowError(
                f"Flow {flow.name!r} is made with {len(stores)} datastores: {', '.join(stores)}.",
                where=flow.place,
                fix="pass --datastore URL with one of them.",
            )
        [only] = stores.values()
        if not only.shared:
            raise FlowError(
                f"Flow {flow.name!r} keeps its data in the memory of the process that runs it, so none is left.",
                where=flow.place,
                fix="pass --datastore URL, or give the flow another datastore.",
            )
        return only

    def _named_store(self) -> DataStore:
        return existing(self.datastore if self.datastore is not None else FOLDER)

    def _stored_flows(self) -> list[StoredFlow]:
        store = self._named_store()
        return [StoredFlow(name, store) for name in flows_in(store)]


def existing(url: str) -> DataStore:
    """Return the datastore of a URL.

    Raises DatastoreError for a folder that does not exist: a misspelt name is not an empty store.
    """
    from laminar.configurations.datastores import Local, open_store

    store = open_store(url)
    if isinstance(store, Local) and not os.path.isdir(store.root):
        what = "This folder has no datastore" if url == FOLDER else "There is no datastore at"
        raise DatastoreError(
            f"{what}: {store.root} does not exist." if url == FOLDER else f"{what} {store.root}.",
            fix="run a flow here first, or pass --datastore URL." if url == FOLDER else "check the spelling of the folder.",
        )
    return store


def flows_in(store: DataStore) -> list[str]:
    """Return the names of the flows that a datastore holds executions of, sorted."""
    folders = (name[:-1] for name in store.names("") if name.endswith("/"))
    return sorted(name for name in folders if name not in OTHERS and not name.startswith("."))


OTHERS = ("artifacts", "removed", "tmp")
"""Folders of a datastore that belong to no flow."""


def require_flow(flow: str | None, found: Survey, names: frozenset[str]) -> None:
    """Raise FlowError for a flow that neither the program defines nor the datastore has documents of."""
    known = sorted(names.union(usage.flow for usage in found.executions))
    if flow is not None and flow not in known:
        raise FlowError(f"There is no flow {flow!r}." + suggest(flow, known), fix=f"the flows are: {', '.join(known) or 'none'}.")


def is_flow_name(text: str) -> bool:
    """Return whether an argument is a flow's name rather than the path of a program.

    >>> is_flow_name("Train"), is_flow_name("train.py"), is_flow_name("flows/train.py")
    (True, False, False)
    """
    return text.isidentifier() and not os.path.exists(text)
