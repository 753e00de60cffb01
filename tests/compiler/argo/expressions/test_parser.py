"""Parse expressions: precedence, places, and rejected texts."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.expressions import (
    Array,
    Binary,
    Call,
    Closure,
    Conditional,
    ExprError,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pointer,
    Slice,
    Unary,
    parse,
)


def show(node: Node) -> str:
    """Write a tree with all its parentheses."""
    if isinstance(node, Literal):
        return repr(node.value)
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Pointer):
        return f"#{node.name}"
    if isinstance(node, Member):
        return f"{show(node.target)}{'?' if node.optional else ''}[{show(node.key)}]"
    if isinstance(node, Slice):
        return f"{show(node.target)}[{node.start and show(node.start)}:{node.stop and show(node.stop)}]"
    if isinstance(node, Unary):
        return f"({node.operator}{show(node.operand)})"
    if isinstance(node, Binary):
        return f"({show(node.left)} {node.operator} {show(node.right)})"
    if isinstance(node, Conditional):
        return f"({show(node.test)} ? {show(node.yes)} : {show(node.no)})"
    if isinstance(node, Let):
        return f"let {node.name} = {show(node.value)}; {show(node.body)}"
    if isinstance(node, Array):
        return f"[{', '.join(map(show, node.items))}]"
    if isinstance(node, Map):
        return "{" + ", ".join(f"{show(key)}: {show(value)}" for key, value in zip(node.keys, node.values, strict=True)) + "}"
    if isinstance(node, Closure):
        return "{" + show(node.body) + "}"
    assert isinstance(node, Call)
    return f"{show(node.function)}({', '.join(map(show, node.arguments))})"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ** 3 ** 4", "(2 ** (3 ** 4))"),
        ("-2 ** 2", "(-(2 ** 2))"),
        ("2 ^ 3", "(2 ** 3)"),
        ("a && b || c", "((a && b) || c)"),
        ("a and not b", "(a && (!b))"),
        ("!a contains b", "((!a) contains b)"),
        ("a not in [1, 2]", "(!(a in [1, 2]))"),
        ("a == 1 && b != 2", "((a == 1) && (b != 2))"),
        ("1 < a <= 3", "((1 < a) && (a <= 3))"),
        ("1 + a ?? 2", "(1 + (a ?? 2))"),
        ("a ?? b ?? 'c'", "((a ?? b) ?? 'c')"),
        ("a ? 1 : b ? 2 : 3", "(a ? 1 : (b ? 2 : 3))"),
        ("a ?: b", "(a ? a : b)"),
        ("if a { 1 } else { 2 }", "(a ? 1 : 2)"),
        ("let x = 1; let y = x; x + y", "let x = 1; let y = x; (x + y)"),
        ("tasks['J-gate'].outputs?.x", "tasks['J-gate']['outputs']?['x']"),
        ("a.in", "a['in']"),
        ("xs[1:] ", "xs[1:None]"),
        ("fromJSON(x)[1].foo[k % 2]", "fromJSON(x)[1]['foo'][(k % 2)]"),
        ("sum(map(xs, {sum(#.foo)}))", "sum(map(xs, {sum(#['foo'])}))"),
        ("filter(xs, # > 1)", "filter(xs, {(# > 1)})"),
        ("map(xs, {.foo})", "map(xs, {#['foo']})"),
        ("map(xs, {#index})", "map(xs, {#index})"),
        ("x | fromJSON() | len()", "len(fromJSON(x))"),
        ("{a: 1, 'b-c': [true, nil]}", "{'a': 1, 'b-c': [True, None]}"),
        ("sprig.trunc(3, x)", "sprig['trunc'](3, x)"),
        (r"'it\'s \x41\u00fc'", repr("it's A\u00fc")),
        ("`raw\\n`", repr("raw\\n")),
        ("1_000 + 0x10 + 1.5e3", "((1000 + 16) + 1500.0)"),
        ("1..3", "(1 .. 3)"),
        ("a /* b */ // c", "a"),
    ],
)
def test_expressions_are_read_with_the_precedence_of_expr_lang(text, shown):
    assert show(parse(text)) == shown


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "the end is not expected here."),
        ("1 +", 3, "the end is not expected here."),
        ("(1", 2, "the end is not expected here: ')' is."),
        ("f(1", 3, "the end is not expected here: ',' is."),
        ("a b", 2, "'b' is not expected here."),
        ("'abc", 0, "The text that begins here does not end."),
        ("a & b", 2, "'&' is no operator: '&&' is."),
        ("a = 1", 2, "'=' is not expected here."),
        ("a ?? 1 + 2", 7, "'??' and '+' do not mix: put one in parentheses."),
        ("#.foo", 0, "'#' is not expected here."),
        ("a.", 2, "the end is not expected here: a name is."),
        ("a ? 1", 5, "the end is not expected here: ':' is."),
        ("let x = 1", 9, "the end is not expected here: ';' is."),
        ("tasks.J-gate.let x", 17, "'x' is not expected here."),
        ("a @ b", 2, "'@' is no token."),
        (r"'\q'", 1, r"'\q' is no escape."),
        ("not", 3, "the end is not expected here."),
    ],
)
def test_what_expr_lang_does_not_take_is_refused_with_its_place(text, position, message):
    with pytest.raises(ExprError) as caught:
        parse(text)
    assert (caught.value.position, caught.value.message) == (position, message)


def test_parts_know_where_they_begin():
    node = parse("max(1, tasks.A.x)")
    assert isinstance(node, Call)
    assert node.position == 0
    assert [argument.position for argument in node.arguments] == [4, 14]
