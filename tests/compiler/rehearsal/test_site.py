"""How a pod is translated to this machine: commands, folders, volumes, variables."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Mount, Pod, Refused
from laminar.compiler.rehearsal.processes import Processes
from tests.support.local_pods import python, site


def test_paths_in_volumes_are_rewritten_where_a_value_is_such_a_path(tmp_path):
    code = "import os, json; print(json.dumps([os.environ[n] for n in 'ABC'] + ['/tmp/x', '/tmpx']))"
    pod = python(code, env=(("A", "/tmp"), ("B", "/tmp/a b"), ("C", "x /tmp/c")))
    here = f"{tmp_path}/scratch/pods/w.A_0_/volumes/scratch"
    log = Processes(site(tmp_path))(pod).log
    assert log == f'["{here}", "{here}/a b", "x /tmp/c", "{here}/x", "/tmpx"]\n'


def test_a_claim_is_one_folder_for_all_pods(tmp_path):
    claim = Mount("/data", "data", {"persistentVolumeClaim": {"claimName": "shared"}})
    processes = Processes(site(tmp_path))
    processes(python("open('/data/x', 'w').write('1')", mounts=(claim,)))
    assert processes(python("print(open('/data/x').read())", mounts=(claim,))).log == "1\n"


def test_variables_are_those_of_the_yaml_and_none_of_laminars_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("LAMINAR_LAYER_NAME", "mine")
    code = "import os; print(sorted(n for n in os.environ if n.startswith('LAMINAR_')), os.environ['LAMINAR_DATASTORE'])"
    env = (("LAMINAR_FLOW_NAME", "F"), ("LAMINAR_DATASTORE", "s3://bucket/x"), ("LAMINAR_CODE", "s3://bucket/code#sha256=1"))
    log = Processes(site(tmp_path))(python(code, env=env)).log
    assert log == f"['LAMINAR_DATASTORE', 'LAMINAR_FLOW_NAME'] {tmp_path}/store\n"


def test_a_working_folder_that_is_not_here_is_the_projects(tmp_path):
    code = "import os; print(os.getcwd())"
    processes = Processes(site(tmp_path))
    assert processes(python(code, workdir="/laminar")).log == f"{tmp_path}\n"
    assert processes(python(code, workdir="/")).log == "/\n"
    assert processes(python(code, workdir="/tmp")).log.endswith("volumes/scratch\n")


def test_a_secret_is_refused_unless_its_value_is_given(tmp_path):
    pod = python("import os; print(os.environ['TOKEN'])", env=(("TOKEN", None),))
    with pytest.raises(Refused, match="TOKEN comes from the cluster"):
        Processes(site(tmp_path))(pod)
    assert Processes(site(tmp_path, variables={"TOKEN": "t"}))(pod).log == "t\n"


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        (Pod("w.A", "t", "i", ("no-such-program",), ()), "no program 'no-such-program'"),
        (python("", mounts=(Mount("/s", "s", {"secret": {"secretName": "x"}}),)), "volume 's' is the secret 'x'"),
        (python("", paths={"x": "/elsewhere/x"}), "output 'x' is a file in no volume"),
    ],
)
def test_what_this_machine_does_not_have_is_refused(tmp_path, pod, message):
    with pytest.raises(Refused, match=message):
        Processes(site(tmp_path))(pod)


SECRET = Mount("/no-such-folder", "token", {"secret": {"secretName": "api"}}, read_only=True)


CONFIG = Mount("/no-such-folder-either/a.txt", "config", {"configMap": {"name": "settings"}}, sub_path="a.txt")


@pytest.mark.parametrize("names", [("api", "settings"), ("token", "config")], ids=["by the object's name", "by the volume's name"])
def test_a_volume_that_is_given_is_a_folder_of_this_machine(tmp_path, names):
    for name, file in zip(names, ("key", "a.txt"), strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(file)
    volumes = {name: tmp_path / name for name in names}
    pod = python(
        "import sys; print(*(open(path).read() for path in sys.argv[1:]))",
        *("/no-such-folder/key", "/no-such-folder-either/a.txt"),
        mounts=(SECRET, CONFIG),
    )
    assert Processes(site(tmp_path, volumes=volumes))(pod).log == "key a.txt\n"


def test_a_volume_that_is_given_but_does_not_exist_is_refused(tmp_path):
    with pytest.raises(Refused, match="does not exist, for volume 'token'"):
        Processes(site(tmp_path, volumes={"api": tmp_path / "gone"}))(python("", mounts=(SECRET,)))
