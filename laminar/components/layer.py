"""Define Layer: the class whose subclasses are the steps of a flow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from laminar.components.binding import RESERVED, Binding, Default, State
from laminar.components.class_identity import is_same_class as is_same_layer
from laminar.components.class_identity import note_definition
from laminar.exceptions import ArtifactError, FlowError
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.configurations.layers import Configuration

__all__ = ["Layer", "is_same_layer"]

LayerT = TypeVar("LayerT", bound="Layer")


class Layer:
    """Describe one step of a flow: its ``__call__`` reads other layers and sets artifacts on ``self``.

    The annotations of ``__call__``'s parameters are the layer's dependencies. Every public attribute that ``__call__`` sets is
    an artifact; class values are its defaults. Layers can be made and called directly, without any flow:

    >>> class Rows(Layer):
    ...     rows: list[int]
    >>> class Total(Layer):
    ...     def __call__(self, source: Rows) -> None:
    ...         self.total = sum(source.rows)
    >>> total = Total()
    >>> total(Rows(rows=[1, 2]))
    >>> total.total
    3
    """

    _binding: Binding

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        source_location.note(cls)
        note_definition(cls)
        for name in [*vars(cls), *vars(cls).get("__annotations__", ())]:
            if name in RESERVED:
                raise FlowError(
                    f"Layer {cls.__name__!r} defines {name!r}, a name that every layer uses itself.",
                    where=source_location.of_class(cls),
                    fix=f"give the attribute another name; reserved are {', '.join(sorted(RESERVED))}.",
                )
        for name, value in list(vars(cls).items()):
            if not name.startswith("_") and not hasattr(type(value), "__get__"):
                setattr(cls, name, Default(name, value))

    def __new__(cls: type[LayerT], *args: Any, **attributes: Any) -> LayerT:
        self = super().__new__(cls)
        object.__setattr__(self, "_binding", Binding())
        return self

    def __init__(self, **attributes: Any) -> None:
        """Make a layer with these attributes, as a test would; flows make their own."""
        for name, value in attributes.items():
            setattr(self, name, value)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Do the layer's work; does nothing unless a subclass overrides it."""

    # properties of a layer

    @property
    def name(self) -> str:
        """Name of the layer: its class's."""
        return type(self).__name__

    @property
    def index(self) -> int:
        """Number of the layer's split, from 0."""
        return self._binding.index or 0

    @property
    def splits(self) -> int:
        """Number of splits of the layer in this execution."""
        return self._binding.count(self)

    @property
    def attempt(self) -> int:
        """Number of the attempt at this split, from 1."""
        return self._binding.attempt

    @property
    def configuration(self) -> Configuration:
        """Configuration with which the layer was registered on its flow; a new one where there is no flow."""
        return self._binding.configured(self)

    @property
    def execution(self) -> Execution:
        """Execution that the layer belongs to.

        Raises LayerError (an AttributeError too) for a layer without one.
        """
        if self._binding.execution is None:
            raise self._unbound("execution")
        return self._binding.execution

    @property
    def flow(self) -> Flow:
        """Flow that the layer belongs to.

        Raises LayerError (an AttributeError too) for a layer without one.
        """
        if self._binding.flow is None:
            raise self._unbound("flow")
        return self._binding.flow

    def _unbound(self, name: str) -> ArtifactError:
        """Return the error for the flow or execution of a layer that has none: `hasattr` expects an AttributeError."""
        fix = "get it from one: flow.layer(...)" if name == "flow" else "get it from one: flow.execution(...).layer(...)"
        kind = "flow" if name == "flow" else "execution"
        return ArtifactError(f"Layer {self.name!r} belongs to no {kind}.", where=source_location.caller(), fix=fix)

    @property
    def state(self) -> State:
        """Whether the layer has finished or is running in its execution."""
        return State(self)

    @property
    def artifacts(self) -> tuple[str, ...]:
        """Names of the artifacts: those stored of a finished layer, those set so far of a running one."""
        return self._binding.names(self)

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Names of the layers that this layer of its flow depends on."""
        return tuple(sorted(self.flow.dependencies[self.name]))

    @property
    def hooks(self) -> dict[str, tuple[str, ...]]:
        """Names of the layer's own hooks by kind, in the order in which they run."""
        from laminar.configurations.hooks import hooks_of

        kinds = ("entry", "execution", "retry", "submission")
        return {kind: tuple(name for name, _ in hooks_of(type(self), kind)) for kind in kinds}  # type: ignore[arg-type]

    def shard(self, **attributes: Iterable[Any]) -> None:
        """Store each element of an iterable by itself, as it comes: ``self.shard(rows=read())``.

        Readers get an Accessor; a ForEach over the attribute makes one split of each element. Memory stays flat.

        Raises LayerError where the attribute was set or sharded before, and for text, a mapping or a table, whose elements are
        unclear.
        """
        for name, values in attributes.items():
            self._binding.check(self, name, values)
            self._binding.shard(self, name, values)

    # attributes

    def __setattr__(self, name: str, value: Any) -> None:
        if name in RESERVED:
            self._binding.refuse(self, name)
        self._binding.setting(self, name)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name in RESERVED:  # Python calls this again after a property raised an AttributeError
            raise self._unbound("flow" if name in ("flow", "dependencies") else "execution")
        return self._binding.read(self, name)

    # identity

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.name == other
        return isinstance(other, Layer) and is_same_layer(type(self), type(other))

    def __hash__(self) -> int:
        return hash(self.name)

    def _repr_html_(self) -> str | None:
        from laminar.components import runtime

        return runtime.current().html(self)

    def __repr__(self) -> str:
        index = f"[{self._binding.index}]" if self._binding.index is not None else ""
        return f"{self.name}{index}()"
