"""Blocks cut where an order ends, for exports that spread an order over several rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import polars as pl

from keepers.ingest.sources import Block


def in_whole_orders(blocks: Iterator[Block], header: str) -> Iterator[Block]:
    """The same rows in blocks that never part the rows of one order (which stand together)."""
    held: Block | None = None
    for block in blocks:
        joined = _joined(held, block) if held else block
        orders = joined.rows[header]
        if not len(orders):
            held = joined
            continue
        changes = (orders != orders.shift()).arg_true()
        cut = int(changes[-1]) if len(changes) else 0
        held = replace(_slice(joined, cut, len(orders)), broken=(), blank_lines=0, bytes_read=0)
        yield replace(_slice(joined, 0, cut))
    if held is not None:
        yield held


def _slice(block: Block, start: int, end: int) -> Block:
    return replace(
        block,
        rows=block.rows[start:end],
        line_numbers=block.line_numbers[start:end],
        text_of=_shifted(block.text_of, start),
    )


def _joined(first: Block, second: Block) -> Block:
    height = first.rows.height
    return replace(
        second,
        rows=pl.concat([first.rows, second.rows]),
        line_numbers=pl.concat([first.line_numbers.cast(pl.Int64), second.line_numbers.cast(pl.Int64)]),
        text_of=_either(first.text_of, second.text_of, height),
    )


def _shifted(text_of: Callable[[Sequence[int]], list[str]], start: int) -> Callable[[Sequence[int]], list[str]]:
    return lambda positions: text_of([at + start for at in positions])


def _either(
    first: Callable[[Sequence[int]], list[str]], second: Callable[[Sequence[int]], list[str]], height: int
) -> Callable[[Sequence[int]], list[str]]:
    return lambda positions: [first([at])[0] if at < height else second([at - height])[0] for at in positions]
