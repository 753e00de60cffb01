"""Check the retry strategies of templates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laminar.compiler.argo.documents import Document
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import tags
from laminar.compiler.lint.finding import Finding

__all__ = ["wrong_retries"]


def wrong_retries(document: Document) -> Iterator[Finding]:
    """Yield retry strategies that Argo cannot follow."""
    for part in (document.spec.at("templateDefaults"), *(template.part for template in document.bodies)):
        yield from _wrong_retry(part.at("retryStrategy"))


def _wrong_retry(retry: Part) -> Iterator[Finding]:
    limit, factor = retry.text("limit"), retry.at("backoff", "factor")
    if isinstance(retry.at("limit").value, str) and not any(tags(limit)) and not re.fullmatch(r"[+-]?[0-9]+", limit):
        what = f"The limit {limit!r} is no whole number."
        yield Finding(retry.at("limit"), "P108", what, "write how many more times it is tried.")
    if "backoff" in retry.names and "limit" not in retry.names:
        yield Finding(retry.at("backoff"), "P109", "Argo follows a backoff only beside a limit.", "add a limit.")
    if factor.value is not None and not re.fullmatch(r"-?[0-9]+", str(factor.value)) and not any(tags(str(factor.value))):
        yield Finding(factor, "P108", f"The factor {factor.value!r} of the backoff is no whole number.", "write a whole number.")
