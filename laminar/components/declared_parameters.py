"""Read the parameters that a flow's class declares, and check the values of a call against them.

A flow declares a parameter as an annotated attribute of its class. A flow without such attributes accepts any parameters.
"""

from __future__ import annotations

import copy
import datetime
import sys
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args, get_origin

from laminar.components.binding import RESERVED
from laminar.components.parameter_text import ParameterText
from laminar.components.parameter_types import choices, converted, encoded, from_text, shown
from laminar.exceptions import FlowError, raise_all, suggest
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.components.flow import Flow

__all__ = ["REQUIRED", "Declaration", "bound", "check_names", "declarations", "problems", "with_defaults"]


class _Required:
    def __repr__(self) -> str:
        return "<required>"


REQUIRED: Any = _Required()
"""Default of a declared parameter that has none."""


@dataclass(frozen=True)
class Declaration:
    """A parameter that a flow's class declares: its name, its type, its default, and the class that declares it."""

    LOCATION_FIELD: ClassVar = "owner"

    name: str
    kind: Any
    default: Any
    owner: type

    @property
    def is_required(self) -> bool:
        """Whether a call has to name it."""
        return self.default is REQUIRED

    @property
    def shown(self) -> str:
        """The declaration as a user writes it: ``rate: float = 0.1``."""
        return f"{self.name}: {shown(self.kind)}" + ("" if self.is_required else f" = {self.default!r}")

    @property
    def choices(self) -> list[Any]:
        """The JSON values of a parameter whose type lists them."""
        return [encoded(value) for value in choices(self.kind)]

    @property
    def help(self) -> str:
        """Help of the parameter: the docstring below it, or the text of an Annotated."""
        from laminar.program import attribute_docs

        texts = [part for part in get_args(self.kind)[1:] if isinstance(part, str)] if get_origin(self.kind) is Annotated else []
        return attribute_docs.of_class(self.owner).get(self.name) or " ".join(texts)

    def value(self, given: Any) -> Any:
        """Return a given value, or the text of the command line, as a value of the declared type.

        Raises ValueError, with the expected kind of value, for a value of another type.
        """
        return from_text(self.kind, str(given)) if isinstance(given, ParameterText) else converted(self.kind, given)


def check_names(flow: type[Flow], reserved: frozenset[str]) -> None:
    """Raise FlowError for a parameter of a new flow class whose name is an attribute of each flow or layer."""
    for name in _annotations(flow):
        if name in reserved or name in RESERVED:
            raise FlowError(
                f"Flow {flow.__name__!r} declares a parameter {name!r}, and each {'flow' if name in reserved else 'layer'} has an "
                "attribute of that name.",
                where=source_location.of_class(flow),
                fix=f"rename the parameter, or annotate the attribute as ClassVar: {name}: ClassVar[...].",
            )


def _annotations(cls: type) -> dict[str, Any]:
    """Return the annotations of a class's own attributes, except private ones and class variables."""
    found = vars(cls).get("__annotations__", {})
    return {name: kind for name, kind in found.items() if not name.startswith("_") and not _is_class_variable(kind)}


