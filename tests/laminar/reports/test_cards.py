"""Cards of a report: Markdown, tables, images; and whatever else a datastore may hold in their place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.reports import cards
from laminar.reports.markdown import rendered
from tests.support.diagrams import HOSTILE

TAGS = {"p", "h4", "ul", "ol", "li", "code", "pre", "strong", "em", "a", "table", "thead", "tbody", "tr", "th", "td"}


def test_markdown_has_headings_lists_code_tables_and_links():
    text = "# A\n\none *two* **three** `four`\n\n- a\n- b\n\n1. c\n\n```\nx < y\n```\n| h |\n|---|\n| v |\n\n[docs](https://x.org/a?b=1&c=2)"
    assert rendered(text) == (
        "<h4>A</h4><p>one <em>two</em> <strong>three</strong> <code>four</code></p><ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>"
        '<pre>x &lt; y</pre><table class="data"><thead><tr><th>h</th></tr></thead><tbody><tr><td>v</td></tr></tbody></table>'
        '<p><a href="https://x.org/a?b=1&amp;c=2" rel="noreferrer noopener">docs</a></p>'
    )


@pytest.mark.parametrize(
    "text", [HOSTILE, f"`{HOSTILE}`", f"[x]({HOSTILE})", "[x](javascript:alert(1))", '[x](https://a"onclick="b)', f"| {HOSTILE} |"]
)
def test_markdown_holds_no_markup_of_a_users(text):
    made = rendered(text)
    assert set(re.findall(r"<(\w+)", made)) <= TAGS
    assert "javascript:" not in re.sub(r">[^<]*<", "><", made)
    assert not re.search(r"<[^>]*\son\w+=", made)


@given(st.text(alphabet="#*`[]()|-\n <>\"'ab:/\\h"))
def test_any_text_is_rendered(text):
    assert set(re.findall(r"<(\w+)", rendered(text))) <= TAGS


@pytest.mark.parametrize(
    "found",
    [None, 3, {}, [None], [{}], [{"kind": "image", "data": 3}], [{"kind": "image", "data": "!"}], [{"kind": "table", "rows": 3}],
     [{"kind": "chart", "figure": 3}], [{"kind": "other"}]],
)  # fmt: skip
def test_what_is_no_card_is_left_out(found):
    assert cards.drawn(found) == ""
