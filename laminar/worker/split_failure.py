"""Describe how a split failed: the message, the user's line, the fix, and whether another attempt is left."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

from laminar.configurations.layers import Container
from laminar.exceptions import DatastoreError, ExecutionError, InternalError, LaminarError
from laminar.program import error_text, source_location
from laminar.worker.job import SplitJob

if TYPE_CHECKING:
    from laminar.components.layer import Layer

__all__ = ["SplitFailed", "blame", "failed_outside", "failure", "outage", "trace", "uncounted"]

INSTALLED = {"site-packages", "dist-packages"}
"""Folders of installed packages."""


class SplitFailed(ExecutionError):
    """A split failed by its own error; ``retryable`` is True until its attempts are used up, ``remote`` is the traceback as text.

    ``blameless`` means that something else failed, such as the datastore: that does not count as one of its attempts.
    ``reason`` is the message without the names of the split, ``how`` and ``started`` are those of its record (`Attempt`).
    """

    retryable: bool = False
    blameless: bool = False
    remote: str = ""
    reason: str = ""
    how: str = "failed"
    started: str = ""


# the failures


def failure(layer: Layer, reason: str, *, where: str = "") -> SplitFailed:
    """Return the failure of the split that a layer stands for."""
    return of_job(SplitJob.of(layer), reason, where=where)


def failed_outside(layer: Layer, reason: str, *, how: str = "failed") -> SplitFailed:
    """Return the failure of a split whose process could not report it itself, counted as one of its attempts."""
    job = SplitJob.of(layer)
    failed = of_job(job, reason)
    failed.how = how
    failed.retryable = _has_attempts_left(job, reason, job.attempts)
    return failed


def uncounted(layer: Layer, error: LaminarError) -> SplitFailed:
    """Return the failure of a fan-out whose splits cannot be counted: the attribute that it iterates over is missing."""
    job = SplitJob.of(layer)
    failed = of_job(job, error.what, where=_joined(job.registration.where, _data(error)))
    failed.fix, failed.__cause__ = error.fix, error
    return failed


def of_job(job: SplitJob, reason: str, *, where: str = "") -> SplitFailed:
    """Return the failure of a split."""
    is_fan_out = job.registration.configuration.foreach is not None
    split = f"split {job.index} of {job.splits or 1}, " if is_fan_out else ""
    failed = SplitFailed(
        f"Layer {job.layer!r} of flow {job.flow!r} failed ({split}attempt {job.attempt}): {reason}",
        where=where,
        execution=job.execution,
        flow=job.flow,
        layer=job.layer,
        index=job.index,
        attempt=job.attempt,
    )
    failed.reason = reason
    return failed


def blame(job: SplitJob, error: BaseException, hook: str, attempts: int) -> SplitFailed:
    """Return the failure of a split by an error, of a hook if one is named, and write its marker where an attempt is left."""
    reason = f"{hook}: {error_text.line(error)}" if hook else error_text.line(error)
    failed = of_job(job, reason, where=_where(error))
    failed.fix = _fix(error)
    failed.remote = trace(error)
    failed.how = "out of memory" if isinstance(error, MemoryError) else "failed"
    failed.blameless = _outage(error) is not None
    failed.retryable = failed.blameless or _has_attempts_left(job, reason, attempts)
    return failed


def outage(job: SplitJob, error: DatastoreError) -> SplitFailed | None:
    """Return the failure of a split by an outage of the datastore, which does not count; None for any other error."""
    return None if _outage(error) is None else blame(job, error, "", 1)


def _has_attempts_left(job: SplitJob, reason: str, attempts: int) -> bool:
    """Count a failure of the split itself, and return whether it may be retried."""
    if attempts == 1:
        return False
    job.record_failure(reason)
    return len(job.failures()) < attempts


# the texts of errors


def trace(error: BaseException) -> str:
    """Return the traceback of an error as text: from the user's first line on, for an error of laminar to the user's last.

    The traceback of an outage has no causes either, and is "" without a line of the user: the causes are frames of the storage's
    packages, and the error's text names them.
    """
    shown = traceback.TracebackException.from_exception(error)
    while shown.stack and shown.stack[0].filename.startswith(source_location.PACKAGE):
        del shown.stack[0]
    if not isinstance(error, LaminarError) or isinstance(error, InternalError) or os.environ.get("LAMINAR_TRACEBACK"):
        return "".join(shown.format()).rstrip()
    is_outage = isinstance(error, DatastoreError) and error.transient
    while shown.stack and (
        shown.stack[-1].filename.startswith(source_location.PACKAGE) or (is_outage and not _is_own(shown.stack[-1]))
    ):
        del shown.stack[-1]
    return "".join(shown.format(chain=not is_outage)).rstrip() if shown.stack or not is_outage else ""


def _is_own(frame: traceback.FrameSummary) -> bool:
    """Return whether a frame is of the user's code: not of laminar, of Python's library or of an installed package."""
    return source_location.is_users(frame.filename) and not INSTALLED & {*frame.filename.split(os.sep)}


def _fix(error: BaseException) -> str:
    """Return how to fix common mistakes."""
    if isinstance(error, FrozenInstanceError) and _changes_container(error):
        return "change a container in a submission hook or a retry hook: self.configuration.container.memory *= 2."
    if isinstance(error, SystemExit):
        return "return from __call__ where the layer is done, raise an exception where it failed."
    if (isinstance(error, EOFError) and str(error) == "EOF when reading a line") or type(error).__name__ == "BdbQuit":
        return "this process has no terminal: laminar run --debug runs splits where the terminal is."
    data = _data(error)
    return error.fix if isinstance(error, LaminarError) else data.fix if data is not None else ""


def _changes_container(error: BaseException) -> bool:
    """Return whether an error is of setting an attribute of a container, rather than of a frozen object of the user's."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and isinstance(frames[-1].f_locals.get("self"), Container)


def _where(error: BaseException) -> str:
    """Return the innermost line that is the user's own, with its function, and which data it could not read or write.

    Without such a line, return the line of a library, or the place that the error names.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if source_location.is_users(frame.filename)]
    written = [frame for frame in frames if not frame.filename.startswith("<string>")]  # such as by dataclasses
    own = [frame for frame in written or frames if not INSTALLED & {*frame.filename.split(os.sep)}]
    last = next(reversed(own or frames), None)
    place = error.where if isinstance(error, LaminarError) else ""
    if last is not None:
        place = f"{source_location.shorten(last.filename)}:{last.lineno}, in {last.name}"
    return _joined(place, _data(error))


def _joined(place: str, data: DatastoreError | None) -> str:
    """Add to a place which data could not be read or written there."""
    return "; ".join(dict.fromkeys(filter(None, (place, data.where if data is not None else ""))))


def _outage(error: BaseException) -> DatastoreError | None:
    """Return the outage of the datastore that an error is, or was raised from."""
    found = (cause for cause in _causes(error) if isinstance(cause, DatastoreError) and cause.transient)
    return next(found, None)


def _data(error: BaseException) -> DatastoreError | None:
    """Return the error of the datastore that an error is, or was raised from."""
    return next((cause for cause in _causes(error) if isinstance(cause, DatastoreError)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes, each once: an error may be its own cause."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__
