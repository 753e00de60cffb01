"""Find keywords of a flow's call that no layer reads: a misspelt one would be ignored silently."""

from __future__ import annotations

import re
from types import CodeType
from typing import TYPE_CHECKING, Any

from laminar.components import dependency_inference
from laminar.components.binding import vars_of
from laminar.components.call_signature import unwrap
from laminar.components.declared_parameters import declarations
from laminar.components.layer import Layer
from laminar.configurations.hooks import hooks_of
from laminar.exceptions import FlowError, suggest
from laminar.graph import PARAMETERS
from laminar.program import main_module
from laminar.program.code_references import attributes_read, references

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.program.recording import Step

__all__ = ["notes"]


def notes(step: Step) -> list[str]:
    """Return a line for each parameter of a call that no layer of the flow reads, where the source shows that."""
    if not step.parameters or declarations(type(step.flow)):  # a flow that declares its parameters rejects others
        return []
    read = _read(step.flow)
    if read is None:
        return []
    unread = [name for name in step.parameters if name not in read and not _is_mentioned(name)]
    near = read - set(step.parameters)
    return [f"no layer of flow {step.flow.name!r} reads parameter {name!r}.{suggest(name, near)}" for name in unread]


def _is_mentioned(name: str) -> bool:
    """Return whether the program's file reads an attribute of this name: a linker may, or the code after the call."""
    program = main_module.current()
    if program is None:
        return False
    try:
        text = main_module.source(program.path)
    except FlowError:
        return True
    return re.search(rb"\.\s*%s\b|['\"]%s['\"]" % (name.encode(), name.encode()), text) is not None


def _read(flow: Flow) -> frozenset[str] | None:
    """Return the parameters that layers read, None where the source hides them: a layer passes them on, or looks layers up."""
    found = {axis.attribute for node in flow.nodes.values() for axis in node.grid or () if axis.layer == PARAMETERS}
    for name, registration in flow.registrations.items():
        for function in vars_of(registration.layer).values():
            code = getattr(unwrap(function), "__code__", None)
            if isinstance(code, CodeType) and not _is_of_laminar(function) and {"execution", PARAMETERS} & references(code).names:
                return None
        for function in (vars_of(registration.layer)["__call__"], *(function for _, function in hooks_of(registration.layer))):
            if not _add(found, flow, function, name):
                return None
    return frozenset(found) if all(_add(found, flow, function, flow.name) for _, function in hooks_of(type(flow))) else None


def _add(found: set[str], flow: Flow, function: Any, owner: str) -> bool:
    """Add the parameters that a function reads, and return whether all of them are known."""
    if function is Layer.__call__:
        return True
    code = getattr(unwrap(function), "__code__", None)
    if not isinstance(code, CodeType):
        return False
    for variable, layer in dependency_inference.parameters_of(function, flow.registrations, owner=owner, flow=flow.name).items():
        reads = attributes_read(code, variable) if layer == PARAMETERS else frozenset()
        if reads is None:
            return False
        found |= reads
    return True


def _is_of_laminar(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("laminar.")
