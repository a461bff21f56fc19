"""What a header may stand for, whose table it is in mind, and whether it names the rows of another table.

Systems call an e-mail address `CONTACT_EMAIL` among contacts, and a day `DATE_CREATED_UTC` anywhere.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import pairwise

from keepers.crm.customers.exchange.recognising.layout import PEOPLE, Table
from keepers.crm.customers.exchange.recognising.vocabulary import (
    ADDRESSES,
    BESIDE,
    LABELS,
    MAY_BE_FIRMS,
    NAMES_OF_CONTACTS,
    NAMES_OF_FIRMS,
    NAMES_OF_PERSONS,
    NOUN_WORDS,
    OF_FIRMS,
    OWNING,
    POINTED,
    SEVERAL_KINDS,
    bare,
    word_for,
)
from keepers.ingest.cells.amounts import currency_named
from keepers.ingest.recognising.vocabulary import plain, words_of

IDS = frozenset({"id", "key", "guid", "uuid"})  # with which the name of an id ends
CODES = frozenset({
    "id", "code", "number", "no", "nr", "nummer", "numero", "ssn", "zip", "pin", "ref", "siret", "siren", "nif", "cif",
    "iva", "vat", "iban", "kvk", "gtin", "ean",
})  # fmt: skip
_POINTING = frozenset({"fk", "id"})  # with which the name of a pointer may begin
_NUMBERS = frozenset({"number", "no", "nr"})  # with which that of a number ends
_ZONES = frozenset({"utc", "gmt"})  # with which the name of a moment may end
EXACTLY = 5  # how clearly a header names a table that is called so
PARTS = {"micros": 1_000_000, "cents": 100}  # how many parts of one a header may say that its figures count
_LINKED = ["link", "url"]  # with which the name of an address ends that is put together of it and of what it is called
_BY_WHOM = frozenset({"created", "updated", "modified", "modify", "changed", "deleted", "added", "entered"})
_WRITERS = frozenset({"id", "name", "user", "member", "email"})  # with which the name of whoever wrote a row may go on
_OF_A_ROW = frozenset({"value", "record", "row", "object"})  # what an id is called that says of no noun what it is of
_TELLING_KINDS = ("type", "kind", "model", "module", "class", "object", "entity", "table")
_KIND = re.compile(r"\((?P<kind>[^()]+)\)$")  # behind a header, of which kind what its cells point to is
_SIDES = frozenset({"a", "b", "x", "y", "from", "to", "left", "right", "source", "target"})  # of two, which one
_CUSTOMERS = frozenset({"customer", "client", "debtor", "kunde", "kunden", "debitor"})
_OTHER = "_other"
_GLUED = 4  # letters that a word has at least for a header to begin with it, as `companycity` does


@cache
def singular(word: str) -> str:
    """A word of a name without its plural, roughly."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "uses", "shes", "ches", "xes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def whole_stem_of(table: Table) -> str:
    """What a table is called, without the ending of its file."""
    return (table.sheet or table.file).rsplit(".", 1)[0]


def stem_of(table: Table) -> str:
    """What a table is called, also without what most names of the import begin with."""
    return whole_stem_of(table).removeprefix(table.before)


def words_for(name: str) -> tuple[str, ...]:
    """The words of the name of a table or header, each in its singular; of an id the last one says so: `fk_company`."""
    words = tuple(singular(word) for word in words_of(name) if not word.isdigit())
    return (*words[1:], "id") if _begins_as_pointer(words) else words


def _begins_as_pointer(words: Sequence[str]) -> bool:
    """Whether a name begins with the word that others end with, as `fk_company` does and `id_c` does not."""
    return words[:1] != () and words[0] in _POINTING and len("".join(words[1:])) > 1


@cache
def own_words(stem: str, noun: str) -> frozenset[str]:
    """The words by which a table's own headers may begin: those of its name, and of what its rows are."""
    return nouns_singular().get(noun, frozenset()) | frozenset(words_for(stem))


@cache
def nouns_singular() -> Mapping[str, frozenset[str]]:
    """What tables of each noun are called, in the singular."""
    return {noun: frozenset(singular(word) for word in words) for noun, words in NOUN_WORDS.items()}


def spellings(header: str, own: Collection[str]) -> list[str]:
    """The plain names under which a header is looked up, the most literal first."""
    said = bare(header)
    words = list(words_of(said))
    found = [plain(said)]
    if len(words) > 1 and (words[-1] in _ZONES or words[-1].upper() == currency_named(said)):
        words.pop()
        found.append("".join(words))
    if _begins_as_pointer(words):
        found.append("".join([*words[1:], "id"]))
    while len(words) > 1 and singular(words[0]) in own:
        words.pop(0)
        found.append("".join(words))
    found += [found[0].removeprefix(word) for word in own if len(word) >= _GLUED and found[0] != word]
    found.append("".join(_without_what_is_said_twice(words)))
    return list(dict.fromkeys(found))


