"""Run one split of one layer: hooks around it, its artifacts, then its document. Every executor and every pod does it here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from laminar import settings
from laminar.exceptions import DatastoreError, LaminarError, LayerError
from laminar.program import error_text
from laminar.worker import fan_out_grid, hook_calls, run_notes, split_cache, split_failure
from laminar.worker.document_stamp import Stamp, source_digest
from laminar.worker.job import SplitJob
from laminar.worker.split_failure import SplitFailed, failed_outside, failure, trace, uncounted

if TYPE_CHECKING:
    from laminar.components.layer import Layer
    from laminar.configurations.datastores import Artifact, Record
    from laminar.configurations.datastores.values.value_store import ValueStore

__all__ = [
    "Outputs",
    "SplitFailed",
    "Stamp",
    "configure",
    "evaluate",
    "failed_outside",
    "failure",
    "outputs",
    "run",
    "source_digest",
    "trace",
    "uncounted",
]


@dataclass(frozen=True)
class Outputs:
    """The values that a split publishes for the layers below: the lengths that they fan out over, and the answers of their hooks.

    ``reused`` is the execution whose result was reused instead of running, empty where the split ran.
    """

    lengths: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, Any] = field(default_factory=dict)
    reused: str = ""


def run(layer: Layer, *, everywhere: bool = True) -> Outputs:
    """Run the split that a layer stands for and write its document; a split with a document does not run again.

    ``everywhere`` means that the process runs nothing else. Raises SplitFailed where the layer fails.
    """
    job = SplitJob.of(layer)
    try:
        return _run(layer, job, everywhere)
    except DatastoreError as error:
        if (failed := split_failure.outage(job, error)) is None:
            raise
        raise failed from error


def _run(layer: Layer, job: SplitJob, everywhere: bool) -> Outputs:
    if job.splits is None:
        job = replace(job, splits=fan_out_grid.count(job, job.layer))
        layer._binding.splits = job.splits
    known = job.ended()
    if known is not None and known.status == "finished" and known.splits == job.splits:
        return _outputs(layer, job, known)
    if job.attempt == 1 and job.attempts > 1:
        job.clear_failures()
    elif job.attempts > 1 and len(job.failures()) >= job.attempts:
        raise split_failure.of_job(job, "its attempts are used up")  # of a batch that is retried for another split
    key = split_cache.key(layer, job)
    if key and (taken := split_cache.take(job, key)) is not None:
        return _outputs(layer, job, taken)
    dependency = _dependency(layer, job)
    shared = layer._binding.shared
    if job.splits and (shared is None or shared.is_tuned):
        _configure(layer, job, dependency)
    stamp = Stamp(type(layer))
    with settings.running(_snapshot(layer, job), everywhere=everywhere):
        caught, artifacts = _call_and_store(layer, job, dependency, stamp)
    record = stamp.split_record(
        job,
        artifacts=artifacts,
        caught=error_text.line(caught) if caught is not None else None,
        caught_traceback=trace(caught) if caught is not None else None,
        key=key if caught is None else "",
    )
    job.store.save(record)
    split_cache.keep(job.store, record)
    return _outputs(layer, job, record)


def _call_and_store(
    layer: Layer, job: SplitJob, dependency: Callable[[str], Layer], stamp: Stamp
) -> tuple[BaseException | None, dict[str, Artifact]]:
    """Call a layer and store its values; return the exception that it caught, if any, and the artifacts.

    Raises SplitFailed where the layer fails.
    """
    owner = os.getpid()
    try:
        caught = _call(layer, dependency) if job.splits else None
        if os.getpid() != owner:  # a process that the layer forked, and that reached the layer's end
            raise SystemExit(0)
        run_notes.unsplit_values(layer, job)
        return caught, _store(layer, job.store)
    except BaseException as error:  # sys.exit() in a layer too: it did not reach its end
        if isinstance(error, KeyboardInterrupt) or os.getpid() != owner:
            raise
        failed = split_failure.blame(job, error, hook_calls.blamed(layer, error), job.attempts)
        failed.started = stamp.started
        raise failed from error


def _outputs(layer: Layer, job: SplitJob, record: Record) -> Outputs:
    """Return the values that a split publishes; most splits publish nothing."""
    shared = layer._binding.shared
    if shared is None or shared.published:
        return outputs(job, record, None if shared is None else shared.published)
    return Outputs(reused=record.reused.get("execution", ""))


def outputs(scope: fan_out_grid.Scope, record: Record, attributes: Iterable[str] | None = None) -> Outputs:
    """Return the values that a finished split publishes, from its document; ``attributes`` are those that are counted, if known."""
    lengths = {name: [length] for name, length in fan_out_grid.published(scope, record, attributes).items()}
    return Outputs(lengths, reused=record.reused.get("execution", ""))


def evaluate(layer: Layer) -> bool:
    """Evaluate a layer's entry hooks: return whether it may run, and write a document that it was skipped where it may not.

    Raises SplitFailed where a hook fails.
    """
    job = SplitJob.of(layer)
    try:
        return _evaluate(layer, job)
    except DatastoreError as error:
        if (failed := split_failure.outage(job, error)) is None:
            raise
        raise failed from error


def _evaluate(layer: Layer, job: SplitJob) -> bool:
    stamp = Stamp(type(layer))
    layer._binding.own = True
    try:
        with settings.running(_snapshot(layer, job), everywhere=False):
            denying = hook_calls.denying(layer, _whole(layer))
    except Exception as error:
        raise split_failure.blame(job, error, hook_calls.blamed(layer, error), 1) from error
    if denying is None:
        return True
    reason = f"{denying.owner}.{denying.name} returned a false value"
    record = stamp.record(job.flow, job.execution, job.layer, index=0, splits=1, attempt=1, status="skipped", reason=reason)
    job.store.save(record)
    return False


def configure(layer: Layer) -> None:
    """Apply a layer's submission hooks to its configuration, then its retry hooks once for each attempt before this one.

    Raises SplitFailed where a hook fails.
    """
    job = SplitJob.of(layer)
    _configure(layer, job, _dependency(layer, job))


def _configure(layer: Layer, job: SplitJob, dependency: Callable[[str], Layer]) -> None:
    if not hook_calls.is_tuned(layer):
        return
    try:
        with settings.running(_snapshot(layer, job), everywhere=False):
            hook_calls.configure(layer, dependency)
    except Exception as error:
        raise split_failure.blame(job, error, hook_calls.blamed(layer, error), 1) from error


def _snapshot(layer: Layer, job: SplitJob) -> settings.Snapshot:
    """Return the value of ``laminar.settings.current`` while a split runs."""
    shared, own = layer._binding.shared, settings.CurrentLayer(job.layer, job.index, job.splits, job.attempt)
    if shared is not None:
        execution, flow = shared.current
        return settings.Snapshot(execution, flow, own)
    return settings.Snapshot(settings.CurrentExecution(job.execution, job.retry), settings.CurrentFlow(job.flow), own)


def _dependency(layer: Layer, job: SplitJob) -> Callable[[str], Layer]:
    """Return how a split gets a layer that it depends on: with its own elements in place of the iterated attributes."""
    execution, shared = layer.execution, layer._binding.shared
    lengths = None if shared is None else shared.lengths
    found = fan_out_grid.elements(job, job.layer, job.index, lengths) if layer._binding.index is not None and job.splits else {}

    def dependency(name: str) -> Layer:
        made: Layer = execution.layer(name)
        made._binding.reader = job.layer
        made._binding.elements = found.get(name, {})
        if shared is not None:
            made._binding.found = shared.records(name)
        return made

    return dependency


def _whole(layer: Layer) -> Callable[[str], Layer]:
    """Return how entry hooks get the layers that they read: whole, as they are evaluated once for all splits."""
    execution, name = layer.execution, layer.name

    def dependency(other: str) -> Layer:
        made: Layer = execution.layer(other)
        made._binding.reader = name
        return made

    return dependency


def _call(layer: Layer, dependency: Callable[[str], Layer]) -> BaseException | None:
    """Call a layer within its hooks and return the exception that its Catch covered."""
    layer._binding.own = True
    if not hook_calls.hooks_for(layer, "execution"):
        return _called(layer, dependency)
    with ExitStack() as stack:
        hook_calls.surround(layer, dependency, stack)
        return _called(layer, dependency)


def _called(layer: Layer, dependency: Callable[[str], Layer]) -> BaseException | None:
    binding = layer._binding
    catch = (layer.configuration if binding.shared is None else binding.configuration or binding.shared.configuration).catch
    covered = catch.exceptions if catch is not None else ()
    arguments = [dependency(name) for name in hook_calls.needs(layer)]
    binding.phase = "call"
    try:
        returned = layer(*arguments)
        if returned is not None:
            run_notes.dropped_return(layer, returned)
    except covered as error:
        return error
    finally:
        binding.phase = "hook"
        # Values that a hook sets after the call are not stored, also under an artifact's name.
        names = dict.fromkeys([*binding.written, *binding.changed(layer)] if binding.copies else binding.written)
        binding.values = {name: vars(layer)[name] for name in names if name in vars(layer)}
    return None


def _store(layer: Layer, store: ValueStore) -> dict[str, Artifact]:
    """Write the attributes that the layer set, and return their artifacts."""
    binding = layer._binding
    artifacts = dict(binding.shards)
    with store.write_batch() as gathered:
        for name, value in binding.values.items():
            if name not in artifacts:
                artifacts[name] = _write(layer.name, gathered, name, value)
        if binding.report is not None and binding.report.cards:
            from laminar.components.report_cards import ARTIFACT

            artifacts[ARTIFACT] = _write(layer.name, gathered, ARTIFACT, binding.report.cards)
    return artifacts


def _write(layer: str, store: ValueStore, name: str, value: Any) -> Artifact:
    try:
        return store.write(value)
    except LaminarError as error:
        error.where = error.where or f"{layer}.{name}"
        raise LayerError(
            f"Attribute {name!r} of layer {layer!r} cannot be stored: {error.what}",
            where=f"{layer}.{name}",
            fix=error.fix or "set a value that can be pickled, or register a protocol for its type.",
        ) from error
