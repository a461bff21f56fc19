"""Draws an answer's picture with Altair and saves it as a page, a vector or an image; nothing is fetched."""

import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from keepers.core.errors import KeepersError
from keepers.insight.answers import Answer
from keepers.insight.drawings import theme
from keepers.insight.drawings.bars import draw_bars, draw_bars_against
from keepers.insight.drawings.curves import draw_band, draw_curve
from keepers.insight.drawings.flow import draw_flow
from keepers.insight.drawings.frame import Frame, Layered
from keepers.insight.drawings.grid import draw_grid
from keepers.insight.drawings.months import draw_histogram, draw_months
from keepers.insight.drawings.pictures import (
    Band,
    Bars,
    BarsAgainst,
    Curve,
    Flow,
    Grid,
    Histogram,
    Months,
    Picture,
    Scatter,
    Waterfall,
)
from keepers.insight.drawings.scatter import draw_scatter
from keepers.insight.drawings.theme import Look
from keepers.insight.drawings.waterfall import draw_waterfall

Specification = dict[str, Any]
TITLED = Look()
TITLE_WIDTH = {False: 58, True: 28}  # characters, wide and narrow
SUBTITLE_WIDTH = {False: 92, True: 40}
_UNDRAWABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML has no such characters


class UnknownChartFormatError(KeepersError):
    """A chart cannot be saved under this name."""


def chart_of(answer: Answer, look: Look = TITLED) -> alt.TopLevelMixin:
    """The answer's picture; where the look is titled, its title is the finding, its subtitle the definition."""
    chart = _drawn(answer.picture, answer, Frame(look, answer.currency))
    chart = chart.properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    if not look.titled:
        return chart
    title = alt.TitleParams(
        text=textwrap.wrap(answer.finding, TITLE_WIDTH[look.narrow], break_on_hyphens=False),
        subtitle=textwrap.wrap(answer.definition, SUBTITLE_WIDTH[look.narrow]),
    )
    return chart.properties(title=title)


def svg_of(answer: Answer, look: Look) -> str:
    """The answer's picture as an SVG document, for a page."""
    drawing: str = vl_convert.vegalite_to_svg(_drawable(chart_of(answer, look).to_dict()), config=theme.config(look))
    return drawing


def save_chart(answer: Answer, path: Path) -> None:
    """Draw the answer into an .html, .svg or .png file.

    Raises:
        UnknownChartFormatError: the file's name ends in none of these.
    """
    save = _SAVERS.get(path.suffix.lower())
    if save is None:
        raise UnknownChartFormatError(
            f'A chart cannot be saved as "{path.name}". Use a name ending in .html, .svg or .png.',
        )
    path.write_bytes(save(_drawable(chart_of(answer).to_dict())))


def _drawable(part: Any) -> Any:
    """The same with a mark for each character that cannot be drawn: the engine ends the process over one."""
    if isinstance(part, str):
        return _UNDRAWABLE.sub("\N{REPLACEMENT CHARACTER}", part)
    if isinstance(part, list):
        return [_drawable(each) for each in part]
    return {name: _drawable(each) for name, each in part.items()} if isinstance(part, dict) else part


def _html(specification: Specification) -> bytes:
    page: str = vl_convert.vegalite_to_html(specification, bundle=True, config=theme.config(TITLED))
    return page.encode()


def _svg(specification: Specification) -> bytes:
    drawing: str = vl_convert.vegalite_to_svg(specification, config=theme.config(TITLED))
    return drawing.encode()


def _png(specification: Specification) -> bytes:
    image: bytes = vl_convert.vegalite_to_png(specification, scale=2, config=theme.config(TITLED))
    return image


_SAVERS: Mapping[str, Callable[[Specification], bytes]] = {".html": _html, ".svg": _svg, ".png": _png}


def _drawn(picture: Picture, answer: Answer, frame: Frame) -> Layered:
    match picture:
        case Bars():
            return draw_bars(picture, answer.pictured, frame)
        case BarsAgainst():
            return draw_bars_against(picture, answer.pictured, frame)
        case Curve():
            return draw_curve(picture, answer.pictured, frame)
        case Band():
            return draw_band(picture, answer.pictured, frame)
        case Grid():
            return draw_grid(picture, answer.pictured, frame)
        case Waterfall():
            return draw_waterfall(picture, answer.pictured, frame)
        case Scatter():
            return draw_scatter(picture, answer.pictured, frame)
        case Histogram():
            return draw_histogram(picture, answer.pictured, frame)
        case Months():
            return draw_months(picture, answer.pictured, frame)
        case Flow():
            return draw_flow(picture, answer.pictured, frame)
