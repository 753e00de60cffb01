"""Names are valid for Argo, all different, and always the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler import names
from laminar.templates.expression import RESERVED
from tests.support.drawn_plans import NAMES

WORDS = st.lists(NAMES | st.text(min_size=1, max_size=80), unique=True, max_size=8)


@given(WORDS)
def test_every_name_is_one_that_argo_and_its_expressions_take(words):
    for made in names.tasks(words).values():
        assert re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,59}", made)
        assert made not in RESERVED


@given(WORDS)
def test_no_two_names_are_made_equal(words):
    made = names.tasks(words)
    assert len(set(made.values())) == len(words)


@given(WORDS, st.randoms())
def test_names_do_not_depend_on_the_order_where_nothing_collides(words, random):
    shuffled = list(words)
    random.shuffle(shuffled)
    made, again = names.tasks(words), names.tasks(shuffled)
    plain = [word.strip("_").replace("_", "-") for word in words]
    if len(set(plain)) == len(plain):
        assert made == again


def test_name_that_can_stay_stays_whatever_comes_before_it():
    assert names.tasks(["A_B", "A-B"]) == {"A_B": f"A-B-{names.digest('A_B')}", "A-B": "A-B"}


@given(NAMES | st.text(min_size=1, max_size=100))
def test_label_is_a_value_that_kubernetes_takes(name):
    assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", names.label(name))


@pytest.mark.parametrize("name", ["A" * 64, "A" * 63 + "B", "_A", "A_", "Ä"])
def test_label_that_is_cut_ends_with_a_digest(name):
    assert names.label(name).endswith(names.digest(name))


@given(NAMES | st.text(min_size=1, max_size=100))
def test_object_name_is_one_that_kubernetes_takes(name):
    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,48}[a-z0-9])?", names.kebab(name))
