"""A Container carries everything that a pod needs, and the document says each of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from laminar.compiler import compile as to_yaml
from laminar.configurations.layers import Container
from laminar.exceptions import LaminarError

PROGRAM = """\
from laminar import Flow, Layer
from laminar.configurations.layers import Container, Secret, Volume

class Train(Flow): ...

@Train.register(container={container})
class Fit(Layer): ...

if flow := Train():
    flow()
"""


def template(tmp_path, container: str) -> dict[str, Any]:
    from laminar.compiler.plan.planner import Settings

    (tmp_path / "main.py").write_text(PROGRAM.format(container=container))
    document = yaml.safe_load(to_yaml(tmp_path / "main.py", settings=Settings(datastore="s3://bucket/store")))
    found: dict[str, Any] = next(template for template in document["spec"]["templates"] if "container" in template)
    found["volumes"] = [*found.get("volumes", []), *document["spec"].get("volumes", [])]
    return found


def test_each_field_of_a_container_is_in_the_pod(tmp_path):
    found = template(
        tmp_path,
        """Container(
            command="python main.py --deep", cpu=1.5, image="images/train:1", memory=300, workdir="/app",
            gpu=2, ephemeral_storage=500, env={"MODE": "fast"}, secrets={"TOKEN": Secret("tokens", "main")},
            volumes=[
                Volume("/data", claim="data", sub_path="a", read_only=True), Volume("/keys", secret="keys"),
                Volume("/config", config_map="settings"), Volume("/host", host_path="/srv"), Volume("/scratch", empty_dir=100),
            ],
            node_selector={"disk": "ssd"}, tolerations=[{"key": "gpu", "operator": "Exists"}],
            affinity={"nodeAffinity": {"x": 1}}, service_account="trainer", labels={"team": "ml"},
            annotations={"note": "a b"}, priority_class="high", timeout=60,
        )""",
    )
    container = found["container"]
    environment = {item["name"]: item for item in container["env"]}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    limits = container["resources"]["limits"]
    assert container["image"] == "images/train:1" and container["workingDir"] == "/app"
    assert container["command"][0] == "python" and "--deep" in [*container["command"], *container.get("args", [])]
    assert limits["cpu"] == "1500m" and limits["memory"] == "300M"
    assert str(limits["nvidia.com/gpu"]) == "2" and limits["ephemeral-storage"] == "500M"
    assert container["resources"].get("requests", limits) == limits
    assert environment["MODE"]["value"] == "fast"
    assert environment["TOKEN"]["valueFrom"]["secretKeyRef"] == {"name": "tokens", "key": "main"}
    assert (mounts["/data"]["subPath"], mounts["/data"]["readOnly"]) == ("a", True)
    assert {"/data", "/keys", "/config", "/host", "/scratch"} <= set(mounts)
    volumes = {volume["name"]: volume for volume in found["volumes"]}
    assert volumes[mounts["/data"]["name"]]["persistentVolumeClaim"]["claimName"] == "data"
    assert volumes[mounts["/keys"]["name"]]["secret"]["secretName"] == "keys"
    assert volumes[mounts["/config"]["name"]]["configMap"]["name"] == "settings"
    assert volumes[mounts["/host"]["name"]]["hostPath"]["path"] == "/srv"
    assert volumes[mounts["/scratch"]["name"]]["emptyDir"]["sizeLimit"] == "100M"
    assert found["nodeSelector"] == {"disk": "ssd"} and found["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert found["affinity"] == {"nodeAffinity": {"x": 1}}
    assert found["serviceAccountName"] == "trainer" and found["priorityClassName"] == "high"
    assert found["metadata"]["labels"]["team"] == "ml" and found["metadata"]["annotations"]["note"] == "a b"
    assert int(found["activeDeadlineSeconds"]) == 660


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ('Container(env={"A": "1"}, secrets={"A": Secret("s", "k")})', "A"),
        ('Container(env={"LAMINAR_LAYER_NAME": "x"})', "LAMINAR_LAYER_NAME"),
        ('Container(volumes=[Volume("/data", claim="a"), Volume("/data", claim="b")])', "/data"),
        ('Container(volumes=[Volume("/data", claim="Not A Claim")])', "Not A Claim"),
        ('Container(labels={"not a label!": "x"})', "not a label!"),
        ('Container(workdir="relative")', "relative"),
    ],
)
def test_combinations_that_no_pod_can_have_are_refused_with_the_layers_name(container, said, tmp_path):
    with pytest.raises(LaminarError) as raised:
        template(tmp_path, container)
    assert said in str(raised.value) and "Fit" in str(raised.value)


@pytest.mark.parametrize("wrong", [{"image": ""}, {"command": " "}, {"cpu": 0}, {"memory": -1}, {"gpu": -1}, {"timeout": 0}])
def test_values_that_mean_nothing_are_refused_where_they_are_given(wrong):
    with pytest.raises(ValueError, match=f"Container .*{next(iter(wrong))}"):
        Container(**wrong)
