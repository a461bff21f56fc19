"""What shops call their columns (`names.toml`) and what words in their cells mean (`words.toml`)."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise

NO_VALUE = (
    "",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil",
    "-",
    "--",
    "?",
    "\\n",
    "#value!",
    "#ref!",
    "(null)",
    "<na>",
)
NO_CUSTOMER = (*NO_VALUE, "unknown", "anonymous", "anonym", "guest", "gast", "unbekannt", "invité", "inconnu", "neznan")

NEARLY, PERHAPS = 0.95, 0.7
_TIERS = {"sure": 1.0, "nearly": NEARLY, "likely": 0.85, "perhaps": PERHAPS}
_NOT_ABOUT_ORDERS = {"annual", "employees", "birth", "modified", "compare", "login", "signup", "latitude", "longitude"}
_SEPARATORS = re.compile(r"[\W_]+", re.UNICODE)


def plain(name: str) -> str:
    """A header without case, accents, spaces or marks: "Customer ID" → "customerid", "Straße" → "strasse"."""
    spelled = unicodedata.normalize("NFKD", name.casefold().replace("№", "no").replace("#", " no "))
    return _SEPARATORS.sub("", "".join(letter for letter in spelled if not unicodedata.combining(letter)))


def words_of(name: str) -> tuple[str, ...]:
    """The words of a header: "orderDate_utc" → ("order", "date", "utc")."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return tuple(word for word in (plain(part) for part in _SEPARATORS.split(split)) if word)


def _text_of(name: str) -> str:
    return files("keepers.ingest.recognising").joinpath(name).read_text(encoding="utf-8")


def _read_names() -> Mapping[str, Mapping[str, float]]:
    """For each column of ours, its names and how surely each means it; a name in two tiers counts in the surer one."""
    written = tomllib.loads(_text_of("names.toml"))
    return {
        column: {plain(name): score for tier, score in reversed(_TIERS.items()) for name in tiers.get(tier, "").split()}
        for column, tiers in written.items()
    }


WORDS: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(_text_of("words.toml"))
_SCORES = _read_names()
COLUMNS = tuple(_SCORES)
# What an order file may say of its customers, each with the column of orders whose header it may share.
DESCRIBING: Mapping[str, str] = {
    "customer_name": "customer_id",
    "customer_first_name": "customer_id",
    "customer_last_name": "customer_id",
    "customer_email": "customer_id",
    "customer_phone": "customer_id",
    "customer_street": "location",
    "customer_house_number": "location",
    "customer_postal_code": "location",
    "customer_city": "location",
    "customer_country": "location",
}


def name_score(column: str, header: str) -> float:
    """How surely a header names a column of ours, 0 to 1."""
    known = _SCORES[column]
    exact = known.get(plain(header), 0.0)
    if exact:
        return exact
    words = words_of(header)
    if _NOT_ABOUT_ORDERS & set(words) or (column == "order_id" and _is_customers_own(words)):
        return 0.0
    pairs = {first + second for first, second in pairwise(words)}
    in_pairs = max((known.get(pair, 0.0) for pair in pairs), default=0.0) * 0.8
    in_words = max((known.get(word, 0.0) for word in words), default=0.0) * 0.6
    return max(in_pairs, in_words)


def _is_customers_own(words: tuple[str, ...]) -> bool:
    """Whether a header of these words numbers orders as the customer does: "Réf. commande client", "Your order no."."""
    own = {kind: set(listed) for kind, listed in WORDS["customers_own"].items()}
    said = {*words, *(first + second for first, second in pairwise(words))}
    return bool(said & (own["yours"] | own["purchase_orders"])) or bool(
        said & own["reference"] and said & own["customer"]
    )
