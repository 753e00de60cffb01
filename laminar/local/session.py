"""Write the history of a local run: the scheduler's events, as records."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import Attempt
from laminar.exceptions import LaminarError
from laminar.graph import PARAMETERS
from laminar.history import state
from laminar.history.history_setting import are_logs_kept
from laminar.history.log_keeper import LogKeeper
from laminar.history.masking import Masker
from laminar.history.session_keeper import Running, SessionKeeper, new_session
from laminar.local.interruption import Terminated
from laminar.local.stream_copy import copied
from laminar.timestamps import now
from laminar.worker.execution_facts import facts

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.local.display import Quiet
    from laminar.worker.split import SplitFailed

__all__ = ["LocalSession", "execute"]


class LocalSession:
    """The session of one run of an execution on this machine."""

    def __init__(self, execution: Execution, action: str, report: Quiet) -> None:
        """Write that the run has started. ``reused`` collects the layers with results of other executions."""
        assert execution.id is not None
        store = execution.flow.configuration.datastore
        parameters = store.load(execution.flow.name, execution.id, PARAMETERS, 0)
        record = facts(execution, parameters.artifacts if parameters is not None else {})
        self.keeper = SessionKeeper(store, record, new_session(action), report.note)
        self.report = report
        self.masker = Masker({**os.environ, **_container_variables(execution)})
        self.logs: LogKeeper | None = None
        if are_logs_kept(record.file or None):
            self.logs = LogKeeper(store, record.flow, record.execution, self.keeper.session.id, self.masker)
        self.under_way: dict[int, Running] = {}
        self.reused: dict[str, None] = {}
        self.keeper.open(known=execution.retry or execution.given or action != "run")

    def begin(self, layer: Layer) -> str:
        """Record that an attempt was passed to the executor, and return the time."""
        started = now()
        binding = layer._binding
        self.under_way[id(layer)] = (layer.name, binding.index or 0, binding.attempt, started)
        if self.logs is not None:
            binding.log = self.logs.begin(layer.name, binding.index or 0, binding.attempt)
        return started

    def end(self, layer: Layer) -> None:
        """Record that an attempt has ended, with a document or without."""
        self.under_way.pop(id(layer), None)
        if self.logs is not None and layer._binding.log is not None:
            self.logs.end(layer._binding.log)

    def failed(self, layer: Layer, failed: SplitFailed, *, again: bool, started: str) -> None:
        """Record how an attempt failed."""
        self.keeper.add(
            Attempt(
                layer=layer.name,
                index=layer._binding.index or 0,
                splits=layer._binding.splits or 1,
                number=layer._binding.attempt,
                how=failed.how,
                started=failed.started or started,
                ended=now(),
                host=self.keeper.session.host,
                message=self.masker.masked(failed.reason),
                traceback=self.masker.masked(failed.remote),
                where=failed.where,
                fix=failed.fix,
                again=again,
            )
        )

    def interrupted(self, how: str) -> None:
        """Record that the attempts under way are interrupted."""
        for layer, index, attempt, started in self.under_way.values():
            self.keeper.add(
                Attempt(
                    layer=layer,
                    index=index,
                    number=attempt,
                    how=state.INTERRUPTED,
                    started=started,
                    ended=now(),
                    host=self.keeper.session.host,
                    message=how,
                )
            )
        self.under_way.clear()

    def patience(self) -> float:
        """Return the seconds until the next write."""
        logs = self.logs.patience() if self.logs is not None else None
        return self.keeper.patience() if logs is None else min(logs, self.keeper.patience())

    def tick(self) -> None:
        """Write the due records."""
        self.keeper.tick(lambda: list(self.under_way.values()))
        if self.logs is not None:
            self.logs.tick(self._unkept)

    def _unkept(self, text: str) -> None:
        """Report that logs cannot be kept, once."""
        if not self.keeper.broken:
            self.keeper.broken = True
            self.report.note(text)

    def close(self, error: BaseException | None, failed: Iterable[str]) -> None:
        """Write how the run ended: by an error that stopped it, or with these layers failed."""
        layers = list(failed)
        if self.logs is not None:
            for _, buffer in list(self.logs.buffers.values()):
                self.logs.end(buffer)
            self.logs.flush(self._unkept)
        if isinstance(error, KeyboardInterrupt):
            self.interrupted("the run was interrupted")
            by = f"terminated by {error}" if isinstance(error, Terminated) else "interrupted from the keyboard (SIGINT)"
            self.keeper.close(state.INTERRUPTED, reason=by, failed=layers, reused=self.reused)
        elif error is not None:
            what = error.what if isinstance(error, LaminarError) else str(error)
            self.interrupted("the run was stopped by an error")
            self.keeper.close(state.FAILED, reason=f"{type(error).__name__}: {what}", failed=layers, reused=self.reused)
        else:
            self.keeper.close(state.FAILED if layers else state.FINISHED, failed=layers, reused=self.reused)
        self.report.away = self.keeper.away


def execute(layer: Layer) -> None:
    """Run the split that a layer stands for in this process, as a separate session.

    Raises SplitFailed where the layer fails.
    """
    from laminar.local import display
    from laminar.worker import split

    session = LocalSession(layer.execution, "execute", display.current())
    started = session.begin(layer)
    log = layer._binding.log
    try:
        with copied(log.add if log is not None else None):
            split.run(layer)
    except split.SplitFailed as failed:
        session.end(layer)
        session.failed(layer, failed, again=False, started=started)
        session.close(None, [layer.name])
        raise
    except BaseException as error:
        session.close(error, [layer.name])
        raise
    session.end(layer)
    session.close(None, [])


def _container_variables(execution: Execution) -> dict[str, str]:
    """Return the variables that the containers of an execution's layers set: their processes have them."""
    found: dict[str, str] = {}
    for number, registration in enumerate(execution.flow.registrations.values()):
        for name, value in registration.configuration.container.env.items():
            found[name if name not in found else f"{number}_{name}"] = value
    return found
