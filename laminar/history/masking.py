"""Mask secrets of the environment in stored texts: the output of splits, tracebacks, messages.

A secret is the value of a variable whose name looks secret (`laminar.history.secret_names`) or that a container has from a Secret,
and the password in a value that is a URL. One of less than six characters is not masked: it may be an ordinary word. Of a value of
several lines each line is masked. A secret is found as it is, quoted for a URL or for JSON, and in base64,
also as a part of a longer text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from laminar.history.secret_names import is_secret

__all__ = ["MASK", "Masker"]

MASK = "***"

SHORTEST = 6
"""Characters from which on a value is masked."""

PASSWORD = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@")
"""The password in a URL: RFC 3986, 3.2.1."""


class Masker:
    """Mask the secrets of an environment.

    >>> Masker({"API_TOKEN": "abc123def"}).masked("token=abc123def")
    'token=***'
    """

    def __init__(self, environ: Mapping[str, str], names: Iterable[str] = ()) -> None:
        """Make a masker of the secrets that an environment holds; variables of these names are secrets, too."""
        forms = {form for secret in secrets(environ, names) for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self.longest = max(map(len, forms), default=0)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def masked(self, text: str) -> str:
        """Return a text with each secret replaced by three asterisks."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def secrets(environ: Mapping[str, str], names: Iterable[str] = ()) -> Iterator[str]:
    """Yield the values of an environment that are secrets, each line of one by itself."""
    from urllib.parse import unquote

    named = frozenset(names)
    for name, value in environ.items():
        found = [value] if name in named or is_secret(name) else []
        for password in PASSWORD.findall(value):
            found += [password, unquote(password)]
        for text in found:
            yield from (line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST)


def _forms(secret: str) -> Iterator[str]:
    from urllib.parse import quote

    yield secret
    yield quote(secret.encode(errors="surrogateescape"), safe="")
    for ascii_only in (True, False):
        yield json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    yield from _in_base64(secret.encode(errors="surrogateescape"))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield the base64 forms of a secret at each place of a longer text: three bytes are four characters (RFC 4648, 4).

    Characters that bits of the neighbours share are left out: `user:secret` of HTTP's basic authentication is found so.
    """
    import base64

    yield base64.b64encode(secret).decode().rstrip("=")
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret).decode()
        first = -(-before * 8 // 6)
        last = (before + len(secret)) * 8 // 6
        if last - first >= SHORTEST:
            yield whole[first:last]
