"""Register layers on flow classes: check what is registered, and merge what a flow inherits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.components.execution import check_name
from laminar.components.layer import Layer, is_same_layer
from laminar.components.parameters import Parameters
from laminar.configurations import option_values
from laminar.configurations.layers import Cache, Catch, Configuration, Container, ForEach, Retry
from laminar.exceptions import FlowError, OptionError, suggest
from laminar.graph import PARAMETERS
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.components.flow import Flow

__all__ = ["Registration", "check_options", "merged", "registered"]

OPTIONS = {"cache": Cache, "catch": Catch, "container": Container, "foreach": ForEach, "retry": Retry}


@dataclass(frozen=True)
class Registration:
    """A layer as it was registered on a flow; ``has_container`` is True where the registration names a container."""

    LOCATION_FIELD: ClassVar = "where"

    layer: type[Layer]
    configuration: Configuration
    where: str
    has_container: bool = False


def check_options(flow: type[Flow], options: dict[str, Any]) -> None:
    """Raise OptionError for an option that a registration does not have, or that is of another kind."""
    for name, value in options.items():
        if name not in OPTIONS:
            raise OptionError(
                f"{flow.__name__}.register has no option {name!r}." + suggest(name, list(OPTIONS)),
                where=source_location.caller(),
                fix=f"its options are {', '.join(OPTIONS)}.",
            )
        if value is not None and not isinstance(value, OPTIONS[name]):
            kind = OPTIONS[name].__name__
            raise OptionError(
                f"{flow.__name__}.register takes {name}={kind}(...), not {option_values.shown(value)}.",
                where=source_location.caller(),
                fix=f"import {kind} from laminar.configurations.layers.",
            )


def registered(flow: type[Flow], layer: type[Layer], options: dict[str, Any]) -> Registration:
    """Return the registration of a layer on a flow.

    Raises OptionError for what is no layer, FlowError for a second layer of the same name and for a name that is not allowed.
    """
    where = source_location.caller()
    if not (isinstance(layer, type) and issubclass(layer, Layer)):
        raise OptionError(
            f"{flow.__name__}.register decorates a subclass of Layer, not {option_values.shown(layer)}.",
            where=where,
            fix="write class A(Layer): ... below the decorator.",
        )
    place = source_location.of_class(layer) or where
    given = {name: value for name, value in options.items() if value is not None}
    made = Registration(layer, Configuration(**given), place, "container" in given)
    for base in flow.__mro__:
        known = vars(base).get("_registrations", {}).get(layer.__name__)
        if known is not None and (base is flow or not is_same_layer(known.layer, layer)):
            _check_twice(flow, known, made)
    if layer.__name__ == PARAMETERS:
        raise FlowError(f"Flow {flow.__name__!r} has a layer 'Parameters' already.", where=place, fix="rename the layer.")
    check_name(layer.__name__, f"Layer name {layer.__name__!r}")
    return made


def _check_twice(flow: type[Flow], known: Registration, new: Registration) -> None:
    """Raise FlowError for a second layer of one name, unless its class statement was executed again (a notebook's cell)."""
    if known.layer is not new.layer and is_same_layer(known.layer, new.layer):
        return
    raise FlowError(
        f"Flow {flow.__name__!r} registers two layers named {new.layer.__name__!r}."
        if known.layer is not new.layer
        else f"Flow {flow.__name__!r} registers layer {new.layer.__name__!r} twice.",
        where=f"{known.where} and {new.where}",
        fix="rename one of them." if known.layer is not new.layer else "drop one of the registrations.",
    )


def merged(flow: type[Flow]) -> dict[str, Registration]:
    """Return the registrations of a flow and of those it inherits from, base classes first.

    Raises FlowError for two layers of one name.
    """
    found = {PARAMETERS: Registration(Parameters, Configuration(), "")}
    for base in reversed(flow.__mro__):
        for name, registration in vars(base).get("_registrations", {}).items():
            known = found.get(name)
            if known is not None and not is_same_layer(known.layer, registration.layer):
                raise FlowError(
                    f"Flow {flow.__name__!r} inherits two layers named {name!r}.",
                    where=f"{known.where} and {registration.where}",
                    fix="rename one of them.",
                )
            found[name] = registration
    return found
