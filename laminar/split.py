"""Run one split of one layer: hooks around it, its artifacts, then its document. Every executor and every pod does it here."""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
import tokenize
import traceback
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from laminar import grid, places, programs, settings
from laminar.components import inference
from laminar.configurations.hooks import hooks_of
from laminar.exceptions import ExecutionError, LaminarError, LayerError, located

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer
    from laminar.configurations.datastores import Artifact, Record

__all__ = ["Outputs", "SplitFailed", "Stamp", "configure", "evaluate", "failed_outside", "failure", "run"]


class SplitFailed(ExecutionError):
    """A split failed by itself; ``retryable`` says whether its attempts are not used up, ``remote`` is the traceback as text."""

    retryable: bool = False
    remote: str = ""


@dataclass(frozen=True)
class Outputs:
    """What a split tells those below it: lengths of what they fan out over, what their entry hooks said."""

    lengths: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, bool] = field(default_factory=dict)


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


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1)
def program_digest() -> str:
    """Return the SHA-256 of the program's file, empty where there is none."""
    program = programs.current()
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
    execution = layer.execution
    flow, datastore = execution.flow, execution.flow.configuration.datastore
    binding = layer._binding
    assert execution.id is not None and binding.index is not None
    binding.splits = grid.count(execution, layer.name) if binding.splits is None else binding.splits
    known = datastore.load(flow.name, execution.id, layer.name, binding.index)
    if known is not None and known.status == "finished" and known.splits == binding.splits:
        return _outputs(execution, layer.name, known)
    attempts = flow.registrations[layer.name].configuration.retry.attempts
    if binding.attempt == 1 and attempts > 1:
        datastore.forgive(flow.name, execution.id, layer.name, binding.index)
    snapshot = settings.Snapshot(
        settings.CurrentExecution(execution.id, execution.retry),
        settings.CurrentFlow(flow.name),
        settings.CurrentLayer(layer.name, binding.index, binding.splits, binding.attempt),
    )
    stamp = Stamp(type(layer))
    with settings.running(snapshot, everywhere=everywhere):
        try:
            caught = _call(layer) if binding.splits else None
            artifacts = _store(layer)
        except Exception as error:
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


def _outputs(execution: Execution, layer: str, record: Record) -> Outputs:
    return Outputs({name: [length] for name, length in grid.published(execution, layer, record).items()})


def _call(layer: Layer) -> BaseException | None:
    """Call a layer within its hooks and return the exception that its Catch covered."""
    binding, dependency = layer._binding, _dependency(layer)
    catch = layer.configuration.catch
    covered = catch.exceptions if catch is not None else ()
    caught: BaseException | None = None
    binding.own = True
    with ExitStack() as stack:
        for owner, function in hooks_for(layer, "execution"):
            _enter(stack, partial(function, layer, *_arguments(function, layer, owner, dependency)), function)
        arguments = _arguments(type(layer).__call__, layer, layer.name, dependency)
        binding.phase = "call"
        try:
            layer(*arguments)
        except covered as error:
            caught = error
        finally:
            binding.phase = "hook"
    return caught


def _arguments(function: Any, layer: Layer, owner: str, dependency: Callable[[str], Layer]) -> list[Layer]:
    from laminar.components.layer import Layer as Base

    if function is Base.__call__:
        return []
    flow = layer.flow
    needed = inference.parameters_of(function, flow.registrations, owner=owner, flow=flow.name)
    return [dependency(name) for name in needed.values()]


