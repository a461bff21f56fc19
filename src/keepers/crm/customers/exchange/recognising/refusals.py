"""Tables of nothing but who refuses to be written to or called: a row each, whose it is by an id or an address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.contents import are_addresses, are_numbers
from keepers.crm.customers.exchange.recognising.headers import stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import ASIDE, PEOPLE, REFUSED, Join, Table
from keepers.crm.customers.exchange.recognising.plans import CONSENTS
from keepers.crm.customers.exchange.recognising.recognition import recognised, with_identity
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers, whole_columns
from keepers.crm.customers.exchange.recognising.vocabulary import CHANNELS, REFUSING, STATES
from keepers.ingest.recognising.vocabulary import plain, words_of

ANY = ("email", "phone", "letter", "sms")
HALF = 0.5
MOST_WORDS = 3  # of which the word for a refusal is put together: do_not_mail
_TELLING = frozenset({"channel", "medium", "kanal", "canal", "kind", "type", "method"})  # in headers, what is refused
# Words beside that in a name by which it is not of those alone who refuse, and cells of those who do not.
_NOT_ONLY = frozenset({
    "no", "not", "non", "without", "excluding", "excl", "except", "minus", "ohne", "nicht", "sans", "sin", "senza",
    "including", "incl", "inkl", "and", "und", "et",
})  # fmt: skip
_AGREED = frozenset({"subscribed", "opted in", "opt-in", "optin", "opted-in", "abonniert", "angemeldet", "abonné"})
_OF_THEMSELVES = frozenset({"name", "first_name", "last_name", "email", "phone", "mobile", "organisation_name"})


def refusals_told(
    each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[tuple[str, Join]]:
    """The tables of people whose refusals are the rows of another, with a join for all that each channel is called.

    Args:
        each: the table that may tell of refusals.
        to: its columns that point to others, each with the tables that it points to.
        named: all tables by their names.
    """
    refused = _refused_in(each)
    for here, owner in _whose(to, named) if refused else ():
        key = named[owner].table.header_of("id")
        if key is not None:
            for field, only, channel in _by_channel(each, refused, to, named):
                header = f"{each.table.name}: {only or channel}"
                yield (
                    owner,
                    Join(header, key, each.table.name, here, here, field=field, only=only, refuses=channel),
                )


def with_refusals(table: Table) -> Table:
    """The table, its columns that tell why somebody refuses taken for that."""
    refused = {join.header: join.refuses for join in table.joins if join.refuses}
    columns = tuple(
        replace(column, role=f"{REFUSED}{refused[column.header]}", why=_("each of its cells is a row that refuses it"))
        if column.header in refused
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def list_of_refusals(
    raw: Table, each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Table | None:
    """The table of people all of whom refuse, who are told by an address or a number alone; None where it is none."""
    refused = _refused_in(each)
    if not refused or any(_whose(to, named)):
        return None
    found = recognised(raw, each.rows, each.table.noun if each.table.noun in PEOPLE else "leads")
    columns = tuple(
        column if column.role in _OF_THEMSELVES else replace(column, role=ASIDE, why=_("kept with the refusal"))
        for column in found.columns
    )
    found = with_identity(replace(found, columns=columns, identity="", key=""), each.rows)
    if found.identity not in {"email", "phone"}:
        return None
    note = _("Everybody in it refuses: %(channels)s. Their rows are kept as the proof.")
    notes = (*found.notes, note % {"channels": ", ".join(refused)})
    return replace(found, refuses=" ".join(refused), notes=notes)


def rows_in_words(table: str, rows: pl.DataFrame) -> pl.Series:
    """Each row whole, as it proves a refusal: the table, and what stands in which column."""
    told = [
        pl.when(text.is_not_null()).then(pl.format("{} {}", pl.lit(header), text))
        for header in rows.columns
        for text in [cells.text_of(rows[header])]
    ]
    return rows.select(
        pl.format("{}: {}", pl.lit(table), pl.concat_str(told, separator=", ", ignore_nulls=True))
    ).to_series()


def are_over(rows: pl.DataFrame) -> pl.Series:
    """Which rows of such a table are no refusal any more: a day that has been or a state says that it was lifted."""
    over = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    for header in rows.columns:
        if not REFUSING["over"].isdisjoint({plain(header), *words_of(header)}):
            over |= cells.are_so_by_now(rows[header])
        elif plain(header) in STATES:
            told = cells.text_of(rows[header])
            known = REFUSING["over"] | REFUSING["state"]
            over |= told.is_in([cell for cell in told.drop_nulls().unique() if plain(cell) in known]).fill_null(
                value=False
            )
    return over


def _refused_in(each: Sampled) -> Sequence[str]:
    """By what nobody may be reached whom a table names; nothing where it is not called so."""
    words = [word for word in words_of(stem_of(each.table)) if not word.isdigit()]
    called, others = _called(words)
    if not called or not _NOT_ONLY.isdisjoint(others) or _tells_of_both(each):
        return ()
    if called in ANY:
        return (called,)
    said = [channel for channel in ANY if not CHANNELS[channel].isdisjoint(words)]
    if called == "beside":
        return said
    held = [
        channel
        for channel, fits in (("email", are_addresses), ("phone", are_numbers))
        if any(fits(each.rows[header]) for header in filled_headers(each.rows))
    ]
    return said or held or ANY


def _called(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Which channel a name says is refused, also by words put together, and its other words."""
    for channel in (*ANY, "any", "beside"):
        for length in range(MOST_WORDS, 0, -1):
            for at in range(len(words) - length + 1):
                if "".join(words[at : at + length]) in REFUSING[channel]:
                    return channel, [*words[:at], *words[at + length :]]
    return "", words


