"""Pages hold texts and data that cannot become markup, and a policy that permits their own scripts alone."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from hypothesis import given
from hypothesis import strategies as st

from laminar.pictures.page import asset, data, page, text


@given(st.text())
def test_no_text_is_markup(value):
    assert not set(text(value)) & set("<>\"'")


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_data_is_what_a_script_reads_and_never_ends_its_element(value):
    written = data(value, "boxes")
    inner = written.removeprefix('<script type="application/json" class="boxes">').removesuffix("</script>")
    assert "<" not in inner
    assert json.loads(inner) == value


def test_the_policy_permits_the_scripts_of_the_page_by_their_digests():
    made = page("T", "<p>x</p>", scripts=[asset("graph.js")])
    digest = base64.b64encode(hashlib.sha256(asset("graph.js").encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in made
    assert "default-src 'none'" in made
    assert re.findall(r'(?:src|href)="(?!data:)', made) == []


def test_a_page_without_scripts_permits_none():
    assert "script-src 'none'" in page("T", "")
