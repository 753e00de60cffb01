"""Options accept the forms that people write, and report every other value with its place and an example."""

from __future__ import annotations

import datetime
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar import Flow, Layer
from laminar.configurations import option_values
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import Container, ForEach, Parameter, Retry, Volume
from laminar.configurations.schedulers import Argo
from laminar.exceptions import OptionError

LOOP: dict[str, object] = {}
LOOP["self"] = LOOP


class Train(Flow): ...


class Fit(Layer): ...


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"cpu": "500m"}, {"cpu": 0.5}),
        ({"cpu": "2"}, {"cpu": 2}),
        ({"memory": "4Gi"}, {"memory": 4295}),
        ({"memory": "1500M"}, {"memory": 1500}),
        ({"memory": "1500"}, {"memory": 1500}),
        ({"memory": "1Ki"}, {"memory": 1}),
        ({"ephemeral_storage": "1.5G"}, {"ephemeral_storage": 1500}),
        ({"gpu": "1"}, {"gpu": 1}),
        ({"gpu": "1\x1f"}, {"gpu": 1}),
        ({"timeout": "1h"}, {"timeout": 3600}),
        ({"timeout": "1m30s"}, {"timeout": 90}),
        ({"timeout": "500ms"}, {"timeout": 0.5}),
        ({"timeout": datetime.timedelta(hours=1)}, {"timeout": 3600}),
        ({"command": ["python", "my train.py"]}, {"command": "python 'my train.py'"}),
        ({"image": None, "cpu": None, "env": None}, {"image": "laminar:latest", "cpu": 1, "env": {}}),
        ({"image": "registry.example.com:5000/a/b_c:1.0@sha256:" + "0" * 64}, {}),
        ({"env": {"N": 3, "ON": True}}, {"env": {"N": "3", "ON": "True"}}),
        ({"volumes": Volume("/d", claim="c")}, {"volumes": (Volume("/d", claim="c"),)}),
        ({"tolerations": {"key": "gpu", "value": None}}, {"tolerations": ({"key": "gpu"},)}),
    ],
    ids=str,
)
def test_a_container_stores_quantities_durations_and_single_values_in_one_form(given, stored):
    made = Container(**given)
    assert {name: getattr(made, name) for name in stored} == stored


def test_retry_and_foreach_accept_a_duration_and_one_parameter():
    assert Retry(delay="1m") == Retry(delay=60)
    assert ForEach(Parameter(Fit, "rows")) == ForEach([Parameter(Fit, "rows")])
    assert Process(timeout="1h").timeout == 3600
    assert Retry(delay=datetime.timedelta(milliseconds=500)) == Retry(delay=0.5)
    assert Process(timeout=datetime.timedelta(hours=1)).timeout == 3600


@pytest.mark.parametrize(
    "wrong",
    [
        {"memory": "4 Gi"},
        {"memory": "4GB"},
        {"memory": 0.5},
        {"memory": "0.5"},
        {"memory": 1500.5},
        {"memory": 0},
        {"memory": "٤"},
        {"cpu": True},
        {"cpu": math.nan},
        {"cpu": "0"},
        {"cpu": 1e300},
        {"memory": "10E"},
        {"memory": 10**30},
        {"gpu": "one"},
        {"gpu": 0.5},
        {"timeout": "1 hour"},
        {"timeout": "60"},
        {"timeout": 0},
        {"timeout": datetime.timedelta(hours=-1)},
        {"image": "Foo Bar"},
        {"image": "team/Train:1"},
        {"image": ""},
        {"command": "python 'main.py"},
        {"command": []},
        {"secrets": ["db"]},
        {"secrets": {"DB": "db"}},
        {"env": ["A=1"]},
        {"env": {"A": None}},
        {"volumes": ["/data"]},
        {"node_selector": ["disk"]},
        {"tolerations": "gpu"},
        {"tolerations": [{"key": b"gpu"}]},
        {"tolerations": [{"key": ["gpu"]}]},
        {"tolerations": [{"key": "gpu", "tolerationSeconds": "soon"}]},
        {"affinity": "near"},
        {"affinity": {1: "x"}},
        {"affinity": {"nodeAffinity": [{"weight": 0.5}]}},
        {"affinity": LOOP},
    ],
    ids=str,
)
def test_a_wrong_value_is_reported_with_the_line_and_an_example(wrong):
    with pytest.raises(OptionError, match=f"Container {next(iter(wrong))}( tolerationSeconds)? must be") as caught:
        Container(**wrong)
    assert caught.value.where.startswith(os.path.relpath(__file__))
    assert caught.value.fix.startswith("write ")


@given(seconds=st.integers(1, 10**6), unit=st.sampled_from(["s", "m", "h", "d"]))
def test_a_duration_is_its_number_times_its_unit(seconds, unit):
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]
    assert option_values.seconds("X", "y", f"{seconds}{unit}") == seconds * factor


@given(number=st.integers(1, 10**6), suffix=st.sampled_from(["Ki", "Mi", "Gi", "k", "M", "G"]))
def test_a_quantity_is_rounded_up_to_whole_megabytes(number, suffix):
    factor = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6, "G": 10**9}[suffix]
    assert option_values.megabytes("X", "y", f"{number}{suffix}") == -(-number * factor // 10**6)


def test_nothing_of_a_memory_store_or_an_argo_scheduler_needs_an_option():
    assert Train(datastore=Memory(), executor=Thread(), scheduler=Argo()).configuration.scheduler.settings.schedules == ()
