"""Tables of nothing but who refuses, or agrees, to be written to or called: a row each, of an id or an address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.contents import are_addresses, are_numbers
from keepers.crm.customers.exchange.recognising.headers import stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import ASIDE, PEOPLE, REFUSED, Join, Table
from keepers.crm.customers.exchange.recognising.plans import CONSENTS
from keepers.crm.customers.exchange.recognising.recognition import recognised, with_identity
from keepers.crm.customers.exchange.recognising.said import GIVEN, states_in
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers, whole_columns
from keepers.crm.customers.exchange.recognising.vocabulary import CHANNELS, CONSENTING, REFUSING
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
_OF_OFFERS = frozenset().union(*(CHANNELS[channel] for channel in ANY)) | {"marketing", "gdpr", "dsgvo", "rgpd"}
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
    refused, by_state = _spoken_of(each)
    is_consent = not refused and _is_of_consents(each)
    for here, owner in _whose(to, named) if refused or is_consent else ():
        key = named[owner].table.header_of("id")
        if key is not None:
            for field, only, channel in _by_channel(each, refused or _channels_named(each), to, named):
                join = Join(f"{each.table.name}: {only or channel}", key, each.table.name, here, here)
                yield owner, replace(join, field=field, only=only, refuses=channel, by_state=by_state or is_consent)


def with_refusals(table: Table) -> Table:
    """The table, its columns that tell why somebody refuses taken for that."""
    refused = {join.header: join.refuses for join in table.joins if join.refuses}
    why = {
        join.header: _("each of its cells is rows that agree to it or refuse it")
        if join.by_state
        else _("each of its cells is a row that refuses it")
        for join in table.joins
    }
    columns = tuple(
        replace(column, role=f"{REFUSED}{refused[column.header]}", why=why[column.header])
        if column.header in refused
        else column
        for column in table.columns
    )
    return replace(table, columns=columns)


def list_of_refusals(
    raw: Table, each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Table | None:
    """The table of people all of whom refuse, who are told by an address or a number alone; None where it is none."""
    refused, by_state = _spoken_of(each)
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
    if by_state:
        note = _("Its rows say who agrees and who refuses: %(channels)s. They are kept as the proof.")
    else:
        note = _("Everybody in it refuses: %(channels)s. Their rows are kept as the proof.")
    notes = (*found.notes, note % {"channels": ", ".join(refused)})
    return replace(found, refuses=" ".join(refused), by_state=by_state, notes=notes)


def _spoken_of(each: Sampled) -> tuple[Sequence[str], bool]:
    """By what nobody may be reached whom a table names, and whether its rows say who may; nothing if not called so."""
    words = [word for word in words_of(stem_of(each.table)) if not word.isdigit()]
    called, others = _called(words)
    if not called or not _NOT_ONLY.isdisjoint(others) or any(column.role in CONSENTS for column in each.table.columns):
        return (), False
    by_state = bool((states_in(each.rows) == GIVEN).any())
    return () if not by_state and _agree_somewhere(each) else _refused_by(each, called, words), by_state


def _refused_by(each: Sampled, called: str, words: Sequence[str]) -> Sequence[str]:
    if called in ANY:
        return (called,)
    said = _channels_named(each)
    if called == "beside":
        return said
    held = [
        channel
        for channel, fits in (("email", are_addresses), ("phone", are_numbers))
        if any(fits(each.rows[header]) for header in filled_headers(each.rows))
    ]
    return said or held or ANY


def _channels_named(each: Sampled) -> list[str]:
    """The channels in the name of a table."""
    return [channel for channel in ANY if not CHANNELS[channel].isdisjoint(words_of(stem_of(each.table)))]


def _is_of_consents(each: Sampled) -> bool:
    """Whether a table is called after consent, and most of its rows say that somebody agreed or refused."""
    words = {*words_of(stem_of(each.table))}
    is_called_so = words & CONSENTING["tables"] or (words & CONSENTING["perhaps"] and not words.isdisjoint(_OF_OFFERS))
    if not is_called_so or each.table.is_people or each.table.header_of("amount") is not None:
        return False
    return float(states_in(each.rows).is_not_null().mean() or 0.0) > HALF  # type: ignore[arg-type]


def _called(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Which channel a name says is refused, also by words put together, and its other words."""
    for channel in (*ANY, "any", "beside"):
        for length in range(MOST_WORDS, 0, -1):
            for at in range(len(words) - length + 1):
                if "".join(words[at : at + length]) in REFUSING[channel]:
                    return channel, [*words[:at], *words[at + length :]]
    return "", words


def _agree_somewhere(each: Sampled) -> bool:
    """Whether cells say that somebody agreed in a column that is not one of states, so that nobody can tell."""
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
