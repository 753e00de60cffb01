"""Limits of a container: rounded up, as a pod may not get less than was asked for."""

from __future__ import annotations

import pytest

from laminar.templates.runner import limits


@pytest.mark.parametrize(
    ("cpu", "text"),
    [(1, "1"), (2.0, "2"), (0.5, "500m"), (0.0001, "1m"), (0.0011, "2m"), (1.5, "1500m"), (0.1 + 0.2, "300m"), (1.0004, "1001m")],
)
def test_cpu_is_in_thousandths_rounded_up(cpu, text):
    assert limits(cpu=cpu, memory=1)["cpu"] == text


@pytest.mark.parametrize(("memory", "text"), [(1, "1M"), (1500, "1500M"), (1500.2, "1501M"), (0.1, "1M")])
def test_memory_and_storage_are_whole_megabytes_rounded_up(memory, text):
    found = limits(cpu=1, memory=memory, ephemeral_storage=memory)
    assert (found["memory"], found["ephemeral-storage"]) == (text, text)


@pytest.mark.parametrize(("gpu", "storage"), [(0, None), (0, 0)])
def test_what_was_not_asked_for_has_no_limit(gpu, storage):
    assert set(limits(cpu=1, memory=1, gpu=gpu, ephemeral_storage=storage)) == {"cpu", "memory"}


def test_gpus_are_counted():
    assert limits(cpu=1, memory=1, gpu=2)["nvidia.com/gpu"] == "2"
