"""Whether files, or sheets of a workbook, are heads and lines of orders, tied by the order's number.

Heads say who and when, lines what and how much.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from keepers.core.errors import KeepersError
from keepers.core.told import Told
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.opening import may_be_workbook, open_tables
from keepers.ingest.recognising.recognition import SURE_ENOUGH, recognise
from keepers.ingest.recognising.sheets import ANY_FILE, left_aside
from keepers.ingest.recognising.vocabulary import COLUMNS, WORDS, name_score, plain, words_of
from keepers.ingest.report import ImportOptions
from keepers.ingest.sources import Source, sample_of
from keepers.ingest.sources.joined import JoinedSource, Link

_AMOUNTS = ("revenue", "gross", "unit_price", "discount", "cost", "unit_cost", "profit", "refund")
_OWN_AMOUNTS = {"revenue", "gross", "unit_price"}
_THINGS = {"product_id", "product_name", "quantity"}
_NO_NUMBERS = {*_AMOUNTS, *_THINGS, "customer_id", "ordered_at", "category", "brand", "currency", "status"}
_OPINIONS = frozenset(WORDS["opinions"]["words"])
_EACH_ONCE, _MOSTLY_THERE, _SAMPLED, _STEM = 0.9, 0.5, 2_000, 5


@dataclass(frozen=True, slots=True)
class _Table:
    """Tables with the same header, their first rows, and what their headers name."""

    sources: tuple[Source, ...]
    sample: pl.DataFrame
    headers: Mapping[str, str]


def heads_and_lines(paths: Sequence[Path], options: ImportOptions) -> JoinedSource | None:
    """The files, or sheets, that are heads and lines of orders, as one source; None where none are.

    Lines tell products or amounts by an order's number, but not who ordered, or when; heads tell that, each number
    once. What the heads say of money counts only where the lines say nothing of it. Where the heads could do without
    the lines, most of them have some: else the table beside them tells something else, such as returns.
    """
    several = len(paths) > 1 or may_be_workbook(paths[0])
    tables = _tables(paths, options) if several and options.joins else []
    for of_lines in sorted(filter(_may_be_lines, tables), key=lambda table: -len(table.headers.keys() & _THINGS)):
        for of_heads in tables:
            if of_heads is not of_lines and _may_be_heads(of_heads, of_lines):
                numbers = _numbers(of_heads, of_lines)
                if numbers is not None:
                    return JoinedSource(_link(of_heads, of_lines, *numbers))
    return None


def joined_told(source: Source) -> tuple[str, ...]:
    """How heads and lines were put together, and which amounts of the heads do not count."""
    if not isinstance(source, JoinedSource):
        return ()
    link = source.link
    told: list[str] = [
        Told.of(
            '%(lines)s holds the lines of the orders in %(heads)s; they were joined by "%(number)s".',
            lines=_named(link.lines),
            heads=_named(link.heads),
            number=link.number_of_line,
        )
    ]
    if link.aside:
        words = "The amounts of the lines count; of %(heads)s these do not: %(headers)s."
        told.append(Told.of(words, heads=_named(link.heads), headers=", ".join(sorted(link.aside))))
    if link.once:
        words = "%(headers)s of %(heads)s counts once an order, on the first of its lines."
        told.append(Told.of(words, heads=_named(link.heads), headers=", ".join(sorted(link.once))))
    books = {each.description.path: each.description for each in (*link.heads, *link.lines)}
    for path, about in books.items():
        used = [each.description.part for each in (*link.heads, *link.lines) if each.description.path == path]
        told += left_aside(about, used)
    return tuple(told)


def number_of_orders(source: Source) -> dict[str, str]:
    """The order's number by which heads and lines were joined; nothing for other sources."""
    return {"order_id": source.link.number_of_line} if isinstance(source, JoinedSource) else {}


def paths_joined(source: Source) -> set[Path]:
    """The files that heads and lines came from."""
    about = source.description
    return {about.path, *(other.path for other in about.read_with)}


def _tables(paths: Sequence[Path], options: ImportOptions) -> list[_Table]:
    groups: dict[tuple[str, ...], list[Source]] = {}
    for source in _opened(paths, options):
        groups.setdefault(source.description.headers, []).append(source)
    if len(groups) < 2:
        return []
    sampled = [(tuple(sources), sample_of(sources[0])) for sources in groups.values()]
    return [_Table(sources, sample, _named_headers(sample, options)) for sources, sample in sampled if sample.height]


def _opened(paths: Sequence[Path], options: ImportOptions) -> Iterator[Source]:
    """Every table of the files; of a workbook whose sheets were chosen none, and of one that cannot be read."""
    for path in paths:
        if options.sheets.get(path.name) or options.sheets.get(ANY_FILE):
            continue
        try:
            yield from open_tables(path)
        except KeepersError:
            continue  # it is told where the file is opened by itself


