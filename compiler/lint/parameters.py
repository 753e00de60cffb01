"""Check the values of parameters and arguments: listed values, and where a value comes from."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler.argo.documents import Document
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding

__all__ = ["wrong_parameters"]

SOURCES = ("configMapKeyRef", "event", "supplied")
"""Where the value of an argument may come from (validate.go, validateArgumentsValues, 4.1.2)."""


def wrong_parameters(document: Document) -> Iterator[Finding]:
    """Yield parameters of a workflow, and arguments of its calls, that cannot have their value."""
    yield from _wrong_arguments(document.spec)
    for template in document.bodies:
        for call in template.calls:
            yield from _wrong_arguments(call.part)
            for hook in call.hooks:
                yield from _wrong_arguments(hook.part)
    for hook in document.hooks:
        yield from _wrong_arguments(hook.part)


def _wrong_arguments(owner: Part) -> Iterator[Finding]:
    for part in owner.at("arguments", "parameters").items():
        yield from _wrong_choice(part)
        source = part.at("valueFrom")
        others = [name for name in source.names if name not in ("default", *SOURCES)]
        if source.names and (others or not set(SOURCES) & set(source.names)):
            what = f"Argument {part.text('name')!r} comes from {' and '.join(others) or 'nowhere'}."
            yield Finding(source, "C113", what, "write a value, perhaps with a tag, or valueFrom.configMapKeyRef.")


def _wrong_choice(part: Part) -> Iterator[Finding]:
    choices, value = part.at("enum"), part.text("value")
    if not isinstance(choices.value, list):
        return
    listed = [str(choice) for choice in choices.value]
    if not listed:
        yield Finding(choices, "F104", f"The enum of parameter {part.text('name')!r} is empty.", "list the values, or remove it.")
    elif part.at("value").value is not None and value not in listed and "{{" not in value:
        what = f"Parameter {part.text('name')!r} has the value {value!r}, which its enum does not list."
        yield Finding(part.at("value"), "F104", what, f"write one of {', '.join(listed)}.")
