"""Boxes are in rows below those that they need, without overlap, by Graphviz and without it."""

from __future__ import annotations

import random

import pytest

from laminar.pictures import layered_layout
from laminar.pictures.layered_layout import layered, ranks


def drawn(count: int, seed: int) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    chosen = random.Random(seed)
    edges = sorted(
        {(chosen.randrange(max(0, low - 9), low), low) for low in range(1, count) for _ in range(chosen.choice((1, 2, 3)))}
    )
    return [(chosen.choice((130.0, 250.0)), chosen.choice((50.0, 90.0, 300.0))) for _ in range(count)], edges


@pytest.fixture(params=["graphviz", "alone"])
def engine(request, monkeypatch):
    if request.param == "alone":
        monkeypatch.setattr(layered_layout, "engine", lambda: None)
    else:
        assert layered_layout.engine(), "the extra [pictures] is part of the test group"
    return request.param


@pytest.mark.parametrize("across", [False, True], ids=["down", "across"])
@pytest.mark.parametrize(("count", "seed"), [(1, 1), (2, 1), (40, 2), (300, 3)])
def test_no_box_is_over_another_and_arrows_lead_one_way(engine, count, seed, across):
    sizes, edges = drawn(count, seed)
    made = layered(sizes, edges, across=across)
    axis = 0 if across else 1
    for source, target in edges:
        end = made.centres[source][axis] + sizes[source][axis] / 2
        assert end < made.centres[target][axis] - sizes[target][axis] / 2
    for one in range(count):
        for other in range(one):
            apart = [
                abs(made.centres[one][side] - made.centres[other][side]) >= (sizes[one][side] + sizes[other][side]) / 2
                for side in (0, 1)
            ]
            assert any(apart), (one, other)


@pytest.mark.parametrize("across", [False, True], ids=["down", "across"])
def test_everything_is_inside_of_the_picture_and_curves_join_their_boxes(engine, across):
    sizes, edges = drawn(40, 4)
    made = layered(sizes, edges, across=across)
    for (x, y), (width, height) in zip(made.centres, sizes, strict=True):
        assert width / 2 - 1 <= x <= made.width - width / 2 + 1
        assert height / 2 - 1 <= y <= made.height - height / 2 + 1
    for (source, target), curve in zip(edges, made.curves, strict=True):
        assert len(curve) % 3 == 1
        for end, point in ((source, curve[0]), (target, curve[-1])):
            gaps = [abs(made.centres[end][side] - point[side]) - sizes[end][side] / 2 for side in (0, 1)]
            assert max(gaps) == pytest.approx(0, abs=2)


def test_the_same_boxes_have_the_same_layout(engine):
    sizes, edges = drawn(60, 5)
    assert layered(sizes, edges) == layered(sizes, edges)


def test_nothing_has_an_empty_layout(engine):
    assert layered([], []).centres == ()


def test_an_engine_that_fails_is_replaced(monkeypatch):
    monkeypatch.setattr(layered_layout, "engine", lambda: "/bin/false")
    assert len(layered([(10, 10), (10, 10)], [(0, 1)]).centres) == 2


def test_an_engine_that_writes_something_else_is_replaced(monkeypatch):
    monkeypatch.setattr(layered_layout, "engine", lambda: "/bin/echo")
    assert len(layered([(10, 10), (10, 10)], [(0, 1)]).centres) == 2


def test_a_row_follows_all_that_a_box_needs():
    assert ranks(5, [(0, 2), (1, 2), (2, 3), (0, 4)]) == (0, 0, 1, 2, 1)
