"""Check the loops of tasks and steps: withItems, withParam, withSequence."""

from __future__ import annotations

import json
from collections.abc import Iterator

from laminar.compiler.argo.documents import LOOPS, Document, Task
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import tags
from laminar.compiler.lint.finding import Finding

__all__ = ["wrong_loops"]


def wrong_loops(document: Document) -> Iterator[Finding]:
    """Yield loops that cannot be made."""
    for template in document.bodies:
        for call in template.calls:
            yield from _wrong_loop(call)


def _wrong_loop(call: Task) -> Iterator[Finding]:
    loops = [name for name in LOOPS if name in call.part.names]
    if len(loops) > 1:
        what = f"{call.what.capitalize()} {call.name!r} has {' and '.join(loops)}."
        yield Finding(call.part, "I101", what, "keep one.")
    sequence = call.part.at("withSequence")
    if "withSequence" in loops and len({"count", "end"} & set(sequence.names)) != 1:
        what = f"The loop of {call.what} {call.name!r} needs a count or an end, one of them."
        yield Finding(sequence, "I102", what, "write count.")
    for name in ("count", "start", "end"):
        yield from _no_number(sequence.at(name))
    yield from _no_list(call.part.at("withParam"))


def _no_number(part: Part) -> Iterator[Finding]:
    text = part.text()
    if isinstance(part.value, str | int) and not any(tags(text)) and not text.lstrip("-").isdigit():
        yield Finding(part, "I103", f"The {part.place[-1]} {text!r} is no whole number.", "write how many items the loop has.")


def _no_list(part: Part) -> Iterator[Finding]:
    if not isinstance(part.value, str) or any(tags(part.value)):
        return
    try:
        listed = isinstance(json.loads(part.value), list)
    except ValueError:
        listed = False
    if not listed:
        yield Finding(part, "I103", "The withParam is no JSON list.", 'write for example ["a", "b"], or a tag of an output.')
