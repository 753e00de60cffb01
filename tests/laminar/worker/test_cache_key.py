"""Inputs that the key of a split's result contains, and those that it ignores."""

from __future__ import annotations

import itertools
import random
import sys
import textwrap
from types import ModuleType

import pytest

from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

_numbers = itertools.count()

START = """
from laminar import Flow, Layer, Parameters, settings
from laminar.configurations.hooks import execution, submission
from laminar.configurations.layers import Cache, Catch, Container, ForEach, Parameter
class Train(Flow): ...
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a program's text in a store and returns which splits were reused, by name."""
    store = Memory()

    def start(text: str, *, flow: str = "Train", arguments: tuple[str, ...] = (), **parameters: object) -> str:
        module = ModuleType(f"program_{next(_numbers)}")
        path = tmp_path / f"{module.__name__}.py"
        source = textwrap.dedent(START) + textwrap.dedent(text)
        path.write_text(source)
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(sys, "argv", ["program.py", *arguments])
        exec(compile(source, str(path), "exec"), module.__dict__)
        execution = getattr(module, flow)(datastore=store, executor=Thread(concurrency=1))(**parameters)
        names = [name for name in execution.flow.nodes if name != "Parameters"]
        found = {(name, index): record for name in names for index, record in store.records(flow, execution.id, name).items()}
        return " ".join(f"{name}{index}" for (name, index), record in sorted(found.items()) if record.reused)

    return start


PLAIN = """
@Train.register(cache=True)
class Fit(Layer):
    limit = 3
    def __call__(self, p: Parameters):
        self.out = p.rate * 2
"""


def test_a_layer_is_reused_where_nothing_differs(run):
    assert run(PLAIN, rate=1) == ""
    assert run(PLAIN, rate=1) == "Fit0"


def test_a_layer_without_a_cache_runs_each_time(run):
    text = PLAIN.replace("(cache=True)", "")
    run(text, rate=1)
    assert run(text, rate=1) == run(PLAIN, rate=1) == ""


DIFFERENT = {
    "a parameter": {"rate": 2},
    "the type of a parameter": {"rate": 1.0},
    "the version": {"text": PLAIN.replace("cache=True", "cache=Cache(version=1)")},
    "the image": {"text": PLAIN.replace("cache=True", "cache=True, container=Container(image='other')")},
    "a variable of the container": {"text": PLAIN.replace("cache=True", "cache=True, container=Container(env={'A': '1'})")},
    "the code": {"text": PLAIN.replace("* 2", "* 3")},
    "a class value": {"text": PLAIN.replace("limit = 3", "limit = 4")},
    "the layer's name": {"text": PLAIN.replace("Fit", "Other")},
    "the flow": {"text": PLAIN.replace("Train", "Test") + "class Test(Flow): ...", "flow": "Test"},
    "a hook": {"text": PLAIN + "    @execution\n    def around(self): pass\n"},
    "a hook of the flow": {
        "text": "class Train(Flow):\n    @execution\n    def around(self): self.more = 1\n" + PLAIN,
    },
}


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
def test_a_layer_runs_again_where_something_differs(run, change):
    run(PLAIN, rate=1)
    text = change.get("text", PLAIN)
    if change.get("flow"):
        text = "class Test(Flow): ...\n" + text.replace("class Test(Flow): ...", "")
    assert run(text, rate=change.get("rate", 1), flow=change.get("flow", "Train")) == ""


EQUAL = {
    "a parameter that it does not read": {"more": 2},
    "memory and CPUs": {"text": PLAIN.replace("cache=True", "cache=True, container=Container(memory=5000, cpu=3)")},
    "a Catch": {"text": PLAIN.replace("cache=True", "cache=True, catch=Catch(ValueError)")},
    "another layer": {"text": PLAIN + "@Train.register\nclass More(Layer): ...\n"},
    "an argument of the program": {"arguments": ("--fast",)},
}


@pytest.mark.parametrize("change", EQUAL.values(), ids=EQUAL)
def test_a_layer_is_reused_where_something_differs_that_it_cannot_read(run, change):
    run(PLAIN, rate=1, more=1)
    text, arguments = change.get("text", PLAIN), change.get("arguments", ())
    assert run(text, rate=1, more=change.get("more", 1), arguments=arguments) == "Fit0"


def test_the_image_is_left_out_where_the_cache_says_so(run):
    text = PLAIN.replace("cache=True", "cache=Cache(image=False), container=Container(image='{}')")
    run(text.format("one"), rate=1)
    assert run(text.format("two"), rate=1) == "Fit0"


def test_all_parameters_count_where_a_layer_passes_them_on(run):
    text = PLAIN.replace("p.rate * 2", "dict(rate=getattr(p, 'rate'))")
    run(text, rate=1, more=1)
    assert run(text, rate=1, more=2) == ""
    assert run(text, rate=1, more=2) == "Fit0"


def test_the_programs_arguments_count_where_its_code_names_sys(run):
    text = "import sys\n" + PLAIN.replace("p.rate * 2", "sys.argv[1:]")
    run(text, arguments=("a",), rate=1)
    assert run(text, arguments=("b",), rate=1) == ""
    assert run(text, arguments=("b",), rate=1) == "Fit0"


