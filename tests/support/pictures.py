"""Draw the pictures of the examples that the documentation shows; ``python -m tests.support.pictures`` writes them again."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from laminar.compiler import recorder
from laminar.pictures import flow_diagram, svg
from laminar.pictures.diagram import Diagram

__all__ = ["FOLDER", "diagram", "drawn", "outline"]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
"""Where the pictures are: one for each example, with its name."""

PLACES = re.compile(r'( d| transform| x| y| width| height| viewBox)="[^"]*"')


def diagram(program: Path) -> Diagram:
    """Return the diagram of a program's first chain, with places that no folder of this machine is part of."""
    from dataclasses import replace

    made = flow_diagram.diagram_of(recorder.record(program).chains[0].steps)
    cut = str(ROOT) + "/"
    frames = tuple(
        replace(
            frame,
            link=frame.link.replace(cut, ""),
            where=frame.where.replace(cut, ""),
            boxes=tuple(box.but(where=box.where.replace(cut, "")) for box in frame.boxes),
        )
        for frame in made.frames
    )
    return replace(made, frames=frames)


def drawn(program: Path) -> str:
    """Return the picture of a program as SVG."""
    return svg.draw(diagram(program))


def outline(picture: str) -> str:
    """Return a picture without its measures: another version of Graphviz places boxes elsewhere, and no picture is stale by it."""
    return PLACES.sub(r"\1", picture)


def main() -> None:
    """Write the pictures of all examples."""
    FOLDER.mkdir(exist_ok=True)
    for program in sorted((ROOT / "examples").glob("*.py")):
        path = FOLDER / f"{program.stem}.svg"
        path.write_text(drawn(program), encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
