"""Telephone numbers that are read a column at a time: what is called plain is what each by itself would be."""

import random

import polars as pl
import pytest
from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata

from keepers.crm.customers.exchange.reading.plain_phones import plain_phones
from keepers.crm.customers.reach import phone_of

KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "uan", "voip")
WAYS = ("+{code}{number}", "+{code} ({begin}) {end}", "{prefix}{number}", "{number}", "{code}{number}",
        "00{code} {number}", "+{code} (0){begin}/{end}", "({begin}) {end}", "{prefix}{begin}-{end}")  # fmt: skip


def written(chosen: random.Random) -> list[tuple[str, str]]:
    """Numbers of every country as people write them, some of them wrong, each with the country it is said to be of."""
    countries, found = sorted(SUPPORTED_REGIONS), []
    for country in countries:
        about = PhoneMetadata.metadata_for_region(country, None)
        for kind in KINDS:
            example = getattr(getattr(about, kind), "example_number", None)
            if not example:
                continue
            for _each in range(3):
                digits = list(example)
                for _change in range(chosen.randint(0, 4)):
                    digits[chosen.randrange(len(digits))] = str(chosen.randrange(10))
                number = "".join(digits)
                prefix, parts = about.national_prefix or "", {"begin": number[:3], "end": number[3:]}
                text = chosen.choice(WAYS).format(code=about.country_code, prefix=prefix, number=number, **parts)
                found.append((text, chosen.choice((country, country, country, chosen.choice(countries), ""))))
    return found


def test_every_plain_number_is_what_it_would_be_by_itself() -> None:
    pairs = written(random.Random(11))
    plain = plain_phones(*(pl.Series(column) for column in zip(*pairs, strict=True))).to_list()
    alone = [phone_of(text, country) for text, country in pairs]
    valid = sum(not reach.problem for reach in alone)
    told = [(reach.value, reach.problem) for reach, value in zip(alone, plain, strict=True) if value is not None]
    assert told == [(value, "") for value in plain if value is not None]
    assert len(told) > 0.5 * valid > 500


@pytest.mark.parametrize(
    ("text", "country", "value"),
    [
        ("(212) 456-7890", "US", "+12124567890"),
        ("+49 30 1234567", "US", "+49301234567"),
        ("030/1234567", "DE", "+49301234567"),
        ("0316 801002", "AT", "+43316801002"),
        ("(212) 123-7890", "US", None),  # no exchange begins with 1
        ("212-456-7890 ext. 5", "US", None),
        ("011 49 30 1234567", "US", None),
        ("1 212 456 7890", "US", None),
        ("212-456-7890", "", None),
        ("٢١٢ 456 7890", "US", None),
    ],
)
def test_what_is_not_plain_is_left_to_be_looked_at_by_itself(text: str, country: str, value: str | None) -> None:
    assert plain_phones(pl.Series([text, None]), pl.Series([country, country])).to_list() == [value, None]


def test_a_column_of_nothing_has_nothing_plain() -> None:
    nothing = pl.Series([None, None], dtype=pl.String)
    assert plain_phones(nothing, nothing).to_list() == [None, None]
