"""Run the examples in docstrings, and check that every public name has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

FLOORS = ("laminar", "laminar.compiler", "laminar.templates")

MODULES = sorted(
    {
        *FLOORS,
        *(
            module.name
            for floor in FLOORS
            for module in pkgutil.walk_packages(importlib.import_module(floor).__path__, f"{floor}.")
            if not module.name.endswith(".__main__")  # importing it runs it
        ),
    }
)


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Give the functions and classes that a module defines, and the methods of those classes."""
    for name in getattr(module, "__all__", vars(module)):
        value = getattr(module, name)
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value
        if inspect.isclass(value):
            yield from ((f"{name}.{method}", getattr(value, method)) for method in methods(value))


def methods(owner: type) -> Iterator[str]:
    for name, value in vars(owner).items():
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)):
            yield name


def test_all_three_floors_are_walked():
    for floor in FLOORS:
        assert any(name.startswith(f"{floor}.") for name in MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_a_docstring(name):
    module = importlib.import_module(name)
    assert module.__doc__
    # A method may have its base's: getdoc looks there.
    assert [name for name, value in public(module) if not inspect.getdoc(value)] == []
