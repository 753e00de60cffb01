"""Find the execution of an address, which is the same in every command and in Python.

An address is an execution's id, its short form, a workflow's name, a unique beginning of any of these, or ``latest``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from laminar.configurations.datastores.documents.execution_listing import DAY, first_times, made_at
from laminar.configurations.datastores.documents.execution_record import load_executions
from laminar.configurations.datastores.key_layout import execution_folder, executions_folder
from laminar.exceptions import ExecutionError
from laminar.history import identifier
from laminar.identifiers import is_name
from laminar.timestamps import from_seconds, since_epoch

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.configurations.datastores.documents.execution_record import ExecutionRecord
    from laminar.history.stored_run import Run

__all__ = ["LATEST", "Shelf", "find", "is_of_program", "runs", "search"]

LATEST = "latest"
AT_ONCE = 50
"""Records that are fetched together."""

NAMED = 500
"""Executions whose workflows' names are compared, the newest of each flow."""

SHOWN = 5


class Shelf(Protocol):
    """A flow's place in a datastore, as the command line and a flow name it."""

    @property
    def name(self) -> str:
        """Name of the flow."""

    @property
    def store(self) -> DataStore:
        """Datastore of the flow."""


class FlowShelf:
    """A flow's place in a datastore."""

    def __init__(self, name: str, store: DataStore) -> None:
        self.name = name
        self.store = store

    def has(self, execution: str) -> bool:
        """Return whether there is an execution of this id."""
        return is_name(execution) and bool(self.store.names(execution_folder(self.name, execution)))

    @property
    def has_any(self) -> bool:
        """Whether there is any execution."""
        return bool(self.store.names(executions_folder(self.name)))


def completed(shelf: FlowShelf, words: str, *, program: str | None) -> str | None:
    """Return the id of an address, None where it may be the id of a new execution.

    Only ids that were generated, workflows' names and ``latest`` are completed.

    Raises ExecutionError as `search` does.
    """
    known = [id for id in shelf.store.executions(shelf.name) if identifier.is_generated(id)]
    named = (
        words == LATEST
        or any(identifier.fits(id, words) for id in known)
        or any(name.startswith(words) for _, name in _workflows(shelf))
    )
    return search([shelf], words, program=program)[0].id if named else None


def find(flow: str, address: str, datastore: DataStore, *, program: str | None = None) -> Run:
    """Return the run of a flow by its address. ``program`` restricts ``latest`` to the executions of a file.

    Raises ExecutionError where nothing, or several, fit, with the places that were searched.
    """
    return search([FlowShelf(flow, datastore)], address, program=program)[0]


def search(
    shelves: Sequence[Shelf],
    address: str,
    *,
    program: str | None = None,
    elsewhere: Callable[[], Sequence[str]] | None = None,
) -> list[Run]:
    """Return the runs of an address: one, or those of the flows of a chain, which share an id.

    ``program`` restricts ``latest`` to the executions of a file. ``elsewhere`` returns the ids that another place, such as a
    cluster, has for the address; it is called where the datastores have none.

    Raises ExecutionError where nothing, or several, fit, with the places that were searched.
    """
    from laminar.history.stored_run import Run

    known = {(shelf.name, id): shelf for shelf in shelves for id in shelf.store.executions(shelf.name)}
    ids = list(dict.fromkeys(id for _, id in known))
    if address == LATEST and LATEST not in ids:
        chosen = _latest(shelves, program)
        if chosen is None:
            raise _nothing_latest(shelves, ids, program)
        fitting = [chosen]
    else:
        fitting = _fitting(shelves, ids, address) or [id for id in (elsewhere() if elsewhere is not None else ()) if id in ids]
    if not fitting:
        raise _unknown(shelves, ids, address)
    if len(fitting) > 1:
        raise ExecutionError(
            f"Several executions begin with {address!r} in {_places(shelves)}.",
            fix=f"write more of the id; the newest are: {_some(fitting)}.",
        )
    return [Run(name, id, shelf.store) for (name, id), shelf in known.items() if id == fitting[0]]


