"""Each parameter of each public callable gets values of wrong types and shapes: accepted, or reported with a place and a fix.

The callables are those of ``laminar``, ``laminar.elements`` and the modules of ``laminar.configurations``: a new one, or a new
parameter, is drawn as soon as it exists. LAMINAR_EXAMPLES sets another number of examples for a long search.
"""

from __future__ import annotations

import datetime
import decimal
import importlib
import inspect
import os
import pathlib
import pkgutil
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laminar import Execution, Flow, Layer, Parameters, configurations
from laminar.configurations import datastores, executors, serde
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.datastores.storage.memory import MemoryStorage
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import Cache, Catch, Container, ForEach, Parameter, Retry, Secret, Volume
from laminar.configurations.schedulers import Argo
from laminar.exceptions import InternalError, LaminarError, OptionError


class Fit(Layer):
    rows: list[int]

    def __call__(self) -> None:
        self.rows = [1, 2]


class Store(MemoryStorage, datastores.DataStore):
    """A store of a user's."""

    def __init__(self, root: str) -> None:
        datastores.DataStore.__init__(self, root)


class Runner(executors.Executor):
    """An executor of a user's."""

    async def submit(self, *, layer: Layer) -> None: ...


class Text(serde.Protocol):
    def dumps(self, value: Any) -> bytes:
        return b""

    def loads(self, data: bytes) -> Any: ...


def flow() -> Flow:
    """Return a flow of one layer that runs in this process."""

    class Train(Flow): ...

    Train.register(Fit)
    return Train(datastore=Memory(), executor=Thread(concurrency=1))


MADE = {
    "laminar.configurations.flows": "a flow makes its Configuration; the other classes are protocols of typing",
    "laminar.configurations.option_values": "the checks themselves",
    "layers.Configuration": "a registration makes it of checked options",
    "layers.MutableContainer": "a hook gets it; its values are checked when the container is frozen",
    "schedulers.Schedule": "Argo makes it of checked options",
    "datastores.Accessor": "a datastore makes it",
    "datastores.Artifact": "a datastore makes it",
    "datastores.Record": "a datastore makes it",
    "datastores.open_like": "its store is a flow's",
    "flow.registered": "flow.layer passes what it gets on",
}
"""Callables, or modules of callables, that programs do not call, with the reason."""

SUBCLASSES: dict[object, type] = {datastores.DataStore: Store, executors.Executor: Runner, Layer: Fit}
"""Classes that are used through a subclass."""

NEEDED: dict[str, dict[str, Callable[[], Any]]] = {
    "layers.Volume": {"mount": lambda: "/d", "claim": lambda: "c"},
    "layers.Secret": {"name": lambda: "n", "key": lambda: "k"},
    "layers.Parameter": {"layer": lambda: Fit, "attribute": lambda: "rows"},
    "layers.ForEach": {"parameters": lambda: [Parameter(Fit, "rows")]},
    "datastores.DataStore": {"root": lambda: "/d"},
    "datastores.Remote": {"root": lambda: "memory://d"},
    "datastores.S3": {"root": lambda: "s3://b/p"},
    "datastores.open_store": {"url": lambda: "/d"},
    **{f"hooks.{kind}": {"function": lambda: lambda self: True} for kind in ("entry", "execution", "retry", "submission")},
    **{f"elements.{name}": {"value": lambda: [1]} for name in ("every", "one")},
    "laminar.Execution": {"id": lambda: None, "flow": flow},
    "flow.layer": {"layer": lambda: Fit},
    "execution.layer": {"layer": lambda: Fit},
    "execution.status": {"name": lambda: "Fit"},
    "execution.schedule": {"dependencies": lambda: {"Fit": ()}},
    "datastore.protocol()": {"protocol": Text},
    "flow.register()": {"layer": lambda: Fit},
    "execution.execute": {"layer": lambda: flow().layer(Fit)},
    "execution.next": {"flow": flow, "linker": lambda: lambda execution: Parameters()},
}
"""Values of the parameters that have no default; here a new callable says how it is called."""


@dataclass(frozen=True)
class Target:
    """A callable, made anew for each example, and one of its parameters."""

    name: str
    make: Callable[[], Callable[..., Any]]
    parameter: inspect.Parameter

    def call(self, value: Any) -> Any:
        """Call it with a value for the parameter, and read what it returns."""
        given = {name: made() for name, made in NEEDED.get(self.name, {}).items()}
        called = self.make()
        if self.parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            return called(value, **given)
        if self.parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            return called(value)
        name = "other" if self.parameter.kind is inspect.Parameter.VAR_KEYWORD else self.parameter.name
        result = called(**{**given, name: value})
        return list(result) if isinstance(result, Iterator) else result


