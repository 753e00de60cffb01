"""Two digests of code are equal exactly where the code does the same, as far as that can be known."""

from __future__ import annotations

import itertools
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from laminar.program.code_digest import NotComparable, Walk

_numbers = itertools.count()


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Return a function that digests ``work`` of a program's text, with modules beside it as keywords."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def compute(text: str, **modules: str) -> str:
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
            monkeypatch.delitem(sys.modules, name, raising=False)
        module = ModuleType(f"program_{next(_numbers)}")
        module.__file__ = str(tmp_path / f"{module.__name__}.py")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        exec(compile(textwrap.dedent(text), module.__file__, "exec"), module.__dict__)
        walk = Walk()
        walk.value(module.work)
        for name in modules:
            sys.modules.pop(name, None)
        return walk.digest

    return compute


PAIRS = {
    "a constant": ("def work(): return 1", "def work(): return 2"),
    "the type of a constant": ("def work(): return 1", "def work(): return 1.0"),
    "a global": ("N = 1\ndef work(): return N", "N = 2\ndef work(): return N"),
    "a nested global": ("N = {'a': [1, {2}]}\ndef work(): return N", "N = {'a': [1, {3}]}\ndef work(): return N"),
    "a function": ("def f(): return 1\ndef work(): return f()", "def f(): return 2\ndef work(): return f()"),
    "a default": ("def work(n=1): return n", "def work(n=2): return n"),
    "a keyword's default": ("def work(*, n=1): return n", "def work(*, n=2): return n"),
    "a closure": (
        "def make(n):\n    def inner(): return n\n    return inner\nwork = make(1)",
        "def make(n):\n    def inner(): return n\n    return inner\nwork = make(2)",
    ),
    "an inner function": (
        "def work():\n    def inner(): return N\n    return inner()\nN = 1",
        "def work():\n    def inner(): return N\n    return inner()\nN = 2",
    ),
    "a lambda in a table": ("T = [lambda: 1]\ndef work(): return T[0]()", "T = [lambda: 2]\ndef work(): return T[0]()"),
    "a method": (
        "class A:\n    def go(self): return 1\ndef work(): return A().go()",
        "class A:\n    def go(self): return 2\ndef work(): return A().go()",
    ),
    "a method of a base class": (
        "class B:\n    def go(self): return 1\nclass A(B): pass\ndef work(): return A().go()",
        "class B:\n    def go(self): return 2\nclass A(B): pass\ndef work(): return A().go()",
    ),
    "an object": (
        "class A:\n    def __init__(self, n): self.n = n\nOBJECT = A(1)\ndef work(): return OBJECT.n",
        "class A:\n    def __init__(self, n): self.n = n\nOBJECT = A(2)\ndef work(): return OBJECT.n",
    ),
    "a slot": (
        "class A:\n    __slots__ = ('n',)\nOBJECT = A()\nOBJECT.n = 1\ndef work(): return OBJECT.n",
        "class A:\n    __slots__ = ('n',)\nOBJECT = A()\nOBJECT.n = 2\ndef work(): return OBJECT.n",
    ),
    "a bound method's object": (
        "class A:\n    def go(self): return self.n\na = A()\na.n = 1\ngo = a.go\ndef work(): return go()",
        "class A:\n    def go(self): return self.n\na = A()\na.n = 2\ngo = a.go\ndef work(): return go()",
    ),
    "a dataclass's default": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 1\ndef work(): return A()",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 2\ndef work(): return A()",
    ),
    "a member of an enum": (
        "from enum import Enum\nclass E(Enum):\n    A = 1\ndef work(): return E.A.value",
        "from enum import Enum\nclass E(Enum):\n    A = 2\ndef work(): return E.A.value",
    ),
    "a property": (
        "class A:\n    @property\n    def n(self): return 1\ndef work(): return A().n",
        "class A:\n    @property\n    def n(self): return 2\ndef work(): return A().n",
    ),
    "a static method": (
        "class A:\n    @staticmethod\n    def n(): return 1\ndef work(): return A.n()",
        "class A:\n    @staticmethod\n    def n(): return 2\ndef work(): return A.n()",
    ),
    "what a decorator wraps": (
        "import functools\n@functools.lru_cache\ndef f(): return 1\ndef work(): return f()",
        "import functools\n@functools.lru_cache\ndef f(): return 2\ndef work(): return f()",
    ),
    "an argument of a partial": (
        "import functools\nf = functools.partial(pow, 2)\ndef work(): return f(3)",
        "import functools\nf = functools.partial(pow, 3)\ndef work(): return f(3)",
    ),
    "a regular expression": (
        "import re\nP = re.compile('a')\ndef work(): return P",
        "import re\nP = re.compile('b')\ndef work(): return P",
    ),
    "the order of a mapping": ("N = {'a': 1, 'b': 2}\ndef work(): return N", "N = {'b': 2, 'a': 1}\ndef work(): return N"),
    "which function": ("import math\nf = math.sin\ndef work(): return f", "import math\nf = math.cos\ndef work(): return f"),
    "an annotation, which a library may read": (
        "class A:\n    n: int\ndef work(a: A): return a",
        "class A:\n    n: float\ndef work(a: A): return a",
    ),
    "an operator": ("def work(a, b): return a + b", "def work(a, b): return a - b"),
    "a caught exception": (
        "def work():\n    try: return 1\n    except ValueError: return 2",
        "def work():\n    try: return 1\n    except KeyError: return 2",
    ),
}


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS)
def test_an_edit_of_anything_that_is_reached_changes_the_digest(digest, before, after):
    assert digest(before) == digest(before)
    assert digest(before) != digest(after)


