"""The stored schema equals the published models."""

from __future__ import annotations

import json

import pytest

from laminar.compiler.lint.schema import types
from tests.support import api_schema


def test_stored_schema_is_what_the_published_models_say():
    """Where this fails after an update of hera or lightkube-models: python -m tests.support.api_schema, then read the diff."""
    assert json.loads(api_schema.made()) == json.loads(api_schema.FILE.read_text())


def test_every_type_that_a_field_names_is_there():
    named = {name for entry in types().values() for name in json.dumps(entry.fields).split('"') if name.startswith("@")}
    assert {name[1:] for name in named} <= set(types())


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("k8s.Toleration", "operator", ["Equal", "Exists", "Gt", "Lt"]),
        ("k8s.Container", "imagePullPolicy", ["Always", "IfNotPresent", "Never"]),
        ("RetryStrategy", "retryPolicy", ["Always", "OnError", "OnFailure", "OnTransientError"]),
        ("k8s.NodeSelectorRequirement", "operator", ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]),
    ],
)
def test_values_that_a_description_lists_are_found(name, field, values):
    assert types()[name].choices[field] == values


@pytest.mark.parametrize("text", ["Must be a Number.", "The name of the volume.", "Defaults to Always.", ""])
def test_description_without_a_list_of_values_gives_none(text):
    assert api_schema.choices_of(text) == []


def test_fields_of_argo_4_1_are_known():
    assert {"podResources", "resourceClaims", "pendingTimeout"} <= set(types()["Template"].fields)
    assert "k8s.PodSpec" in types()
