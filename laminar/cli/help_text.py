"""Lay out the help of a command on a narrow terminal: an example whose comment does not fit has it on the next line."""

from __future__ import annotations

import re

import click

__all__ = ["HelpContext", "fitted"]

EXAMPLE = re.compile(r"(\S.*?\S) {2,}(\S.*)")
"""A command line and its comment, with two spaces or more between them."""

UNWRAPPED = "\b\n"
"""First line of a paragraph that click does not wrap (click 8, Documenting Scripts)."""


def fitted(text: str, width: int) -> str:
    r"""Return a help text whose unwrapped paragraphs of examples are not wider than a terminal.

    >>> print(fitted("\b\nlaminar runs   all of them\nlaminar du", 20)[2:])
    laminar runs
        all of them
    laminar du
    """
    return "\n\n".join(_fitted(paragraph, width) for paragraph in text.split("\n\n"))


def _fitted(paragraph: str, width: int) -> str:
    lines = paragraph.split("\n")
    if not paragraph.startswith(UNWRAPPED) or max(map(len, lines)) <= width:
        return paragraph
    return "\n".join(EXAMPLE.sub(r"\1\n    \2", line) for line in lines)


class Formatter(click.HelpFormatter):
    """Write help whose examples fit."""

    def write_text(self, text: str) -> None:
        """Write paragraphs, wrapped unless they are examples."""
        super().write_text(fitted(text, self.width - self.current_indent))


class HelpContext(click.Context):
    """The context of a command whose help fits the terminal."""

    formatter_class = Formatter
