"""Flows: who moved from which group to which, between two dates."""

from typing import Any

import altair as alt
import pyarrow as pa

from keepers.insight import wording
from keepers.insight.drawings.frame import Frame, Layered, records_as_data
from keepers.insight.drawings.pictures import Flow

BAR = 0.02  # width of an end's bar, as a share of the way
STEPS = 24
GAP = 0.035  # between groups, as a share of all
LABEL = 0.05  # height of a label, as a share of the way down


def draw_flow(flow: Flow, rows: pa.Table, frame: Frame) -> Layered:
    """A ribbon for each pair of groups, in the colour of where it comes from, so that one sees who went where."""
    moves = [(row[flow.start], row[flow.end], row[flow.width]) for row in rows.to_pylist()]
    names = list(dict.fromkeys([*frame.colours.groups, *(name for move in moves for name in move[:2])]))
    starts, ends = (_stacked(moves, side, names) for side in (0, 1))
    colour = alt.Color("group:N", scale=_scale(names, frame), legend=None)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.6, 1.6] if frame.narrow else [-0.22, 1.22], nice=False))
    foot = max([1 + GAP * max(len(starts), len(ends)), *(_apart(places)[-1][1] for places in (starts, ends) if places)])
    y = alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[foot + LABEL / 2, -LABEL], nice=False))
    ribbons = (
        alt.Chart(records_as_data(_ribbons(moves, names, starts, ends)))
        .mark_area(opacity=0.5)
        .encode(x=x, y=y, y2="high:Q", detail="ribbon:N", color=colour)
    )
    bars = alt.Chart(records_as_data(_bars(starts, ends))).mark_rect()
    drawn = bars.encode(x=x, x2="right:Q", y=y, y2="high:Q", color=colour)
    return alt.layer(ribbons, drawn, *_labels(starts, ends, x, y), *_heads(flow, x)).properties(
        width=frame.width, height=frame.height + 80
    )


Place = tuple[float, float, int]


def _stacked(moves: list[tuple[str, str, int]], side: int, names: list[str]) -> dict[str, Place]:
    """Where each group begins and ends on one side, from the top, and how many it holds."""
    total = sum(move[2] for move in moves) or 1
    places: dict[str, Place] = {}
    reached = 0.0
    for name in names:
        held = sum(move[2] for move in moves if move[side] == name)
        if held:
            places[name] = (reached, reached + held / total, held)
            reached += held / total + GAP
    return places


def _ribbons(
    moves: list[tuple[str, str, int]], names: list[str], starts: dict[str, Place], ends: dict[str, Place]
) -> list[dict[str, Any]]:
    total = sum(move[2] for move in moves) or 1
    left = {name: place[0] for name, place in starts.items()}
    right = {name: place[0] for name, place in ends.items()}
    order = {name: number for number, name in enumerate(names)}
    points = []
    for start, end, held in sorted(moves, key=lambda move: (order[move[0]], order[move[1]])):
        width = held / total
        for step in range(STEPS + 1):
            way = step / STEPS
            bend = way * way * (3 - 2 * way)
            low = left[start] + (right[end] - left[start]) * bend
            x = BAR + way * (1 - 2 * BAR)
            points.append({"ribbon": f"{start} > {end}", "group": start, "x": x, "low": low, "high": low + width})
        left[start] += width
        right[end] += width
    return points


def _bars(starts: dict[str, Place], ends: dict[str, Place]) -> list[dict[str, Any]]:
    sides = ((0.0, starts), (1 - BAR, ends))
    return [
        {"group": name, "x": x, "right": x + BAR, "low": low, "high": high}
        for x, places in sides
        for name, (low, high, _) in places.items()
    ]


def _labels(starts: dict[str, Place], ends: dict[str, Place], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    left, right = (
        alt.Chart(
            records_as_data(
                [
                    {"x": at, "low": low, "text": f"{name} {wording.count(places[name][2])}"}
                    for name, low in _apart(places)
                ]
            )
        )
        for at, places in ((0.0, starts), (1.0, ends))
    )
    drawn = (left.mark_text(align="right", dx=-6), right.mark_text(align="left", dx=6))
    return [texts.encode(x=x, y=y, text="text:N") for texts in drawn]


def _apart(places: dict[str, Place]) -> list[tuple[str, float]]:
    """Where each label stands: beside its group, pushed down where it would lie on the one above."""
    stands: list[tuple[str, float]] = []
    for name, (low, high, _) in places.items():
        least = stands[-1][1] + LABEL if stands else 0.0
        stands.append((name, max((low + high) / 2, least)))
    return stands


def _heads(flow: Flow, x: alt.X) -> list[alt.Chart]:
    left, right = (alt.Chart(records_as_data([{"x": at}])) for at in (0.0, 1.0))
    drawn = (
        (left.mark_text(align="right", fontWeight=600), flow.start_words),
        (right.mark_text(align="left", fontWeight=600), flow.end_words),
    )
    return [head.encode(x=x, y=alt.value(0), text=alt.value(words)) for head, words in drawn]


def _scale(names: list[str], frame: Frame) -> alt.Scale:
    palette = frame.colours.groups
    return alt.Scale(domain=names, range=[palette.get(name, frame.colours.rule) for name in names])