def _is_class_variable(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.partition("[")[0].rpartition(".")[2].strip() == "ClassVar"
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def declarations(flow: type[Flow]) -> dict[str, Declaration]:
    """Return the parameters that a flow's class and its bases declare, by name, base classes first.

    Raises FlowError, with every problem at once, for an annotation that cannot be resolved and a default of another type.
    """
    from laminar.components.flow import Flow

    found: dict[str, tuple[type, Any]] = {}
    for base in reversed(flow.__mro__):
        if base is not Flow and issubclass(base, Flow):
            found.update({name: (base, annotation) for name, annotation in _annotations(base).items()})
    errors: list[FlowError] = []
    made = {}
    for name, (owner, annotation) in found.items():
        try:
            made[name] = _declaration(flow, name, owner, annotation)
        except FlowError as error:
            errors.append(error)
    raise_all(errors)
    return made


def _declaration(flow: type[Flow], name: str, owner: type, annotation: Any) -> Declaration:
    kind = _resolved(name, owner, annotation)
    declared = Declaration(name, kind, getattr(flow, name, REQUIRED), owner)
    if declared.is_required:
        return declared
    try:
        return Declaration(name, kind, converted(kind, declared.default), owner)
    except ValueError as error:
        raise FlowError(
            f"Parameter {name!r} of flow {flow.__name__!r} is declared {shown(kind)}, and its default is {declared.default!r}: "
            f"expected {error}.",
            where=source_location.of_class(owner),
            fix=f"write {name}: {shown(kind)} | None = None." if declared.default is None else "change the type or the default.",
        ) from None


def _resolved(name: str, owner: type, annotation: Any) -> Any:
    """Return the type that an annotation names, also where it is text (``from __future__ import annotations``)."""
    if not isinstance(annotation, str):
        return annotation
    names = {**vars(typing), "datetime": datetime, **vars(sys.modules.get(owner.__module__, typing))}
    try:
        return eval(annotation, names, dict(vars(owner)))
    except Exception as error:
        raise FlowError(
            f"Parameter {name!r} of flow {owner.__name__!r} is declared {annotation}, which Python cannot resolve: {error}.",
            where=source_location.of_class(owner),
            fix="import the type, or define it, at the top of the module.",
        ) from None


def with_defaults(flow: type[Flow], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a call, after the defaults of those parameters that it does not name."""
    known = declarations(flow)
    defaults = {name: copy.deepcopy(one.default) for name, one in known.items() if not one.is_required}
    ordered = {name: values.get(name, defaults.get(name)) for name in known if name in values or name in defaults}
    return {**ordered, **values}


def problems(flow: type[Flow], values: Mapping[str, Any], where: str, *, complete: bool = True) -> Iterator[FlowError]:
    """Yield the errors in the values of a call: unknown names, values of another type, and, if complete, missing ones."""
    known = declarations(flow)
    for name, value in values.items() if known else ():
        if name not in known:
            yield FlowError(
                f"Flow {flow.__name__!r} declares no parameter {name!r}." + suggest(name, list(known)),
                where=where,
                fix=f"its parameters are: {', '.join(known)}.",
            )
            continue
        try:
            known[name].value(value)
        except ValueError as error:
            yield _of_another_type(flow, known[name], value, str(error), where)
    for name, declared in known.items():
        if complete and declared.is_required and name not in values:
            yield FlowError(
                f"Flow {flow.__name__!r} is called without parameter {name!r} ({shown(declared.kind)}), which has no default.",
                where=where,
                fix=f"pass {name}=... in the call, or -p {name}=VALUE.",
            )


def _of_another_type(flow: type[Flow], declared: Declaration, value: Any, expected: str, where: str) -> FlowError:
    name = declared.name
    given = repr(str(value)) if isinstance(value, ParameterText) else repr(value)
    return FlowError(
        f"Parameter {name!r} of flow {flow.__name__!r} is declared {shown(declared.kind)}, and its value is "
        f"{given if len(given) <= 80 else given[:77] + '...'}: expected {expected}.",
        where=where,
        fix=f"pass -p {name}=VALUE with {expected}." if isinstance(value, ParameterText) else f"pass {name}= with {expected}.",
    )


def bound(flow: type[Flow], values: Mapping[str, Any], where: str, *, complete: bool = True) -> dict[str, Any]:
    """Return the values of a call, converted to the types that the flow declares, and with its defaults.

    Values of a flow that declares no parameters are returned as they are.

    Raises FlowError, with every problem at once, as `problems` yields them.
    """
    known = declarations(flow)
    if not known:
        return dict(values)
    raise_all(problems(flow, values, where, complete=complete))
    return with_defaults(flow, {name: known[name].value(value) for name, value in values.items()})
