"""Read the docstrings of a class's attributes: the texts below their annotations, where Sphinx and pydantic read them too."""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
from collections.abc import Iterator

from laminar.program.source_location import NOTE

__all__ = ["of_body", "of_class"]


def of_class(cls: type) -> dict[str, str]:
    """Return the docstrings of the attributes that a class statement annotates, by name; empty where its source is missing.

    The class keeps the place of its statement, see `laminar.program.source_location.note`.
    """
    path, line = vars(cls).get(NOTE, ("", 0))
    lines = linecache.getlines(path) if path else []
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):  # a notebook's cell with a line magic
        return {}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == cls.__name__]
    # Two classes of one name: the noted line is the one of the statement, or of its first decorator.
    nearest = min(found, key=lambda node: abs(node.lineno - line), default=None)
    return {} if nearest is None else of_body(nearest)


def of_body(node: ast.ClassDef) -> dict[str, str]:
    """Return the docstrings of the attributes that the body of a class annotates, by name."""
    return dict(_documented(node.body))


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, text in itertools.pairwise(body):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            yield statement.target.id, inspect.cleandoc(text.value.value)
