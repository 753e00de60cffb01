"""Names, imports and reads are found in the bytecode of each version of Python."""

from __future__ import annotations

import pytest

from laminar.program.code_references import Import, attributes_read, references


def code(text: str):
    space: dict[str, object] = {}
    exec(text, space)
    return space["f"].__code__


READS = {
    "a read": ("def f(self, p): return p.a + p.b", {"a", "b"}),
    "a method": ("def f(self, p): return p.a.strip()", {"a"}),
    "a read in a comprehension": ("def f(self, p): return [p.a for _ in range(2)]", {"a"}),
    "a read in an inner function": ("def f(self, p):\n    def g(): return p.a\n    return g() + p.b", {"a", "b"}),
    "two variables": ("def f(self, p, q): return p.a + q.b", {"a"}),
    "none": ("def f(self, p): return 1", set()),
    "a condition": ("def f(self, p):\n    if p.a:\n        return p.b\n    return p.c", {"a", "b", "c"}),
    "passed on": ("def f(self, p): return print(p)", None),
    "passed on with another": ("def f(self, p, q): return print(p, q)", None),
    "another name": ("def f(self, p):\n    q = p\n    return q.a", None),
    "getattr": ("def f(self, p): return getattr(p, 'a')", None),
    "locals": ("def f(self, p): return locals()", None),
    "passed on by an inner function": ("def f(self, p):\n    def g(): return p\n    return g()", None),
    "assigned": ("def f(self, p):\n    p = 1\n    return p", None),
    "returned": ("def f(self, p): return p", None),
}


@pytest.mark.parametrize(("text", "expected"), READS.values(), ids=READS)
def test_the_attributes_that_a_function_reads_of_a_parameter_are_known_or_said_to_be_unknown(text, expected):
    assert attributes_read(code(text), "p") == (None if expected is None else frozenset(expected))


IMPORTS = {
    "import a.b": Import("a.b", 0, ()),
    "from a import b, c": Import("a", 0, ("b", "c")),
    "from . import b": Import("", 1, ("b",)),
    "from ..a import b": Import("a", 2, ("b",)),
}


@pytest.mark.parametrize(("text", "expected"), IMPORTS.items(), ids=IMPORTS)
def test_imports_within_a_function_are_found(text, expected):
    assert references(code(f"def f():\n    {text}")).imports == (expected,)