def hooks_for(layer: Layer, kind: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Return the hooks of a kind that apply to a layer with their owners' names: its flow's, then its own."""
    flow, cls = layer.flow, type(layer)
    wanted = {name for name, _ in hooks_of(type(flow), kind)}
    inherited = inference.applicable_hooks(type(flow), cls, flow.registrations)
    found = [(flow.name, function) for name, function in inherited if name in wanted]
    return found + [(layer.name, function) for _, function in hooks_of(cls, kind)]


def _enter(stack: ExitStack, call: Callable[[], Any], function: Callable[..., Any]) -> None:
    if is_generator(function):
        stack.enter_context(contextmanager(call)())
    else:
        call()


def is_generator(function: Any) -> bool:
    """Say whether a hook is of the generator form, which wraps what it surrounds."""
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & 0x20)


def configure(layer: Layer) -> None:
    """Apply a layer's submission hooks to its configuration, then its retry hooks once for each attempt before this one.

    Raises SplitFailed where a hook fails.
    """
    try:
        for kind, times in (("submission", 1), ("retry", layer.attempt - 1)):
            for _ in range(times):
                for owner, function in hooks_for(layer, kind):
                    function(layer, *_arguments(function, layer, owner, _dependency(layer)))
    except Exception as error:
        raise _failed(layer, error, 1) from error


def _dependency(layer: Layer) -> Callable[[str], Layer]:
    """Return how a split gets a layer that it depends on: with its own elements in place of what it goes over."""
    execution, index = layer.execution, layer._binding.index
    found = grid.elements(execution, layer.name, index) if index is not None and layer._binding.splits else {}

    def dependency(name: str) -> Layer:
        made: Layer = execution.layer(name)
        made._binding.elements = found.get(name, {})
        return made

    return dependency


def evaluate(layer: Layer) -> bool:
    """Ask a layer's entry hooks whether it may run, and write down that it is skipped where they say no.

    Raises SplitFailed where a hook fails.
    """
    execution = layer.execution
    assert execution.id is not None
    stamp = Stamp(type(layer))
    layer._binding.own = True
    try:
        for owner, function in hooks_for(layer, "entry"):
            if not function(layer, *_arguments(function, layer, owner, execution.layer)):
                record = stamp.record(
                    execution.flow.name, execution.id, layer.name, index=0, splits=1, attempt=1, status="skipped",
                    reason=f"{owner}.{function.__name__} said no",
                )  # fmt: skip
                execution.flow.configuration.datastore.save(record)
                return False
    except Exception as error:
        raise _failed(layer, error, 1) from error
    return True


def _store(layer: Layer) -> dict[str, Artifact]:
    """Write what the layer set, and return where each attribute is."""
    binding, datastore = layer._binding, layer.flow.configuration.datastore
    artifacts = dict(binding.shards)
    for name in binding.written:
        if name in vars(layer) and name not in artifacts:
            try:
                with located(f"{layer.name}.{name}"):
                    artifacts[name] = datastore.write(vars(layer)[name])
            except LaminarError as error:
                raise LayerError(
                    f"Attribute {name!r} of layer {layer.name!r} cannot be stored: {error.what}",
                    where=f"{layer.name}.{name}",
                    fix=error.fix or "set what can be pickled, or register a protocol for its type.",
                ) from error
    return artifacts


def _failed(layer: Layer, error: BaseException, attempts: int) -> SplitFailed:
    """Return the failure of a split, and leave its marker where there may be another attempt."""
    failed = failure(layer, _line(error), where=_where(error))
    failed.retryable = _mark(layer, _line(error), attempts)
    failed.remote = trace(error)
    return failed


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
    datastore.fail(execution.flow.name, execution.id, layer.name, split, binding.attempt, reason)
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


def _line(error: BaseException) -> str:
    if isinstance(error, LaminarError):
        return f"{type(error).__name__}: {error.what}"
    return traceback.format_exception_only(type(error), error)[-1].strip()


def _where(error: BaseException) -> str:
    """Return the innermost line that is the user's own, with its function."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(places.PACKAGE)]
    own = [frame for frame in frames if "site-packages" not in frame.filename and not frame.filename.startswith(sys.prefix)]
    last = next(reversed(own or frames), None)
    return f"{places.shorten(last.filename)}:{last.lineno}, in {last.name}" if last is not None else ""


def trace(error: BaseException) -> str:
    """Return the traceback of an error as text, from the user's first line on."""
    shown = traceback.TracebackException.from_exception(error)
    while shown.stack and shown.stack[0].filename.startswith(places.PACKAGE):
        del shown.stack[0]
    return "".join(shown.format()).rstrip()
