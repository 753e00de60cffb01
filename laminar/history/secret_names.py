"""Decide by its name whether an environment variable or a parameter is a secret."""

from __future__ import annotations

import re

__all__ = ["is_secret"]

WORDS = (
    *("TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"),
    *("APIKEY", "ACCESSKEY", "PRIVATEKEY", "SECRETKEY", "AUTH", "AUTHORIZATION", "COOKIE", "KEY"),
)
"""Words of which one makes a name secret, among those that the name is made of."""

PUBLIC = ("PWD", "OLDPWD")
"""Names that POSIX defines: the working folder (Shell Command Language, 2.5.3)."""


def is_secret(name: str) -> bool:
    """Return whether the value of a variable or a parameter is to be masked.

    >>> is_secret("GITHUB_TOKEN"), is_secret("dbPassword"), is_secret("AWS_SECRET_ACCESS_KEY"), is_secret("PWD"), is_secret("keys")
    (True, True, True, False, False)
    """
    words = re.split(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", name)
    return name not in PUBLIC and any(word.upper() in WORDS for word in words)