def _without_what_is_said_twice(words: Sequence[str]) -> list[str]:
    """The words of a part of something put together, as `phonesPrimaryPhoneNumber` and `addressAddressStreet1`."""
    left = list(words)
    while len(left) > 1 and singular(left[0]) in {singular(word) for word in left[1:]}:
        left.pop(0)
    if left[-1] in PARTS:
        left.pop()
    aside = {"primary", *_LINKED} if left[-2:] == _LINKED else {"primary"}
    left = [word for word in left if word not in aside] or left
    return [*left[:-1], left[-1].removesuffix("1") or left[-1]] if left else []


def parts_of_one(header: str) -> int:
    """How many parts of one the figures below a header count, as `AMOUNT_CENTS` says."""
    return next((PARTS[word] for word in words_of(bare(header))[-1:] if word in PARTS), 1)


def says_by_whom_it_was_written(header: str) -> bool:
    """Whether a header names whoever wrote a row, as `createdByMemberId`, which systems keep for themselves."""
    words = words_of(bare(header))
    said = (words[at + 2 :] for at, (word, by) in enumerate(pairwise(words)) if word in _BY_WHOM and by == "by")
    return any(not rest or not _WRITERS.isdisjoint(rest) for rest in said)


def are_firms(stem: str, headers: AbstractSet[str]) -> bool:
    """Whether customers, who may be either, are organisations: a column is one of firms, and none names a person."""
    may_be = not MAY_BE_FIRMS.isdisjoint((*words_of(stem), *words_for(stem)))
    return may_be and bool(headers & OF_FIRMS) and not headers & NAMES_OF_PERSONS


def firms_with_contacts(stem: str, headers: Collection[str]) -> tuple[str, str] | None:
    """The columns that say what each firm among customers is called, and who speaks for it; None of persons."""
    may_be = not MAY_BE_FIRMS.isdisjoint((*words_of(stem), *words_for(stem)))
    called = {plain(bare(header)): header for header in headers}
    has_number = any(
        singular(word) in _CUSTOMERS and CODES & set(rest) for word, *rest in map(words_of, headers) if rest
    )
    firm = next((called[name] for name in called if name in NAMES_OF_FIRMS), None)
    contact = next((called[name] for name in called if name in NAMES_OF_CONTACTS), None)
    if firm is None or contact is None or not (may_be or has_number) or NAMES_OF_PERSONS & called.keys():
        return None
    return firm, contact


def ends_as_id(header: str) -> bool:
    """Whether a header is that of an id by its name."""
    return not IDS.isdisjoint(_without_side(words_for(_KIND.sub("", bare(header))))[-1:])


def sides_of(one: str, other: str) -> tuple[str, str]:
    """What two headers differ by, in front of what both end with and behind what both begin with."""
    first, second = plain(one), plain(other)
    shortest = min(len(first), len(second))
    begun = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    left = shortest - begun
    ended = next((at for at in range(left) if first[-1 - at] != second[-1 - at]), left)
    return first[begun : len(first) - ended], second[begun : len(second) - ended]


