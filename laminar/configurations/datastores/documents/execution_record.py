"""Describe an execution itself: which program it is of, who started it where, its layers, and each session that ran it.

The record is one document, ``execution.json``. A local session is the only writer of it while it runs: it writes it when it
starts, each time that it renews its lease, and when it ends. Of an execution in pods the first pod writes it, once. The pods of a
workflow that resumes an execution add a session to it: all write the same one, so that the order of their writes does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.documents.json_document import malformed, parse, written
from laminar.exceptions import DatastoreError

__all__ = ["ExecutionRecord", "LayerShape", "Session", "load_execution", "load_executions", "save_execution"]

KEPT_SESSIONS = 50
"""Sessions that a record keeps, the newest."""


@dataclass(frozen=True)
class LayerShape:
    """A layer as the program defined it: its dependencies, whether hooks decide on it, whether it fans out."""

    name: str
    needs: tuple[str, ...] = ()
    entry: bool = False
    fan_out: bool = False


@dataclass(frozen=True, kw_only=True)
class Session:
    """One process that ran an execution, or (``action`` is "pods") the pods of a workflow.

    ``action`` is run, resume, schedule, execute or pods. ``state`` is the session's last one: running, finished, failed or
    interrupted. The state running holds until ``lease`` (on its own machine, while its process is there). ``failed``
    are the layers that failed, ``reused`` those with results of other executions, ``running`` the attempts under way at the
    last renewal as (layer, split, attempt, start). ``workflow`` is the name of the workflow of pods.
    """

    id: str
    action: str = "run"
    state: str = "running"
    started: str = ""
    ended: str = ""
    lease: str = ""
    user: str = ""
    host: str = ""
    boot: str = ""
    pid: int = 0
    birth: str = ""
    reason: str = ""
    failed: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    running: tuple[tuple[str, int, int, str], ...] = ()
    workflow: str = ""


@dataclass(frozen=True, kw_only=True)
class ExecutionRecord:
    """State which program an execution is of, with its arguments and parameters, and its sessions.

    ``file`` is the absolute path of the program, ``given`` its name as typed, ``program`` the digest of its file. ``parameters``
    are texts, for people: the values are the Parameters' document. ``workflow`` is the name of its newest workflow on a cluster.
    """

    flow: str
    execution: str
    program: str = ""
    file: str = ""
    given: str = ""
    folder: str = ""
    arguments: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[LayerShape, ...] = ()
    workflow: str = ""
    sessions: tuple[Session, ...] = ()

    @property
    def last(self) -> Session | None:
        """Newest session, None where there is none."""
        return self.sessions[-1] if self.sessions else None

    @property
    def workflows(self) -> tuple[str, ...]:
        """Names of the workflows that ran it, the newest first."""
        named = [self.workflow, *(one.workflow for one in reversed(self.sessions))]
        return tuple(dict.fromkeys(name for name in named if name))

    def with_session(self, session: Session) -> ExecutionRecord:
        """Return the record with a session, which replaces the one with its id if there is one."""
        others = tuple(one for one in self.sessions if one.id != session.id)
        return replace(self, sessions=(*others, session)[-KEPT_SESSIONS:])

    def to_json(self) -> bytes:
        """Return the record's document."""
        return written(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes, *, key: str = "") -> ExecutionRecord:
        """Return the record of a document; ``key`` names the document in errors.

        Raises DatastoreError where it is damaged, or of a schema that this laminar does not know.
        """
        found = parse(text, key)
        try:
            known = {one.name: found[one.name] for one in fields(cls) if one.name in found}
            known["layers"] = tuple(LayerShape(**{**one, "needs": tuple(one["needs"])}) for one in known["layers"])
            known["sessions"] = tuple(_session(one) for one in known["sessions"])
            known["arguments"] = tuple(known["arguments"])
            return cls(**known)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise malformed(key, f"it lacks or garbles {error}") from error


def _session(found: dict[str, Any]) -> Session:
    known = {one.name: found[one.name] for one in fields(Session) if one.name in found}
    known["failed"], known["reused"] = tuple(known.get("failed", ())), tuple(known.get("reused", ()))
    known["running"] = tuple((str(one[0]), int(one[1]), int(one[2]), str(one[3])) for one in known.get("running", ()))
    return Session(**known)


def save_execution(storage: ByteStorage, record: ExecutionRecord) -> None:
    """Write an execution's record."""
    storage.put(key_layout.execution_key(record.flow, record.execution), (record.to_json(),))


def load_execution(storage: ByteStorage, flow: str, execution: str) -> ExecutionRecord | None:
    """Return the record of an execution, None where it has none: a version of laminar that wrote none ran it.

    Raises DatastoreError where it is damaged.
    """
    key = key_layout.execution_key(flow, execution)
    data = storage.get_if_present(key)
    return None if data is None else ExecutionRecord.from_json(bytes(data), key=key)


def load_executions(storage: ByteStorage, flow: str, executions: list[str]) -> dict[str, ExecutionRecord | None]:
    """Return the records of executions, fetched together; None for a missing or damaged one."""
    keys = [key_layout.execution_key(flow, execution) for execution in executions]
    found: dict[str, ExecutionRecord | None] = {}
    for execution, key, data in zip(executions, keys, storage.get_many(keys), strict=True):
        try:
            found[execution] = None if data is None else ExecutionRecord.from_json(bytes(data), key=key)
        except DatastoreError:
            found[execution] = None
    return found
