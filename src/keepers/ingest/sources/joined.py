"""Orders in two tables: their heads (number, customer, day) and their lines (number, product, amount), read as one.

The heads are held in memory, the lines are read block by block; each line finds its head by the order's number. Lines
without a head, and heads that no line names, are broken rows with a reason, so that every row is accounted for.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.sources import Block, BrokenRow, Source

NO_HEAD = "no head of an order has its number"
NO_LINE = "the head of an order without lines"
NO_NUMBER = "the head of an order without a number"
SAME_NUMBER = "an earlier head of an order has its number"


@dataclass(frozen=True, slots=True)
class Link:
    """Which tables are heads and which lines, and the header of the order's number in each.

    aside: headers of the heads that are left out
    once: headers of the heads that hold amounts of whole orders, told on the first line of each and 0 on the others
    """

    heads: tuple[Source, ...]
    lines: tuple[Source, ...]
    number_of_head: str
    number_of_line: str
    aside: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()


class JoinedSource:
    """The lines of orders, each with what the head of its order says."""

    def __init__(self, link: Link) -> None:
        self.link = link
        first = link.lines[0].description
        kept = [h for h in link.heads[0].description.headers if h not in link.aside and h != link.number_of_head]
        self._named = {header: _apart(header, first.headers, link) for header in kept}
        sources = [*link.lines, *link.heads]
        others = {source.description.path: source.description for source in sources}
        others.pop(first.path)
        self.description = replace(
            first,
            headers=(*first.headers, *self._named.values()),
            size=sum(source.description.size for source in sources),
            notes=tuple(note for source in sources for note in source.description.notes),
            read_with=tuple(others.values()),
        )
        self._heads: _Heads | None = None

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the lines with their heads; `columns` limits what is parsed, `None` asks for all."""
        if columns is not None and not columns:  # texts alone
            yield from self._texts()
            return
        heads = self._held()
        used = np.zeros(heads.count, dtype=bool)
        number = self.link.number_of_line
        own = self.link.lines[0].description.headers
        wanted = None if columns is None else list(dict.fromkeys([*(c for c in columns if c in own), number]))
        for source in self.link.lines:
            for block in source.blocks(wanted):
                joined = self._joined(block, heads, used)
                rows = joined.rows if columns is None else joined.rows.select(columns)
                yield replace(joined.with_rows(rows), path=source.description.path)
        yield from self._without_lines(heads, used)

    def _texts(self) -> Iterator[Block]:
        for source in (*self.link.lines, *self.link.heads):
            for block in source.blocks([]):
                yield replace(block, path=source.description.path)

    def _held(self) -> "_Heads":
        if self._heads is None:
            self._heads = _Heads.of(self.link, list(self._named))
        return self._heads

    def _joined(self, block: Block, heads: "_Heads", used: NDArray[np.bool_]) -> Block:
        at = heads.of_numbers(to_ids(block.rows[self.link.number_of_line]))
        found = np.flatnonzero(at >= 0)
        orphans = np.flatnonzero(at < 0).tolist()
        at = at[found]
        told = heads.rows[at].rename(self._named)
        if self.link.once:
            first = np.zeros(len(at), dtype=bool)
            first[np.unique(at, return_index=True)[1]] = True
            first &= ~used[at]
            once = [self._named[header] for header in self._named if header in self.link.once]
            told = told.with_columns(
                pl.when(pl.Series(first)).then(pl.col(name).cast(pl.String)).otherwise(pl.lit("0")).alias(name)
                for name in once
            )
        used[at] = True
        return replace(
            block,
            rows=pl.concat([block.rows[found], told], how="horizontal"),
            line_numbers=block.line_numbers.gather(found),
            text_of=lambda positions: block.text_of([int(found[place]) for place in positions]),
            broken=(*block.broken, *_broken(block, orphans, [NO_HEAD] * len(orphans))),
            as_read={},
        )

    def _without_lines(self, heads: "_Heads", used: NDArray[np.bool_]) -> Iterator[Block]:
        """Blocks of broken rows: heads that no line names, or that cannot be read."""
        unused = heads.reasons(used)
        done = 0
        for source in self.link.heads:
            for block in source.blocks([self.link.number_of_head]):
                reasons = unused[done : done + len(block.line_numbers)]
                done += len(reasons)
                out = [place for place, reason in enumerate(reasons) if reason]
                yield replace(
                    block,
                    rows=pl.DataFrame(schema=dict.fromkeys(self.description.headers, pl.String)),
                    line_numbers=block.line_numbers[:0],
                    broken=(*block.broken, *_broken(block, out, [reasons[place] for place in out])),
                    path=source.description.path,
                    as_read={},
                )


