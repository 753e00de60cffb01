"""Names: what api.md documents is importable from there, with those defaults."""

from __future__ import annotations

import importlib
import inspect

import pytest

import laminar
from laminar import components, exceptions

DOCUMENTED = {
    "laminar": "Flow Layer Execution Parameters __version__",
    "laminar.components": "Flow Layer Execution Parameters",
    "laminar.configurations.layers": "Catch Container ForEach Parameter Retry",
    "laminar.configurations.hooks": "entry execution retry submission",
    "laminar.configurations.datastores": "Local Memory AWS DataStore Accessor Artifact Record",
    "laminar.configurations.serde": "Protocol",
    "laminar.configurations.executors": "Executor Thread Process Docker",
    "laminar.configurations.schedulers": "Scheduler Argo",
    "laminar.configurations.flows": "Configuration",
    "laminar.settings": "current",
    "laminar.exceptions": "LaminarError FlowError LayerError ExecutionError SchedulerError DatastoreError",
}


@pytest.mark.parametrize("module", DOCUMENTED)
def test_documented_names_are_importable_and_exported(module):
    found = importlib.import_module(module)
    for name in DOCUMENTED[module].split():
        assert hasattr(found, name)
        assert name in found.__all__


def test_components_holds_the_same_classes():
    for name in DOCUMENTED["laminar.components"].split():
        assert getattr(laminar, name) is getattr(components, name)


def test_every_error_is_a_laminar_error_and_standard_ones_where_python_users_expect_them():
    for name in exceptions.__all__:
        value = getattr(exceptions, name)
        if isinstance(value, type):
            assert issubclass(value, exceptions.LaminarError)
    assert issubclass(exceptions.OptionError, TypeError)
    assert issubclass(exceptions.ArtifactError, AttributeError)


def defaults(function: object) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return {parameter.name: parameter.default for parameter in parameters if parameter.default is not parameter.empty}


def test_defaults_are_as_documented():
    from laminar.configurations.datastores import Local
    from laminar.configurations.layers import Container, Retry

    container = Container()
    assert (container.command, container.cpu, container.memory, container.workdir) == ("python main.py", 1, 1500, "/laminar")
    assert Container("python a.py", 2, "image", 5, "/w") == Container(
        command="python a.py", cpu=2, image="image", memory=5, workdir="/w"
    )
    assert Retry() == Retry(attempts=1, delay=0.1, backoff=2.0, jitter=0.1)
    assert defaults(Local)["root"] == ".laminar"


def test_what_a_pod_needs_are_keyword_only_fields_of_container():
    from laminar.configurations.layers import Container

    parameters = inspect.signature(Container).parameters
    wanted = "gpu ephemeral_storage env secrets volumes node_selector tolerations affinity service_account labels annotations"
    for name in [*wanted.split(), "priority_class", "timeout"]:
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY


def test_methods_have_the_documented_parameters():
    from laminar.configurations.executors import Executor

    signature = inspect.signature
    assert list(signature(laminar.Execution).parameters) == ["id", "flow", "retry"]
    for name, expected in {
        "execute": "self *layer",
        "layer": "self layer **attributes",
        "next": "self *flow *linker",
        "parameters": "self **artifacts",
        "resume": "self *from_",
        "schedule": "self *dependencies",
    }.items():
        marks = {inspect.Parameter.KEYWORD_ONLY: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        parameters = signature(getattr(laminar.Execution, name)).parameters.values()
        assert " ".join(marks.get(parameter.kind, "") + parameter.name for parameter in parameters) == expected
    assert list(signature(Executor.submit).parameters) == ["self", "layer"]
    assert inspect.iscoroutinefunction(Executor.submit)
