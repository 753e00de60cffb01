"""Volumes name their sources, and mounts name volumes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laminar.templates.volumes import LABEL, Source, volumes

KINDS = {
    "claim": {"persistentVolumeClaim": {"claimName": "5"}},
    "secret": {"secret": {"secretName": "5"}},
    "config_map": {"configMap": {"name": "5"}},
    "host_path": {"hostPath": {"path": "5"}},
    "empty_dir": {"emptyDir": {"sizeLimit": "5M"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_source_is_a_kind_of_volume(kind):
    made, _ = volumes([Source("/data", kind, "5")])
    assert {key: value for key, value in made[1].items() if key != "name"} == KINDS[kind]


def test_a_pod_has_a_scratch_folder_of_its_own():
    assert volumes([]) == ([{"name": "scratch", "emptyDir": {}}], [{"name": "scratch", "mountPath": "/tmp"}])


@pytest.mark.parametrize("path", ["/tmp", "/tmp/"])
def test_a_source_at_the_scratch_folder_replaces_it(path):
    made, mounts = volumes([Source(path, "empty_dir", "100")])
    assert made == [{"name": "scratch", "emptyDir": {"sizeLimit": "100M"}}]
    assert mounts == [{"name": "scratch", "mountPath": path}]


def test_a_mount_is_read_only_or_of_a_part_where_its_source_is():
    _, mounts = volumes([Source("/data", "claim", "data", read_only=True, sub_path="old"), Source("/rest", "claim", "data")])
    assert mounts[1] == {"name": "data", "mountPath": "/data", "readOnly": True, "subPath": "old"}
    assert mounts[2] == {"name": "data", "mountPath": "/rest"}


NAMES = ["0", "data", "Data", "volume-1", "scratch"]
PATHS = ["/tmp", "/a", "/b", "/c"]
SOURCES = st.builds(Source, st.sampled_from(PATHS), st.sampled_from(sorted(KINDS)), st.sampled_from(NAMES))


@given(st.lists(SOURCES, max_size=4, unique_by=lambda source: source.path))
@example([Source("/a", "claim", "scratch"), Source("/tmp", "claim", "data")])
def test_names_are_labels_that_differ_and_every_mount_has_its_volume(chosen):
    made, mounts = volumes(chosen)
    names = [volume["name"] for volume in made]
    assert len(names) == len(set(names))
    assert all(LABEL.match(name) for name in names)
    assert {mount["name"] for mount in mounts} == set(names)