@dataclass(frozen=True, slots=True)
class _Heads:
    """All heads, and where each number's own is: numbers by their hashes, which no two of them share.

    rows: of the heads that count; place: of each, its row among all heads; repeated, unnumbered: the others' rows
    """

    rows: pl.DataFrame
    numbers: pl.Series
    hashes: NDArray[np.uint64]
    order: NDArray[np.int64]
    seed: int
    place: NDArray[np.int64]
    repeated: NDArray[np.bool_]
    unnumbered: NDArray[np.bool_]

    @classmethod
    def of(cls, link: Link, headers: Collection[str]) -> "_Heads":
        wanted = [link.number_of_head, *headers]
        frames = [block.rows.select(wanted) for source in link.heads for block in source.blocks(wanted)]
        rows = pl.concat(frames, how="vertical_relaxed")
        numbers = to_ids(rows[link.number_of_head])
        unnumbered = numbers.is_null()
        counts = numbers.is_first_distinct() & ~unnumbered
        kept = numbers.filter(counts)
        seed, hashes = 0, kept.hash(seed=0)
        while hashes.n_unique() < len(hashes):
            seed += 1
            hashes = kept.hash(seed=seed)
        sorted_by = hashes.arg_sort().to_numpy().astype(np.int64)
        return cls(
            rows=rows.filter(counts).drop(link.number_of_head),
            numbers=kept,
            hashes=hashes.to_numpy()[sorted_by],
            order=sorted_by,
            seed=seed,
            place=np.flatnonzero(counts.to_numpy()),
            repeated=(~counts & ~unnumbered).to_numpy(),
            unnumbered=unnumbered.to_numpy(),
        )

    @property
    def count(self) -> int:
        return len(self.order)

    def of_numbers(self, numbers: pl.Series) -> NDArray[np.int64]:
        """The head of each number, -1 where there is none."""
        if not self.count:
            return np.full(len(numbers), -1, dtype=np.int64)
        slot = np.searchsorted(self.hashes, numbers.hash(seed=self.seed).to_numpy())
        at = self.order[np.minimum(slot, self.count - 1)]
        same = (self.numbers.gather(at) == numbers).fill_null(value=False)
        return np.where(same.to_numpy(), at, -1)

    def reasons(self, used: NDArray[np.bool_]) -> list[str]:
        """Of each row of the heads why no line has it; empty where one does."""
        found = np.full(len(self.repeated), "", dtype=object)
        found[self.place[~used]] = NO_LINE
        found[self.repeated] = SAME_NUMBER
        found[self.unnumbered] = NO_NUMBER
        return cast("list[str]", found.tolist())


def _apart(header: str, taken: Sequence[str], link: Link) -> str:
    """A head's header, with its table where the lines have the same one."""
    about = link.heads[0].description
    return header if header not in taken else f"{header} ({about.part or about.path.name})"


def _broken(block: Block, places: Sequence[int], reasons: Sequence[str]) -> tuple[BrokenRow, ...]:
    texts = block.text_of(places) if places else []
    lines = block.line_numbers.gather(list(places)).to_list()
    rows = zip(lines, reasons, texts, strict=True)
    return tuple(BrokenRow(int(line), reason, text) for line, reason, text in rows)
