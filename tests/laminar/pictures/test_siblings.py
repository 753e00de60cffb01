"""Boxes that read the same and are read by the same form a block."""

from __future__ import annotations

from laminar.pictures.siblings import MANY, groups


def test_few_siblings_stay_single():
    assert groups(MANY, [(0, below) for below in range(1, MANY)]) == tuple((place,) for place in range(MANY))


def test_many_siblings_form_a_block_and_one_that_is_read_by_another_is_not_among_them():
    edges = [(0, below) for below in range(1, MANY + 2)] + [(MANY + 1, MANY + 2)]
    assert groups(MANY + 3, edges) == ((0,), tuple(range(1, MANY + 1)), (MANY + 1,), (MANY + 2,))


def test_groups_are_in_the_order_of_what_they_need():
    count = 40
    edges = (
        [(0, below) for below in range(1, 20)] + [(above, below) for above in range(1, 20) for below in range(20, 39)] + [(25, 39)]
    )
    found = groups(count, edges)
    place = {member: number for number, members in enumerate(found) for member in members}
    assert sorted(place) == list(range(count))
    assert all(place[source] < place[target] for source, target in edges)
