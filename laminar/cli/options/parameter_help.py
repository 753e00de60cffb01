"""Write the parameters of a program's flows into a command's help, read from its source: no program is executed for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import click

__all__ = ["rows", "write"]


def write(path: str, formatter: click.HelpFormatter) -> None:
    """Write a section for each flow of a program that declares parameters, else one for the keywords of its calls."""
    for title, lines in rows(path):
        with formatter.section(title):
            formatter.write_dl(lines)


def rows(path: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the titles and the rows of the sections: a parameter as it is declared, and its help.

    Raises FlowError where the program cannot be read.
    """
    from laminar.program import call_sites, outline

    found = outline.read(path)
    flows = {flow.name: flow for flow in found.flows.values() if flow.parameters}
    for flow in flows.values():
        described = [(each.written, _described(each.help, each.is_required)) for each in flow.parameters.values()]
        yield f"Parameters of flow {flow.name}, for -p NAME=VALUE", described
    called = [keyword for call in call_sites.calls(found) for keyword in call.keywords if keyword.arg not in (None, "execution")]
    if called and not flows:
        listed = {f"{keyword.arg} = {ast.unparse(keyword.value)}": "" for keyword in called}
        yield "Parameters of the program's calls, for -p NAME=VALUE", list(listed.items())


def _described(text: str, is_required: bool) -> str:
    summary = " ".join(text.partition("\n\n")[0].split())
    return f"{summary} [required]".strip() if is_required else summary
