"""From a survey of a market to one row a respondent and brand, whether the file has one row a person or one a brand.

Wide, a row a respondent: `respondent, last_brand, next_brand, purchases_a_year, spend, value: price [Aurora], …`, with
`next [Aurora]` instead of `next_brand` where people gave chances. Long, a row a respondent and brand: `respondent,
brand, last, next, purchases_a_year, spend, value: price, …`. Optional in both: `considered`, `weight`, `segment`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from keepers.ingest.cells.amounts import is_missing
from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.surveys.answers import LINE, UnreadableSurveyError, cells_of, numbers_in, recognised

KINDS = ("value", "brand", "relationship")
ABOUT_PEOPLE = ("purchases_a_year", "spend", "weight", "segment")
NAMES: Mapping[str, tuple[str, ...]] = {
    "respondent": ("respondent", "respondent_id", "id", "person", "customer", "customer_id", "case"),
    "brand": ("brand", "brand_name", "firm", "provider"),
    "last": ("last_brand", "last", "last_brand_bought", "last_bought", "bought_last"),
    "next": ("next_brand", "next", "next_choice", "next_chance", "would_buy", "intention"),
    "considered": ("considered", "considers", "brands_considered", "would_consider"),
    "purchases_a_year": ("purchases_a_year", "purchases", "frequency", "times_a_year", "purchases_per_year"),
    "spend": ("spend", "spend_a_purchase", "volume", "amount", "spend_per_purchase"),
    "weight": ("weight", "weights"),
    "segment": ("segment", "market", "segment_name"),
}
_RATING = re.compile(r"^(value|brand|relationship)(?:[ _]equity)?\s*[:/]\s*(.+?)\s*(?:\[(.+)\])?$", re.IGNORECASE)
_OF_A_BRAND = re.compile(r"^(.+?)\s*\[(.+)\]$")
_YES, _NO = ("1", "yes", "y", "true", "x", "ja"), ("0", "no", "n", "false", "", "nein")
_EXAMPLE = '"value: price [Aurora]" in a file with a row a respondent, "value: price" in one with a row a brand'


@dataclass(frozen=True, slots=True)
class BrandSurvey:
    """A survey as it was read.

    rows: a row a respondent and brand: respondent, brand, considered, is_last, next_chance, purchases_a_year, spend,
        weight, segment, and one column a rating, named by its kind and name
    ratings: those names
    layout: wide or long
    """

    rows: pa.Table
    ratings: tuple[str, ...]
    layout: str


def read_brand_survey(path: Path, *, mapping: Mapping[str, str] | None = None) -> BrandSurvey:
    """Read a survey.

    Args:
        path: a file of any kind that imports know.
        mapping: header by column, where it is not recognised by its name.

    Raises:
        UnreadableFileError: the file cannot be opened.
        UnreadableSurveyError: it is no survey, or a cell cannot be read; says which column, line and what to do.
    """
    cells = cells_of(path)
    headers = recognised(cells.columns, NAMES, mapping or {}, who="respondent")
    long = "brand" in headers
    tidy = _from_long(cells, headers) if long else _from_wide(cells, headers)
    ratings = tuple(name for name in tidy.columns if _RATING.match(name))
    if not ratings:
        raise UnreadableSurveyError(
            f"{path.name} has no ratings. Head their columns by kind (value, brand or relationship) and name: "
            f"{_EXAMPLE}."
        )
    return BrandSurvey(tidy.to_arrow(), ratings, "long" if long else "wide")


def _from_wide(cells: pl.DataFrame, headers: Mapping[str, str]) -> pl.DataFrame:
    """A row a respondent becomes one a brand."""
    places = dict(_of_brands(cells.columns))
    brands = list(dict.fromkeys(brand for _, brand in places))
    if not brands:
        raise UnreadableSurveyError(
            "No column names a brand, and no column is one. Write the brand behind each rating in square brackets, or "
            f"give each brand a row of its own and a column brand: {_EXAMPLE}."
        )
    _one_row_each(cells, [headers["respondent"]], "a respondent")
    about = _about_people(cells, headers)
    last = _brand_named(cells, headers.get("last"), brands)
    chosen = _brand_named(cells, headers.get("next"), brands)
    listed = _listed(cells, headers.get("considered"), brands)
    titles = list(dict.fromkeys(title for title, _ in places if title not in {"next", "considered"}))
    parts = []
    for brand in brands:
        own = {title: places.get((title, brand)) for title in titles}
        rated = {title: numbers_in(cells, header) if header else _nothing(cells) for title, header in own.items()}
        told = places.get(("next", brand))
        chance = numbers_in(cells, told) if told else (chosen == brand).cast(pl.Float64).set(chosen.is_null(), None)
        considered = _considered(cells, places.get(("considered", brand)), listed, brand, list(rated.values()))
        parts.append(
            about.with_columns(
                pl.lit(brand).alias("brand"),
                considered.alias("considered"),
                (last == brand).fill_null(value=False).alias("is_last"),
                chance.alias("next_chance"),
                *(values.alias(title) for title, values in rated.items()),
            )
        )
    return pl.concat(parts).sort("line", maintain_order=True)


def _from_long(cells: pl.DataFrame, headers: Mapping[str, str]) -> pl.DataFrame:
    """Each row is one respondent's brand already."""
    brand = to_ids(cells[headers["brand"]]).cast(pl.String).alias("brand")
    if brand.null_count():
        line = cells[LINE].filter(brand.is_null())[0]
        raise UnreadableSurveyError(f"Line {line} names no brand. Fill it, or leave the line out.")
    _one_row_each(cells, [headers["respondent"], headers["brand"]], "a respondent and brand")
    rated = {title: numbers_in(cells, header) for title, header in _plain_ratings(cells.columns)}
    brands = brand.unique(maintain_order=True).to_list()
    last = _yes_or_brand(cells, headers.get("last"), brand, brands)
    told = headers.get("next")
    chance = _nothing(cells)
    if told is not None:
        words = cells[told].cast(pl.String).str.strip_chars()
        named = words.is_in(brands).any()
        chance = (words == brand).cast(pl.Float64).set(is_missing(words), None) if named else _marks(cells, told)
    considered = _considered(cells, headers.get("considered"), None, "", list(rated.values()))
    return _about_people(cells, headers).with_columns(
        brand, considered.alias("considered"), last.alias("is_last"), chance.alias("next_chance"),
        *(values.alias(title) for title, values in rated.items()),
    )  # fmt: skip


