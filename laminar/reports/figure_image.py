"""Draw figures of matplotlib and plotly as images, without any script."""

from __future__ import annotations

import base64
import sys
from typing import Any

from laminar.components.report_cards import png_of
from laminar.reports import plotly_chart

__all__ = ["drawn"]


def drawn(value: Any) -> str | None:
    """Return a figure as HTML, None for any other value. Neither package is imported: a value of it has imported it."""
    figure = _matplotlib_figure(value)
    if figure is not None:
        data = base64.b64encode(png_of(figure)).decode()
        return f'<img class="value" alt="figure" src="data:image/png;base64,{data}">'
    if _is_plotly(value):
        return plotly_chart.draw(value.to_plotly_json())
    return None


def _matplotlib_figure(value: Any) -> Any:
    """Return the figure that a value of matplotlib is or belongs to, as an Axes does."""
    if "matplotlib" not in sys.modules or type(value).__module__.partition(".")[0] not in ("matplotlib", "mpl_toolkits", "seaborn"):
        return None
    return value if hasattr(value, "savefig") else getattr(value, "figure", None)


def _is_plotly(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "plotly" and hasattr(value, "to_plotly_json")
