"""Patches of pods: fields that hooks may change, their form, and their limit in the workflow."""

from __future__ import annotations

import base64
import json

import pytest

from laminar.configurations.layers import Container
from laminar.exceptions import FlowError
from laminar.worker.pod_patches import LIMIT, changed, encoded, patch


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"image": "x:1"}, {"containers": [{"name": "main", "image": "x:1"}]}),
        ({"cpu": 0.25}, {"containers": [{"name": "main", "resources": {"limits": {"cpu": "250m"}}}]}),
        ({"gpu": 1}, {"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}),
        ({"env": {"A": "1"}}, {"containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}]}),
        ({"node_selector": {"disk": "ssd"}}, {"nodeSelector": {"disk": "ssd"}}),
        ({"priority_class": "high"}, {"priorityClassName": "high"}),
        ({"tolerations": [{"key": "gpu"}]}, {"tolerations": [{"key": "gpu"}]}),
        ({}, {}),
    ],
    ids=lambda value: next(iter(value), "nothing"),
)
def test_a_changed_field_becomes_a_patch_of_the_pod(fields, made):
    container = Container(**fields)
    names = changed(Container(), container, layer="Fit")
    assert names == tuple(fields)
    assert patch(container, names) == made


def test_a_gpu_that_is_taken_away_is_patched_as_none():
    assert patch(Container(), ["gpu"]) == {"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "0"}}}]}


@pytest.mark.parametrize(
    "fields",
    [{"workdir": "/x"}, {"command": "python x.py"}, {"timeout": 5}, {"labels": {"a": "b"}}, {"service_account": "x"}],
    ids=str,
)
def test_what_is_fixed_when_the_workflow_is_made_cannot_be_changed(fields):
    (name,) = fields
    with pytest.raises(FlowError, match=f"A hook of layer 'Fit' changes its container's {name}"):
        changed(Container(), Container(**fields), layer="Fit")


def test_distinct_patches_are_published_once_and_chosen_by_pod():
    found = encoded(["a", "b", "a"], layer="Fit")
    assert [base64.b64decode(text).decode() for text in found["is"]] == ["a", "b"]
    assert found["of"] == [0, 1, 0]


@pytest.mark.parametrize(("patches", "of"), [([], []), (["a"], []), (["a", "a"], [])])
def test_one_patch_for_all_pods_needs_no_choice(patches, of):
    assert encoded(patches, layer="Fit")["of"] == of


def test_patches_may_take_exactly_the_limit():
    overhead = len(json.dumps({"is": [""], "of": []}, separators=(",", ":")))
    room = (LIMIT - overhead) // 4 * 3  # base64 makes four characters of three
    text = "x" * room
    size = len(json.dumps(encoded([text], layer="Fit"), separators=(",", ":")))
    assert LIMIT - 3 <= size <= LIMIT
    with pytest.raises(FlowError, match=f"1 different pods of 1: [0-9]+ bytes of patches, and {LIMIT} reach the workflow"):
        encoded([text + "xxx"], layer="Fit")


def test_the_limit_itself_is_allowed(monkeypatch):
    size = len(json.dumps(encoded(["abc", "de"], layer="Fit"), separators=(",", ":")))
    monkeypatch.setattr("laminar.worker.pod_patches.LIMIT", size)
    encoded(["abc", "de"], layer="Fit")
    monkeypatch.setattr("laminar.worker.pod_patches.LIMIT", size - 1)
    with pytest.raises(FlowError):
        encoded(["abc", "de"], layer="Fit")


def test_the_limit_is_four_kibibytes_a_layer():
    assert LIMIT == 4096