def runs(shelves: Sequence[Shelf], *, program: str | None = None, since: str = "", brief: bool = False) -> Iterator[Run]:
    """Yield the executions of flows, the newest first; ``program`` restricts them to those of a file.

    ``since`` leaves out those whose id was made over a day before that time, without reading them: a pod may wait so long for a
    node. ``brief`` is that of `Run`.

    Their records are fetched many at a time. A damaged record counts as none.
    """
    newest = _oldest_first(shelves)[::-1]
    if since:
        earliest = from_seconds(int(since_epoch(since)) - DAY)
        newest = [(shelf, id) for shelf, id in newest if (made_at(id) or since) >= earliest]
    for start in range(0, len(newest), AT_ONCE):
        chunk = newest[start : start + AT_ONCE]
        records = {}
        for shelf in {id_of(shelf): shelf for shelf, _ in chunk}.values():
            ids = [id for other, id in chunk if other is shelf]
            records.update({(shelf.name, id): record for id, record in load_executions(shelf.store, shelf.name, ids).items()})
        for shelf, id in chunk:
            record = records[shelf.name, id]
            if program is None or record is None or is_of_program(record, program):
                yield _run(shelf, id, record, brief=brief)


def _oldest_first(shelves: Sequence[Shelf]) -> list[tuple[Shelf, str]]:
    """Return the executions of flows in the order in which they started, to the second."""
    found = []
    for shelf in shelves:
        ids = shelf.store.executions(shelf.name)
        own = [id for id in ids if not made_at(id)] if len(shelves) > 1 else []
        times = first_times(shelf.store, shelf.name, own)
        found += [(made_at(id) or times.get(id, "")[:19], place, shelf, id) for place, id in enumerate(ids)]
    if len(shelves) > 1:
        found.sort(key=lambda one: one[:2])
    return [(shelf, id) for _, _, shelf, id in found]


def id_of(shelf: Shelf) -> int:
    """Return a key that distinguishes one place from another."""
    return id(shelf)


def _run(shelf: Shelf, id: str, record: ExecutionRecord | None, *, brief: bool = False) -> Run:
    from laminar.history.stored_run import Run

    run = Run(shelf.name, id, shelf.store, brief=brief)
    run.__dict__["record"] = record  # the name under which the cached property stores it
    return run


def is_of_program(record: ExecutionRecord, program: str) -> bool:
    """Return whether an execution is of a program's file: of this path, this content, or (in an image) a path with the same end."""
    from laminar.program.file_digest import digest_of

    path = os.path.realpath(program)
    if not record.file or record.file == path:
        return True
    if record.program and record.program == digest_of(path):
        return True
    session = record.last
    in_image = session is not None and session.action == "pods" and bool(record.given) and not os.path.isabs(record.given)
    return in_image and path.endswith(os.sep + os.path.normpath(record.given))


def _fitting(shelves: Sequence[Shelf], ids: Sequence[str], address: str) -> list[str]:
    """Return the ids of an address: exactly, else by a workflow's name, else by a beginning of either."""
    if address in ids:
        return [address]
    shown = [id for id in ids if identifier.fits(id, address)]
    if len(shown) == 1:
        return shown
    if len({identifier.origin(id) for id in shown}) == 1:  # several occurrences of a flow in a chain: the first one
        return [min(shown, key=len)]
    workflows = [pair for shelf in shelves for pair in _workflows(shelf)]
    exact = dict.fromkeys(id for id, name in workflows if name == address)
    return list(exact or dict.fromkeys([*shown, *(id for id, name in workflows if name.startswith(address))]))


def _workflows(shelf: Shelf) -> Iterator[tuple[str, str]]:
    """Yield the executions of a flow that ran on a cluster, with each workflow that ran or resumed them."""
    newest = list(shelf.store.executions(shelf.name)[-NAMED:])
    for id, record in load_executions(shelf.store, shelf.name, newest).items():
        for name in record.workflows if record is not None else ():
            yield id, name


def _latest(shelves: Sequence[Shelf], program: str | None) -> str | None:
    """Return the id of the execution that started last, of those of the program if one is given."""
    found = [(shelf, one) for shelf in shelves if (one := _newest(shelf, program)) is not None]
    if len({id for _, (id, _) in found}) > 1:
        found.sort(key=lambda one: _start(one[0], *one[1]), reverse=True)
    return found[0][1][0] if found else None


