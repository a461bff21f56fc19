"""What a line is: a sale, a return, or no product at all (postage, fee, adjustment), where code or name tell."""

import re
from collections.abc import Collection

import polars as pl

from keepers.ingest.recognising.vocabulary import WORDS

_SALE, _RETURN, _PERHAPS_RETURN = (WORDS["line_words"][meaning] for meaning in ("sale", "return", "perhaps_return"))
_CODES = WORDS["line_codes"]
_NAMES = {kind: f"(?i)^(?:{'|'.join(names)})$" for kind, names in WORDS["line_names"].items()}
_ANY_CODE = rf"(?i)^(?:{'|'.join(re.escape(code) for codes in _CODES.values() for code in codes)}|gift_\d{{4}}.*)$"
_ANY_NAME = f"{'|'.join(_NAMES.values())}"
_CANCELLED = r"^[Cc]\d{4,}$"
_BAD_DEBT = r"^[Aa]\d{4,}$"


def tells_kinds(cells: pl.Series) -> bool:
    """Whether the cells of a column part sales from returns: a return ticket and a credit card alone do not."""
    words = _words(cells)
    sales, perhaps = words.is_in(_SALE).sum(), words.is_in(_PERHAPS_RETURN).sum()
    return 0 < sales >= perhaps or bool(words.is_in(_RETURN).any())


def words_of_return(cells: pl.Series) -> pl.Series:
    """The word with which each cell says that its row takes a sale back; null where it says none."""
    words = _words(cells)
    return words.set(~words.is_in([*_RETURN, *_PERHAPS_RETURN]), None)


def line_kinds(lines: pl.DataFrame, *, whole: Collection[str] = ()) -> pl.Series:
    """The kind of each line from its order, product, product name, quantity, revenue and what it says of itself.

    `whole` names the columns of ids that are whole numbers throughout.
    """
    kinds = _by_sign(lines, whole)
    if lines["product_name"].null_count() == lines.height and (
        lines["product_id"].null_count() == lines.height or "product_id" in whole
    ):
        return kinds
    known = lines["product_id"].str.contains(_ANY_CODE) | lines["product_name"].str.contains(_ANY_NAME)
    no_product = known.fill_null(value=False).arg_true()
    return kinds.scatter(no_product, _no_product_kinds(lines[no_product])) if len(no_product) else kinds


def _by_sign(lines: pl.DataFrame, whole: Collection[str]) -> pl.Series:
    """Sales and returns, and stock that was written off."""
    below_zero = any((lines[column] < 0).any() for column in ("quantity", "revenue"))
    if "order_id" in whole and not below_zero and lines["says_return"].null_count() == lines.height:
        return pl.Series("line_kind", ["sale"]).new_from_index(0, lines.height)
    stock = (pl.col("quantity") < 0) & (pl.col("revenue") == 0) & pl.col("external_id").is_null()
    negative = (pl.col("quantity") < 0) | (pl.col("revenue") < 0)
    back = negative | pl.col("order_id").str.contains(_CANCELLED) | pl.col("says_return").is_not_null()
    return lines.select(
        pl.when(stock).then(pl.lit("adjustment")).when(back).then(pl.lit("return")).otherwise(pl.lit("sale"))
    ).to_series()


def _words(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String, strict=False).str.strip_chars().str.to_lowercase()


def _no_product_kinds(lines: pl.DataFrame) -> pl.Series:
    """What lines are whose code or name is that of no product."""
    code, name = pl.col("product_id").str.to_lowercase(), pl.col("product_name")
    named = [pl.when(name.str.contains(pattern)).then(pl.lit(kind)) for kind, pattern in _NAMES.items()]
    coded = [pl.when(code.is_in(list(codes))).then(pl.lit(kind)) for kind, codes in _CODES.items()]
    bad_debt = pl.when(pl.col("order_id").str.contains(_BAD_DEBT) & pl.coalesce(named).is_not_null())
    return lines.select(
        pl.coalesce(bad_debt.then(pl.lit("adjustment")), *coded, *named, pl.lit("adjustment"))
    ).to_series()
