"""Write a user's text so that it arrives as it is: Argo replaces ``{{...}}``, Kubernetes replaces ``$(NAME)`` and ``$$``."""

from __future__ import annotations

import re

__all__ = ["has_tag", "json_text", "prose", "verbatim"]

DOLLARS = re.compile(r"\$\$+|\$(?=\()")
FRAGILE = re.compile(r"\{\{|\$[$(]+|[\ud800-\udfff]")


def has_tag(text: str) -> bool:
    """Return whether Argo would replace a part of a text, or reject it; outside JSON no escape prevents that.

    >>> has_tag("{{x}}"), has_tag("{x}")
    (True, False)
    """
    return "{{" in text


def verbatim(text: str) -> str:
    """Return an argument's or a variable's text with each dollar doubled that Kubernetes would replace.

    The rules are those of third_party/forked/golang/expansion/expand.go in Kubernetes' source.

    >>> print(verbatim("$HOME $(HOME) $$"))
    $HOME $$(HOME) $$$$
    """
    return DOLLARS.sub(lambda match: match[0] * 2, text)


def json_text(text: str) -> str:
    r"""Return JSON of the same value that neither Argo nor Kubernetes changes on its way into a variable.

    >>> print(json_text('"{{x}} costs $$5 or $5"'))
    "\u007b\u007bx}} costs \u0024\u00245 or $5"
    """
    return FRAGILE.sub(lambda match: "".join(_escape(character) for character in match[0]), text)


def prose(text: str) -> str:
    """Return a text for people with a space inside the parts that Argo or Kubernetes would replace: such a text has no escape.

    >>> print(prose("{{x}} and $(HOME)"))
    { {x}} and $ (HOME)
    """
    return FRAGILE.sub(lambda match: " ".join(character if character.isascii() else "?" for character in match[0]), text)


def _escape(character: str) -> str:
    return character if character == "(" else f"\\u{ord(character):04x}"
