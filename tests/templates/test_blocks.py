"""Blocks of a pod: limits, volumes, retries, as Kubernetes and Argo count them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.templates import retry, runner, volumes, workflow
from laminar.templates.volumes import Source


@pytest.mark.parametrize(
    "cpu, text",
    [(1, "1"), (0.5, "500m"), (1.5, "1500m"), (2.0, "2"), (0.0001, "1m"), (0.1, "100m"), (0.29, "290m"), (1.0001, "1001m")],
)
def test_cpu_is_whole_or_in_thousandths_never_less_than_asked_for(cpu, text):
    assert runner.limits(cpu=cpu, memory=1)["cpu"] == text


@given(st.integers(1, 9), st.floats(0, 1e6), st.floats(0, 100))
def test_backoff_is_in_whole_numbers_of_at_least_one(attempts, delay, backoff):
    made = retry.retry(limit=attempts + 1, delay=delay, backoff=backoff)
    assert made["limit"] == str(attempts + 1)
    assert int(made["backoff"]["duration"].removesuffix("s")) >= 1
    assert isinstance(made["backoff"]["factor"], int)
    assert made["backoff"]["factor"] >= 1


def test_deadline_leaves_the_runner_time_to_enforce_the_timeout():
    made = runner.layer("layer", inputs={}, labels={}, annotations={}, container={}, volumes=[], retry={}, outputs={}, timeout=90.5)
    assert made == {"name": "layer", "activeDeadlineSeconds": 691}


def test_source_mounted_twice_is_one_volume():
    made, mounts = volumes.volumes([Source("/a", "claim", "data"), Source("/b", "claim", "data", sub_path="b")])
    assert [volume["name"] for volume in made] == ["scratch", "data"]
    assert [mount["name"] for mount in mounts] == ["scratch", "data", "data"]


def test_sources_of_one_name_are_volumes_of_two_names():
    made, _ = volumes.volumes([Source("/a", "claim", "data"), Source("/b", "secret", "data"), Source("/c", "claim", "scratch")])
    names = [volume["name"] for volume in made]
    assert len(set(names)) == len(names) == 4


def test_each_empty_directory_is_a_volume_of_its_own():
    made, _ = volumes.volumes([Source("/a", "empty_dir", "0"), Source("/b", "empty_dir", "0")])
    assert len(made) == 3


@pytest.mark.parametrize("kind", ["claim", "secret", "config_map", "host_path", "empty_dir"])
def test_volumes_name_is_a_label_whatever_the_source_is_called(kind):
    made, _ = volumes.volumes([Source("/a", kind, "My.Data" * 20)])
    assert made[1]["name"] == "volume-1"


def test_argos_own_containers_are_confined_too():
    patch = json.loads(workflow.PATCH)
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert patch["initContainers"] == [{"name": "init", "securityContext": confined}]
    assert patch["containers"] == [{"name": "wait", "securityContext": confined}]


def test_no_user_text_is_in_a_block_that_argo_would_read_as_a_tag():
    made = runner.container(image="a", command=["b"], args=[], workdir="/c", resources={}, env=[], mounts=[])
    assert "{{" not in json.dumps(made)
