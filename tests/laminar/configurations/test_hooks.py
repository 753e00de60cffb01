"""Methods that are marked as hooks, and the order in which they run."""

from __future__ import annotations

import functools

import pytest

from laminar.configurations import hooks
from laminar.configurations.hooks import hooks_of


class Base:
    @hooks.entry
    def first(self) -> None: ...

    @hooks.retry
    def second(self) -> None: ...

    @hooks.entry
    def third(self) -> None: ...

    def plain(self) -> None: ...


class Below(Base):
    @hooks.submission
    def fourth(self) -> None: ...

    def first(self) -> None: ...  # an override keeps place and kind

    @hooks.execution
    def second(self) -> None: ...  # with another kind

    third = None  # type: ignore[assignment] # no hook any more


class Other:
    @hooks.retry
    def other(self) -> None: ...


class Both(Below, Other): ...


@pytest.mark.parametrize(
    ("cls", "kind", "names"),
    [
        (Base, None, ["first", "second", "third"]),
        (Base, "entry", ["first", "third"]),
        (Base, "submission", []),
        (Below, None, ["first", "second", "fourth"]),
        (Below, "entry", ["first"]),
        (Below, "retry", []),
        (Below, "execution", ["second"]),
        (Both, None, ["other", "first", "second", "fourth"]),
        (Both, "retry", ["other"]),
        (int, None, []),
    ],
)
def test_hooks_are_found_in_the_order_in_which_they_run(cls, kind, names):
    assert [name for name, _ in hooks_of(cls, kind)] == names


def test_the_function_is_the_nearest_override():
    assert dict(hooks_of(Both)) == {
        "other": Other.other,
        "first": Below.first,
        "second": Below.second,
        "fourth": Below.fourth,
    }


def test_laminars_own_classes_have_no_hooks():
    inner = type("Layer", (), {"__module__": "laminar.components.layer", "first": Base.first})
    assert [name for name, _ in hooks_of(type("Mine", (inner,), {"second": Base.second}))] == ["second"]


def test_a_function_that_is_marked_stays_itself():
    def function() -> None: ...

    assert hooks.entry(function) is function
    wrapped = functools.partial(function)
    assert hooks.retry(wrapped) is wrapped


@pytest.mark.parametrize("kind", ["entry", "execution", "retry", "submission"])
def test_only_methods_are_marked(kind):
    with pytest.raises(TypeError, match=f"@{kind} decorates a method, not 5"):
        getattr(hooks, kind)(5)