def test_a_seed_of_the_program_counts(run):
    random.seed(1)
    run(PLAIN, rate=1)
    random.seed(2)
    assert run(PLAIN, rate=1) == ""
    random.seed(2)
    assert run(PLAIN, rate=1) == "Fit0"
    random.seed()


SPLITS = """
@Train.register(cache=True, foreach=ForEach([Parameter("Parameters", "items")]))
class Fit(Layer):
    def __call__(self, p: Parameters):
        self.out = p.items * 2
"""


def test_splits_are_reused_by_their_element_wherever_it_stands(run):
    run(SPLITS, items=[1, 2, 3])
    assert run(SPLITS, items=[3, 4, 1]) == "Fit0 Fit2"


@pytest.mark.parametrize("place", ["self.index", "settings.current.layer.splits", "getattr(self, 'splits')"])
def test_the_place_of_a_split_counts_where_its_code_can_read_it(run, place):
    text = SPLITS.replace("p.items * 2", f"(p.items, {place})")
    run(text, items=[1, 2, 3])
    assert run(text, items=[1, 2, 3]) == "Fit0 Fit1 Fit2"
    assert run(text, items=[3, 2]) == ("" if "splits" in place else "Fit1")


LARGE = """
@Train.register
class Read(Layer):
    def __call__(self, p: Parameters):
        self.shard(rows=[[item] * 300 for item in p.items])
@Train.register(cache=True, foreach=ForEach([Parameter(Read, "rows")]))
class Fit(Layer):
    def __call__(self, read: Read):
        self.out = len(read.rows)
"""


def test_elements_that_are_packed_together_count_one_by_one(run):
    run(LARGE, items=list(range(40)))
    items = list(range(40))
    items[7] = 99
    assert run(LARGE, items=items).split() == [f"Fit{index}" for index in range(40) if index != 7]


CLASSES = """
class Model:
    def __init__(self, n): self.n = n
    def predict(self): return self.n + {}
@Train.register
class Fit(Layer):
    def __call__(self): self.model = Model(1)
@Train.register(cache=True)
class Use(Layer):
    def __call__(self, fit: Fit): self.out = fit.model.predict()
"""


def test_the_class_of_a_stored_object_counts_which_the_reader_does_not_name(run, monkeypatch):
    module = ModuleType("models")
    monkeypatch.setitem(sys.modules, "models", module)
    run(CLASSES.format(1))
    assert run(CLASSES.format(2)) == ""


READ = """
@Train.register
class Fit(Layer):
    limit = {limit}
    def help(self): return {help}
    def __call__(self): self.a, self.b = {a}, {b}
@Train.register(cache=True)
class Use(Layer):
    def __call__(self, fit: Fit): self.out = {use}
"""
READS = {
    "an attribute that it reads": ("fit.a", {"a": 2}, False),
    "an attribute that it does not read": ("fit.a", {"b": 2}, True),
    "any attribute where it passes the layer on": ("len(repr(vars(fit)))", {"b": 2}, False),
    "a class value": ("fit.limit", {"limit": 2}, False),
    "a method that it calls": ("fit.help()", {"help": 2}, False),
    "an attribute that the method may read": ("fit.help()", {"b": 2}, False),
}


@pytest.mark.parametrize(("use", "change", "reused"), READS.values(), ids=READS)
def test_what_a_layer_reads_of_another_counts(run, use, change, reused):
    numbers = {"limit": 1, "help": 1, "a": 1, "b": 1}
    run(READ.format(use=use, **numbers))
    assert run(READ.format(use=use, **{**numbers, **change})) == ("Use0" if reused else "")


def test_an_input_with_equal_content_is_the_same_whatever_made_it(run):
    numbers = {"limit": 1, "help": 1, "b": 1, "use": "fit.a"}
    run(READ.format(a="1 + int()", **numbers))
    assert run(READ.format(a="int() + 1", **numbers)) == "Use0"


NEVER = {
    "the execution": "self.execution.id",
    "the execution by the settings": "settings.current.execution.id",
    "a variable": "__import__('os').environ",
}


@pytest.mark.parametrize("value", NEVER.values(), ids=NEVER)
def test_a_layer_is_never_reused_where_what_it_reads_cannot_be_known(run, capfd, value):
    text = PLAIN.replace("p.rate * 2", f"str({value})")
    run(text, rate=1)
    assert run(text, rate=1) == ""
    assert "note: Fit is not cached: " in capfd.readouterr().err


def test_a_result_that_a_catch_covered_is_not_kept(run):
    text = PLAIN.replace("cache=True", "cache=True, catch=Catch(ZeroDivisionError)").replace("* 2", "/ 0")
    run(text, rate=1)
    assert run(text, rate=1) == ""


def test_a_parameter_that_is_an_object_counts_with_its_class(run):
    class Settings:
        def __init__(self, n):
            self.n = n

    text = PLAIN.replace("p.rate * 2", "p.rate.n")
    run(text, rate=Settings(1))
    assert run(text, rate=Settings(2)) == ""
    assert run(text, rate=Settings(2)) == "Fit0"
    Settings.more = 1
    assert run(text, rate=Settings(2)) == ""
