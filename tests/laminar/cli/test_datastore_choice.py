"""A command finds the flows and the datastore that are meant without executing a program."""

from __future__ import annotations

import os

import pytest

from laminar.cli.datastore_choice import DatastoreChoice
from laminar.configurations.datastores import Local, Record
from laminar.exceptions import DatastoreError, FlowError

HEAD = """\
raise SystemExit("executed")
import os
from laminar import Flow, Layer
from laminar.configurations import datastores
from laminar.configurations.datastores import AWS, Local as Folder, Memory, open_store
class Train(Flow): ...
@Train.register
class Fit(Layer): ...
PLACE = "s3://bucket/constant"
STORE = Folder("/mounted")
FLAG = 1
FLAG = 2
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def url_of(line: str, **choice: str) -> str:
    with open("train.py", "w") as file:
        file.write(HEAD + line)
    return DatastoreChoice("train.py", **choice).store()[0].url


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("Train()", ".laminar"),
        ("", ".laminar"),
        ("Train(datastore=None)", ".laminar"),
        ('Train(datastore="s3://bucket/text")', "s3://bucket/text"),
        ('Train(datastore=AWS.S3("s3://bucket/prefix", endpoint_url="http://127.0.0.1:1"))', "s3://bucket/prefix"),
        ('Train(datastore=datastores.AWS.S3(root="s3://bucket/keyword"))', "s3://bucket/keyword"),
        ("Train(datastore=AWS.S3(PLACE))", "s3://bucket/constant"),
        ("Train(datastore=STORE)", "/mounted"),
        ('Train(datastore=open_store("/opened"))', "/opened"),
        ("def main():\n    if flow := Train(datastore=STORE):\n        flow()", "/mounted"),
    ],
)
def test_the_datastore_of_a_program_is_the_literal_in_its_source(folder, line, url):
    assert url_of(line) == (str(folder / url) if url == ".laminar" else url)


COMPUTED = ['os.environ["STORE"]', "make()", "Folder(os.getcwd())", "FLAG", "AWS.S3(**options)", "Folder(1, 2, 3)"]


@pytest.mark.parametrize("expression", COMPUTED)
def test_a_computed_datastore_is_an_error_that_names_the_line_and_the_options(folder, expression):
    with pytest.raises(FlowError) as caught:
        url_of(f"Train(datastore={expression})")
    assert caught.value.where == "train.py:13"
    assert "--datastore URL" in caught.value.fix
    assert "[tool.laminar]" in caught.value.fix


@pytest.mark.parametrize("expression", COMPUTED)
def test_of_a_computed_datastore_the_option_and_the_project_decide(folder, expression):
    (folder / "pyproject.toml").write_text('[tool.laminar]\ndatastore = "s3://bucket/project"\n')
    assert url_of(f"Train(datastore={expression})") == "s3://bucket/project"
    assert url_of(f"Train(datastore={expression})", datastore="s3://bucket/option") == "s3://bucket/option"


def test_data_in_memory_is_told_to_be_gone(folder):
    with pytest.raises(FlowError, match="in the memory of the process"):
        url_of("Train(datastore=Memory())")


def test_several_datastores_are_an_error_that_lists_them(folder):
    with pytest.raises(FlowError, match=r"2 datastores: /mounted, s3://bucket/constant"):
        url_of("Train(datastore=STORE)\nTrain(datastore=AWS.S3(PLACE))")


def test_a_flow_is_found_by_its_name_in_the_folders_datastore(folder):
    store = Local(".laminar")
    for flow in ("Train", "Score"):
        store.save(Record(flow=flow, execution="one", layer="Parameters"))
    assert [flow.name for flow in DatastoreChoice().flows()] == ["Score", "Train"]
    assert [flow.name for flow in DatastoreChoice(flow="Train").flows()] == ["Train"]
    with pytest.raises(FlowError, match="Did you mean 'Train'"):
        DatastoreChoice(flow="Trian").flows()


@pytest.mark.parametrize(
    ("choice", "message"), [({}, "This folder has no datastore"), ({"datastore": "data"}, "There is no datastore at")]
)
def test_a_folder_without_a_datastore_is_an_error(folder, choice, message):
    with pytest.raises(DatastoreError, match=message):
        DatastoreChoice(**choice).flows()
    assert os.listdir(folder) == ["pyproject.toml"]
