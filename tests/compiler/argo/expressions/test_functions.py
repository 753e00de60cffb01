"""The functions of expressions have the results of expr-lang's and Argo's."""

from __future__ import annotations

from typing import Any

import pytest

from laminar.compiler.argo.expressions import FUNCTIONS, SPRIG, ExprError, evaluate, parse
from laminar.compiler.argo.expressions.functions import CLOSURES

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


def value(text: str) -> Any:
    return evaluate(parse(text), ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(fromJSON(lengths).foo)", 5.0),
        ("sum([])", 0),
        ("sum(map(fan, {sum(#.baz)}))", 7),
        ("sum(fan, {sum(#.baz)})", 7),
        ("map([4, 5], {#index + #})", [4, 6]),
        ("filter([1, 2, 3], {# > 1})", [2, 3]),
        ("all([1, 2], {# > 0}) && any([1, 2], {# > 1})", True),
        ("count([true, false])", 1),
        ("count([1, 2], # > 1)", 1),
        ("reduce([1, 2, 3], {#acc + #})", 6),
        ("max(1, 2.0)", 2.0),
        ("max(1, sum(fromJSON(lengths).none))", 1),
        ("min(n, 2)", 2),
        ("ceil(5 / 2)", 3.0),
        ("int(ceil(5 / 2))", 3),
        ("int('12') + asInt('-1')", 11),
        ("int(2.9)", 2),
        ("float('2.5') + asFloat(1)", 3.5),
        ("len(text) + len([1]) + len(tasks)", 6),
        ("type(fromJSON('[1]'))", "array"),
        ("type(fromJSON('1'))", "float"),
        ("type('1')", "string"),
        ("fromJSON('1')", 1.0),
        ("jsonpath(lengths, '$.foo[1]')", 3.0),
        ("toJson(fromJSON(lengths))", '{"foo":[2,3],"none":[0]}'),
        ("toJSON([1])", "[\n  1\n]"),
        ("keys(tasks)", ["A", "J-gate"]),
        ("sprig.b64dec('e30=')", "{}"),
        ("sprig.b64enc('{}')", "e30="),
        ("sprig.trunc(2, text)", "ab"),
        ("'a,b' | split(',') | join('-')", "a-b"),
        ("['64Mi', '128Mi', '256Mi'][min(int('7'), 2)]", "256Mi"),
    ],
)
def test_functions(text, expected):
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_rejects_fewer_arguments_than_its_least(name):
    least = FUNCTIONS[name].least
    if least:
        with pytest.raises(ExprError, match=f"{name} rejects {least - 1} argument|not evaluated"):
            evaluate(parse(f"{name}({', '.join(['[]'] * (least - 1))})"), {})


@pytest.mark.parametrize("name", sorted(name for name, function in FUNCTIONS.items() if function.apply is None))
def test_function_without_an_implementation_fails_and_is_not_guessed(name):
    arguments = ", ".join(["[]"] * max(FUNCTIONS[name].least, 1))
    with pytest.raises(ExprError, match="is not evaluated here"):
        evaluate(parse(f"{name}({arguments})"), {})


def test_functions_with_closures_are_functions():
    assert set(CLOSURES) <= set(FUNCTIONS)


@pytest.mark.parametrize("text", ["", "{}", "\u00fc", "a" * 100])
def test_base64_is_undone(text):
    assert SPRIG["b64dec"].apply(SPRIG["b64enc"].apply(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("take([1, 2, 3], 2)", [1, 2]),
        ("first([])", None),
        ("last([1, 2])", 2),
        ("get([1], 5)", None),
        ("uniq([1, 1.0, 2])", [1, 2]),
        ("concat([1], [2])", [1, 2]),
        ("flatten([1, [2, [3]]])", [1, 2, 3]),
        ("reverse([1, 2])", [2, 1]),
        ("toPairs({b: 1, a: 2})", [["a", 2], ["b", 1]]),
        ("fromPairs([['a', 1]])", {"a": 1}),
        ("mean([1, 2])", 1.5),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -3.0),
        ("find([1, 2, 3], {# > 1})", 2),
        ("findLast([1, 2, 3], {# > 1})", 3),
        ("none([1], {# > 1})", True),
        ("one([1, 2], {# > 1})", True),
        ("split('a,b,c', ',', 2)", ["a", "b,c"]),
        ("replace('aa', 'a', 'b')", "bb"),
        ("repeat('ab', 2)", "abab"),
        ("indexOf('abc', 'c')", 2),
        ("hasSuffix('abc', 'bc')", True),
        ("trimPrefix('abc', 'a')", "bc"),
        ("sprig.replace('a', 'b', 'aa')", "bb"),
    ],
)
def test_functions_of_lists_and_texts(text, expected):
    assert value(text) == expected
