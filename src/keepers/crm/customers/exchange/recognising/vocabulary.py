"""What other systems call their tables and columns (`columns.toml`)."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from keepers.crm.customers.exchange.recognising.layout import PEOPLE
from keepers.ingest.recognising.vocabulary import plain, words_of

_WRITTEN = tomllib.loads(
    files("keepers.crm.customers.exchange.recognising").joinpath("columns.toml").read_text(encoding="utf-8")
)
_VOCABULARIES: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    group: {role: {name: place for place, name in enumerate(names.split())} for role, names in _WRITTEN[group].items()}
    for group in ("people", "kept", "users", "relations")
}
ASIDE_NAMES = frozenset(_WRITTEN["system"]["aside"].split())
NOUN_WORDS: Mapping[str, frozenset[str]] = {
    noun: frozenset(of["words"].split()) for noun, of in _WRITTEN["nouns"].items()
}
NOUN_HEADERS: Mapping[str, frozenset[str]] = {
    noun: frozenset(of["headers"].split()) for noun, of in _WRITTEN["nouns"].items()
}
ADDRESSES: Mapping[str, frozenset[str]] = {
    part: frozenset(words.split()) for part, words in _WRITTEN["addresses"].items()
}
POINTED: Mapping[str, frozenset[str]] = {noun: frozenset(of.split()) for noun, of in _WRITTEN["pointed"].items()}
OF_FIRMS = frozenset(_WRITTEN["firms"]["headers"].split())
NAMES_OF_FIRMS = frozenset(_WRITTEN["firms"]["names"].split())
NAMES_OF_CONTACTS = frozenset(_WRITTEN["people"]["contact"].split())
MAY_BE_FIRMS = frozenset(_WRITTEN["firms"]["words"].split())
OF_NUMBERS = frozenset({"phone", "telephone", "telefon", "mobile"})  # in the name of a table of numbers
LABELS = frozenset({"tag", "label", "category", "categorie", "kategorie", "group", "segment"})
VALUES = ("value", "fieldvalue", "customfieldvalue", "val")  # what a column of fields' values is called
TAKING_PART = frozenset(_WRITTEN["beside"]["taking_part"].split())
PERHAPS_BESIDE = frozenset(_WRITTEN["beside"]["perhaps"].split())
BESIDE = TAKING_PART | PERHAPS_BESIDE | frozenset(_WRITTEN["beside"]["words"].split())
OWNING = frozenset(_WRITTEN["owning"]["words"].split())
NAMING_MEMBERS = frozenset(" ".join(_WRITTEN["relations"][role] for role in ("person", "organisation")).split())
SEVERAL_KINDS = frozenset(_WRITTEN["same"])
_SAME: Mapping[str, str] = {
    word: words.split()[0] for groups in _WRITTEN["same"].values() for words in groups for word in words.split()
}
SYSTEMS: Mapping[str, Mapping[str, int]] = {
    system: {name.rstrip("!"): 2 if name.endswith("!") else 1 for name in names.split()}
    for system, names in _WRITTEN["systems"].items()
}
NAMES_OF_SOMEBODY = frozenset({"name", "fullname", "leadname", "company", "companyname", "organisationname"}).union(
    *(_WRITTEN["people"][role].split() for role in ("first_name", "last_name", "email", "phone", "mobile"))
)
NAMES_OF_PERSONS = frozenset().union(*(_WRITTEN["people"][role].split() for role in ("first_name", "last_name")))
RELATED: Mapping[str, frozenset[str]] = {kind: frozenset(words.split()) for kind, words in _WRITTEN["related"].items()}
REFUSING: Mapping[str, frozenset[str]] = {
    channel: frozenset(words.split()) for channel, words in _WRITTEN["refusing"].items()
}
CONSENTING: Mapping[str, frozenset[str]] = {
    what: frozenset(words.split()) for what, words in _WRITTEN["consenting"].items()
}
STATES = frozenset(_WRITTEN["kept"]["status"].split())
CHANNELS: Mapping[str, frozenset[str]] = {
    channel: frozenset(words.split()) for channel, words in _WRITTEN["channels"].items()
}
REFUSALS = frozenset(_WRITTEN["people"]["refuses_email"].split())
_IDS_OF_OTHERS = {
    "people": {"accountid", "companyid", "leadid", "accountnumber", "donotmodifyaccount", "donotmodifylead"},
    "leads": {"accountid", "companyid", "contactid", "accountnumber", "donotmodifyaccount", "donotmodifycontact"},
    "organisations": {"contactid", "leadid", "donotmodifycontact", "donotmodifylead", "userid"},
}
_NAMES_OF_ORGANISATIONS = frozenset(_WRITTEN["people"]["organisation_name"].split())
_OF_PERSONS = frozenset({"first_name", "last_name", "middle_name", "reports_to", "converted_to"})


def word_for(name: str, noun: str) -> str:
    """The word by which the name of a file or sheet says that its rows are of a noun; empty where none does.

    Of words that mean the same rows, such as invoice and invoices, it is always the same one.
    """
    stem = name.rsplit(".", 1)[0]
    found = next((word for word in (plain(stem), *words_of(stem)) if word in NOUN_WORDS[noun]), "")
    return _SAME.get(found, found)


def bare(header: str) -> str:
    """A header without the noun of its table in front, which some systems put there: "Person - Name"."""
    before, mark, after = header.partition(" - ")
    return after if mark and any(plain(before) in words for words in NOUN_WORDS.values()) else header


def vocabulary_of(noun: str) -> Mapping[str, Mapping[str, int]]:
    """Role → what it is called, the usual names first, for tables of a noun."""
    if noun == "other":
        return _OF_NO_NOUN
    if noun in PEOPLE:
        return {role: _of_people(noun, role, names) for role, names in _VOCABULARIES["people"].items()}
    if noun == "activities":
        return _OF_ACTIVITIES
    return _VOCABULARIES.get(noun, _VOCABULARIES["kept"])


def _of_activities() -> Mapping[str, Mapping[str, int]]:
    """Of what happened counts when it began, before when it was due or over."""
    kept = _VOCABULARIES["kept"]
    begun = sorted(kept["at"], key=lambda name: ("start" not in name, kept["at"][name]))
    return {**kept, "at": {name: place for place, name in enumerate(begun)}}


def _of_no_noun() -> Mapping[str, Mapping[str, int]]:
    """What is nothing that we know has no id that is called after something that we do."""
    kept = _VOCABULARIES["kept"]
    ids = {f"{word}id" for words in NOUN_WORDS.values() for word in words}
    return {**kept, "id": {name: place for name, place in kept["id"].items() if name not in ids}}


_OF_NO_NOUN, _OF_ACTIVITIES = _of_no_noun(), _of_activities()


def _of_people(noun: str, role: str, names: Mapping[str, int]) -> Mapping[str, int]:
    if role == "id":
        return {name: place for name, place in names.items() if name not in _IDS_OF_OTHERS[noun]}
    if noun == "organisations":
        if role in {"organisation", "organisation_name"} or role in _OF_PERSONS:
            return {}
        if role == "name":
            of_firms = {name: place for name, place in names.items() if name not in NAMES_OF_CONTACTS}
            return {**of_firms, "nom": len(names)}
        return names
    if role == "contact":
        return {}
    if role == "name":
        return {name: place for name, place in names.items() if name not in _NAMES_OF_ORGANISATIONS}
    return names
