"""Run one split of one layer: hooks around it, its artifacts, then its document. Every executor and every pod does it here."""

from __future__ import annotations

import hashlib
import linecache
import os
import tokenize
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import FrozenInstanceError, dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from laminar import settings
from laminar.exceptions import DatastoreError, ExecutionError, LaminarError, LayerError, located
from laminar.program import main_module, source_location
from laminar.timestamps import now
from laminar.worker import fan_out_grid, hook_calls

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.configurations.datastores import Artifact, DataStore, Record

__all__ = ["Outputs", "SplitFailed", "Stamp", "configure", "evaluate", "failed_outside", "failure", "run", "uncounted"]

INSTALLED = {"site-packages", "dist-packages"}
"""Folders that what is installed lies in."""


class SplitFailed(ExecutionError):
    """A split failed by itself; ``retryable`` says whether its attempts are not used up, ``remote`` is the traceback as text.

    ``blameless`` says that it was not the split that failed (but the datastore, say): that does not count as one of its attempts.
    """

    retryable: bool = False
    blameless: bool = False
    remote: str = ""


@dataclass(frozen=True)
class Outputs:
    """What a split tells those below it: lengths of what they fan out over, what their entry hooks said."""

    lengths: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, Any] = field(default_factory=dict)


class Stamp:
    """Note when, where and by which code a document is made."""

    def __init__(self, layer: type[Layer]) -> None:
        self.started = now()
        self.source = source_digest(layer)

    def record(self, flow: str, execution: str, layer: str, **fields: Any) -> Record:
        """Return a document that is finished now."""
        from laminar.configurations.datastores import Record

        defaults: dict[str, Any] = {"status": "finished", "artifacts": {}}
        return Record(
            flow=flow,
            execution=execution,
            layer=layer,
            started=self.started,
            finished=now(),
            host=os.uname().nodename,
            program=program_digest(),
            source=self.source,
            **{**defaults, **fields},
        )


