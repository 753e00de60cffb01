"""Make diagrams for tests: of drawn graphs, and of a flow whose every text is hostile."""

from __future__ import annotations

import random

from laminar import Flow, Layer, Parameters
from laminar.pictures.diagram import Box, Diagram, Frame

__all__ = ["HOSTILE", "graph", "hostile_flow"]

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">&amp;'`${1}"
"""A text that would run a script in a page, or end an element or an attribute, where it is not escaped."""


def graph(count: int, seed: int = 1, *, wide: int = 0) -> Diagram:
    """Return a diagram of so many layers: each reads some earlier ones, or, from the second on, all of ``wide`` read the first."""
    chosen = random.Random(seed)
    boxes = []
    for place in range(count):
        near = range(max(0, place - 12), place)
        needs = chosen.sample(near, min(len(near), chosen.choice((1, 1, 2, 3)))) if not wide or place > wide else [0][:place]
        lines = ("1 CPU, 1.5 GB", "each Read.rows, batch 10")[: chosen.choice((1, 2))]
        boxes.append(Box(name=f"Layer{place}", needs=tuple(f"Layer{need}" for need in needs), lines=lines, splits=len(lines) > 1))
    return Diagram(title="Drawn", frames=(Frame(name="Drawn", boxes=tuple(boxes)),))


def hostile_flow() -> tuple[Flow, dict[str, str]]:
    """Return a flow whose layer's name, docstring and parameter are `HOSTILE`, and its parameters."""

    class Hostile(Flow):
        pass

    Hostile.__doc__ = HOSTILE

    class Made(Layer):
        def __call__(self, parameters: Parameters) -> None: ...

    name = HOSTILE.replace("/", "")
    made = type(name, (Layer,), {**vars(Made), "__doc__": HOSTILE})
    Hostile.register(made)
    return Hostile(), {"source": HOSTILE}
