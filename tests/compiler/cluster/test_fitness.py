"""Check a cluster, an account and images by their responses."""

from __future__ import annotations

import pytest

from laminar.compiler.cluster.fitness import DEFINED, check_cluster, check_image, check_store
from tests.compiler.cluster.conftest import transport_to, workflow
from tests.support.fake_kubernetes import FakeKubernetes

IMAGES = [
    ("laminar:latest", "wrong"),
    ("team/train:latest", "warning"),
    ("team/train", "warning"),
    ("team/train:7", "ok"),
    ("a@sha256:1", "ok"),
]


@pytest.mark.parametrize(("image", "state"), IMAGES)
def test_images_are_judged_by_their_tags(image, state):
    [found] = check_image([image])
    assert (found.state, bool(found.fix)) == (state, state != "ok")


def test_an_image_that_a_pod_has_pulled_or_could_not_pull_is_said(cluster):
    server = FakeKubernetes(cluster)
    transport = transport_to(server)
    [found] = check_image(["laminar:1"], transport.newest_pods())
    assert found.what == "laminar:1 is named; no pod of the namespace has pulled it yet"
    transport.create(workflow())
    cluster.wait_for(lambda: cluster.phase() == "Succeeded")
    [found] = check_image(["laminar:1"], transport.newest_pods())
    assert found.what.startswith("laminar:1 is named, and was pulled before: by pod two-")
    for pod in cluster.pods.values():
        pod["status"]["containerStatuses"] = [{"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]
    [found] = check_image(["laminar:1"], transport.newest_pods())
    assert found.state == "wrong" and "cannot pull it (ImagePullBackOff)" in found.what and found.fix
    server.close()


def test_pods_that_cannot_be_seen_say_nothing_of_an_image():
    assert [one.what for one in check_image(["train:1"], None)] == ["train:1 is named"]


def test_a_fit_cluster_has_a_line_for_each_check(transport, cluster):
    cluster.accounts = {"laminar"}
    found = {one.check: one.state for one in check_cluster(transport, "laminar")}
    assert list(found) == ["reachable", "argo", "definitions", "rights", "service account"]
    assert set(found.values()) <= {"ok", "unknown"}


def test_each_definition_that_a_run_needs_is_looked_for(cluster):
    server = FakeKubernetes(cluster)
    for plural in DEFINED:
        cluster.undefined = {plural}
        found = {one.check: one for one in check_cluster(transport_to(server), "laminar")}
        assert found["definitions"].state == "wrong" and plural in found["definitions"].what
    server.close()


def test_a_datastore_is_written_read_and_deleted_from(tmp_path):
    found = check_store(str(tmp_path))
    assert found.state == "ok" and not [path for path in tmp_path.rglob("probe*") if path.is_file()]
    (tmp_path / "file").write_text("")
    assert check_store(str(tmp_path / "file" / "store")).state == "wrong"
