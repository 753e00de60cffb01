"""A recorded chain becomes a plan in the program's terms; all parts that no cluster could run are reported at once."""

from __future__ import annotations

import datetime
from typing import Any, Literal

import pytest

from laminar import Flow, Layer, Parameters
from laminar.compiler import compile
from laminar.compiler.ir import Plan, Task
from laminar.compiler.plan import planner
from laminar.compiler.plan.planner import Settings
from laminar.configurations import hooks
from laminar.configurations.datastores import Local
from laminar.configurations.layers import Container, ForEach, Parameter, Retry, Volume
from laminar.configurations.schedulers import Argo
from laminar.exceptions import FlowError
from laminar.program.recording import Chain, Step

STORE = Settings(datastore="s3://bucket/store")


class Train(Flow): ...


@Train.register(container=Container(memory=100, timeout=10))
class Load(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=[1, 2])


@Train.register(foreach=ForEach([Parameter(Load, "rows")], batch=5), container=Container(timeout=60), retry=Retry(attempts=2))
class Fit(Layer):
    def __call__(self, load: Load) -> None: ...


@Train.register
class Save(Layer):
    @hooks.entry
    def wanted(self, fit: Fit) -> bool:
        return True

    def __call__(self, load: Load, fit: Fit) -> None: ...


@Train.register
class Report(Layer):
    def __call__(self, save: Save) -> None: ...


def planned(settings: Settings = STORE, *, flow: Flow | None = None, **parameters: Any) -> Plan:
    return planner.plan(Chain([Step((flow or Train()).execution(), parameters)]), settings)


def tasks(made: Plan) -> dict[str, Task]:
    return {task.layer: task for _, task in made.tasks()}


def test_layers_stand_in_graph_order_with_what_they_need():
    assert {name: task.needs for name, task in tasks(planned(n=1)).items()} == {
        "Load": (),
        "Fit": ("Load",),
        "Save": ("Load", "Fit"),
        "Report": ("Save",),
    }


def test_a_pod_of_a_batch_has_the_time_of_all_its_splits():
    assert [tasks(planned())[name].pod.container.timeout for name in ("Load", "Fit")] == [10, 300]


def test_a_layer_with_several_parents_has_a_gate_in_the_smallest_pod_and_what_is_below_follows_it():
    found = tasks(planned())
    condition = found["Save"].condition
    assert condition.entry and condition.evaluator is None and condition.pod is not None
    assert condition.pod.container.memory == 100
    assert found["Report"].condition.follows == ("Save",)
    assert found["Fit"].condition.follows == ()


def test_the_second_run_of_a_flow_in_a_chain_has_a_suffix_and_a_link():
    steps = [Step(Train().execution(), {}) for _ in range(2)]
    first, second = planner.plan(Chain(steps), STORE).flows
    assert (first.suffix, first.link) == ("", None)
    assert second.suffix == "-2" and second.link is not None and second.link.name == "link-2"


def test_parameters_of_the_settings_replace_those_of_the_call():
    made = planned(Settings(datastore="s3://b", parameters={"n": [1]}), n=0, text="é")
    assert {parameter.name: parameter.value for parameter in made.parameters} == {"n": "[1]", "text": '"é"'}


def cyclic(kind: str) -> Any:
    value: Any = [1] if kind == "list" else {}
    if kind == "list":
        value.append(value)
    elif kind == "dict":
        value["self"] = {"inner": value}
    else:
        value = 1
        for _ in range(100_000):
            value = [value]
    return value


@pytest.mark.parametrize(
    ("kind", "shown"), [("list", r"\[1, \[...\]\]"), ("dict", "{'self': "), ("deep", "a list nested too deeply")]
)
def test_a_parameter_that_contains_itself_or_is_too_deep_is_an_error_that_names_it(kind, shown):
    with pytest.raises(FlowError, match=f"Parameter 'value' of flow 'Train' is {shown}.*JSON cannot carry"):
        planned(value=cyclic(kind))


def test_a_datastore_that_pods_cannot_share_is_refused():
    with pytest.raises(FlowError, match="Datastore 'data' is a relative path, which means nothing in a pod"):
        planned(Settings(datastore="data"))


def test_a_folder_is_a_datastore_where_a_shared_volume_is_mounted_in_every_container():
    class Own(Flow): ...

    Own.register(container=Container(volumes=[Volume("/data", claim="data")]))(type("A", (Layer,), {}))
    assert planned(Settings(), flow=Own(datastore=Local("/data/store"))).datastore.endswith("/data/store")
    Own.register(type("B", (Layer,), {}))
    with pytest.raises(FlowError, match="no shared volume is mounted there in the container of: B"):
        planned(Settings(), flow=Own(datastore=Local("/data/store")))