def public() -> Iterator[tuple[str, Any]]:
    """Yield the public callables of the package, by the end of their modules' names and their own."""
    modules = [
        "laminar",
        "laminar.elements",
        *(found.name for found in pkgutil.iter_modules(configurations.__path__, f"{configurations.__name__}.")),
    ]
    for module in (importlib.import_module(name) for name in modules if name not in MADE):
        for name in module.__all__:
            found = getattr(module, name)
            inner = (
                [one for key, one in vars(found).items() if key[0] != "_" and inspect.isclass(one)]
                if inspect.isclass(found)
                else []
            )
            for one in (found, *inner):
                if callable(one):
                    yield f"{module.__name__.rpartition('.')[2]}.{one.__name__}", one


def methods() -> Iterator[tuple[str, Callable[[], Callable[..., Any]]]]:
    """Yield the public methods of flows, executions, layers and datastores."""
    objects: dict[str, Callable[[], Any]] = {
        "flow": flow,
        "execution": lambda: flow().execution("x"),
        "finished": lambda: flow()(),
        "layer": Fit,
    }
    for name, make in objects.items():
        cls = type(make())
        for base in (one for one in cls.__mro__ if one.__module__.startswith("laminar.")):
            for key in vars(base):
                if key == "__call__" or (key[0] != "_" and inspect.isroutine(getattr(cls, key))):
                    yield f"{name}.{key}", lambda make=make, key=key: getattr(make(), key)  # type: ignore[misc]
    yield "datastore.protocol", lambda: Memory().protocol
    yield "datastore.protocol()", lambda: Memory().protocol(int)
    yield "flow.register()", lambda: type("Train", (Flow,), {}).register()


UNPLACED = ("laminar/configurations/datastores/", "laminar/history/", "laminar/local/resumption.py")
"""Code that knows no lines of programs: commands add the line of the call."""

NEEDED |= {name.replace("execution.", "finished."): needed for name, needed in NEEDED.items() if name.startswith("execution.")}


def targets() -> Iterator[Target]:
    """Yield each parameter of each callable."""
    made = [(name, lambda found=found: SUBCLASSES.get(found, found)) for name, found in public()]
    for name, make in (*made, *methods()):
        if name in MADE:
            continue
        called = make()
        layer = isinstance(called, type) and issubclass(called, Layer)  # whose __new__ has a signature for its subclasses
        for parameter in inspect.signature(called.__init__ if layer else called).parameters.values():
            if parameter.name != "self":
                yield Target(name, make, parameter)


TARGETS = tuple(targets())


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")


OBJECTS: list[Callable[[], Any]] = [
    *(
        object,
        Unprintable,
        Unhashable,
        Fit,
        flow,
        Memory,
        Container,
        Retry,
        Argo,
        Cache,
        lambda: iter([1]),
        lambda: flow().layer(Fit),
    ),
    *(lambda kind=kind: kind for kind in (Fit, Flow, Thread, Container, ValueError, len, flow, int, Local)),  # type: ignore[misc]
    *(lambda one=one: one for one in (..., {1}, 1j, range(3), (1,), NotImplemented, ValueError("x"), Process(), Text())),  # type: ignore[misc]
    *(lambda: Catch(OSError), lambda: ForEach([Parameter(Fit, "rows")]), lambda: Secret("a", "b"), lambda: Volume("/d", claim="c")),
    *(lambda: Execution("x", flow()), lambda: numpy.zeros(2), lambda: numpy.int64(1), lambda: numpy.float32("nan")),
    *(
        lambda: datetime.timedelta(1),
        lambda: datetime.timedelta(-1),
        lambda: datetime.date(2030, 1, 1),
        lambda: decimal.Decimal("sNaN"),
    ),
    *(lambda: pathlib.Path("x"), lambda: [Fit], lambda: {"Fit": None}, lambda: {"Fit": ["Fit"]}, lambda: {Fit: 1}, lambda: 10**400),
]
TEXTS = [
    "",
    " ",
    "4Gi",
    "500m",
    "1h",
    "s4://x",
    "s3://",
    "file://",
    "0 4 * * *",
    "/data",
    "a=1",
    "$(x)",
    "{{x}}",
    "\0",
    "\udcff",
    "a\nb",
]
TEXTS += ["Fit", "rows", "latest", "..", "é" * 300, "memory:", "s3:/b", "gs://b"]
SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.integers(), st.floats(), st.sampled_from(TEXTS), st.binary(max_size=3)
)
NONSENSE = st.one_of(
    SIMPLE,
    st.text(max_size=6),
    st.lists(SIMPLE, max_size=2),
    st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), SIMPLE, max_size=2),
    st.sampled_from(OBJECTS).map(lambda make: make()),
)


