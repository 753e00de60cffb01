"""Pods as processes of this machine: commands, folders, variables, output files, ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from laminar.compiler.rehearsal import Mount, Outcome, Pod, Refused
from laminar.compiler.rehearsal.confinement import is_possible
from laminar.compiler.rehearsal.processes import Forked, Processes
from laminar.compiler.rehearsal.site import Site

SCRATCH = Mount("/tmp", "scratch", {"emptyDir": {}})


def site(folder: Path, **options: object) -> Site:
    return Site(folder, folder / "scratch", str(folder / "store"), **options)  # type: ignore[arg-type]


def python(code: str, *args: str, **fields: object) -> Pod:
    """Return a pod that runs a line of Python."""
    return Pod("w.A(0)", "layer", "image", ("python", "-c"), (code, *args), **{"mounts": (SCRATCH,), **fields})  # type: ignore[arg-type]


def test_python_is_this_one_and_what_is_printed_is_kept(tmp_path):
    outcome = Processes(site(tmp_path))(python("import sys; print(sys.executable); print('err', file=sys.stderr)"))
    assert (outcome.code, outcome.log.split()) == (0, [sys.executable, "err"])


@pytest.mark.parametrize("code", [1, 70, 75, 78])
def test_an_exit_code_is_the_pods(tmp_path, code):
    assert Processes(site(tmp_path))(python(f"raise SystemExit({code})")).code == code


@pytest.mark.parametrize(("name", "code"), [("SIGKILL", 137), ("SIGSEGV", 139), ("SIGTERM", 143)])
def test_a_signal_is_128_and_its_number(tmp_path, name, code):
    assert Processes(site(tmp_path))(python(f"import os, signal; os.kill(os.getpid(), signal.{name})")).code == code


def test_output_files_are_read_from_a_folder_of_the_pods_own(tmp_path):
    code = "import os, sys; os.makedirs(sys.argv[1]); open(sys.argv[1] + '/x', 'w').write('v')"
    pod = python(code, "/tmp/laminar", paths={"x": "/tmp/laminar/x", "y": "/tmp/laminar/y"})
    outcome = Processes(site(tmp_path))(pod)
    assert outcome.files == {"x": "v"}, outcome.log
    assert (tmp_path / "scratch/pods/w.A_0_/volumes/scratch/laminar/x").read_text() == "v"


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


@pytest.mark.parametrize("runner", [Processes, Forked])
def test_a_pod_is_killed_with_its_children_when_its_deadline_passes(tmp_path, runner):
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    began = time.monotonic()
    outcome = runner(site(tmp_path))(python(code, deadline=0.5))
    assert outcome.overdue
    assert time.monotonic() - began < 10
    assert is_gone(int(outcome.log))


def test_children_that_a_pod_leaves_behind_end_with_it(tmp_path):
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    assert is_gone(int(Processes(site(tmp_path))(python(code)).log))


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
@pytest.mark.parametrize(("options", "writes"), [({}, False), ({"confine": False}, True)])
def test_a_read_only_root_is_read_only_but_for_volumes_and_store(tmp_path, options, writes):
    code = (
        "import os, sys\n"
        "for name in ('/tmp/volume', os.environ['LAMINAR_DATASTORE'] + '/store', 'cwd'):\n"
        "    try: open(name, 'w').write('1'); print('wrote', os.path.basename(name))\n"
        "    except OSError as error: print(error.strerror, os.path.basename(name))\n"
        "sys.exit(75)"
    )
    pod = python(code, read_only=True, env=(("LAMINAR_DATASTORE", "s3://x/y"),))
    outcome = Processes(site(tmp_path), **options)(pod)
    last = "wrote cwd" if writes else "Read-only file system cwd"
    assert outcome.log.splitlines() == ["wrote volume", "wrote store", last]
    assert outcome.code == 75


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
def test_a_confined_pod_may_work_in_its_volume(tmp_path):
    pod = python("open('x', 'w').write('v')", read_only=True, workdir="/tmp", paths={"x": "/tmp/x"})
    assert Processes(site(tmp_path))(pod).files == {"x": "v"}


def is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_close_ends_what_still_runs(tmp_path):
    processes = Processes(site(tmp_path))
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(processes(python("import time; time.sleep(60)"))))
    thread.start()
    while not processes.running:
        time.sleep(0.01)
    processes.close()
    thread.join(10)
    assert outcomes[0].code == 128 + signal.SIGKILL
    assert processes(python("")).error == "the rehearsal has ended"


SECRET = Mount("/etc/secret", "token", {"secret": {"secretName": "api"}}, read_only=True)
CONFIG = Mount("/etc/config/a.txt", "config", {"configMap": {"name": "settings"}}, sub_path="a.txt")


@pytest.mark.parametrize("names", [("api", "settings"), ("token", "config")], ids=["by the object's name", "by the volume's name"])
def test_a_volume_that_is_given_is_a_folder_of_this_machine(tmp_path, names):
    for name, file in zip(names, ("key", "a.txt"), strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(file)
    volumes = {name: tmp_path / name for name in names}
    pod = python(
        "import sys; print(*(open(path).read() for path in sys.argv[1:]))",
        *("/etc/secret/key", "/etc/config/a.txt"),
        mounts=(SECRET, CONFIG),
    )
    assert Processes(site(tmp_path, volumes=volumes))(pod).log == "key a.txt\n"


def test_a_volume_that_is_given_but_does_not_exist_is_refused(tmp_path):
    with pytest.raises(Refused, match="does not exist, for volume 'token'"):
        Processes(site(tmp_path, volumes={"api": tmp_path / "gone"}))(python("", mounts=(SECRET,)))


@pytest.mark.skipif(not is_possible(), reason="this machine allows no namespaces")
def test_a_secret_is_read_only_whatever_its_mount_says(tmp_path):
    mount = Mount("/etc/secret", "token", {"secret": {"secretName": "api"}})
    code = "import sys; open(sys.argv[1], 'w')"
    pod = python(code, "/etc/secret/key", mounts=(mount,), read_only=True)
    assert "Read-only file system" in Processes(site(tmp_path, volumes={"api": tmp_path}))(pod).log
