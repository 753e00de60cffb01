"""Call the hooks that apply to a layer, each with the layers that its annotations name, and record which one failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from laminar.components import dependency_inference
from laminar.components.call_signature import unwrap
from laminar.components.layer import Layer
from laminar.configurations.hooks import hooks_of
from laminar.configurations.layers import MutableContainer
from laminar.exceptions import LayerError
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.configurations.hooks import Kind

__all__ = ["Hook", "arguments", "blamed", "configure", "denying", "hooks_for", "is_tuned", "needs", "surround"]

Dependency = Callable[[str], Any]


@dataclass(frozen=True)
class Hook:
    """One hook of a layer: ``owner`` is the layer, or the flow that applies it to its layers."""

    owner: str
    name: str
    kind: Kind
    function: Callable[..., Any]

    @property
    def shown(self) -> str:
        """Name of the hook in messages."""
        return f"{self.kind} hook {self.owner}.{self.name}"

    @property
    def is_generator(self) -> bool:
        """Whether it is of the generator form, which continues after its ``yield``."""
        code = getattr(unwrap(self.function), "__code__", None)
        return code is not None and bool(code.co_flags & 0x20)


def hooks_for(layer: Layer, kind: Kind) -> Sequence[Hook]:
    """Return the hooks of a kind that apply to a layer, in the order in which they run: its flow's, then its own."""
    if layer._binding.shared is not None:
        shared: Sequence[Hook] = layer._binding.shared.hooks[kind]
        return shared
    flow, cls = layer.flow, type(layer)
    wanted = {name for name, _ in hooks_of(type(flow), kind)}
    inherited = dependency_inference.applicable_hooks(type(flow), cls, flow.registrations) if wanted else []
    found = [Hook(flow.name, name, kind, function) for name, function in inherited if name in wanted]
    return found + [Hook(layer.name, name, kind, function) for name, function in hooks_of(cls, kind)]


def needs(layer: Layer) -> tuple[str, ...]:
    """Return the names of the layers that a layer's ``__call__`` is given, in order.

    Raises FlowError as `dependency_inference.parameters_of` does.
    """
    if layer._binding.shared is not None:
        shared: tuple[str, ...] = layer._binding.shared.needs
        return shared
    function, flow = type(layer).__call__, layer.flow
    if function is Layer.__call__:
        return ()
    return tuple(dependency_inference.parameters_of(function, flow.registrations, owner=layer.name, flow=flow.name).values())


def is_tuned(layer: Layer) -> bool:
    """Return whether hooks change the configuration of this attempt."""
    return bool(hooks_for(layer, "submission")) or (layer.attempt > 1 and bool(hooks_for(layer, "retry")))


def arguments(function: Any, layer: Layer, owner: str, dependency: Dependency) -> list[Layer]:
    """Return the layers that a function's annotations name, as ``dependency`` returns them."""
    flow = layer.flow
    needed = dependency_inference.parameters_of(function, flow.registrations, owner=owner, flow=flow.name)
    return [dependency(name) for name in needed.values()]


def surround(layer: Layer, dependency: Dependency, stack: ExitStack) -> None:
    """Enter a layer's execution hooks: a generator wraps the block, a plain function has run when this returns."""
    for hook in hooks_for(layer, "execution"):
        stack.enter_context(_around(hook, layer, dependency))


@contextmanager
def _around(hook: Hook, layer: Layer, dependency: Dependency) -> Iterator[None]:
    with _blamed(hook, layer):
        call = partial(hook.function, layer, *arguments(hook.function, layer, hook.owner, dependency))
        manager = contextmanager(call)() if hook.is_generator else None
        if manager is None:
            call()
        else:
            manager.__enter__()
    try:
        yield
    except BaseException as error:
        with _blamed(hook, layer, besides=error):
            if manager is None or not manager.__exit__(type(error), error, error.__traceback__):
                raise
    else:
        with _blamed(hook, layer):
            if manager is not None:
                manager.__exit__(None, None, None)


def configure(layer: Layer, dependency: Dependency) -> None:
    """Apply a layer's submission hooks, then its retry hooks once for each attempt before this one; a second call does nothing."""
    if layer._binding.tuned:
        return
    layer._binding.tuned = True
    for hook in hooks_for(layer, "submission"):
        _tune(hook, layer, dependency)
    retries = hooks_for(layer, "retry") if layer.attempt > 1 else []
    for _ in range(layer.attempt - 1):
        for hook in retries:
            _tune(hook, layer, dependency)


def _tune(hook: Hook, layer: Layer, dependency: Dependency) -> None:
    """Call a hook with a copy of the container that it may change in place, or replace, and which is frozen afterwards."""
    configuration = layer.configuration
    configuration.container = MutableContainer.of(configuration.container)
    _ask(hook, layer, dependency)
    with _blamed(hook, layer):
        container = configuration.container
        configuration.container = container.frozen() if isinstance(container, MutableContainer) else container


def denying(layer: Layer, dependency: Dependency) -> Hook | None:
    """Return the first entry hook that returns false, None where the layer may run."""
    return next((hook for hook in hooks_for(layer, "entry") if not _ask(hook, layer, dependency)), None)


def _ask(hook: Hook, layer: Layer, dependency: Dependency) -> Any:
    """Call a hook and return its answer: of a generator the yielded value, after running it to its end."""
    with _blamed(hook, layer):
        answer = hook.function(layer, *arguments(hook.function, layer, hook.owner, dependency))
        if not hook.is_generator:
            return answer
        yielded = list(answer)
        if len(yielded) != 1:
            raise LayerError(
                f"The {hook.shown} yields {len(yielded)} times.",
                where=source_location.of_function(unwrap(hook.function)),
                fix="yield once, or return.",
            )
        return yielded[0]


@contextmanager
def _blamed(hook: Hook, layer: Layer, *, besides: BaseException | None = None) -> Iterator[None]:
    """Record on a layer that an error is a hook's own, rather than one (``besides``) that propagated through it."""
    try:
        yield
    except BaseException as error:
        known = layer._binding.blame
        if error is not besides and (known is None or known[0] is not error):
            layer._binding.blame = (error, hook.shown)
        raise


def blamed(layer: Layer, error: BaseException) -> str:
    """Return which hook an error is of, an empty string where it is of none."""
    known = layer._binding.blame
    return known[1] if known is not None and known[0] is error else ""
