"""What the names of tables begin with: all alike, as those of a database (`civicrm_contact`, `tabLead`), or as another.

A table `contact_log` beside one of contacts tells more of those; alone, it may be all that there is of them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from keepers.crm.customers.exchange.recognising.headers import IDS, singular, stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import Table
from keepers.crm.customers.exchange.recognising.sampled import Sampled
from keepers.crm.customers.exchange.recognising.vocabulary import NOUN_WORDS, bare
from keepers.ingest.recognising.vocabulary import words_of

FEWEST, MOST = 4, 0.75  # tables that share a beginning, and the share of all that they are
_KNOWN = frozenset(singular(word) for words in NOUN_WORDS.values() for word in words)


def without_beginnings(tables: Sequence[Table]) -> list[Table]:
    """The tables, each with what its name begins with as most others do, which is no word for what they hold."""
    left = list(tables)
    while (word := _shared([stem_of(table) for table in left])) is not None:
        shorter = [_shorter(table, word) for table in left]
        if shorter == left:
            break
        left = shorter
    return left


def told_beside(sampled: Sequence[Sampled]) -> list[Sampled]:
    """The tables, each with whether its name begins with that of another, or with what it points to in another."""
    called = {each.table.name: words_for(stem_of(each.table)) for each in sampled}
    found = []
    for each in sampled:
        *first, _last = called[each.table.name] or ("",)
        others = {words for name, words in called.items() if name != each.table.name}
        headers = [words_for(bare(header)) for header in each.rows.columns]
        pointed = others.intersection(words[:-1] for words in headers if len(words) > 1 and words[-1] in IDS)
        is_beside = tuple(first) in others - {()} or any(set(words) <= set(first) for words in pointed)
        found.append(replace(each, table=replace(each.table, beside=is_beside)))
    return found


def _shared(stems: Sequence[str]) -> str | None:
    first = Counter(words[0] for stem in stems if len(words := words_of(stem)) > 1)
    word, count = max(first.items(), key=lambda each: each[1], default=("", 0))
    return word if count >= max(FEWEST, MOST * len(stems)) and singular(word) not in _KNOWN else None


def _shorter(table: Table, word: str) -> Table:
    """The table without a word in front of its name, where something else is left of it."""
    stem = stem_of(table)
    first, *others = words_of(stem) or ("",)
    if first != word or not others:
        return table
    begins = (at for at in range(1, len(stem)) if stem[at].isalnum() and words_of(stem[at:]) == tuple(others))
    return replace(table, before=table.before + stem[: next(begins, 0)])