MODULES = {
    "a function of a module": ("import tools\ndef work(): return tools.f()", "def f(): return {}"),
    "a function imported from a module": ("from tools import f\ndef work(): return f()", "def f(): return {}"),
    "an import within the function": ("def work():\n    import tools\n    return tools.f()", "def f(): return {}"),
    "a name imported within the function": ("def work():\n    from tools import f\n    return f()", "def f(): return {}"),
    "a module passed on": ("import tools\ndef work(): return getattr(tools, 'f')()", "def f(): return {}"),
    "a global of a function of a module": ("import tools\ndef work(): return tools.f()", "N = {}\ndef f(): return N"),
}


@pytest.mark.parametrize(("program", "tools"), MODULES.values(), ids=MODULES)
def test_an_edit_of_a_module_of_the_program_changes_the_digest(digest, program, tools):
    assert digest(program, tools=tools.format(1)) == digest(program, tools=tools.format(1))
    assert digest(program, tools=tools.format(1)) != digest(program, tools=tools.format(2))


def test_a_module_that_is_imported_by_one_that_is_not_loaded_counts(digest):
    program, tools = "def work():\n    import tools\n    return tools.f()", "import deeper\ndef f(): return deeper.n"
    assert digest(program, tools=tools, deeper="n = 1") != digest(program, tools=tools, deeper="n = 2")


SAME = {
    "a comment": ("def work(): return 1", "# more\n\n\ndef work():  # words\n    return 1"),
    "another function": ("def work(): return 1", "def other(): return 2\ndef work(): return 1"),
    "another global": ("N = 1\ndef work(): return 1", "N = 2\ndef work(): return 1"),
    "the order of a set": ("N = {'a', 'b', (1, 2)}\ndef work(): return N", "N = {(1, 2), 'b', 'a'}\ndef work(): return N"),
    "another function of a module": (
        "import math\nclass A:\n    def f(self): return 1\ndef work(): return A",
        "import math\nclass A:\n    def f(self): return 1\nclass B: pass\ndef work(): return A",
    ),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_an_edit_of_what_is_not_reached_changes_nothing(digest, before, after):
    assert digest(before) == digest(after)


REFUSED = {
    "a view of memory": ("VIEW = memoryview(b'a')\ndef work(): return VIEW", "memoryview"),
    "a generator": ("G = (n for n in [1])\ndef work(): return next(G)", "generator"),
    "eval": ("def work(): return eval('1')", r"eval\(\)"),
    "importlib": ("import importlib\ndef work(): return importlib.import_module('json')", "importlib"),
    "a name from importlib": ("from importlib import import_module\ndef work(): return import_module('json')", "importlib"),
    "sys.modules": ("import sys\ndef work(): return sys.modules['json']", "sys.modules"),
    "a value inside an object": ("class A: pass\na = A()\na.g = (n for n in [1])\ndef work(): return a", "generator"),
}


@pytest.mark.parametrize(("program", "named"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compared_is_refused_by_name(digest, program, named):
    with pytest.raises(NotComparable, match=f"work reaches .*{named}"):
        digest(program)


def test_locks_and_loggers_count_for_nothing(digest):
    text = "import logging, threading\nLOCK = threading.Lock()\nLOG = logging.getLogger('{}')\n"
    text += "def work():\n    with LOCK: LOG.info('x')"
    assert digest(text.format("a")) == digest(text.format("b"))


def test_a_cycle_of_objects_ends(digest):
    text = "class A: pass\na = A()\na.me = [a]\na.n = {}\ndef work(): return a"
    assert digest(text.format(1)) == digest(text.format(1)) != digest(text.format(2))


def test_two_functions_that_call_each_other_end(digest):
    text = "def f(n): return n and g(n - 1)\ndef g(n): return n and f(n - {})\ndef work(): return f(3)"
    assert digest(text.format(1)) == digest(text.format(1)) != digest(text.format(2))


def test_arrays_and_tables_count_by_what_is_in_them(digest):
    pytest.importorskip("numpy")
    text = "import numpy\nROWS = numpy.array([1, {}])\ndef work(): return ROWS.sum()"
    assert digest(text.format(1)) == digest(text.format(1)) != digest(text.format(2))


def test_a_path_below_the_program_is_the_same_wherever_the_program_lies(tmp_path, monkeypatch):
    from laminar.program import code_digest

    def of(folder: str, value: object) -> str:
        monkeypatch.setattr(code_digest, "program_folder", lambda: folder)
        walk = Walk()
        walk.value(value)
        return walk.digest

    for make in (str, Path, lambda path: [path], lambda path: {"at": Path(path)}):
        assert of("/one/train", make("/one/train/data.csv")) == of("/two/pod", make("/two/pod/data.csv"))
        assert of("/one/train", make("/one/train")) == of("/two/pod", make("/two/pod"))
        assert of("/one/train", make("/one/train2/data.csv")) != of("/two/pod", make("/two/pod2/data.csv"))
        assert of("/one/train", make("/one/train/a.csv")) != of("/one/train", make("/one/train/b.csv"))
