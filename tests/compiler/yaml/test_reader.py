"""YAML is read as Argo reads it, and everything has its line."""

from __future__ import annotations

import pytest

from laminar.compiler.yaml.reader import read, read_text
from laminar.exceptions import FlowError


def value(text: str) -> object:
    (source,) = read_text(text, "a.yaml")
    return source.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("y", True),
        ("No", False),
        ("ON", True),
        ("oN", "oN"),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("1_000", 1000),
        ("0x1F", 31),
        ("010", 8),
        ("0o17", 15),
        ("08", 8.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("2026-11-23", "2026-11-23"),
        ('"yes"', "yes"),
        ("'1'", "1"),
        ("|\n  1\n", "1\n"),
    ],
)
def test_scalar_is_what_argo_makes_of_it(text, expected):
    assert value(f"k: {text}") == {"k": expected}


def test_every_part_has_its_line():
    text = "a:\n  b:\n  - x\n  - c: 1\n    d: 2\ne: {f: 3}\n"
    (source,) = read_text(text, "a.yaml")
    assert [source.line(place) for place in [("a",), ("a", "b", 0), ("a", "b", 1, "d"), ("e", "f")]] == [1, 3, 5, 6]


def test_part_that_is_not_there_has_the_line_of_what_is_around_it():
    (source,) = read_text("a:\n  b:\n    c: 1\n", "a.yaml")
    assert source.line(("a", "b", "x", "y")) == 2


def test_lines_of_later_documents_are_those_of_the_file():
    first, second = read_text("a: 1\n---\n# nothing\n---\nb:\n  c: 1\n", "a.yaml")
    assert (first.number, second.number) == (1, 3)
    assert second.line(("b", "c")) == 6


def test_windows_line_ends_byte_order_marks_and_umlauts_are_read(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes("\ufeffname: Größe\r\ntext: |\r\n  a\r\n  b\r\n".encode())
    (source,) = read(file)
    assert source.value == {"name": "Größe", "text": "a\nb\n"}
    assert source.line(("text",)) == 2


def test_aliases_and_merges_are_followed():
    assert value("a: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, c: 3}\n") == {
        "a": {"b": 1, "c": 2},
        "d": {"b": 1, "c": 2},
        "e": {"b": 1, "c": 3},
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "has the key 'a' twice; the last one counts"),
        ("n: 1\n", "has the key n, which YAML 1.1 reads as true or false"),
        ("1: a\n", "has the key 1, which YAML 1.1 reads as a number"),
        ("a: !secret x\n", "has the tag '!secret', which Argo does not know"),
        ("? [a]\n: b\n", "has a key that is not text"),
    ],
)
def test_what_argo_would_take_for_something_else_is_a_problem(text, problem):
    (source,) = read_text(text, "a.yaml")
    assert [found.what for found in source.problems] == [problem]


@pytest.mark.parametrize("text", ["a: [\n", "a: b: c\n", "\t a: 1\n", "'", "a: *x\n", "&a [*a]\n"])
def test_text_that_is_no_yaml_is_refused_with_its_place(text):
    with pytest.raises(FlowError, match=r"a\.yaml is (not valid YAML|nested too deeply)"):
        read_text(text, "a.yaml")


def test_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FlowError, match="cannot be read: No such file"):
        read(tmp_path / "a.yaml")
