"""Dumped documents are read back unchanged by every kind of reader, and are readable."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from laminar.compiler.yaml import writer
from laminar.compiler.yaml.writer import Noted, dump, scalar

TRAPS = [
    *("", " ", "n", "N", "y", "Yes", "no", "ON", "off", "true", "False", "null", "NULL", "~", "Null", "nan", "inf"),
    *("1", "0", "-1", "+1", "1.5", "1e3", "1E+3", "1234e56", "1.e1", ".5", "0o17", "0x1F", "0b1", "08", "010", "1_000", "0.0.1"),
    *("1:30", "190:20:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "12e03", "-2E-2", ".inf", "-.INF", ".nan", ".NaN"),
    *("=", "<<", "---", "...", "--- a", "- a", "-", "--", "? a", ": a", "a:", "a: b", "a #b", "a#b", "#a", "a,b", "a]", "{a", "[a"),
    *("&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a'", '"a"', 'a"b', "it's", "a\\b", "\\n", "{{a}}", "{{=x['y']}}"),
    *(
        " a",
        "a ",
        "a\t",
        "\ta",
        "a\tb",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\na",
        "a\n b",
        " a\nb",
        "a \nb",
        "a\n\nb",
        "a\r\nb",
        "\n",
        "a\n#b",
    ),
    *(
        "\x00",
        "\x07",
        "\x1b[0m",
        "\x7f",
        "\x80",
        "\u0085",
        "a\u0085b",
        "\u00a0",
        "\u00ad",
        "\u2028",
        "\u2029",
        "a\u2028b\nc",
        "\ufeff",
    ),
    *(
        "\u200b",
        "\u202e",
        "\u3000",
        "\ufffe",
        "\uffff",
        "ü",
        "数据",
        "\U0001f600",
        "e\u0301",
        "-a",
        "--flow",
        "-.inf",
        "--no",
        "-1e3",
    ),
    *(
        "a" * 300,
        "a " * 100 + "b",
        "x\n" * 40,
        "1e",
        "e1",
        "0x",
        "0o",
        "0b",
        "1M",
        "1500M",
        "500m",
        "1_",
        "_1",
        "__",
        "+",
        ".",
        "..",
        "a.b",
    ),
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(TRAPS)
NUMBERS = st.from_regex(r"[-+]?[0-9._:xobeEtTzZ+-]{1,12}", fullmatch=True)
KEYS = TEXTS.filter(lambda text: len(text) < 100) | NUMBERS
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.integers(-(10**9), 10**9),
    lambda parts: (
        st.lists(parts, max_size=4) | st.dictionaries(KEYS | st.sampled_from(["spec", "env", "tasks"]), parts, max_size=4)
    ),
    max_leaves=12,
)


def read_as_1_1(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def read_as_1_2(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(io.StringIO(text)))


@pytest.mark.parametrize("read", [read_as_1_1, read_as_1_2])
@pytest.mark.parametrize("text", TRAPS)
def test_text_stays_text(text, read):
    document = {"plain": text, "list": [text, {"a": text}], "long": [text, "x" * 200]}
    assert read(dump((document,))) == [document]


@pytest.mark.parametrize("read", [read_as_1_1, read_as_1_2])
@pytest.mark.parametrize("text", [text for text in TRAPS if len(text) < 100])
def test_key_stays_text(text, read):
    document = {text: "a", "b": {text: "x" * 200}, "c": [{text: 1, "long": "x" * 200}]}
    assert read(dump((document,))) == [document]


@pytest.mark.parametrize("read", [read_as_1_1, read_as_1_2])
@given(document=st.dictionaries(KEYS, VALUES, max_size=4))
@example(document={"a": [[], {}, [[]], [{}], {"b": []}]})
@example(document={"a": [["x" * 200, ["y" * 200]], [["z"]]]})
def test_drawn_document_is_read_back_unchanged(read, document):
    if document:
        assert read(dump((document,))) == [document]


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_drawn_document_has_no_invisible_character(document):
    assert not writer.ESCAPED.search(dump((document,)).replace("\n", ""))


def test_documents_are_divided():
    assert dump(({"a": 1}, {"b": 2})) == "a: 1\n---\nb: 2\n"


@pytest.mark.parametrize("value", [None, 1.5, ("a",), b"a", {"a"}])
def test_what_no_document_may_hold_is_refused(value):
    with pytest.raises(TypeError, match=f"a document holds {type(value).__name__}"):
        dump(({"a": value},))


def test_number_and_boolean_are_bare_and_their_texts_quoted():
    assert dump(({"a": [1, "1", True, "true"]},)) == 'a: [1, "1", true, "true"]\n'


def test_what_is_short_stands_on_one_line():
    assert dump(({"arguments": {"parameters": [{"name": "layer", "value": "Fit"}]}},)) == (
        "arguments: {parameters: [{name: layer, value: Fit}]}\n"
    )


def test_what_is_long_stands_below_its_key():
    assert dump(({"a": [{"b": "x" * 100, "c": "y" * 30}]},)).splitlines() == ["a:", f"- b: {'x' * 100}", f"  c: {'y' * 30}"]


def test_tasks_have_a_line_each_however_short():
    assert dump(({"tasks": [{"name": "A"}, {"name": "B"}]},)) == "tasks:\n- {name: A}\n- {name: B}\n"


def test_no_line_is_longer_than_the_width_if_it_can_be_divided():
    words = ["--flow", "Train", *(f"word{place}" for place in range(60))]
    lines = dump(({"args": words},)).splitlines()
    assert max(map(len, lines)) <= writer.WIDTH
    assert len(lines) == 5


def test_option_stands_beside_its_value():
    lines = dump(({"args": [part for place in range(40) for part in (f"--option{place}", "x" * 7)]},)).splitlines()
    assert not [line for line in lines if line.rstrip(",").rsplit(" ", 1)[-1].startswith("--")]


def test_several_lines_of_text_are_a_literal_block():
    assert dump(({"args": ["set -e\nmake all\n"]},)) == "args:\n- |\n  set -e\n  make all\n"


def test_comment_stands_above_its_item_and_is_not_read():
    item = Noted({"name": "A"})
    item.note = "A: main.py:3\n\u2028x"
    text = dump(({"tasks": [item]},))
    assert text == "tasks:\n# A: main.py:3??x\n- {name: A}\n"
    assert read_as_1_1(text) == [{"tasks": [{"name": "A"}]}]


def test_expression_is_double_quoted_and_json_single_quoted():
    assert scalar("{{=string(type(a) == 'array')}}") == "\"{{=string(type(a) == 'array')}}\""
    assert scalar('{"a":"it\'s"}') == "'{\"a\":\"it''s\"}'"


def test_names_and_expressions_of_argo_are_plain():
    for text in (
        "A && B",
        "link-2.Succeeded",
        "lastRetry.status == 'Error'",
        "argoproj.io/v1alpha1",
        "/tmp/laminar",
        "laminar:latest",
    ):
        assert scalar(text) == text