def _tells_of_both(each: Sampled) -> bool:
    """Whether the rows tell themselves who refuses and who does not."""
    if any(column.role in CONSENTS for column in each.table.columns):
        return True
    return any(
        cells.text_of(each.rows[header]).str.to_lowercase().is_in(list(_AGREED)).any()
        for header in filled_headers(each.rows)
    )


def _by_channel(
    each: Sampled, refused: Sequence[str], to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[tuple[str, str, str]]:
    """The column that says which channel a row is of, a cell of it, and the channel; of those of no known, all."""
    for header in filled_headers(each.rows):
        called = _titles(named[to[header][0]]) if header in to else {}
        told = cells.text_of(each.rows[header]).drop_nulls().unique(maintain_order=True).to_list()
        known = {cell: _channels_of(called.get(cell, cell)) for cell in told}
        if not _TELLING.isdisjoint(words_for(header)) and sum(map(bool, known.values())) > HALF * len(known):
            whole = cells.text_of(whole_columns(each, [header])[header]).drop_nulls().unique(maintain_order=True)
            for cell in whole.to_list():
                yield from ((header, cell, channel) for channel in _channels_of(called.get(cell, cell)))
            return
    yield from (("", "", channel) for channel in refused)


def _channels_of(word: str) -> Sequence[str]:
    if plain(word) in CHANNELS["any"]:
        return ANY
    words = {plain(word), *words_of(word)}
    return [channel for channel in ANY if not CHANNELS[channel].isdisjoint(words)][:1]


def _titles(other: Sampled) -> Mapping[str, str]:
    at, title = other.table.header_of("id"), other.table.header_of("title")
    if at is None or title is None:
        return {}
    told = zip(cells.text_of(other.rows[at]), cells.text_of(other.rows[title]), strict=True)
    return {key: value for key, value in told if key is not None and value is not None}


def _whose(to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]) -> Iterator[tuple[str, str]]:
    """The columns that say whose a row is, each with a table of people that it points to."""
    for here, names in to.items():
        yield from ((here, name) for name in names if named[name].table.is_people)
