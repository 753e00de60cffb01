"""A datastore that a program's source gives as literals is known without executing the program."""

from __future__ import annotations

import ast
import os

import pytest

from laminar.cli.options.store_expression import evaluate
from laminar.program import outline

HEAD = """\
import laminar.configurations.datastores as stores
from laminar.configurations import datastores
from laminar.configurations.datastores import AWS, Local as Folder, Memory, open_store
PLACE = "s3://bucket/place"
AGAIN = PLACE
STORE = Folder("/mounted")
LOOP = BACK
BACK = LOOP
TWICE = "/a"
TWICE = "/b"
"""


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text(HEAD)
    read = outline.read("main.py")

    def evaluated(text: str | None) -> str | None:
        store = evaluate(read, None if text is None else ast.parse(text, mode="eval").body)
        return None if store is None else store.url

    return evaluated


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('"/data"', "/data"),
        ("PLACE", "s3://bucket/place"),
        ("AGAIN", "s3://bucket/place"),
        ("STORE", "/mounted"),
        ("Folder(root='/data')", "/data"),
        ("stores.Local('/data')", "/data"),
        ("datastores.open_store(PLACE)", "s3://bucket/place"),
        ("AWS.S3('s3://bucket/x')", "s3://bucket/x"),
    ],
)
def test_literals_names_and_constructors_are_evaluated(text, known, url):
    assert url(text) == known


@pytest.mark.parametrize("text", [None, "None"])
def test_without_a_datastore_it_is_the_folders(text, url, tmp_path):
    assert url(text) == os.path.join(tmp_path, ".laminar")


@pytest.mark.parametrize(
    "text",
    [
        "LOOP",
        "TWICE",
        "unknown",
        "make()",
        "os.environ['STORE']",
        "f'/{1}'",
        "'/a' + '/b'",
        "Folder(*PLACES)",
        "Folder(**options)",
        "Folder(unknown='/a')",
        "datastores.Record()",
        "open_store('nothing://x')",
        "__import__('os').getcwd()",
    ],
)
def test_anything_that_only_executing_the_program_would_show_is_unknown(text, url):
    assert url(text) is None
