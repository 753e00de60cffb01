"""Find the code that a program executes after a call of a flow, from its source and from the objects that its names stand for.

A recording for a document may end at a call when nothing that would still be executed concerns flows. Lines that it has
to execute because a later line concerns flows may have effects that the user does not expect of compiling.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from laminar.exceptions import FlowError
from laminar.program import main_module, source_location

__all__ = ["Remainder", "remainder"]

DYNAMIC = frozenset({"exec", "eval", "globals", "locals", "vars", "__import__", "importlib"})
"""Names whose use may reach any other."""

LOOPS = (ast.For, ast.AsyncFor, ast.While)
HARMLESS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass, ast.Global, ast.Nonlocal)


@dataclass(frozen=True)
class Level:
    """One function, or the module's top level, in which a call is under way: its file and the statements that follow there."""

    path: str
    statements: tuple[ast.stmt, ...]


@dataclass(frozen=True)
class Remainder:
    """The code after a call: at each level of the stack, innermost first; ``concerns_flows`` where it may reach a flow."""

    levels: tuple[Level, ...]
    concerns_flows: bool

    def executed(self, lines: set[tuple[str, int]], until: tuple[str, int] | None) -> list[str]:
        """Return the places of statements that were executed after the call and call, link or read no flow.

        ``lines`` are those that did. ``until`` is the line that ended the recording, None where that was the program's end.
        """
        found = []
        for level in self.levels:
            last = until[1] if until is not None and until[0] == level.path else sys.maxsize
            for statement in level.statements:
                own = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                is_flows = any(path == level.path and line in own for path, line in lines)
                if statement.lineno <= last and not is_flows and _has_effects(statement):
                    found.append(f"{source_location.shorten(level.path)}:{statement.lineno}")
            if last != sys.maxsize:
                break
        return found


def remainder(frame: FrameType | None, steps: int = 1) -> Remainder:
    """Return the code after the call that a frame of the user's is executing, up to the top level of the program.

    ``steps`` is the number of flows that the call's chain has by now.
    """
    levels: list[Level] = []
    concerns, innermost = False, True
    running: set[str] = set()
    while frame is not None:
        path = frame.f_code.co_filename
        if _is_own(path):
            body = _body(path, frame)
            found = _following(body, frame.f_lineno) if body is not None else None
            if found is None:
                return Remainder(tuple(levels), True)
            statement, after = found
            levels.append(Level(path, tuple(after)))
            bound = _bound(statement)
            if innermost:
                concerns |= not _is_whole(statement, steps)
            else:
                after = [ast.Expr(value) for value in _values(statement)] + after
            concerns |= any(_concerns(each, frame, bound, running) for each in after)
            innermost = False
            running.add(frame.f_code.co_name)
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__") == "__main__":
            return Remainder(tuple(levels), concerns)
        frame = frame.f_back
    return Remainder(tuple(levels), True)


def _is_own(path: str) -> bool:
    """Return whether a file is of the user's project, rather than laminar's, Python's or installed."""
    return source_location.is_users(path) and "-packages" not in path


@lru_cache(maxsize=64)
def _tree(path: str) -> ast.Module | None:
    try:
        return ast.parse(main_module.source(path))
    except (FlowError, SyntaxError, ValueError):
        return None


def _body(path: str, frame: FrameType) -> Sequence[ast.stmt] | None:
    """Return the statements of the function, or of the module, that a frame executes."""
    tree = _tree(path)
    if tree is None or frame.f_code.co_name == "<module>":
        return tree.body if tree is not None else None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == frame.f_code.co_name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == frame.f_code.co_firstlineno:
                return node.body
    return None


def _following(body: Sequence[ast.stmt], line: int) -> tuple[ast.stmt, list[ast.stmt]] | None:
    """Return the innermost statement at a line, and those that may be executed after it: all of a loop that it is in."""
    for place, statement in enumerate(body):
        if not statement.lineno <= line <= (statement.end_lineno or statement.lineno):
            continue
        after = list(body[place + 1 :])
        for inner in _blocks(statement):
            if (found := _following(inner, line)) is not None:
                here = [statement] if isinstance(statement, LOOPS) else []
                finals = [*statement.orelse, *statement.finalbody] if isinstance(statement, ast.Try) else []
                return found[0], [*found[1], *here, *finals, *after]
        return statement, after
    return None


def _blocks(statement: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    if isinstance(statement, HARMLESS):
        return
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body
    for case in getattr(statement, "cases", []):
        yield case.body


def _values(statement: ast.stmt) -> list[ast.expr]:
    return [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds: to an execution, where its value is the call."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _is_whole(statement: ast.stmt, steps: int) -> bool:
    """Return whether a statement is a chain of so many flows and no more: nothing of it is evaluated after the last call."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return) or not isinstance(value, ast.Call):
        return False
    methods = 0
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        value, methods = value.func.value, methods + 1
    return methods == steps - 1


# relevance of a statement


def _concerns(statement: ast.AST, frame: FrameType, bound: set[str], running: set[str]) -> bool:
    """Return whether a statement may call, link or read a flow, as far as its names show."""
    for node in _executed(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if getattr(node, "level", 0) or not all(_is_installed(name) for name in names):
                return True
        if not isinstance(node, ast.Name) or node.id in running:
            continue
        if node.id in bound or node.id in DYNAMIC:
            return True
        value = frame.f_locals.get(node.id, frame.f_globals.get(node.id))
        if _is_of_flows(value) or (isinstance(value, list | tuple | set | dict) and any(map(_is_of_flows, _elements(value)))):
            return True
    return False


def _executed(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that are evaluated in its place: not the bodies of functions."""
    yield statement
    for name, child in ast.iter_fields(statement):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and name == "body":
            continue
        for node in child if isinstance(child, list) else [child]:
            if isinstance(node, ast.AST):
                yield from _executed(node)


def _elements(value: Any) -> Any:
    return [*value.keys(), *value.values()] if isinstance(value, dict) else value


def _is_of_flows(value: Any) -> bool:
    """Return whether an object is one of laminar's, or runs code of the user's, which may call a flow."""
    if isinstance(value, FunctionType | MethodType):
        return _is_own(value.__code__.co_filename)
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0] == "laminar" or _is_own(getattr(value, "__file__", None) or "<frozen >")
    kinds = value.__mro__ if isinstance(value, type) else type(value).__mro__
    return any(_is_module_of_flows(kind.__module__) for kind in kinds)


def _is_module_of_flows(name: str) -> bool:
    if name.partition(".")[0] == "laminar" or name == "__main__":
        return True
    return _is_own(getattr(sys.modules.get(name), "__file__", None) or "<frozen >")


def _is_installed(name: str) -> bool:
    top = name.partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None)
    return top != "laminar" and (top in sys.stdlib_module_names or (file is not None and not _is_own(file)))


def _has_effects(statement: ast.stmt) -> bool:
    """Return whether a statement may change something outside of the program: it calls more than `print`."""
    if isinstance(statement, HARMLESS):
        return False
    calls = [node for node in _executed(statement) if isinstance(node, ast.Call)]
    return any(not (isinstance(call.func, ast.Name) and call.func.id == "print") for call in calls)
