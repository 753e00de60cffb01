"""Values of all kinds are shown, escaped; one that cannot be shown is named."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.reports.value_preview import preview
from tests.support.diagrams import HOSTILE

PNG = bytes.fromhex("89504e470d0a1a0a") + b"rest"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.5"),
        (None, "None"),
        (True, "True"),
        ("short", "&#x27;short&#x27;"),
        ("two\nlines", '<pre class="value">two\nlines</pre>'),
        ({"rate": 0.1}, "<th>rate</th>"),
        ([1, 2, 3], "[1, 2, 3]"),
        ([{"a": 1}, {"b": 2}], "<th>a</th><th>b</th>"),
        ([[1, 2], [3, 4]], "<td>3</td><td>4</td>"),
        (np.float64(0.25), "0.25"),
        (np.arange(6).reshape(2, 3), "int64, 2 x 3, from 0 to 5, mean 2.5"),
        (np.zeros((3, 4, 5)), "float64, 3 x 4 x 5"),
        (pd.DataFrame({"a": [1.5], "b": ["<x>"]}), "<td>&lt;x&gt;</td>"),
        (pd.Series([1, 2], name="ages"), "ages"),
        (pl.DataFrame({"a": [1]}), "<th>a</th>"),
        (PNG, '<img class="value"'),
        (b"other", "5 bytes"),
        (object, "class"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_shown(value, shown):
    assert shown in preview(value)


@pytest.mark.parametrize(
    "value",
    [
        HOSTILE,
        HOSTILE + "\n",
        {HOSTILE: HOSTILE},
        [HOSTILE],
        [{HOSTILE: HOSTILE}, {HOSTILE: HOSTILE}],
        pd.DataFrame({HOSTILE: [HOSTILE]}),
        pl.DataFrame({HOSTILE: [HOSTILE]}),
        np.array([HOSTILE]),
        ValueError(HOSTILE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_text_is_never_markup(value):
    tags = set(re.findall(r"<(\w+)", preview(value)))
    assert tags <= {"pre", "span", "table", "thead", "tbody", "tr", "th", "td", "div"}


@given(
    st.recursive(
        st.none() | st.text() | st.floats() | st.binary(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_plain_value_is_shown(value):
    assert "<script" not in preview(value)


def test_large_values_are_cut():
    assert len(preview("x" * 10_000_000)) < 20_000
    assert len(preview(list(range(1_000_000)))) < 20_000
    assert len(preview(pd.DataFrame(np.zeros((1000, 500))))) < 20_000
    assert len(preview(dict.fromkeys(range(1000), "y" * 1000))) < 50_000


def test_a_value_whose_own_code_raises_is_named():
    class Broken:
        @property
        def dtype(self) -> str:
            raise RuntimeError("no <b>")

        shape = (1,)
        ravel = None

    assert "Broken" in preview(Broken())
    assert "<b>" not in preview(Broken())


def test_an_svg_is_text_as_it_may_hold_scripts():
    assert "<svg" not in preview("<svg onload=alert(1)>")
    assert "<img" not in preview(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
