"""The runtime that `laminar` installs for its components."""

from __future__ import annotations

import pytest

from laminar.components import runtime
from laminar.exceptions import InternalError
from laminar.runtime import LocalRuntime


def test_importing_laminar_installs_the_local_runtime():
    assert isinstance(runtime.current(), LocalRuntime)


def test_the_runtime_installed_last_is_in_use(monkeypatch):
    monkeypatch.setattr(runtime, "_installed", runtime.current())
    other = LocalRuntime()
    runtime.install(other)
    assert runtime.current() is other


def test_without_a_runtime_there_is_an_internal_error(monkeypatch):
    monkeypatch.setattr(runtime, "_installed", None)
    with pytest.raises(InternalError, match=r"No runtime is installed\."):
        runtime.current()