def _newest(shelf: Shelf, program: str | None) -> tuple[str, ExecutionRecord | None] | None:
    for id in reversed(shelf.store.executions(shelf.name)):
        record = _record(shelf, id)
        if program is None or record is None or is_of_program(record, program):
            return id, record
    return None


def _record(shelf: Shelf, id: str) -> ExecutionRecord | None:
    """Return the record of an execution, None where it has none or a damaged one."""
    return load_executions(shelf.store, shelf.name, [id])[id]


def _start(shelf: Shelf, id: str, record: ExecutionRecord | None) -> str:
    """Return the second in which an execution started."""
    if record is not None and record.sessions:
        return record.sessions[0].started[:19]
    return made_at(id) or first_times(shelf.store, shelf.name, [id])[id][:19]


# the places that were searched


def _places(shelves: Sequence[Shelf]) -> str:
    return ", ".join(dict.fromkeys(shelf.store.url for shelf in shelves)) or "no datastore"


def _flows(shelves: Sequence[Shelf]) -> str:
    names = list(dict.fromkeys(shelf.name for shelf in shelves))
    return f"flow{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else "any flow"


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(identifier.short(id) for id in reversed(ids[-SHOWN:])) + more


def _unknown(shelves: Sequence[Shelf], ids: Sequence[str], address: str) -> ExecutionError:
    if not shelves:
        return ExecutionError(
            f"There is no execution {address!r}: the datastore has none yet.",
            fix="run the flow first, or pass --datastore URL.",
            execution=address,
        )
    count = f"{len(ids)} execution{'' if len(ids) == 1 else 's'}"
    what = f"There is no execution {address!r} in {_places(shelves)}: no id and no workflow's name among {count} of "
    fix = f"the newest are: {_some(ids)}." if ids else "run the flow first, or pass --datastore URL."
    if other := _other_store(shelves, address):
        fix = f"it is in {other}: pass --datastore {other}"
    return ExecutionError(f"{what}{_flows(shelves)} begins so.", fix=fix, execution=address)


def _nothing_latest(shelves: Sequence[Shelf], ids: Sequence[str], program: str | None) -> ExecutionError:
    if not shelves:
        return ExecutionError("The datastore has no execution yet.", fix="run the flow first, or pass --datastore URL.")
    if not ids or program is None:
        return ExecutionError(
            f"There is no execution of {_flows(shelves)} in {_places(shelves)}.",
            fix="run the flow first, or pass --datastore URL.",
        )
    files = {
        record.file
        for shelf in shelves
        for record in load_executions(shelf.store, shelf.name, list(shelf.store.executions(shelf.name)[-AT_ONCE:])).values()
        if record is not None
    }
    others = ", ".join(sorted(os.path.relpath(file) for file in files)[:SHOWN])
    seen = f"the {len(ids)} of {_flows(shelves)} are of {others}"
    return ExecutionError(
        f"There is no execution of {os.path.relpath(program)} in {_places(shelves)}: {seen}.",
        fix=f"run it first, or pass the id of one; the newest are: {_some(ids)}.",
    )


def _other_store(shelves: Sequence[Shelf], address: str) -> str:
    """Return the default datastore of a folder above this one, or of one in it, that has the execution; "" where none has."""
    from laminar.configurations.datastores import Local

    here = os.getcwd()
    above = [here]
    while os.path.dirname(above[-1]) != above[-1]:
        above.append(os.path.dirname(above[-1]))
    below = [entry.path for entry in os.scandir(here) if entry.is_dir(follow_symlinks=False)] if os.path.isdir(here) else []
    known = {shelf.store.root for shelf in shelves}
    for folder in (*above, *below[:100]):
        root = os.path.join(folder, ".laminar")
        if root in known or not os.path.isdir(root):
            continue
        store = Local(root)
        flows = [name[:-1] for name in store.names("") if name.endswith("/")]
        if any(identifier.fits(id, address) for flow in flows for id in _ids(store, flow)):
            return root
    return ""


def _ids(store: DataStore, flow: str) -> list[str]:
    return [name[:-1] for name in store.names(f"{flow}/executions") if name.endswith("/")]
