"""A command names a program or a flow once, and reads a datastore."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from laminar.cli.datastore_choice import DatastoreChoice, is_flow_name
from laminar.cli.options.datastore import datastore_options


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("main.py", "Taken"):
        (tmp_path / name).write_text("")
    found: list[DatastoreChoice] = []

    @click.command()
    @datastore_options
    def command(chosen: DatastoreChoice) -> None:
        found.append(chosen)

    def invoke(*arguments: str) -> DatastoreChoice | str:
        ended = CliRunner().invoke(command, arguments)
        return found.pop() if found else ended.output

    return invoke


@pytest.mark.parametrize(
    ("arguments", "choice"),
    [
        ([], DatastoreChoice()),
        (["main.py"], DatastoreChoice("main.py")),
        (["Train"], DatastoreChoice(flow="Train")),
        (["Taken"], DatastoreChoice("Taken")),  # a file of that name
        (["-m", "main"], DatastoreChoice("main.py")),
        (["main.py", "--flow", "Train", "--datastore", "s3://b"], DatastoreChoice("main.py", "Train", "s3://b")),
    ],
)
def test_the_words_become_one_choice(arguments, choice, chosen):
    assert chosen(*arguments) == choice


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["main.py", "-m", "main"], "each name a program"), (["Train", "--flow", "Score"], "each name a flow")],
)
def test_two_names_of_one_thing_are_a_usage_error(arguments, words, chosen):
    assert words in chosen(*arguments)


@pytest.mark.parametrize(("text", "is_name"), [("Train", True), ("train.py", False), ("a-b", False), ("", False)])
def test_a_flows_name_is_an_identifier(text, is_name):
    assert is_flow_name(text) == is_name
