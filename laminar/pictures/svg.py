"""Draw a diagram as SVG: one file that needs no font, script or stylesheet, readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from laminar.pictures import palette, placement
from laminar.pictures.diagram import Box, Diagram, clean, shorten
from laminar.pictures.placement import BASE, HEAD, LINE, MARGIN, PADDING, TITLE, Arrow, Block, Placed, fitting

__all__ = ["draw"]

ARROW_HEAD = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" '
    'markerUnits="userSpaceOnUse"><path class="head" d="M0 0.8 L7.2 4 L0 7.2 Z"/></marker></defs>'
)


def draw(diagram: Diagram, *, theme: str = "auto", embedded: bool = False) -> str:
    """Return the picture of a diagram as SVG text. The same diagram has the same picture.

    With the theme ``auto`` it follows the reader's setting (``prefers-color-scheme``). ``embedded`` is for a page that defines
    the colours itself.
    """
    placed = placement.placed(diagram)
    width = max((one.width for one in placed), default=0) + 2 * MARGIN
    height = (placed[-1].y + placed[-1].height if placed else 0) + MARGIN
    lines = [_opening(diagram, width, height, embedded=embedded)]
    if not embedded:
        lines.append(f"<style>{palette.stylesheet(theme)}</style>")
        lines.append('<rect class="page" width="100%" height="100%"/>')
    lines.append(ARROW_HEAD)
    for number, one in enumerate(placed):
        if one.frame.link:
            lines += _link(placed[number - 1], one)
        lines += _frame(one, number)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _opening(diagram: Diagram, width: float, height: float, *, embedded: bool) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    font = "" if embedded else f' font-family="{palette.FONT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} class="diagram"{font}><title>{_text(diagram.title)}</title>'


def _text(text: str) -> str:
    """Return a text as XML shows it."""
    return escape(clean(text))


def _frame(one: Placed, number: int) -> Iterator[str]:
    frame, left, top = one.frame, MARGIN + PADDING, one.y + TITLE + PADDING
    yield f'<g class="flow"><title>{_text(shorten(frame.about, 300) or frame.name)}</title>'
    yield f'<rect class="frame" x="{MARGIN:g}" y="{one.y:g}" width="{one.width:g}" height="{one.height:g}" rx="10"/>'
    name = fitting(frame.name, 16, one.width - 30)
    yield f'<text class="flow-name" x="{left:g}" y="{one.y + 28:g}">{_text(name)}</text></g>'
    yield f'<g transform="translate({left:g} {top:g})">'
    yield from (_block(block) for block in one.blocks)
    yield from (_arrow(arrow) for arrow in one.arrows)
    for place, box in enumerate(frame.boxes):
        yield from _box(box, f"{number}-{place}", one.keys[place], one.corners[place], one.sizes[place])
    yield "</g>"


def _block(block: Block) -> str:
    size = f'x="{block.x:g}" y="{block.y:g}" width="{block.width:g}" height="{block.height:g}"'
    return f'<rect class="block" {size} rx="10"/>'


def _arrow(arrow: Arrow) -> str:
    (x, y), *rest = arrow.points
    bends = " ".join(f"{px:g} {py:g}" for px, py in rest)
    kind = "edge parameters" if arrow.of_parameters else "edge"
    ends = f'data-from="{arrow.source}" data-to="{arrow.target}"'
    return f'<path class="{kind}" {ends} d="M{x:g} {y:g} C{bends}" marker-end="url(#arrow)"/>'


def _box(box: Box, key: str, node: str, corner: tuple[float, float], size: tuple[float, float]) -> Iterator[str]:
    width, height = size
    kind = " ".join(
        ["box", box.kind, *(["may-skip"] if box.may_skip else []), *([box.state.replace(" ", "-")] if box.state else [])]
    )
    place = f'transform="translate({corner[0]:g} {corner[1]:g})"'
    yield f'<g class="{kind}" id="box-{key}" data-node="{node}" {place}><title>{_text(_tooltip(box))}</title>'
    if box.splits:  # a fan-out is a stack of boxes
        yield f'<rect class="card" x="6" y="6" width="{width:g}" height="{height:g}" rx="6"/>'
        yield f'<rect class="card" x="3" y="3" width="{width:g}" height="{height:g}" rx="6"/>'
    yield f'<rect class="card" width="{width:g}" height="{height:g}" rx="6"/>'
    yield f'<rect class="mark" width="5" height="{height:g}" rx="2.5"/>'
    if box.share is not None and box.state:
        full = (width - 5) * min(max(box.share, 0.0), 1.0)
        yield f'<rect class="share" x="5" y="{height - 4:g}" width="{full:.1f}" height="4"/>'
    shown = box.lines[: round((height - HEAD - BASE) / LINE)]
    baseline = 20.0 if shown else height / 2 + 5
    yield f'<text class="name" x="15" y="{baseline:g}">{_text(fitting(box.name, 14, width - 24))}</text>'
    for line, text in enumerate(shown):
        yield f'<text class="fact" x="15" y="{HEAD + 11 + LINE * line:g}">{_text(fitting(text, 12, width - 22))}</text>'
    yield "</g>"


def _tooltip(box: Box) -> str:
    """Return the tooltip of a box."""
    about = shorten(box.about, 160)
    return "\n".join([box.name, *([about] if about else []), *box.lines, *([box.where] if box.where else [])])


def _link(before: Placed, after: Placed) -> Iterator[str]:
    """Yield the arrow from a flow to the next one of its chain."""
    x, top, bottom = MARGIN + PADDING + 20, before.y + before.height, after.y
    yield f'<path class="edge link" d="M{x:g} {top:g} L{x:g} {bottom:g}" marker-end="url(#arrow)"/>'
    yield f'<text class="fact" x="{x + 12:g}" y="{(top + bottom) / 2 + 4:g}">{_text(after.frame.link)}</text>'