@lru_cache(maxsize=1)
def program_digest() -> str:
    """Return the SHA-256 of the program's file, empty where there is none."""
    program = main_module.current()
    if program is None:
        return ""
    with open(program.path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def source_digest(layer: Any) -> str:
    """Return the SHA-256 of the source of a layer's own functions, empty where there is no source."""
    if layer not in _digests:
        digest = hashlib.sha256()
        for name, value in sorted(vars(layer).items()):
            code = getattr(value, "__code__", None)
            if code is not None:
                digest.update(f"{name}\n{_source(code)}".encode())
        _digests[layer] = digest.hexdigest()
    return _digests[layer]


_digests: dict[type[Layer], str] = {}


def _source(code: Any) -> str:
    """Return the source lines of a function: as ``inspect.getsource``, which would cost more than a layer's start."""
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    taken: list[str] = []
    depth = 0
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type == tokenize.INDENT:
                depth += 1
            elif token.type == tokenize.DEDENT:
                depth -= 1
                if depth <= 0:
                    break
            taken.append(token.string)
    except (tokenize.TokenError, IndentationError, StopIteration, SyntaxError):
        pass
    return " ".join(taken)


def run(layer: Layer, *, everywhere: bool = True) -> Outputs:
    """Run the split that a layer stands for and leave its document; a split that has one is not run again.

    ``everywhere`` says that the process runs nothing else. Raises SplitFailed where the layer fails.
    """
    with _reaching(layer):
        return _run(layer, everywhere)


def _run(layer: Layer, everywhere: bool) -> Outputs:
    execution = layer.execution
    flow, datastore = execution.flow, execution.flow.configuration.datastore
    binding = layer._binding
    assert execution.id is not None and binding.index is not None
    binding.splits = fan_out_grid.count(execution, layer.name) if binding.splits is None else binding.splits
    known = datastore.load(flow.name, execution.id, layer.name, binding.index)
    if known is not None and known.status == "finished" and known.splits == binding.splits:
        return _outputs(execution, layer.name, known)
    attempts = flow.registrations[layer.name].configuration.retry.attempts
    if binding.attempt == 1 and attempts > 1:
        datastore.clear_failures(flow.name, execution.id, layer.name, binding.index)
    elif attempts > 1 and len(datastore.failures(flow.name, execution.id, layer.name, binding.index)) >= attempts:
        raise failure(layer, "its attempts are used up")  # of a batch that is tried again for another split
    if binding.splits:
        configure(layer)
    stamp = Stamp(type(layer))
    with settings.running(_snapshot(layer), everywhere=everywhere):
        try:
            caught = _call(layer) if binding.splits else None
            artifacts = _store(layer)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit() in a layer too: it did not come to its end
            raise _failed(layer, error, attempts) from error
    record = stamp.record(
        flow.name,
        execution.id,
        layer.name,
        index=binding.index,
        splits=binding.splits,
        attempt=binding.attempt,
        artifacts=artifacts,
        caught=_line(caught) if caught is not None else None,
        caught_traceback=trace(caught) if caught is not None else None,
    )
    datastore.save(record)
    return _outputs(execution, layer.name, record)


def _snapshot(layer: Layer) -> settings.Snapshot:
    """Return what ``laminar.settings.current`` says while a split runs."""
    binding, execution = layer._binding, layer.execution
    return settings.Snapshot(
        settings.CurrentExecution(execution.id, execution.retry),
        settings.CurrentFlow(execution.flow.name),
        settings.CurrentLayer(layer.name, binding.index or 0, binding.splits, binding.attempt),
    )


def _outputs(execution: Execution, layer: str, record: Record) -> Outputs:
    return Outputs({name: [length] for name, length in fan_out_grid.published(execution, layer, record).items()})


def _call(layer: Layer) -> BaseException | None:
    """Call a layer within its hooks and return the exception that its Catch covered."""
    binding, dependency = layer._binding, _dependency(layer)
    catch = layer.configuration.catch
    covered = catch.exceptions if catch is not None else ()
    caught: BaseException | None = None
    binding.own = True
    with ExitStack() as stack:
        hook_calls.surround(layer, dependency, stack)
        arguments = _arguments(layer, dependency)
        binding.phase = "call"
        try:
            layer(*arguments)
        except covered as error:
            caught = error
        finally:
            binding.phase = "hook"
            # What a hook sets behind the call stays in the process, also under an artifact's name.
            binding.values = {name: vars(layer)[name] for name in binding.written if name in vars(layer)}
    return caught


def _arguments(layer: Layer, dependency: Callable[[str], Layer]) -> list[Layer]:
    from laminar.components.layer import Layer as Base

    function = type(layer).__call__
    return [] if function is Base.__call__ else hook_calls.arguments(function, layer, layer.name, dependency)


def configure(layer: Layer) -> None:
    """Apply a layer's submission hooks to its configuration, then its retry hooks once for each attempt before this one.

    Raises SplitFailed where a hook fails.
    """
    try:
        with settings.running(_snapshot(layer), everywhere=False):
            hook_calls.configure(layer, _dependency(layer))
    except Exception as error:
        raise _failed(layer, error, 1) from error


def _dependency(layer: Layer) -> Callable[[str], Layer]:
    """Return how a split gets a layer that it depends on: with its own elements in place of what it goes over."""
    execution, index = layer.execution, layer._binding.index
    found = fan_out_grid.elements(execution, layer.name, index) if index is not None and layer._binding.splits else {}

    def dependency(name: str) -> Layer:
        made: Layer = execution.layer(name)
        made._binding.elements = found.get(name, {})
        return made

    return dependency


def evaluate(layer: Layer) -> bool:
    """Ask a layer's entry hooks whether it may run, and write down that it is skipped where they say no.

    Raises SplitFailed where a hook fails.
    """
    with _reaching(layer):
        return _evaluate(layer)


def _evaluate(layer: Layer) -> bool:
    execution = layer.execution
    assert execution.id is not None
    stamp = Stamp(type(layer))
    layer._binding.own = True
    try:
        with settings.running(_snapshot(layer), everywhere=False):
            denying = hook_calls.denying(layer, execution.layer)
    except Exception as error:
        raise _failed(layer, error, 1) from error
    if denying is None:
        return True
    record = stamp.record(
        execution.flow.name, execution.id, layer.name, index=0, splits=1, attempt=1, status="skipped",
        reason=f"{denying.owner}.{denying.name} said no",
    )  # fmt: skip
    execution.flow.configuration.datastore.save(record)
    return False


def _store(layer: Layer) -> dict[str, Artifact]:
    """Write what the layer set, and return where each attribute is."""
    binding, datastore = layer._binding, layer.flow.configuration.datastore
    artifacts = dict(binding.shards)
    with datastore.write_batch() as gathered:
        for name, value in binding.values.items():
            if name not in artifacts:
                artifacts[name] = _write(layer, gathered, name, value)
    return artifacts


def _write(layer: Layer, datastore: DataStore, name: str, value: Any) -> Artifact:
    try:
        with located(f"{layer.name}.{name}"):
            return datastore.write(value)
    except LaminarError as error:
        raise LayerError(
            f"Attribute {name!r} of layer {layer.name!r} cannot be stored: {error.what}",
            where=f"{layer.name}.{name}",
            fix=error.fix or "set what can be pickled, or register a protocol for its type.",
        ) from error


def _failed(layer: Layer, error: BaseException, attempts: int) -> SplitFailed:
    """Return the failure of a split, and leave its marker where there may be another attempt."""
    hook = hook_calls.blamed(layer, error)
    reason = f"{hook}: {_line(error)}" if hook else _line(error)
    failed = failure(layer, reason, where=_where(error))
    failed.fix = _fix(error)
    failed.remote = trace(error)
    failed.blameless = _outage(error) is not None
    failed.retryable = failed.blameless or _mark(layer, reason, attempts)
    return failed


@contextmanager
def _reaching(layer: Layer) -> Iterator[None]:
    """Turn an outage of the datastore around a split's work, its document's reading and writing, into a failure without blame."""
    try:
        yield
    except DatastoreError as error:
        if _outage(error) is None:
            raise
        raise _failed(layer, error, 1) from error


def _outage(error: BaseException) -> DatastoreError | None:
    """Return the outage of the datastore that an error is, or says it was caused by."""
    found = (cause for cause in _causes(error) if isinstance(cause, DatastoreError) and cause.transient)
    return next(found, None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what it was raised from, each once: an error may be its own cause."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def failed_outside(layer: Layer, reason: str) -> SplitFailed:
    """Return the failure of a split whose process could not tell of it itself, counted as one of its attempts."""
    failed = failure(layer, reason)
    failed.retryable = _mark(layer, reason, layer.flow.registered(layer).configuration.retry.attempts)
    return failed


def _mark(layer: Layer, reason: str, attempts: int) -> bool:
    """Count a failure of the split's own and say whether it may be tried again."""
    binding, execution = layer._binding, layer.execution
    assert execution.id is not None
    if attempts == 1:
        return False
    datastore, split = execution.flow.configuration.datastore, binding.index or 0
    datastore.record_failure(execution.flow.name, execution.id, layer.name, split, binding.attempt, reason)
    return len(datastore.failures(execution.flow.name, execution.id, layer.name, split)) < attempts


def failure(layer: Layer, reason: str, *, where: str = "") -> SplitFailed:
    """Return the failure of the split that a layer stands for."""
    binding, execution = layer._binding, layer.execution
    splits = binding.splits or 1
    split = f"split {binding.index} of {splits}, " if layer.configuration.foreach is not None else ""
    return SplitFailed(
        f"Layer {layer.name!r} of flow {execution.flow.name!r} failed ({split}attempt {binding.attempt}): {reason}",
        where=where,
        execution=execution.id,
        flow=execution.flow.name,
        layer=layer.name,
        index=binding.index,
        attempt=binding.attempt,
    )


def uncounted(layer: Layer, error: LaminarError) -> SplitFailed:
    """Return the failure of a fan-out whose splits cannot be counted: what it goes over is not there."""
    failed = failure(layer, error.what, where=_joined(layer.flow.registrations[layer.name].where, _data(error)))
    failed.fix, failed.__cause__ = error.fix, error
    return failed


def _line(error: BaseException) -> str:
    if isinstance(error, LaminarError):
        return f"{type(error).__name__}: {error.what}"
    return traceback.format_exception_only(type(error), error)[-1].strip()


def _fix(error: BaseException) -> str:
    """Return how to mend what is easily mistaken."""
    if isinstance(error, FrozenInstanceError):
        return "set a new value: self.configuration.container = dataclasses.replace(self.configuration.container, ...)."
    if isinstance(error, SystemExit):
        return "return from __call__ where the layer is done, raise an exception where it failed."
    data = _data(error)
    return error.fix if isinstance(error, LaminarError) else data.fix if data is not None else ""


def _data(error: BaseException) -> DatastoreError | None:
    """Return the error of the datastore that an error is, or was raised from."""
    return next((cause for cause in _causes(error) if isinstance(cause, DatastoreError)), None)


def _where(error: BaseException) -> str:
    """Return the innermost line that is the user's own, with its function, and which data it could not read or write.

    Without such a line, where a library or the error says.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if source_location.is_users(frame.filename)]
    own = [frame for frame in frames if not INSTALLED & {*frame.filename.split(os.sep)}]
    last = next(reversed(own or frames), None)
    line = error.where if isinstance(error, LaminarError) else ""
    if last is not None:
        line = f"{source_location.shorten(last.filename)}:{last.lineno}, in {last.name}"
    return _joined(line, _data(error))


def _joined(place: str, data: DatastoreError | None) -> str:
    """Add to a place what data could not be read or written there."""
    return "; ".join(dict.fromkeys(filter(None, (place, data.where if data is not None else ""))))


def trace(error: BaseException) -> str:
    """Return the traceback of an error as text, from the user's first line on."""
    shown = traceback.TracebackException.from_exception(error)
    while shown.stack and shown.stack[0].filename.startswith(source_location.PACKAGE):
        del shown.stack[0]
    return "".join(shown.format()).rstrip()