def error_of(target: Target, value: Any) -> Exception | None:
    """Return the error of a call, None where the value is accepted."""
    try:
        target.call(value)
    except Exception as error:
        return error
    return None


def check(target: Target, value: Any) -> None:
    """Raise AssertionError where a call fails by anything but an error of laminar with a place and a fix."""
    if target.parameter.name == "linker" and callable(value):
        return  # its errors are the program's own
    error = error_of(target, value)
    if error is None:
        return
    if not isinstance(error, LaminarError) or isinstance(error, InternalError):
        raise AssertionError(f"{target.name} fails by {type(error).__name__}") from error
    raised = traceback.extract_tb(error.__traceback__)[-1].filename
    assert error.what
    assert error.where or any(room in raised for room in UNPLACED), f"{error} has no place"
    assert error.fix, f"{error} has no fix"


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: f"{one.name}-{one.parameter.name}")
def test_any_value_of_any_parameter_is_accepted_or_reported(target):
    @settings(
        max_examples=int(os.environ.get("LAMINAR_EXAMPLES", "6")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(value=NONSENSE)
    def each(value: Any) -> None:
        check(target, value)

    each()


CONSTRUCTORS = {
    target.name: target
    for target in TARGETS
    if isinstance(made := target.make(), type) and not issubclass(made, (Layer, Execution, datastores.DataStore))
}


@pytest.mark.parametrize("name", sorted(CONSTRUCTORS))
def test_arguments_that_a_constructor_does_not_have_are_reported(name):
    made = CONSTRUCTORS[name].make()
    needed = {key: value() for key, value in NEEDED.get(name, {}).items()}
    with pytest.raises(OptionError, match="has no option 'nothing'") as caught:
        made(**needed, nothing=1)
    assert "test_any_option.py" in caught.value.where
    assert all(key in caught.value.fix for key in needed)


def test_a_misspelled_a_missing_and_a_superfluous_argument_are_explained():
    with pytest.raises(OptionError, match=r"Container has no option 'memroy'\. Did you mean 'memory'"):
        Container(memroy=4000)
    with pytest.raises(OptionError, match="Volume rejects its arguments: missing 1 required positional argument: 'mount'"):
        Volume(claim="data")
    with pytest.raises(OptionError, match="Retry rejects its arguments: takes from 1 to 5 positional arguments but 6 were given"):
        Retry(1, 2, 3, 4, 5)


def test_each_parameter_without_a_default_has_a_value():
    missing = {
        f"{target.name}({target.parameter.name}=)"
        for target in TARGETS
        if target.parameter.default is inspect.Parameter.empty
        and target.parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        and target.parameter.name not in NEEDED.get(target.name, {})
    }
    assert not missing, f"add to NEEDED a value, or to MADE why programs do not call it: {', '.join(sorted(missing))}"


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_the_values_that_other_parameters_keep_are_accepted(name):
    target = next(target for target in TARGETS if target.name == name)
    target.make()(**{key: made() for key, made in NEEDED[name].items()})


def test_a_zero_of_an_unordered_kind_is_rejected_as_a_size():
    with pytest.raises(OptionError, match="Volume empty_dir must be"):
        Volume("/d", empty_dir=decimal.Decimal("sNaN"))


@pytest.mark.parametrize("name", ["index", "splits", "attempt"])
@pytest.mark.parametrize("value", ["x", -1, 0.5, [], True])
def test_a_wrong_split_of_a_layer_is_reported(name, value):
    with pytest.raises(OptionError, match=f"Layer 'Fit' {name} must be a whole number"):
        flow().layer(Fit, **{name: value})


def test_a_split_that_a_finished_layer_does_not_have_is_reported_with_their_number():
    with pytest.raises(LaminarError, match="Layer 'Fit' has no split 5") as caught:
        flow()().layer(Fit, index=5).rows  # noqa: B018
    assert caught.value.fix == "read a split from 0 to 0."


def test_a_linker_without_a_parameter_is_reported_at_the_call():
    with pytest.raises(LaminarError, match="next\\(\\) takes linker=a function of the execution") as caught:
        flow()().next(flow=flow(), linker=lambda: Parameters())
    assert "test_any_option.py" in caught.value.where


def test_what_is_left_out_exists():
    names = {name for name, _ in public()} | {name for name, _ in methods()}
    assert {name for name in MADE if not name.startswith("laminar.")} <= names
