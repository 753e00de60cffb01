"""The methods that a flow needs of its executor and its scheduler, and its settings."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from laminar import Flow
from laminar.configurations import schedulers
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Docker, Process, Thread
from laminar.configurations.flows import Configuration, FlowScheduler, SplitExecutor


def methods(protocol: type) -> list[str]:
    return [name for name, value in vars(protocol).items() if inspect.isfunction(value) and not name.startswith("_")]


@pytest.mark.parametrize(
    ("protocol", "kind"),
    [
        *((SplitExecutor, kind) for kind in (Thread, Process, Docker)),
        *((FlowScheduler, kind) for kind in (schedulers.Scheduler, schedulers.Argo)),
    ],
)
def test_executors_and_schedulers_have_what_a_flow_uses_of_them(protocol, kind):
    assert methods(protocol)
    for name in methods(protocol):
        needed, made = getattr(protocol, name), getattr(kind, name)
        assert list(inspect.signature(made).parameters) == list(inspect.signature(needed).parameters), name
        assert inspect.iscoroutinefunction(made) is inspect.iscoroutinefunction(needed), name
    for name in vars(protocol).get("__annotations__", ()):
        assert hasattr(kind(), name), name


def test_only_threads_share_this_processs_memory():
    assert (Thread.isolated, Process.isolated, Docker.isolated) == (False, True, True)


def test_a_flow_holds_what_it_was_made_with():
    class Case(Flow): ...

    store, executor, scheduler = Memory(), Thread(), schedulers.Argo()
    configuration = Case(datastore=store, executor=executor, scheduler=scheduler).configuration
    assert configuration == Configuration(store, executor, scheduler)
    with pytest.raises(dataclasses.FrozenInstanceError):
        configuration.executor = Process()  # type: ignore[misc]