def _named_headers(sample: pl.DataFrame, options: ImportOptions) -> dict[str, str]:
    """Column → header, as far as somebody chose it or a header's name says it."""
    left = sample.drop(options.aside, strict=False)
    here = {header.casefold() for header in left.columns}
    asked = {to: header for to, header in options.mapping.items() if to in COLUMNS and header.casefold() in here}
    return {choice.column: choice.header for choice in recognise(left, asked) if choice.score > SURE_ENOUGH}


def _may_be_lines(table: _Table) -> bool:
    """Whether a table tells things or amounts, but not who and when, and neither refunds nor what somebody thinks."""
    have = table.headers.keys()
    priced = bool(have & _OWN_AMOUNTS)
    otherwise = "refund" in have or any(_OPINIONS & set(words_of(header)) for header in table.sample.columns)
    return (priced or bool(have & _THINGS and not otherwise)) and not have >= {"customer_id", "ordered_at"}


def _may_be_heads(table: _Table, lines: _Table) -> bool:
    """Whether a table tells who or when where the lines do not, and nothing that only a line can.

    Amounts alone beside heads that have some are no lines but payments.
    """
    have, of_lines = table.headers.keys(), lines.headers.keys()
    payments = not of_lines & _THINGS and have & _OWN_AMOUNTS
    needed = {"customer_id", "ordered_at"} - of_lines
    return needed <= have and not have & {"product_id", "product_name"} and not payments


def _numbers(heads: _Table, lines: _Table) -> tuple[str, str] | None:
    """The headers of the order's number in heads and lines: each once in the heads, and most of either there.

    In the lines it is named like an order's number, like the table of heads ("id_comanda" beside "Comandes"), or like
    the heads' own and repeats.
    """
    taken = {header for column, header in lines.headers.items() if column in _NO_NUMBERS}
    of_lines = [header for header in lines.sample.columns if header not in taken]
    named = sorted(of_lines, key=lambda header: -name_score("order_id", header))
    taken = {header for column, header in heads.headers.items() if column in _NO_NUMBERS}
    for header in named:
        sought = to_ids(lines.sample[header].head(_SAMPLED)).drop_nulls().unique()
        alike = [other for other in heads.sample.columns if plain(other) == plain(header)]
        sure = name_score("order_id", header) >= SURE_ENOUGH or _names(header, heads)
        repeats = len(sought) < min(lines.sample.height, _SAMPLED)
        if not len(sought) or not (sure or (alike and repeats)):
            continue
        others = [other for other in heads.sample.columns if other not in taken and other not in alike]
        others.sort(key=lambda other: -name_score("order_id", other))
        for other in (*alike, *(others if sure else ())):
            if _is_key(heads, other, sought) and _have_lines(heads, other, lines, header):
                return other, header
    return None


def _names(header: str, heads: _Table) -> bool:
    """Whether a header begins a word as the table of heads is called."""
    about = heads.sources[0].description
    called = {word[:_STEM] for word in words_of(about.part or about.path.name.split(".")[0]) if len(word) >= _STEM}
    return any(word[:_STEM] in called for word in words_of(header))


def _is_key(heads: _Table, header: str, sought: pl.Series) -> bool:
    """Whether a column of the heads holds each number once, and most of those sought."""
    first = to_ids(heads.sample[header]).drop_nulls()
    if not len(first) or first.n_unique() < min(_EACH_ONCE * len(first), len(first) - 1):
        return False
    return _mostly_in(sought, heads.sources, header)


def _have_lines(heads: _Table, number_of_head: str, lines: _Table, number_of_line: str) -> bool:
    """Whether most of the first heads have lines; not asked where only the lines tell amounts."""
    if heads.headers.keys().isdisjoint(_OWN_AMOUNTS) and lines.headers.keys() & _OWN_AMOUNTS:
        return True
    first = to_ids(heads.sample[number_of_head].head(_SAMPLED)).drop_nulls().unique()
    return _mostly_in(first, lines.sources, number_of_line)


def _mostly_in(sought: pl.Series, sources: Sequence[Source], header: str) -> bool:
    """Whether a column of some tables holds most of the numbers sought."""
    left = sought
    for source in sources:
        for block in source.blocks([header]):
            left = left.filter(~left.is_in(to_ids(block.rows[header]).implode()))
            if len(left) <= (1 - _MOSTLY_THERE) * len(sought):
                return True
    return False


def _link(heads: _Table, lines: _Table, number_of_head: str, number_of_line: str) -> Link:
    amounts = frozenset(heads.headers[column] for column in _AMOUNTS if column in heads.headers)
    amounts -= {number_of_head}
    own = bool(lines.headers.keys() & _OWN_AMOUNTS)
    return Link(
        heads=heads.sources,
        lines=lines.sources,
        number_of_head=number_of_head,
        number_of_line=number_of_line,
        aside=amounts if own else frozenset(),
        once=frozenset() if own else amounts,
    )


def _named(sources: Sequence[Source]) -> str:
    parts = [source.description for source in sources]
    return ", ".join(f'{about.path.name} "{about.part}"' if about.part else about.path.name for about in parts)
