"""``laminar graph``: draw the flows of a program."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from laminar.cli import document_file
from laminar.cli.compilation import record_chains
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import LaminarError

if TYPE_CHECKING:
    from laminar.cli.compilation import Chains
    from laminar.compiler.target import Target
    from laminar.pictures.diagram import Diagram, Frame

__all__ = ["graph"]

ENDINGS = (".svg", ".html", ".png", ".mmd", ".dot")


PLACE = "s3://bucket/prefix"
"""The datastore that YAML is shown with, where the program's own is out of reach of pods."""


@click.command(cls=ProgramCommand, short_help="Draw a program's flows: text, SVG, HTML, PNG, Mermaid.")
@program_options()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help=f"Write a file whose name ends with {', '.join(ENDINGS)}, instead of text on standard output.",
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default="auto: the reader's setting; PNG: light",
    help="Colours of SVG, HTML and PNG.",
)
def graph(chosen: ProgramChoice, output: str | None, theme: str) -> None:
    """Draw the flows of PROGRAM: their layers, dependencies, fan-outs, hooks, containers, retries, links, parameters.

    \b
    laminar graph train.py                   a tree on the terminal
    laminar graph train.py -o train.svg      a picture that needs nothing to view
    laminar graph train.py -o train.html     a page: search, zoom, click a layer for its source and YAML
    laminar graph train.py -o train.mmd      Mermaid, for a README
    laminar graph train.py -o train.png      needs: pip install 'laminar-argo[pictures]'

    No layer runs, and no datastore, cluster or network is needed.
    """
    ending = os.path.splitext(output or "")[1].lower()
    if output is not None and ending not in ENDINGS:
        raise click.UsageError(f"{output!r} has no ending that names a format. Pass one of {', '.join(ENDINGS)}.")
    chains, target = record_chains(chosen, DocumentChoice())
    made = _diagram(chosen, chains)
    if output is None:
        _print(made)
        return
    if ending == ".html":
        made = _with_yaml(made, chains, target)
    document_file.write(_drawers(theme)[ending](made), output)
    _advise(made)


def _drawers(theme: str) -> dict[str, Callable[[Diagram], str | bytes]]:
    """Return the function that draws each format."""
    from laminar.pictures import dot, graph_page, mermaid, png, svg

    return {
        ".svg": lambda made: svg.draw(made, theme=theme),
        ".html": lambda made: graph_page.draw(made, theme=theme),
        ".png": lambda made: png.rendered(svg.draw(made, theme="dark" if theme == "dark" else "light")),
        ".mmd": mermaid.draw,
        ".dot": dot.draw,
    }


def _diagram(chosen: ProgramChoice, chains: Chains) -> Diagram:
    """Return the diagram of a program's chains, with the parameters that -p replaces."""
    from laminar.components import replaced_parameters
    from laminar.pictures import flow_diagram
    from laminar.pictures.diagram import Diagram

    frames: list[Frame] = []
    for chain, settings in chains:
        first = replace(chain.first, parameters=replaced_parameters.replaced(chain.first, settings.parameters))
        frames += flow_diagram.diagram_of([first, *chain.steps[1:]]).frames
    title = f"{frames[0].name}, {chosen.module or os.path.basename(chosen.given)}"
    return Diagram(title=title, frames=tuple(frames))


def _with_yaml(made: Diagram, chains: Chains, target: Target) -> Diagram:
    """Return a diagram whose layers hold the YAML that they become, or a note why they do not."""
    from laminar.compiler.layer_documents import layer_documents

    frames, notes = list(made.frames), list(made.notes)
    place = 0
    for chain, settings in chains:
        texts = {}
        try:
            texts = layer_documents(chain, settings, target)
        except LaminarError as error:
            try:  # pods cannot share a folder of this machine: with another URL the rest of the YAML can be shown
                texts = layer_documents(chain, replace(settings, datastore=PLACE), target)
                notes.append(f"The YAML names the datastore {PLACE}, in place of one that pods can reach.")
            except LaminarError:
                notes.append(f"No YAML is shown: {str(error).splitlines()[0]}")
        for at in range(place, place + len(chain.steps)):
            name = frames[at].name
            boxes = tuple(box.but(yaml=texts.get((name, box.name), "")) for box in frames[at].boxes)
            frames[at] = replace(frames[at], boxes=boxes)
        place += len(chain.steps)
    return replace(made, frames=tuple(frames), notes=tuple(notes))


def _print(made: Diagram) -> None:
    """Print a diagram as text: cut to the terminal's width, whole where it is piped."""
    import shutil
    import sys

    from laminar.pictures import text_tree

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    click.echo(text_tree.draw(made, width=width))


def _advise(made: Diagram) -> None:
    """Name the package that lays out large pictures better, where it is missing."""
    from laminar.pictures import layered_layout

    if made.size > 30 and layered_layout.engine() is None:
        click.echo("note: pip install 'laminar-argo[pictures]' draws large flows with fewer crossings", err=True)
