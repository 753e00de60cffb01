"""The command: its output and its exit codes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from laminar.compiler.rehearsal.memory_limit import is_possible

WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: hello-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: code, value: "0"}]}
  templates:
  - name: main
    dag:
      tasks:
      - {name: A, template: layer}
      - {name: B, template: layer, depends: A, when: "{{workflow.parameters.code}} == 1"}
  - name: layer
    container:
      image: x
      command: [python, -c]
      args: ["import os, sys; print('token', os.environ.get('TOKEN')); sys.exit(int(sys.argv[1]))", "{{workflow.parameters.code}}"]
"""


def rehearse(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "laminar", "rehearse", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hello.yaml"
    path.write_text(WORKFLOW, encoding="utf-8")
    return path


def test_the_nodes_are_printed_and_a_workflow_that_succeeded_exits_0(file):
    done = rehearse(file.parent, "hello.yaml")
    assert done.returncode == 0
    assert done.stdout == (
        "# phase type name (message); the workflow: Succeeded\n"
        "Succeeded  DAG        hello\n"
        "Succeeded  Pod        hello.A\n"
        "Skipped    Skipped    hello.B  (when '0 == 1' evaluated false)\n"
    )


def test_a_workflow_that_failed_exits_1_and_shows_what_the_pod_said(file):
    done = rehearse(file.parent, "hello.yaml", "-p", "code=3")
    assert done.returncode == 1
    assert "Failed     Pod        hello.A  (main: Error (exit code 3))\n" in done.stdout
    assert done.stdout.endswith("\n# hello.A: Failed\n| token None\n")


def test_verbose_shows_each_pods_log_and_twice_its_patch_and_outputs(file):
    done = rehearse(file.parent, "hello.yaml", "-v")
    assert done.stdout.endswith("\n# hello.A: Succeeded\n| token None\n")
    done = rehearse(file.parent, "hello.yaml", "-vv")
    assert done.stdout.endswith("\n# hello.A: Succeeded\npatch: {}\noutputs: {}\n| token None\n")


@pytest.mark.parametrize(("code", "ended"), [("0", "Succeeded  hello.A"), ("3", "Failed     hello.A (main: Error (exit code 3))")])
def test_a_line_on_stderr_reports_each_pod_that_starts_and_ends(file, code, ended):
    lines = rehearse(file.parent, "hello.yaml", "-p", f"code={code}").stderr.splitlines()
    assert lines[0] == "Running    hello.A"
    assert re.fullmatch(rf"{re.escape(ended)} after [\d.]+ m?s", lines[1])
    assert len(lines) == 2


def test_the_line_of_a_pod_that_starts_is_there_before_it_has_ended(file):
    waiting = WORKFLOW.replace("print('token', os.environ.get('TOKEN'))", "open('started', 'w'); [None for _ in sys.stdin]")
    file.write_text(waiting.replace("[python, -c]", "[sh, -c]").replace('["import', '["mkfifo gate; cat gate; exit 0", "import'))
    command = [sys.executable, "-m", "laminar", "rehearse", "hello.yaml"]
    with subprocess.Popen(command, cwd=file.parent, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Running    hello.A\n"
        wait_for((file.parent / "gate").exists)
        (file.parent / "gate").write_text("")
        assert process.stderr.readline().startswith("Succeeded  hello.A after ")


def test_a_secrets_folder_is_given_by_hand(file):
    (file.parent / "hub").mkdir()
    (file.parent / "hub/token").write_text("t")
    volume = "    volumes: [{name: v, secret: {secretName: hub}}]\n"
    text = WORKFLOW.replace("[python, -c]", "[cat]").replace("      args: [", "      args: [/etc/hub/token] #")
    file.write_text(f"{text}      volumeMounts: [{{name: v, mountPath: /etc/hub}}]\n{volume}", encoding="utf-8")
    refused = rehearse(file.parent, "hello.yaml")
    assert "fix: pass a folder with its files: --volume hub=DIR." in refused.stderr
    assert "| t\n" in rehearse(file.parent, "hello.yaml", "-v", "--volume", "hub=hub").stdout


@pytest.mark.skipif(not is_possible(), reason="this machine allows no control groups")
def test_a_pod_that_passes_its_memory_limit_is_oomkilled(file):
    taking = WORKFLOW.replace("print('token', os.environ.get('TOKEN'))", "print(len(bytearray(b'x') * 120_000_000))")
    file.write_text(f"{taking}      resources: {{limits: {{memory: 60M}}}}\n", encoding="utf-8")
    assert "(main: OOMKilled (exit code 137))" in rehearse(file.parent, "hello.yaml").stdout
    assert rehearse(file.parent, "hello.yaml", "--unconfined").returncode == 0


def test_what_is_not_known_is_one_error(file):
    file.write_text(WORKFLOW.replace("    dag:", "    steps: []\n    dag:"), encoding="utf-8")
    done = rehearse(file.parent, "hello.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Refused: 'steps' is not known to the rehearsal.\n  at: hello.templates[main]\n  fix: write a dag.\n")


def test_a_file_that_is_not_there_is_one_error(tmp_path):
    done = rehearse(tmp_path, "gone.yaml")
    assert (done.returncode, done.stderr.count("\n")) == (1, 2)
    assert "'gone.yaml' does not exist" in done.stderr


def test_a_secrets_value_is_given_by_hand(file):
    secret = "      env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: hub, key: token}}}]\n"
    file.write_text(WORKFLOW + secret, encoding="utf-8")
    assert "TOKEN comes from the cluster" in rehearse(file.parent, "hello.yaml").stderr
    assert "| token t\n" in rehearse(file.parent, "hello.yaml", "-v", "--env", "TOKEN=t").stdout


def test_logs_and_volumes_are_kept_where_asked(file):
    rehearse(file.parent, "hello.yaml", "--keep", "out")
    assert (file.parent / "out/pods/hello.A/log").read_text() == "token None\n"


def test_several_workflows_in_a_file_are_rehearsed_one_after_the_other(file):
    file.write_text(WORKFLOW + "---\n" + WORKFLOW.replace("hello-", "second-"), encoding="utf-8")
    done = rehearse(file.parent, "hello.yaml")
    assert [line.split()[2] for line in done.stdout.splitlines() if " DAG " in line] == ["hello", "second"]


def test_a_program_is_compiled_first(tmp_path):
    (tmp_path / "main.py").write_text(
        "from laminar import Flow, Layer, Parameters\n"
        "class F(Flow): ...\n"
        "@F.register\n"
        "class A(Layer):\n"
        "    def __call__(self, parameters: Parameters) -> None:\n"
        "        print('got', parameters.x)\n"
        "if flow := F():\n"
        "    flow(x=1)\n",
        encoding="utf-8",
    )
    done = rehearse(tmp_path, "main.py", "-p", "x=2", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| got 2\n" in done.stdout


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_rehearsal_that_is_interrupted_ends_its_pods(file, number, code):
    line = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"
    begin, end = WORKFLOW.index("import os, sys; print"), WORKFLOW.index('", "{{workflow')
    file.write_text(WORKFLOW[:begin] + line + WORKFLOW[end:], encoding="utf-8")
    log = file.parent / "out/pods/hello.A/log"
    command = [sys.executable, "-m", "laminar", "rehearse", "hello.yaml", "--keep", "out"]
    with subprocess.Popen(command, cwd=file.parent, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
        process.send_signal(number)
        assert process.wait(20) == code
    wait_for(lambda: not is_alive(int(log.read_text())))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")
