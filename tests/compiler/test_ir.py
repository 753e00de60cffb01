"""A plan is a value: saved as JSON it is read back equal, and it names what the program names."""

from __future__ import annotations

import pytest
from hypothesis import given

from laminar.compiler.ir import Pod, from_json, to_json
from laminar.compiler.optimizer import optimize
from laminar.configurations.layers import Container, Retry
from laminar.configurations.schedulers import Schedule
from tests.support.drawn_plans import plans
from tests.support.plans import FEATURES, plan, task


@pytest.mark.parametrize("feature", FEATURES)
def test_a_saved_plan_is_read_back_equal(feature):
    made = optimize(FEATURES[feature][0])
    assert from_json(to_json(made)) == made


@given(plans())
def test_a_drawn_plan_is_read_back_equal(made):
    read = from_json(to_json(made))
    assert read == made
    assert [hash(item.pod) for _, item in read.tasks()] == [hash(item.pod) for _, item in made.tasks()]


def test_a_plan_holds_the_containers_retries_and_schedules_of_the_program():
    made = plan(task("Fit"), schedule=Schedule(("@daily",)))
    read = from_json(to_json(made))
    assert type(read.schedule) is Schedule
    assert [(type(item.pod.container), type(item.pod.retry)) for _, item in read.tasks()] == [(Container, Retry)]


@pytest.mark.parametrize(
    ("command", "packaged", "words"),
    [
        ("python -u main.py --fast", None, (("python", "-u"), "main.py", ("--fast",))),
        ("python main.py", "src/main.py", (("python",), "src/main.py", ())),
        ("bash run.sh", "src/main.py", (("bash", "run.sh"), None, ())),  # it runs no program of the package
    ],
)
def test_a_pod_knows_the_words_of_its_command(command, packaged, words):
    made = Pod(container=Container(command=command), packaged=packaged)
    assert (made.command, made.program, made.arguments) == words


def test_equal_containers_are_one_pod_in_whatever_order_their_variables_stand():
    one, other = (Pod(container=Container(env=env)) for env in ({"A": "1", "B": "2"}, {"B": "2", "A": "1"}))
    assert one == other and hash(one) == hash(other)


@pytest.mark.parametrize(
    "wrong", ['{"flows": 1, "datastore": "s3://b"}', '{"flows": [], "datastore": "s3://b", "other": 1}', "[]", "{"]
)
def test_what_is_no_saved_plan_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=r"Plan|json_invalid|JSON"):
        from_json(wrong)
