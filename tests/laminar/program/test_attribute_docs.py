"""Docstrings of attributes are read from the source of their class."""

from __future__ import annotations

from laminar import Flow
from laminar.program import attribute_docs


class Train(Flow):
    """The docstring of the class."""

    rate: float = 0.1
    """Step size."""
    depth: int = 3
    silent: int = 0

    """Below an empty line: it is the docstring of silent, as for Sphinx."""


First = Train


class Train(Flow):  # type: ignore[no-redef]
    rate: float = 0.2
    """Another text."""


def test_a_text_below_an_annotation_is_its_docstring():
    assert attribute_docs.of_class(First) == {
        "rate": "Step size.",
        "silent": "Below an empty line: it is the docstring of silent, as for Sphinx.",
    }


def test_of_two_classes_of_one_name_each_has_its_own():
    assert attribute_docs.of_class(Train) == {"rate": "Another text."}


def test_a_class_without_source_has_none():
    assert attribute_docs.of_class(type("Made", (Flow,), {"__annotations__": {"rate": float}})) == {}
    assert attribute_docs.of_class(int) == {}
