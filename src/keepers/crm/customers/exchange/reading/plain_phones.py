"""Telephone numbers that are plainly valid, a column at a time; whatever is not plain is left to `reach.phone_of`.

The rules are those of `phonenumbers`, read from what it knows of each country. A number counts as plain where these
rules leave one way to read it: written in ASCII without an extension, of the first country of its code, and valid
there with nothing before it but the code or the digits that are dialled before a number of the same country.
"""

from dataclasses import dataclass
from functools import cache

import polars as pl
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    REGION_CODE_FOR_NON_GEO_ENTITY,
    PhoneMetadata,
    PhoneNumberDesc,
    region_code_for_country_code,
)

_WRITTEN = r"^\+?\(?[0-9](?:[0-9 ().\-/]{0,38}[0-9])$"
_KINDS = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
          "fixed_line", "mobile")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """Of the first country of a code.

    abroad: a pattern of what is dialled before a number of another country
    before: a pattern of what may stand before a number of the same country
    dropped: the only digits that `before` stands for; empty where it is no plain text
    general: a pattern of all numbers
    kinds: of each kind of number its lengths and its pattern
    """

    abroad: str
    before: str
    dropped: str
    general: str
    kinds: tuple[tuple[tuple[int, ...], str], ...]

    def are_valid(self, national: pl.Expr) -> pl.Expr:
        """Whether numbers without their code are valid."""
        length = national.str.len_bytes()
        kinds = [
            national.str.contains(pattern) & (length.is_in(lengths) if lengths else pl.lit(value=True))
            for lengths, pattern in self.kinds
        ]
        return ~national.str.starts_with("0") & national.str.contains(self.general) & pl.any_horizontal(kinds)

    def nationals(self, digits: pl.Expr) -> pl.Expr:
        """The numbers without what stands before them; null where they are not plain."""
        begins = digits.str.contains(self.before) if self.before else pl.lit(value=False)
        found = pl.when(~begins & self.are_valid(digits)).then(digits)
        if self.dropped:
            rest = digits.str.slice(len(self.dropped))
            found = found.when(begins & self.are_valid(rest)).then(rest)  # type: ignore[assignment]  # a longer chain
        return found.otherwise(None)


def plain_phones(written: pl.Series, regions: pl.Series) -> pl.Series:
    """Numbers in E.164; null where one is not plain.

    Args:
        written: as they came, blanks trimmed.
        regions: two letters of the country of each number that names none; null or empty where nobody knows.
    """
    told = pl.DataFrame({"written": written, "region": regions.cast(pl.String)}).with_row_index("at")
    told = told.filter(pl.col("written").str.contains(_WRITTEN)).with_columns(
        digits=pl.col("written").str.replace_all("[^0-9]", ""),
        is_abroad=pl.col("written").str.starts_with("+"),
    )
    abroad = told.filter("is_abroad").with_columns(code=pl.col("digits").str.extract(f"^({'|'.join(_codes())})"))
    abroad = abroad.with_columns(digits=pl.col("digits").str.slice(pl.col("code").str.len_bytes()))
    found = [
        _nationals(part, str(code), same=False)
        for (code,), part in abroad.drop_nulls("code").partition_by("code", as_dict=True).items()
    ]
    home = told.filter(~pl.col("is_abroad") & pl.col("region").is_not_null())
    for (region,), part in home.partition_by("region", as_dict=True).items():
        code = _code_of_first(str(region))
        if code:
            found.append(_nationals(part, code, same=True))
    plain = pl.repeat(None, len(written), dtype=pl.String, eager=True)
    if not found:
        return plain
    numbers = pl.concat(found)
    return plain.scatter(numbers["at"], numbers["number"])


def _nationals(part: pl.DataFrame, code: str, *, same: bool) -> pl.DataFrame:
    """Which rows of a part have a plain number of this code, and which."""
    rules = rules_of(code)
    if rules is None:
        return pl.DataFrame(schema={"at": part.schema["at"], "number": pl.String})
    if same:  # what may be a number of another country, or begin with its own code, is not plain
        may_be_abroad = pl.col("digits").str.contains(rules.abroad) | pl.col("digits").str.starts_with(code)
        part = part.filter(~may_be_abroad)
    numbers = part.select("at", number=pl.lit(f"+{code}") + rules.nationals(pl.col("digits")))
    return numbers.drop_nulls()


@cache
def _codes() -> tuple[str, ...]:
    return tuple(str(code) for code in sorted(COUNTRY_CODE_TO_REGION_CODE))


@cache
def _code_of_first(region: str) -> str:
    """The code of a country that is the first of its code; empty for the others."""
    about = PhoneMetadata.metadata_for_region(region, None) if region else None
    code = about.country_code if about is not None else None
    return str(code) if code is not None and region_code_for_country_code(code) == region else ""


@cache
def rules_of(code: str) -> Rules | None:
    """The rules for the first country of a code; None where it has none of its own."""
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    if regions[0] == REGION_CODE_FOR_NON_GEO_ENTITY:
        return None
    about = PhoneMetadata.metadata_for_region(regions[0], None)
    general = about.general_desc if about is not None else None
    if about is None or general is None or (about.leading_digits and len(regions) > 1):
        return None
    before = about.national_prefix_for_parsing or ""
    is_plain = before.isdigit() and not about.national_prefix_transform_rule
    kinds = [getattr(about, kind) for kind in _KINDS]
    return Rules(
        _at_start(about.international_prefix or "[^0-9]"),
        _at_start(before) if before else "",
        before if is_plain else "",
        _whole(general.national_number_pattern or ""),
        tuple(_kind(kind) for kind in kinds if kind is not None and kind.national_number_pattern),
    )


def _kind(kind: PhoneNumberDesc) -> tuple[tuple[int, ...], str]:
    return tuple(length for length in kind.possible_length if length > 0), _whole(kind.national_number_pattern or "")


def _whole(pattern: str) -> str:
    return f"^(?:{_ascii(pattern)})$"


def _at_start(pattern: str) -> str:
    return f"^(?:{_ascii(pattern)})"


def _ascii(pattern: str) -> str:
    """The digits that are meant are those of ASCII, which also make a far smaller automaton."""
    return pattern.replace(r"\d", "[0-9]")
