"""How every chart of ours looks: no frame, a light grid, one accent, one palette for groups and decisions.

Light and dark are two choices of colours, not an inversion of one another. Both palettes keep their colours apart for
readers who see red and green alike (checked by a test), and every colour stands beside its word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FONT = "Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
WIDE, NARROW = 720, 340


@dataclass(frozen=True, slots=True)
class Look:
    """For whom a chart is drawn.

    theme: the paper it lies on
    narrow: for a phone of 360 px: fewer ticks, shorter words, the same size of type
    titled: with finding and definition above it; without them the paper shows through
    """

    theme: Literal["light", "dark"] = "light"
    narrow: bool = False
    titled: bool = True

    @property
    def colours(self) -> "Colours":
        """The theme's colours."""
        return DARK if self.theme == "dark" else LIGHT

    @property
    def width(self) -> int:
        """How wide the whole drawing is [px]."""
        return NARROW if self.narrow else WIDE


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme's colours.

    rule: thin lines that carry meaning, stronger than the grid
    on_accent: text on the strong end of `scale`
    series: lines of one chart, in turn
    scale: from nothing to the most
    strong_from: share of the way along `scale` from which text on it is `on_accent`
    """

    paper: str
    ink: str
    ink_quiet: str
    grid: str
    rule: str
    accent: str
    on_accent: str
    positive: str
    negative: str
    series: tuple[str, str, str]
    scale: tuple[str, str]
    strong_from: float
    groups: Mapping[str, str]


def _palette(best: str, promising: str, steady: str, one_time: str, slipping: str, lost: str) -> Mapping[str, str]:
    """The colours of groups, of decisions and of quarters: what is alike in meaning has the same."""
    return {
        "best": best,
        "promising": promising,
        "steady": steady,
        "one-time": one_time,
        "slipping": slipping,
        "lost": lost,
        "keep": best,
        "grow": promising,
        "win back": slipping,
        "serve cheaper": steady,
        "stop spending": one_time,
        "let go": lost,
        "keep close": best,
        "let rest": one_time,
    }


LIGHT = Colours(
    paper="#ffffff",
    ink="#1f2933",
    ink_quiet="#5b6770",
    grid="#e6e8ea",
    rule="#aab2b8",
    accent="#0f6b6b",
    on_accent="#ffffff",
    positive="#2a7f9e",
    negative="#c65d21",
    series=("#0f6b6b", "#c65d21", "#8fb8de"),
    scale=("#f1f6f6", "#0f6b6b"),
    strong_from=0.72,
    groups=_palette("#0b3c5d", "#1f9e8a", "#7db6f0", "#d3cec5", "#f0a63a", "#a23b24"),
)
DARK = Colours(
    paper="#0e1518",
    ink="#e6ecef",
    ink_quiet="#a1adb1",
    grid="#272f32",
    rule="#5b656a",
    accent="#4ac0b9",
    on_accent="#0e1518",
    positive="#61b7de",
    negative="#f08e54",
    series=("#4ac0b9", "#f08e54", "#6d92d0"),
    scale=("#162525", "#4ac0b9"),
    strong_from=0.55,
    groups=_palette("#66b8f0", "#48a58d", "#376ab6", "#5d523a", "#f3cb62", "#f0570f"),
)


def config(look: Look) -> dict[str, Any]:
    """The theme as a Vega-Lite configuration."""
    colours = look.colours
    axis = {
        "domain": False,
        "ticks": False,
        "labelColor": colours.ink_quiet,
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": colours.ink_quiet,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "titleAnchor": "middle",
        "tickCount": 4 if look.narrow else 5,
        "gridColor": colours.grid,
    }
    return {
        "font": FONT,
        "background": colours.paper if look.titled else "transparent",
        "padding": 20 if look.titled else 4,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": colours.ink,
            "fontSize": 16 if look.narrow else 18,
            "fontWeight": 600,
            "subtitleColor": colours.ink_quiet,
            "subtitleFontSize": 13,
            "subtitlePadding": 6,
            "offset": 18,
            "lineHeight": 21 if look.narrow else 23,
            "subtitleLineHeight": 17,
        },
        "axis": axis,
        "axisX": {"grid": False},
        "legend": {
            "labelColor": colours.ink,
            "titleColor": colours.ink_quiet,
            "labelFontSize": 12,
            "orient": "top",
            "title": None,
        },
        "text": {"color": colours.ink, "fontSize": 12},
        "bar": {"color": colours.accent, "cornerRadiusEnd": 2},
        "line": {"color": colours.accent, "strokeWidth": 2.5},
        "range": {"category": list(colours.series)},
    }