def test_the_schedule_is_the_schedulers_with_fields_of_the_settings_over_it():
    flow = Train(scheduler=Argo(schedule="@daily", timezone="UTC"))
    made = planned(Settings(datastore="s3://b", schedule={"timezone": "Europe/Berlin"}), flow=flow)
    assert made.schedule is not None
    assert (made.schedule.schedules, made.schedule.timezone) == (("@daily",), "Europe/Berlin")
    assert planned().schedule is None


def test_a_schedule_of_wrong_types_is_an_error_that_names_the_field():
    with pytest.raises(FlowError, match="has starting_deadline='soon'"):
        planned(Settings(datastore="s3://b", schedule={"starting_deadline": "soon"}), flow=Train(scheduler=Argo(schedule="@daily")))


def test_hooks_are_called_once_a_plan():
    calls: list[int] = []

    class Counted(Flow): ...

    class A(Layer):
        @hooks.retry
        def grow(self) -> None:
            calls.append(self.attempt)

    Counted.register(A)
    planned(flow=Counted())
    assert calls == [2, 3, 3]  # once for the second attempt, twice for the third


SOURCE = """\
from laminar import Flow, Layer
from laminar.configurations.layers import Container

class Train(Flow): ...

@Train.register(CONTAINER)
class Fit(Layer):
    def __call__(self) -> None: ...

if flow := Train():
    flow()
"""


def compiled(tmp_path, container="", settings="", path="flows/train.py"):
    (tmp_path / "pyproject.toml").write_text(f'[tool.laminar]\ndatastore = "s3://b/p"\n{settings}\n')
    program = tmp_path / path
    program.parent.mkdir(exist_ok=True)
    program.write_text(SOURCE.replace("CONTAINER", container))
    return compile(program)


def test_pods_run_the_compiled_program_at_its_path_in_the_project(tmp_path):
    assert "command: [python, -m, laminar.runner, flows/train.py]" in compiled(tmp_path)


def test_a_projects_image_is_that_of_layers_that_name_none(tmp_path):
    assert "image: team/train:7" in compiled(tmp_path, settings='image = "team/train:7"')
    made = compiled(tmp_path, 'container=Container(image="own:1")', settings='image = "team/train:7"')
    assert "image: own:1" in made and "team/train:7" not in made


COMMANDS = ["python train.py", "python -u flows/train.py --fast", "python /app/train.py", "bash run.sh"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_names_the_compiled_program_or_none_stays_as_it_is(tmp_path, command):
    made = compiled(tmp_path, f"container=Container(command={command!r})")
    assert (command.split()[-1] if "python" not in command else command.split()[1 + ("-u" in command)]) in made


def test_a_command_that_names_another_file_is_an_error(tmp_path):
    with pytest.raises(FlowError) as caught:
        compiled(tmp_path, 'container=Container(command="python other.py")')
    assert caught.value.what == "Layer 'Fit' runs 'python other.py', but the program that is compiled is flows/train.py."
    assert caught.value.fix == "leave command out, or write command='python flows/train.py'."


class Declared(Flow):
    source: str
    """File to read: {{x}}.

    More."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    days: list[datetime.date] = [datetime.date(2026, 1, 31)]


@Declared.register(foreach=ForEach([Parameter(Parameters, "days")]))
class Each(Layer):
    def __call__(self, parameters: Parameters) -> None: ...


def test_declared_parameters_have_defaults_help_and_choices():
    made = planned(flow=Declared(), source="a")
    assert [(each.name, each.value, each.description, each.choices) for each in made.parameters] == [
        ("source", '"a"', "File to read: {{x}}.", ()),
        ("optimizer", '"sgd"', "", ('"sgd"', '"adam"')),
        ("days", '["2026-01-31"]', "", ()),
    ]


def test_all_that_is_wrong_with_declared_parameters_is_reported():
    with pytest.raises(FlowError) as caught:
        planned(flow=Declared(), optimizer="adma", day=1)
    assert [str(error).partition(":")[0] for error in caught.value.problems] == [
        "Parameter 'optimizer' of flow 'Declared' is declared 'sgd' or 'adam', and its value is 'adma'",
        "Flow 'Declared' declares no parameter 'day'. Did you mean 'days'?\n  fix",
        "Flow 'Declared' is called without parameter 'source' (str), which has no default.\n  fix",
    ]
