"""Quantities, durations and image references are read as Kubernetes and Go read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.lint.formats import is_duration, is_image, is_quantity


@pytest.mark.parametrize("value", ["64Mi", "500m", "0.5", ".5", "1.", "1e3", "1E", "-1", "+2k", 1, 0.25, "12Ei", "100n"])
def test_quantity_of_kubernetes_is_one(value):
    assert is_quantity(value)


@pytest.mark.parametrize("value", ["64mb", "64MB", "1 Gi", "1gi", "Mi", "", "1KiB", "1.2.3", True, None, [1], "1K"])
def test_other_quantity_is_none(value):
    assert not is_quantity(value)


@given(st.integers(0, 10**9), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti"]))
def test_every_number_with_a_suffix_is_a_quantity(number, suffix):
    assert is_quantity(f"{number}{suffix}")
    assert not is_quantity(f"{number}{suffix}b")
    assert not is_quantity(f"{number} {suffix}x")


@pytest.mark.parametrize("text", ["10s", "1h30m", "1.5h", "100ms", "0", "-1s", "1µs"])
def test_duration_of_go_is_one(text):
    assert is_duration(text, seconds=False)


@pytest.mark.parametrize("text", ["10 s", "1d", "10", "", "s", "1w", "1h 30m", "ten"])
def test_other_duration_is_none(text):
    assert not is_duration(text, seconds=False)


@pytest.mark.parametrize(
    "text",
    [
        "alpine", "alpine:3.20", "library/alpine", "localhost:5000/a/b:latest", "registry.example.com/a_b/c--d:v1.2-rc_3",
        "a@sha256:" + 64 * "a", "a:1@sha256:" + 64 * "0", "[::1]:5000/a", "Host.Example.com/a", "gcr.io/my-project/x.y",
    ],
)  # fmt: skip
def test_reference_to_an_image_is_one(text):
    assert is_image(text)


@pytest.mark.parametrize(
    "text", ["", "Alpine", "a/B", "a:", "a:b:c", "a b", "a@sha256:12", "-a", "a/", "/a", "http://a/b", "a:" + 129 * "x"]
)
def test_other_reference_is_none(text):
    assert not is_image(text)