def _of_brands(columns: Sequence[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """(what is told, brand) → header, of headers with a brand in brackets."""
    for header in columns:
        rating, other = _RATING.match(header.strip()), _OF_A_BRAND.match(header.strip())
        if rating and rating[3]:
            yield (f"{rating[1].lower()}: {rating[2]}", rating[3].strip()), header
        elif other and (name := re.sub(r"\W+", "_", other[1].lower())) in {*NAMES["next"], *NAMES["considered"]}:
            yield ("next" if name in NAMES["next"] else "considered", other[2].strip()), header


def _plain_ratings(columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    for header in columns:
        if rating := _RATING.match(header.strip()):
            yield f"{rating[1].lower()}: {rating[2]}", header


def _about_people(cells: pl.DataFrame, headers: Mapping[str, str]) -> pl.DataFrame:
    found = {"line": cells[LINE], "respondent": to_ids(cells[headers["respondent"]]).cast(pl.String)}
    if found["respondent"].null_count():
        line = cells[LINE].filter(found["respondent"].is_null())[0]
        raise UnreadableSurveyError(f"Line {line} does not say who answered. Fill it, or leave the line out.")
    for name in ABOUT_PEOPLE:
        header = headers.get(name)
        if name == "segment":
            found[name] = _nothing(cells, pl.String()) if header is None else cells[header].cast(pl.String)
        else:
            found[name] = _nothing(cells) if header is None else numbers_in(cells, header)
    return pl.DataFrame(found)


def _marks(cells: pl.DataFrame, header: str) -> pl.Series:
    """Yes and no as 1 and 0, and numbers as they are."""
    words = cells[header].cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()
    if words.is_in([*_YES, *_NO]).all():
        return words.is_in(_YES).cast(pl.Float64)
    return numbers_in(cells, header)


def _yes_or_brand(cells: pl.DataFrame, header: str | None, brand: pl.Series, brands: Sequence[str]) -> pl.Series:
    """Whether the row's brand is meant, by a mark or by name."""
    if header is None:
        return pl.Series([False]).new_from_index(0, cells.height)
    words = cells[header].cast(pl.String).str.strip_chars()
    if words.is_in(list(brands)).any():
        return (words == brand).fill_null(value=False)
    return (_marks(cells, header) > 0).fill_null(value=False)


def _brand_named(cells: pl.DataFrame, header: str | None, brands: Sequence[str]) -> pl.Series:
    """The brand that each cell names, as the ratings write it; null where it names none of them."""
    if header is None:
        return _nothing(cells, pl.String())
    known = {brand.casefold(): brand for brand in brands}
    words = [None if word is None else known.get(word.strip().casefold()) for word in cells[header].cast(pl.String)]
    return pl.Series(words, dtype=pl.String)


def _listed(cells: pl.DataFrame, header: str | None, brands: Sequence[str]) -> list[set[str]] | None:
    """The brands that each cell lists, parted by semicolons, bars or commas."""
    if header is None:
        return None
    known = {brand.casefold() for brand in brands}
    words = cells[header].cast(pl.String).fill_null("")
    found = [{part.strip().casefold() for part in re.split(r"[;|,]", cell) if part.strip()} for cell in words]
    for line, parts in zip(cells[LINE], found, strict=True):
        if strange := parts - known:
            raise UnreadableSurveyError(
                f'Line {line}, column "{header}": nobody rates "{min(strange)}". The ratings are of '
                f"{', '.join(brands)}."
            )
    return found


def _considered(
    cells: pl.DataFrame, header: str | None, listed: list[set[str]] | None, brand: str, rated: Sequence[pl.Series]
) -> pl.Series:
    """Whether a brand is considered: as told, else where it was rated at all."""
    if header is not None:
        return (_marks(cells, header) > 0).fill_null(value=False)
    if listed is not None:
        return pl.Series([brand.casefold() in parts for parts in listed])
    return pl.DataFrame([values.is_not_null().alias(str(k)) for k, values in enumerate(rated)]).select(
        pl.any_horizontal(pl.all())
    ).to_series() if rated else pl.Series([True]).new_from_index(0, cells.height)  # fmt: skip


def _one_row_each(cells: pl.DataFrame, headers: Sequence[str], what: str) -> None:
    twice = cells.select(headers).is_duplicated()
    if twice.any():
        same = cells.filter(twice)
        named, line = " and ".join(map(str, same.select(headers).row(0))), same[LINE][0]
        raise UnreadableSurveyError(
            f"Line {line} is not the only one of {named}. There is one line {what}: leave the others out."
        )


def _nothing(cells: pl.DataFrame, kind: pl.DataType | None = None) -> pl.Series:
    return pl.Series([None], dtype=kind or pl.Float64()).new_from_index(0, cells.height)
