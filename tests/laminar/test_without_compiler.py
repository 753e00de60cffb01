"""laminar is importable and usable with hera, pydantic and all other dependencies uninstalled, except for a feature's packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BLOCKER = """\
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""

PROGRAM = """\
import sys
from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations import hooks, serde
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.executors import Docker, Process, Thread
from laminar.configurations.flows import Configuration
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry
from laminar.configurations.schedulers import Argo, Scheduler
from laminar.settings import current

class Train(Flow):
    @hooks.execution
    def around(self):
        yield

@Train.register(container=Container(cpu=2))
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.n))

@Train.register(foreach=ForEach([Parameter(Read, "rows")]), retry=Retry(attempts=2, delay=0), catch=Catch(KeyError))
class Use(Layer):
    def __call__(self, read: Read) -> None:
        if self.attempt == 1 and self.index == 0:
            raise ValueError
        self.value = read.rows * 10

class Show(Flow): ...

@Show.register
class End(Layer):
    @hooks.entry
    def check(self, parameters: Parameters) -> bool:
        return parameters.total > 0

    def __call__(self, parameters: Parameters) -> None:
        self.text = f"total {parameters.total}"

if train := Train(**SETTINGS):
    first = train(n=3)
    second = first.next(
        flow=Show(datastore=train.configuration.datastore, executor=train.configuration.executor),
        linker=lambda execution: Parameters(total=sum(execution.layer(Use).value)),
    )
    train.execution(first.id).resume()
    train.execution(first.id).schedule(dependencies={"Use": set()})
    print(second.layer(End).text, len(train.configuration.datastore.list_executions(flow=train)))
    print(sorted({"hera", "pydantic", "cloudpickle", "s3fs", "fsspec", "click", "rich", "numpy"} & set(sys.modules)))
"""

ALL = ["hera", "pydantic", "pydantic_core", "cloudpickle", "s3fs", "fsspec", "click", "rich", "numpy", "zstandard", "yaml"]


@pytest.mark.parametrize("settings", ["{}", "{'datastore': Memory(), 'executor': Thread()}"], ids=["processes", "threads"])
def test_everything_but_compiling_works_with_no_dependency_installed(settings, tmp_path):
    done = run(tmp_path, ALL, PROGRAM.replace("**SETTINGS", f"**{settings}"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["total 30 1", "[]"]


def test_the_command_line_runs_and_shows_results_without_hera_and_pydantic(tmp_path):
    lines = [line for line in PROGRAM.replace("**SETTINGS", "").splitlines() if "first.id" not in line]
    (tmp_path / "flow.py").write_text("\n".join(lines))
    results = ["results", "flow.py", "--datastore", ".laminar"]
    for command, expected in (
        (["run", "flow.py", "-p", "n=2"], "total 10 1"),
        (results, "finished"),
    ):
        done = run(tmp_path, ["hera", "pydantic", "pydantic_core"], f"from laminar.cli import main\nmain({command!r})\n", "cli.py")
        assert (done.returncode, expected in done.stdout) == (0, True), done.stdout + done.stderr


def run(folder: Path, blocked: list[str], source: str, name: str = "main.py") -> subprocess.CompletedProcess[str]:
    """Run a program where some packages are not there, in its workers either."""
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(BLOCKER.format(blocked=blocked))
    (folder / name).write_text(source)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site), "HOME": str(folder), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, name], cwd=folder, capture_output=True, text=True, env=environment, check=False)
