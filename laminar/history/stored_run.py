"""Read one execution of a flow from its datastore: its program, its state, its layers, attempts and failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from laminar import timestamps
from laminar.configurations.datastores.documents import attempt_record, execution_record, repository
from laminar.configurations.datastores.documents.execution_record import LayerShape
from laminar.graph import PARAMETERS
from laminar.history import attempts, identifier, state
from laminar.history.layers import NOT_RUN, WAITING, LayerRun, layer_runs
from laminar.timestamps import seconds_since, since_epoch

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore, Record
    from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, Session
    from laminar.history.attempts import Attempt
    from laminar.history.log_line import LogLine, Selection

__all__ = ["Run"]


class Run:
    """One execution of a flow, as its datastore records it. Everything is read when it is first needed, and kept.

    ``now`` is the time of the reading: leases are compared with it. A ``brief`` run is for a list of many: it reads a bounded
    number of documents of each layer, so that the times of single splits are not known.
    """

    def __init__(self, flow: str, id: str, store: DataStore, *, now: str | None = None, brief: bool = False) -> None:
        """Make the run of an execution's id."""
        self.brief = brief
        self.flow = flow
        self.id = id
        self.store = store
        self.now = now or timestamps.now()

    def __repr__(self) -> str:
        return f"Run(flow={self.flow!r}, id={self.id!r})"

    # the execution

    @cached_property
    def record(self) -> ExecutionRecord | None:
        """The execution's own record, None where it has none: an older laminar ran it.

        Raises DatastoreError where it is damaged.
        """
        return execution_record.load_execution(self.store, self.flow, self.id)

    @property
    def short(self) -> str:
        """Shown part of the id: its random part."""
        return identifier.short(self.id)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Sessions that ran it, the oldest first."""
        return self.record.sessions if self.record is not None else ()

    @property
    def session(self) -> Session | None:
        """Newest session, None where none is known."""
        return self.sessions[-1] if self.sessions else None

    @property
    def workflow(self) -> str:
        """Name of its workflow on a cluster, "" where it ran on one machine."""
        return self.record.workflow if self.record is not None else ""

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Parameters as texts, those that are no JSON as the kind of value."""
        if self.record is not None:
            return self.record.parameters
        record = self.records.get(PARAMETERS, {}).get(0)
        return {} if record is None else {name: one.json or "..." for name, one in sorted(record.artifacts.items())}

    # its state

    @property
    def in_pods(self) -> bool:
        """Whether pods of a workflow ran it last."""
        return self.session is not None and self.session.action == "pods"

    @cached_property
    def state(self) -> str:
        """State of the execution: running, finished, failed, interrupted or unknown.

        The state of pods is derived from their records. It is unknown where no session is: an older laminar ran it.
        """
        if self.session is not None and not self.in_pods:
            return state.of_session(self.session, self.now)
        if self.session is None and all(
            layer.state in ("finished", "skipped") for layer in self._recorded_layers if layer.name != PARAMETERS
        ):
            return state.FINISHED if self.record is not None else state.UNKNOWN
        made = [one for one in self.attempts if self._is_of_last(one)]
        return state.of_pods(
            complete=bool(self.record) and all(layer.state in ("finished", "skipped") for layer in self._recorded_layers),
            failed=any(not one.again for one in self._last_failures),
            lost=any(one.how in ("killed", "lost", "interrupted", "out of memory") for one in made),
            live=any(one.how == "running" for one in made),
            silent=since_epoch(self.now) - since_epoch(self.last_sign) > state.SILENCE,
        )

    def _is_of_last(self, attempt: Attempt) -> bool:
        """Return whether an attempt in pods is of the newest session: failures before it no longer count.

        The session starts when its first pod writes it. A concurrent pod is known by its name, which begins with the workflow's.
        """
        if len(self.sessions) < 2 or self.session is None:
            return True
        return attempt.started > self.session.started or attempt.session.startswith(self.session.id + "-")

    @property
    def _last_failures(self) -> list[Attempt]:
        """Failures of the layers that failed in the newest session."""
        failed = [layer for layer in self._recorded_layers if layer.state == "failed"]
        return [one for layer in failed for one in layer.failures if self._is_of_last(one)]

    def state_of(self, session: Session) -> str:
        """Return how a session ended: "failed" or "ended", by their failures, for pods that another session followed."""
        place = self.sessions.index(session)
        if place == len(self.sessions) - 1:
            return self.state
        if session.action != "pods":
            return state.of_session(session, self.now)
        following = self.sessions[place + 1].started
        meanwhile = [one for one in self.attempts if session.started <= one.ended <= following]
        return state.FAILED if any(one.is_bad and not one.again for one in meanwhile) else "ended"

    @property
    def reason(self) -> str:
        """Why it is interrupted or unknown, as one line; "" for any other state."""
        session = self.session
        if self.state == state.INTERRUPTED and session is not None:
            if session.reason or self.in_pods:
                return session.reason or "a pod was killed, and none came after it"
            if state.is_there(session) is False:
                return f"its process ({session.pid} on {session.host}) ended without a report"
            return f"no sign of life from {session.host} since {_before(session.lease)}"
        if self.state == state.UNKNOWN:
            return f"no sign of life since {self.last_sign}" if self.record is not None else "an older laminar ran it"
        return ""

    @property
    def last_sign(self) -> str:
        """Time of the last write, by the records; "" where none has one."""
        times = [time for one in self.attempts for time in (one.started, one.ended)]
        times += [time for one in self.sessions for time in (one.started, one.ended)]
        return max(times, default="")

    @property
    def started(self) -> str:
        """When its first session, or its first layer, started; "" where no record has it."""
        first = self.sessions[0].started if self.sessions else ""
        if first and not self.in_pods:
            return first
        times = [first, *(one.started for one in self.attempts)]  # the first pod started before it wrote the record
        return min((time for time in times if time), default="")

    @property
    def ended(self) -> str:
        """When it ended, "" while it runs; of one that stopped without a report the last sign of life."""
        if self.state == state.RUNNING:
            return ""
        session = self.session
        if session is not None and session.ended:
            return session.ended
        return self.last_sign

    @property
    def seconds(self) -> float:
        """Seconds that its sessions took together; of pods those from the first start to the last end, or to now."""
        if self.session is None or (self.in_pods and len(self.sessions) == 1):
            return seconds_since(self.started, self.ended or self.now)
        spans = [seconds_since(one.started, self._end_of(place)) for place, one in enumerate(self.sessions[:-1])]
        return round(sum(spans) + seconds_since(self.session.started, self.ended or self.now), 3)

    def _end_of(self, place: int) -> str:
        """Return when a session ended that another one followed; of pods the last end before that one."""
        session, following = self.sessions[place], self.sessions[place + 1].started
        if session.ended or session.action != "pods":
            return session.ended
        return max((one.ended for one in self.attempts if session.started <= one.ended <= following), default=session.started)

    @property
    def failed_layers(self) -> tuple[str, ...]:
        """Names of the layers that failed: without reading documents where its last session names them."""
        if self.session is not None and self.session.ended:
            return self.session.failed
        if not self.in_pods:
            return tuple(layer.name for layer in self._recorded_layers if layer.state == "failed")
        return tuple(dict.fromkeys(one.layer for one in self._last_failures))

    # its layers

    @cached_property
    def records(self) -> dict[str, dict[int, Record]]:
        """Documents of the splits that have ended, by layer and split."""
        names = self.store.layers(self.flow, self.id)
        if self.brief and len(self.sessions) < 2:  # the start of each attempt shows its session
            return {name: repository.sample(self.store, self.flow, self.id, name) for name in names}
        return {name: self.store.records(self.flow, self.id, name) for name in names}

    @cached_property
    def unfinished(self) -> list[Attempt]:
        """Records of the attempts that left no document."""
        return attempt_record.load_attempts(self.store, self.flow, self.id)

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts of all layers except the Parameters, in the order in which they started."""
        documents = [record for name, found in self.records.items() if name != PARAMETERS for record in found.values()]
        made = [*attempts.finished(documents), *self.unfinished]
        ended: dict[tuple[str, int, int], str] = {}
        for one in made:
            place = (one.layer, one.index, one.number)
            ended[place] = max(one.started, ended.get(place, ""))
        leases = attempt_record.load_leases(self.store, self.flow, self.id) if self.in_pods else []
        if self.brief:
            leases = [one for one in leases if one.index not in self.records.get(one.layer, {})]
        session = None if self.in_pods else self.session
        alive = state.of_session(session, self.now) if session is not None else ""
        made += attempts.under_way(session, alive, leases, ended, self.now)
        return tuple(sorted(made, key=lambda one: (one.started, one.layer, one.index, one.number)))

    @cached_property
    def layers(self) -> tuple[LayerRun, ...]:
        """Its layers in the order of the program, the Parameters left out; without a record those with documents, by name.

        A layer that waits when the run has ended is "not run".
        """
        if self.state == state.RUNNING:
            return self._recorded_layers
        return tuple(replace(layer, state=NOT_RUN) if layer.state == WAITING else layer for layer in self._recorded_layers)

    @cached_property
    def _recorded_layers(self) -> tuple[LayerRun, ...]:
        """The layers with the states that their records alone give."""
        by_layer: dict[str, list[Attempt]] = {}
        for one in self.attempts:
            by_layer.setdefault(one.layer, []).append(one)
        described = {shape.name: shape for shape in (self.record.layers if self.record is not None else ())}
        for name in (*self.records, *by_layer):
            if name not in described:  # of another version of the program
                described[name] = LayerShape(name)
        shapes = [shape for name, shape in described.items() if name != PARAMETERS]
        return layer_runs(shapes, self.records, by_layer)

    @property
    def failures(self) -> tuple[Attempt, ...]:
        """Last attempt of each split that failed and has not finished since, in the order of the layers."""
        return tuple(one for layer in self.layers for one in layer.failures)

    # the output of its layers

    def logs(self, selection: Selection | None = None) -> Iterator[LogLine]:
        """Yield the lines that its layers printed, as far as they were kept, one attempt after the other."""
        from laminar.history.log_line import Selection
        from laminar.history.log_reader import read

        return read(self, selection or Selection())


def _before(lease: str) -> str:
    """Return when a lease was renewed, without its fraction."""
    return timestamps.from_seconds(int(since_epoch(lease) - state.LEASE)) + "Z"
