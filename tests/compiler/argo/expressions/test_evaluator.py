"""Values and errors of expressions are those of expr-lang and Argo."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.expressions import ExprError, evaluate, parse

ENVIRONMENT = {
    "lengths": '{"foo":[2,3],"none":[0]}',
    "fan": [{"baz": [2]}, {"baz": [1, 4]}],
    "text": "abc",
    "yes": True,
    "nothing": None,
    "n": 3,
    "tasks": {"A": {"status": "Succeeded"}, "J-gate": {"status": "Skipped"}},
    "item": "1",
}


def value(text: str) -> object:
    return evaluate(parse(text), ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6 / 3", 2.0),
        ("7 % 4", 3),
        ("-7 % 4", -3),
        ("2 ** 3", 8.0),
        ("1 + 2.5", 3.5),
        ("'a' + 'b'", "ab"),
        ("1 == 1.0", True),
        ("1 == '1'", False),
        ("nil == nothing", True),
        ("1 < 2 && 'a' < 'b'", True),
        ("2 in [1, 2.0]", True),
        ("'A' in tasks", True),
        ("'x' in nothing", False),
        ("text contains 'bc'", True),
        ("text startsWith 'ab' and text endsWith 'c'", True),
        ("text matches '^a.c$'", True),
        ("nothing contains 'x'", False),
        ("not (text contains 'x')", True),
        ("1..3", [1, 2, 3]),
        ("nothing ?? 'x'", "x"),
        ("nothing?.foo.bar", None),
        ("tasks.B?.status ?? 'none'", "none"),
        ("tasks['J-gate'].status", "Skipped"),
        ("fromJSON(lengths).missing", None),
        ("fromJSON(lengths).S ?? true", True),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][fromJSON('1')]", 2),
        ("[1, 2, 3][1:]", [2, 3]),
        ("let x = 2; x * x", 4),
        ("yes ? 1 : 2", 1),
        ("false && (1/0 == 2)", False),
        ("true || nothing.x", True),
        ("{a: n}['a']", 3),
    ],
)
def test_operators(text, expected):
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("1 + '2'", 2, "'+' cannot be applied to 1 and \"2\"."),
        ("1 < 'a'", 2, "'<' does not compare 1 with \"a\"."),
        ("1 && true", 2, "'&&' takes true or false, not 1."),
        ("n ? 1 : 2", 2, "'?' takes true or false, not 3."),
        ("!n", 0, "'!' takes true or false, not 3."),
        ("2.5 % 2", 4, "'%' takes whole numbers, not 2.5 and 2: put int(...) around them."),
        ("missing", 0, "There is no 'missing' here."),
        ("nothing.foo", 7, 'null has no "foo".'),
        ("tasks.B.status", 7, 'null has no "status".'),
        ("[1][2]", 3, "There is no element 2 in a list of 1."),
        ("[1]['0']", 3, 'An index is a number, not "0".'),
        ("jsonpath(lengths, '$.bar')", 0, 'jsonpath finds no \'bar\' in {"foo":[2,3],"none":[0]}.'),
        ("fromJSON('{')", 0, '"{" is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1).'),
        ("fromJSON(n)", 0, "fromJSON takes a text, not 3."),
        ("sum(nothing)", 0, "sum takes a list, not null."),
        ("sum(['1'])", 0, 'sum takes a number, not "1".'),
        ("int('2.5')", 0, 'int takes a number or a text of digits, not "2.5".'),
        ("int(true)", 0, "int takes a number, not true."),
        ("sprig.nobodyKnows(1)", 5, "sprig.nobodyKnows is not evaluated here."),
        ("nofunction(1)", 0, "There is no function 'nofunction'."),
        ("'a' in 'abc'", 4, "'in' takes a list or a map, not \"abc\"."),
        ("max('a')", 0, 'max takes a number, not "a".'),
        ("filter([1], {#})", 0, "The closure of filter returns true or false, not 1."),
    ],
)
def test_what_does_not_fit_fails_with_its_place(text, position, message):
    with pytest.raises(ExprError) as caught:
        value(text)
    assert (caught.value.position, caught.value.message) == (position, message)
