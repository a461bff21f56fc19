"""How every chart of ours looks: no frame, a light grid, one accent, one palette for groups and decisions.

The palette keeps its colours apart for readers who see red and green alike (checked by a test), and every colour stands
beside its word.
"""

from collections.abc import Mapping
from typing import Any

INK = "#1f2933"
INK_QUIET = "#5b6770"
GRID = "#e6e8ea"
ACCENT = "#0f6b6b"
POSITIVE = "#2a7f9e"
NEGATIVE = "#c65d21"
FONT = "Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"

PALETTE: Mapping[str, str] = {
    "best": "#0b3c5d",
    "promising": "#1f9e8a",
    "steady": "#7db6f0",
    "one-time": "#d3cec5",
    "slipping": "#f0a63a",
    "lost": "#a23b24",
    "keep": "#0b3c5d",
    "grow": "#1f9e8a",
    "win back": "#f0a63a",
    "serve cheaper": "#7db6f0",
    "stop spending": "#d3cec5",
    "let go": "#a23b24",
}
SERIES = (ACCENT, NEGATIVE, "#8fb8de")
SCALE = ("#f1f6f6", ACCENT)


def config() -> dict[str, Any]:
    """The theme as a Vega-Lite configuration."""
    axis = {
        "domain": False,
        "ticks": False,
        "labelColor": INK_QUIET,
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": INK_QUIET,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "titleAnchor": "middle",
        "tickCount": 5,
        "gridColor": GRID,
    }
    return {
        "font": FONT,
        "background": "#ffffff",
        "padding": 20,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": INK,
            "fontSize": 18,
            "fontWeight": 600,
            "subtitleColor": INK_QUIET,
            "subtitleFontSize": 13,
            "subtitlePadding": 6,
            "offset": 18,
            "lineHeight": 23,
            "subtitleLineHeight": 17,
        },
        "axis": axis,
        "axisX": {"grid": False},
        "legend": {"labelColor": INK, "titleColor": INK_QUIET, "orient": "top", "title": None},
        "text": {"color": INK, "fontSize": 12},
        "bar": {"color": ACCENT, "cornerRadiusEnd": 2},
        "line": {"color": ACCENT, "strokeWidth": 2.5},
        "range": {"category": list(SERIES)},
    }