def _without_side(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of an id without that which of two it is, as in `contact_id_a`."""
    is_one_of_two = len(words) > 2 and words[-1] in _SIDES and words[-2] in IDS
    return words[:-1] if is_one_of_two else words


def is_own_id(header: str, stem: str) -> bool:
    """Whether a header is the id of its own table by its name, as `STAGE_ID` among `PipelineStages`."""
    *words, last = words_for(bare(header)) or ("",)
    of = words_for(stem)
    return last in IDS and bool(words) and tuple(words) == of[-len(words) :]


def joins_two(stem: str, headers: Collection[str]) -> bool:
    """Whether a table is called after two nouns and has the ids of both, as `contact_company`; none is its own."""
    called = words_for(stem)[-2:]
    known = [word for word in called if word in LABELS or any(word in words for words in nouns_singular().values())]
    return len(known) == 2 and {f"{word}id" for word in known} <= {plain(bare(header)) for header in headers}


def is_own_number(header: str, own: Collection[str]) -> bool:
    """Whether a header is the number that its own table's rows bear, as `Lead Number` among `Leads`."""
    *words, last = words_for(bare(header)) or ("",)
    return last in _NUMBERS and bool(words) and set(words) <= set(own)


def names_rows_beside(header: str, stem: str) -> bool:
    """Whether a header is the id of what its table only tells more of, as `PERSON_ID` among `PersonWebsites`."""
    *words, last = words_for(bare(header)) or ("",)
    *first, _what = words_for(stem) or ("",)
    return last in IDS and bool(words) and words == first[: len(words)]


def is_own_name(header: str, own: Collection[str]) -> bool:
    """Whether a header is what its own table's rows are called, as `STAGE_NAME` among `PipelineStages`."""
    *words, last = words_for(bare(header)) or ("",)
    return last == "name" and bool(words) and set(words) <= set(own)


def is_own_parent(header: str, stem: str) -> bool:
    """Whether a header is the id of the row above in the same table by its name, as `PARENT_FIRM_ID` among `Firms`."""
    first, *_ = words_of(bare(header)) or ("",)
    return first == "parent" and is_own_id(bare(header)[len(first) :], stem)


def is_some_id(header: str) -> bool:
    """Whether a header is an id by its name, and of none of the nouns that we know."""
    *words, last = words_for(bare(header)) or ("",)
    return last in IDS and bool(words) and not any("".join(words) in known for known in nouns_singular().values())


def address_part(header: str) -> str:
    """The role of a header that is put together of the part of an address and of which address it is; empty: none."""
    words = {singular(word) for word in words_of(bare(header))} - {"address", "code"}
    parts = [part for part, known in ADDRESSES.items() if part not in {"first", "second"} and words & known]
    if len(parts) != 1:
        return ""
    which = words - ADDRESSES[parts[0]]
    if which and which <= ADDRESSES["second"]:
        return parts[0] + _OTHER
    return parts[0] if which <= ADDRESSES["first"] else ""


def with_kind(header: str, kind: str) -> str:
    """What a column of those cells of another is called that point to one kind of thing."""
    return f"{header} ({kind})"


def kinds_beside(header: str, headers: Collection[str], *, surely: bool = False) -> str | None:
    """The header of the column that says of which kind the things are that an id points to.

    Args:
        header: of the id.
        headers: of its table.
        surely: without a column of names, which may be those of the very things.
    """
    *words, _id = words_for(bare(header)) or ("",)
    if not words or not ends_as_id(header):
        return None
    called = {words_for(bare(other)): other for other in headers}
    kinds = _TELLING_KINDS if surely else (*_TELLING_KINDS, "name")
    told = ((*words, kind, *ending) for kind in kinds for ending in ((), ("id",)))
    return next((called[each] for each in told if each in called), None)


def naming(header: str, table: Table, *, of: Table) -> int:
    """How clearly an id by its name is one of a table's rows; 0: not at all.

    Args:
        header: of the id.
        table: the rows that it may point to.
        of: the table of the header. Of two that are called alike, the one is meant that is called after it.
    """
    parted = _KIND.search(header)
    words = _without_side(words_for(parted["kind"] if parted else bare(header)))
    if words[-1:] == ("id",) and _OF_A_ROW.issuperset(words[:-1]):
        words = (
            *_without_beside(words_for(stem_of(of))),
            "id",
        )  # of a table that is called after those whose rows it names
    if len(words) == 1 and words[0] in CODES:
        return 0  # a number of its own, whatever else is called a number
    if not parted and len(words) > 1:
        if words[-1] not in IDS:
            return int(table.noun == "users" and not OWNING.isdisjoint(words))
        words = words[:-1]
    called, own = words_for(stem_of(table)), own_words(stem_of(of), of.noun)
    if _ends(words, called):
        return EXACTLY
    is_of_others = table.noun == "other" and any(words[-1:] == (word,) for word in _of_customers())
    if not is_of_others and any(
        _ends(words, called[at:]) and _may_be(words, called, at, own) for at in range(1, len(called))
    ):
        return 2 + (called[0] in words_for(stem_of(of))) + (called[0] in own)
    *first, last = words or ("",)
    is_compound = any(word in known for word in first for known in nouns_singular().values())
    kind = word_for(stem_of(table), table.noun) if table.noun in SEVERAL_KINDS else ""
    if last in POINTED.get(table.noun, ()):
        return int(not is_compound)
    is_meant = not kind or kind == word_for(last, table.noun)
    return int(last in nouns_singular().get(table.noun, ()) and is_meant and not is_compound)


@cache
def _of_customers() -> frozenset[str]:
    """What tables of customers are called, in the singular."""
    return frozenset().union(*(nouns_singular()[noun] for noun in PEOPLE))


def _without_beside(called: Sequence[str]) -> Sequence[str]:
    """The words of a table's name, without the last where it says that the table only tells more of the others."""
    return called[:-1] if len(called) > 1 and called[-1] in BESIDE else called


def _may_be(words: Sequence[str], called: Sequence[str], at: int, own: Collection[str]) -> bool:
    """Whether words may name a table by its last ones alone: no `activity_type` is one of the financial types."""
    return len(words) == len(called) - at or set(called[:at]) <= set(own)


def _ends(words: Sequence[str], ending: Sequence[str]) -> bool:
    return bool(ending) and tuple(words[-len(ending) :]) == tuple(ending)
