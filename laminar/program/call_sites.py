"""Find the lines of a program's source that call flows, without executing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from laminar.exceptions import FlowError
from laminar.program import outline
from laminar.program.outline import Outline
from laminar.program.source_location import shorten

__all__ = ["call_after", "calls"]

ACTIONS = ("next", "resume", "schedule", "execute")
Span = tuple[int, int]


def call_after(where: str) -> str | None:
    """Return the place of the first call of a flow that the program may reach after a place, None where there is none.

    A line is reached after another if it follows in the same function or loop, or in a function that is called there.
    """
    path, _, line = where.partition(" ")[0].rpartition(":")
    try:
        found = outline.read(path)
    except FlowError:
        return None
    later = _lines_after(found.tree, int(line))
    sites = sorted(site for site in _sites(found) if site in later)
    return f"{shorten(path)}:{sites[0]}" if sites else None


def calls(found: Outline) -> Iterator[ast.Call]:
    """Yield the calls of flows: of objects that the source names, and of those that it makes and calls at once."""
    objects = {name for name, value in _bindings(found.tree) if _makes_flow(found, value)}
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Call):
            called = node.func
            if _makes_flow(found, called) or (isinstance(called, ast.Name) and called.id in objects):
                yield node


def _sites(found: Outline) -> Iterator[int]:
    """Yield the lines that call a flow or chain one."""
    yield from (call.lineno for call in calls(found))
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ACTIONS and _is_action(node):
            yield node.lineno


def _is_action(call: ast.Call) -> bool:
    """Return whether a method call has the keywords of an execution's methods: other objects have a ``next`` too."""
    names = {keyword.arg for keyword in call.keywords}
    assert isinstance(call.func, ast.Attribute)
    required = {"next": {"flow", "linker"}, "schedule": {"dependencies"}, "execute": {"layer"}, "resume": set[str]()}
    return names == required[call.func.attr] and not call.args


def _makes_flow(found: Outline, value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and found.flow_of(value.func) is not None


def _bindings(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.NamedExpr):
            yield node.target.id, node.value


def _lines_after(tree: ast.Module, line: int) -> set[int]:
    """Return the lines that may be executed after a line."""
    functions = {node.name: _span(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    enclosing = [name for name, span in functions.items() if span[0] <= line <= span[1]]
    found = _following(tree, functions, line, functions[enclosing[-1]] if enclosing else None)
    for name in enclosing:  # after the function returns, the lines after its calls
        for call in _calls_of(tree, name):
            outside = next((span for other, span in functions.items() if other != name and span[0] <= call <= span[1]), None)
            found |= _following(tree, functions, call, outside)
    reached: set[str] = set()
    while new := {name for name in functions if name not in reached and any(line in found for line in _calls_of(tree, name))}:
        reached |= new
        for name in new:
            found.update(range(functions[name][0], functions[name][1] + 1))
    return found


def _following(tree: ast.Module, functions: dict[str, Span], line: int, within: Span | None) -> set[int]:
    """Return the lines that follow a line in its function, or at module level outside of functions, and those of its loops."""
    first, last = within or (1, max((node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)), default=1) + 1)
    inner = {
        number
        for span in functions.values()
        if within is None or (span != within and first < span[0] <= last)
        for number in range(span[0], span[1] + 1)
    }
    after = set(range(line + 1, last + 1))
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            start, end = _span(node)
            if start <= line <= end and first <= start:
                after.update(range(start, end + 1))
    return after - inner


def _calls_of(tree: ast.Module, name: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node.lineno


def _span(node: ast.stmt) -> Span:
    return node.lineno, node.end_lineno or node.lineno
