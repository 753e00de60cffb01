"""Turn a container's command into the one that runs a split in it."""

from __future__ import annotations

import re

from laminar.configurations.option_values import split_words

__all__ = ["runner_command", "split_command"]

PYTHON = re.compile(r"(?:.*/)?python(?:3(?:\.[0-9]+)?)?$")


def split_command(command: str) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """Return the words before a program's path in a command, the path, and its arguments; no path where it does not call python.

    >>> split_command("python -u main.py --fast")
    (('python', '-u'), 'main.py', ('--fast',))
    >>> split_command("bash run.sh")
    (('bash', 'run.sh'), None, ())
    """
    words = split_words(command)
    if PYTHON.match(words[0]):
        for place, word in enumerate(words[1:], start=1):
            if not word.startswith("-"):
                return words[:place], word, words[place + 1 :]
            if word in ("-m", "-c", "-W", "-X"):
                break
    return words, None, ()


def runner_command(command: str, *, flow: str, layer: str, index: int, splits: int) -> list[str]:
    """Return the command that runs one split: the runner for ``python PROGRAM``, any other unchanged.

    >>> " ".join(runner_command("python main.py x", flow="F", layer="L", index=0, splits=1))
    'python -m laminar.runner main.py --flow F --layer L --index 0 --splits 1 -- x'
    """
    before, program, arguments = split_command(command)
    if program is None:
        return list(before)
    named = ["--flow", flow, "--layer", layer, "--index", str(index), "--splits", str(splits)]
    return [*before, "-m", "laminar.runner", program, *named, *(["--", *arguments] if arguments else [])]
