"""Forms of __call__ and of hooks that a flow cannot call are rejected before anything runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.exceptions import FlowError


class Rows(Layer):
    def __call__(self) -> None: ...


def hiding(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **keywords: Any) -> Any:
        return function(*args, **keywords)

    return wrapper


def showing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        return function(*args, **keywords)

    return wrapper


async def coroutine(self) -> None: ...


async def asynchronous_generator(self):
    yield 1


def generator(self):
    yield 1


def several(self, *rows: Rows) -> None: ...


def options(self, rows: Rows, **options: Any) -> None: ...


def keyword_only(self, *, rows: Rows) -> None: ...


def selfless() -> None: ...


def plain(self, rows: Rows) -> None: ...


def refused(**attributes: Any) -> FlowError:
    """Return the error of a flow with a layer that has these attributes."""

    class Case(Flow): ...

    Case.register(Rows)
    Case.register(type("Fit", (Layer,), attributes))
    with pytest.raises(FlowError) as raised:
        Case().nodes  # noqa: B018
    return raised.value


@pytest.mark.parametrize(
    ("call", "what", "fix"),
    [
        (coroutine, "Fit.__call__ is declared async", "asyncio.run"),
        (asynchronous_generator, "Fit.__call__ is declared async", "asyncio.run"),
        (generator, "Fit.__call__ yields", "self.shard(rows=...)"),
        (several, "Fit.__call__ takes *rows", "a parameter for each layer"),
        (options, "Fit.__call__ takes **options", "a parameter for each layer"),
        (keyword_only, "takes keyword-only parameters", "drop the '*'"),
        (hiding(plain), "'hiding.<locals>.wrapper' hides its parameters", "functools.wraps"),
        (staticmethod(selfless), "Fit.__call__ is a staticmethod", "drop @staticmethod"),
        (classmethod(plain), "Fit.__call__ is a classmethod", "drop @classmethod"),
        (selfless, "has no parameter self", "def __call__(self, ...)"),
        (functools.partial(plain), "an object of type 'partial'", "functools.wraps"),
        (print, "an object of type 'builtin_function_or_method'", "functools.wraps"),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__) if callable(value) else "",
)
def test_a_call_that_would_not_do_the_work_is_rejected_with_what_to_write_instead(call, what, fix):
    error = refused(__call__=call)
    assert what in error.what
    assert fix in error.fix
    assert "test_call_signature.py:" in error.where


@pytest.mark.parametrize("call", [plain, showing(plain), showing(showing(plain))], ids=["plain", "decorated", "twice"])
def test_a_call_whose_annotations_are_seen_is_allowed(call):
    class Case(Flow): ...

    Case.register(Rows)
    Case.register(type("Fit", (Layer,), {"__call__": call}))
    assert Case().dependencies["Fit"] == {"Rows"}


def test_a_decorator_may_run_an_async_call_itself():
    def running(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(self) -> None:
            self.ran = True

        return wrapper

    class Case(Flow): ...

    Case.register(type("Fit", (Layer,), {"__call__": running(coroutine)}))
    assert Case().dependencies["Fit"] == set()


@pytest.mark.parametrize("name", ["call", "run", "_call", "forward"])
def test_a_layer_without_a_call_that_has_methods_is_rejected(name):
    error = refused(**{name: plain})
    assert f"Layer 'Fit' has no __call__, so nothing calls its method '{name}'" in error.what
    assert f"rename '{name}' to __call__" in error.fix


def test_a_layer_without_a_call_may_have_values_hooks_and_the_methods_that_its_hooks_call():
    class Case(Flow): ...

    @Case.register
    class Constants(Layer):
        rate = 0.1

    @Case.register
    class Hooked(Layer):
        @hooks.execution
        def work(self) -> None:
            self.help()

        def help(self) -> None: ...

    assert set(Case().nodes) == {"Parameters", "Constants", "Hooked"}


@pytest.mark.parametrize("kind", [hooks.entry, hooks.execution, hooks.retry, hooks.submission])
def test_an_async_hook_is_rejected_of_a_layer_and_of_a_flow(kind):
    async def hook(self) -> bool:
        return False

    error = refused(__call__=plain, check=kind(hook))
    assert "Hook Fit.check is declared async" in error.what

    class Hooked(Flow):
        check = kind(hook)

    Hooked.register(Rows)
    with pytest.raises(FlowError, match=r"Hook Hooked\.check is declared async"):
        Hooked().nodes  # noqa: B018


def test_all_wrong_forms_of_a_flow_are_reported_at_once():
    class Case(Flow): ...

    Case.register(type("A", (Layer,), {"__call__": coroutine}))
    Case.register(type("B", (Layer,), {"__call__": generator}))
    with pytest.raises(FlowError) as raised:
        Case()()
    assert len(raised.value.problems) == 2
