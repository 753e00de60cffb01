"""Flows of a notebook compile: their code travels as a package. Cells run in a real kernel, pods in processes of their own."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest
import yaml

from laminar import Flow, Layer, Parameters
from laminar.compiler import compile as to_yaml
from laminar.compiler import project, recorder
from laminar.compiler.package import notebook
from laminar.compiler.package.project_archive import Package
from laminar.compiler.plan.planner import Settings
from laminar.exceptions import FlowError
from laminar.program import code_package, notebook_replay
from tests.support.kernel import run_cells

SETTINGS = Settings(datastore="s3://bucket/store")

FLOWS = """\
from dataclasses import dataclass
from laminar import Flow, Layer, Parameters
from laminar.compiler import compile as to_yaml
from laminar.compiler.plan.planner import Settings
from laminar.configurations.datastores import Local
from laminar.configurations.layers import ForEach, Parameter
import weights

class Train(Flow): ...
class Evaluate(Flow): ...
factor = 10

@dataclass
class Model:
    weight: float
"""

LAYERS = """\
@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.n))
        self.model = Model(weights.FIRST)

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Use(Layer):
    def __call__(self, read: Read) -> None:
        if read.rows in {7, 8, 9}:
            raise ValueError("too many rows")
        self.value = read.rows * factor

