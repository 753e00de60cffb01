"""Write how the attempts of a pod failed, from the process of its work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
from laminar.exceptions import LaminarError
from laminar.history.history_setting import is_kept
from laminar.history.masking import Masker
from laminar.ksuid import ksuid
from laminar.timestamps import now
from laminar.worker import attempt_report
from laminar.worker.pod_history import attempted
from laminar.worker.split import SplitFailed, trace

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.worker.arguments import Task

__all__ = ["PodFailures"]


class PodFailures:
    """Write records of failed attempts of a task, from the moment when the flow's datastore is known."""

    def __init__(self, task: Task, started: str = "") -> None:
        """Make a writer; ``started`` is when the work started, now unless it is given."""
        self.task = task
        self.started = started or now()
        self.execution: Execution | None = None
        self.secrets: tuple[str, ...] = ()

    def open(self, execution: Execution) -> None:
        """Set the execution, and the variables that the layer's container has from secrets."""
        self.execution = execution
        registration = execution.flow.registrations.get(self.task.job.layer)
        self.secrets = tuple(registration.configuration.container.secrets) if registration is not None else ()

    def keep(self, *failures: SplitFailed) -> None:
        """Write the records of failures as one document, if history is kept here; report them where another process keeps it."""
        if not failures:
            return
        if attempt_report.is_wanted():
            attempt_report.send(self._records(failures))
        if self.execution is None or not is_kept():
            return
        store, job = self.execution.flow.configuration.datastore, self.task.job
        records = self._records(failures)
        attempted(lambda: save_attempts(store, job.flow, job.execution, ksuid(), records))

    def _records(self, failures: Sequence[SplitFailed]) -> list[Attempt]:
        masker = Masker(os.environ, self.secrets)
        return [self._record(failed, masker) for failed in failures]

    def keep_error(self, error: Exception, *, again: bool) -> None:
        """Write that the task could not be run, or failed outside a layer."""
        job = self.task.job
        what = error.what if isinstance(error, LaminarError) else str(error)
        failed = SplitFailed(what, flow=job.flow, layer=job.layer, index=job.index * self.task.batch, attempt=job.attempt)
        failed.reason, failed.retryable = f"{type(error).__name__}: {what}", again
        if isinstance(error, LaminarError):
            failed.where, failed.fix = error.where, error.fix
        else:
            failed.remote = trace(error)
        self.keep(failed)

    def _record(self, failed: SplitFailed, masker: Masker) -> Attempt:
        host = os.uname().nodename
        return Attempt(
            layer=failed.layer,
            index=failed.index or 0,
            splits=self.task.job.splits or 1,
            number=failed.attempt or 1,
            how=failed.how,
            started=failed.started or self.started,
            ended=now(),
            host=host,
            message=masker.masked(failed.reason or failed.what),
            traceback=masker.masked(failed.remote),
            where=failed.where,
            fix=failed.fix,
            again=failed.retryable,
            session=host,
        )