@Evaluate.register
class Count(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.total = parameters.total + 1
"""

COMPILE = """\
def program():
    train = Train()(n=%d)
    train.next(flow=Evaluate(), linker=lambda execution: Parameters(total=sum(execution.layer(Use).value)))

text = to_yaml(program, settings=Settings(datastore="s3://bucket/store"), code="file://%s", upload=True)
with open("%s", "w") as file:
    file.write(text)
"""

REHEARSE = """\
import subprocess, sys
print(subprocess.run([sys.executable, "-m", "laminar", "rehearse", %r, "--datastore", %r], capture_output=True, text=True))
"""

READ = """\
flow = Train(datastore=Local(%r))
[execution] = flow.configuration.datastore.list_executions(flow=flow)
model = execution.layer(Read).model
print(list(execution.layer(Use).value), model, isinstance(model, Model))
evaluated = Evaluate(datastore=flow.configuration.datastore).execution(execution.id)
print(evaluated.layer(Count).total)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notebooks"
    made.mkdir()
    (made / "weights.py").write_text("FIRST = 2.5\n")
    return made


@pytest.mark.slow
def test_pods_run_a_notebooks_flows_and_the_notebook_reads_what_they_left(folder, tmp_path):
    file, store = str(tmp_path / "train.yaml"), str(tmp_path / "store")
    *_, rehearsed, read = run_cells(
        folder, FLOWS, LAYERS, COMPILE % (3, tmp_path / "code", file), REHEARSE % (file, store), READ % store
    )
    assert "the workflow: Succeeded" in rehearsed
    assert read.splitlines() == ["[0, 10, 20] Model(weight=2.5) True", "31"]


@pytest.mark.slow
def test_another_kernel_and_cells_run_once_more_compile_to_the_same_bytes(folder, tmp_path):
    file, texts = tmp_path / "train.yaml", []
    compiled = COMPILE % (3, tmp_path / "code", file)
    for seed, cells in (("1", (FLOWS, LAYERS, compiled)), ("2", (FLOWS, LAYERS, LAYERS, compiled, compiled))):
        run_cells(folder, *cells, PYTHONHASHSEED=seed)
        texts.append(file.read_text())
    assert texts[0] == texts[1] and "#sha256=" in texts[0]
    assert len(list((tmp_path / "code").glob("*.tar"))) == 1


@pytest.mark.slow
def test_a_traceback_of_a_pod_shows_the_cells_line(folder, tmp_path):
    file, store = str(tmp_path / "train.yaml"), str(tmp_path / "store")
    *_, rehearsed = run_cells(folder, FLOWS, LAYERS, COMPILE % (8, tmp_path / "code", file), REHEARSE % (file, store))
    assert (
        re.search('File "<cell [0-9a-f]{8}>", line 11, in __call__', rehearsed) and 'raise ValueError("too many rows")' in rehearsed
    )


def test_a_notebook_without_a_place_for_its_code_is_told_to_name_one(folder):
    error = "try:\n    to_yaml(Train().execution().parameters(n=3))\nexcept Exception as error:\n    print(error)"
    *_, said = run_cells(folder, FLOWS, LAYERS, error)
    assert said.startswith("Flow 'Train' is defined in a notebook, which no pod can read.\n  at: In[3]:2\n  fix: set the place")


def test_settings_of_the_notebooks_project_are_the_defaults(folder):
    (folder / "base.yaml").write_text("metadata: {labels: {team: ml}}\n")
    settings = '[tool.laminar]\ndatastore = "s3://bucket/own"\ncode = "s3://bucket/code"\nbase = "base.yaml"\n'
    (folder / "pyproject.toml").write_text(settings)
    *_, said = run_cells(folder, FLOWS, LAYERS, "print(to_yaml(Train().execution().parameters(n=3)))")
    assert 's3://bucket/own"' in said and "s3://bucket/code/" in said and "team: ml" in said


@pytest.mark.slow
def test_modules_of_the_project_are_found_from_a_notebook_below_its_root(tmp_path):
    folder = tmp_path / "project" / "notebooks"
    folder.mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").write_text("[tool.laminar]\n")
    (tmp_path / "project" / "src").mkdir()
    (tmp_path / "project" / "src" / "weights.py").write_text("from own import HALF\nFIRST = 2 * HALF\n")
    (folder / "own.py").write_text("HALF = 1.25\n")
    file, store = str(tmp_path / "train.yaml"), str(tmp_path / "store")
    paths = "import sys\nsys.path.append('../src')\n"
    *_, rehearsed, read = run_cells(
        folder, paths + FLOWS, LAYERS, COMPILE % (3, tmp_path / "code", file), REHEARSE % (file, store), READ % store
    )
    assert "the workflow: Succeeded" in rehearsed, rehearsed
    assert read.startswith("[0, 10, 20] Model(weight=2.5)")


# without a kernel


class Case(Flow): ...


@Case.register
class Only(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.value = parameters.n


def made(folder: Path, flow: Flow) -> Package:
    return notebook.package(recorder.call(lambda: flow(n=3)), project.find(folder / "any.ipynb"), folder)


def test_an_id_that_nobody_gave_is_not_part_of_the_document(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = to_yaml(Case().execution().parameters(n=3), settings=SETTINGS, code="s3://bucket/code")
    assert text == to_yaml(Case().execution().parameters(n=3), settings=SETTINGS, code="s3://bucket/code")
    assert "{{workflow.uid}}" in text
    assert "{{workflow.uid}}" not in to_yaml(Case().execution("mine").parameters(n=3), settings=SETTINGS, code="s3://bucket/code")


def test_a_function_compiles_to_all_that_it_calls_and_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def program() -> None:
        Case()(n=3)
        Case()(n=4).next(flow=Case(), linker=lambda execution: Parameters(n=execution.layer(Only).value))

    one, two = yaml.safe_load_all(to_yaml(program, settings=SETTINGS, code="s3://bucket/code"))
    assert [document["spec"]["arguments"]["parameters"][0]["value"] for document in (one, two)] == ["3", "4"]
    assert not (tmp_path / ".laminar").exists()


def test_a_function_that_calls_no_flow_or_reads_a_result_is_an_error_that_says_so():
    with pytest.raises(FlowError, match="Function 'idle' calls no flow"):
        to_yaml(idle, settings=SETTINGS, code="s3://bucket/code")
    with pytest.raises(FlowError, match=r"Function '<lambda>' reads Only.value: there is no result yet"):
        to_yaml(lambda: Case()(n=3).layer(Only).value, settings=SETTINGS, code="s3://bucket/code")


def idle() -> None:
    pass


def test_upload_without_a_place_is_an_error():
    with pytest.raises(FlowError, match="no code package to upload"):
        to_yaml(Case().execution("x"), settings=SETTINGS, upload=True)


def test_a_notebooks_package_holds_the_projects_files_but_no_notebooks_and_names_its_python(folder):
    (folder / "train.ipynb").write_text("{}")
    package = made(folder, Case())
    assert package.files == (notebook_replay.PICKLE, notebook_replay.PROGRAM, "weights.py")
    with tarfile.open(fileobj=io.BytesIO(package.data)) as archive:
        manifest = archive.extractfile(code_package.MANIFEST)
        assert manifest is not None
        assert json.load(manifest)["python"] == code_package.minor()


def test_a_file_that_is_called_as_the_packages_own_is_an_error(folder):
    (folder / notebook_replay.PROGRAM).touch()
    with pytest.raises(FlowError, match=f"{notebook_replay.PROGRAM}' is in the way"):
        made(folder, Case())


def test_what_cannot_be_pickled_is_named_with_the_layer_that_uses_it(folder):
    space: dict[str, object] = {"__name__": "cells", "Layer": Layer, "lock": threading.Lock()}
    exec("class Locked(Layer):\n    def __call__(self) -> None:\n        with lock: ...\n", space)

    class Broken(Flow): ...

    Broken.register(space["Locked"])  # type: ignore[call-overload]
    with pytest.raises(
        FlowError, match=re.escape("Layer 'Locked' uses 'lock', which cannot be pickled: cannot pickle '_thread.lock'")
    ):
        made(folder, Broken())


def test_data_that_functions_refer_to_counts_as_a_file_of_the_package(folder):
    space: dict[str, object] = {"__name__": "cells", "Layer": Layer, "data": bytes(60_000_000)}
    exec("class Large(Layer):\n    def __call__(self) -> None:\n        self.size = len(data)\n", space)

    class Big(Flow): ...

    Big.register(space["Large"])  # type: ignore[call-overload]
    with pytest.raises(FlowError, match=r"has 60 MB of files.*laminar_notebook.pickle 60.0 MB"):
        made(folder, Big())


@pytest.mark.slow
def test_a_packages_program_started_by_hand_says_what_it_is(folder, tmp_path):
    run_cells(folder, FLOWS, LAYERS, COMPILE % (3, tmp_path / "code", tmp_path / "train.yaml"))
    [package] = (tmp_path / "code").glob("*.tar")
    code_package.unpack(package.read_bytes(), str(tmp_path / "unpacked"))
    done = subprocess.run(
        [sys.executable, "-m", "laminar", "run", notebook_replay.PROGRAM],
        cwd=tmp_path / "unpacked",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("FlowError: laminar_notebook.py is the program of a code package, which pods run.")


def test_a_notebooks_file_is_no_program(tmp_path):
    (tmp_path / "train.ipynb").write_text("{}")
    with pytest.raises(FlowError, match=r"train.ipynb' is a notebook") as raised:
        to_yaml(tmp_path / "train.ipynb")
    assert "compile its flow inside it" in raised.value.fix
