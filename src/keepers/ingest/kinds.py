"""What a line is: a sale, a return, or no product at all (postage, fee, adjustment), where code or name tell."""

import re

import polars as pl

from keepers.ingest.vocabulary import WORDS

_CODES = WORDS["line_codes"]
_NAMES = {kind: f"(?i)^(?:{'|'.join(names)})$" for kind, names in WORDS["line_names"].items()}
_ANY_CODE = rf"(?i)^(?:{'|'.join(re.escape(code) for codes in _CODES.values() for code in codes)}|gift_\d{{4}}.*)$"
_ANY_NAME = f"{'|'.join(_NAMES.values())}"
_CANCELLED = r"^[Cc]\d{4,}$"
_BAD_DEBT = r"^[Aa]\d{4,}$"


def line_kinds(lines: pl.DataFrame) -> pl.Series:
    """The kind of each line from its order, product, product name, quantity and revenue."""
    stock = (pl.col("quantity") < 0) & (pl.col("revenue") == 0) & pl.col("external_id").is_null()
    back = (pl.col("quantity") < 0) | (pl.col("revenue") < 0) | pl.col("order_id").str.contains(_CANCELLED)
    kinds = lines.select(
        pl.when(stock).then(pl.lit("adjustment")).when(back).then(pl.lit("return")).otherwise(pl.lit("sale"))
    ).to_series()
    known = lines["product_id"].str.contains(_ANY_CODE) | lines["product_name"].str.contains(_ANY_NAME)
    no_product = known.fill_null(value=False).arg_true()
    return kinds.scatter(no_product, _no_product_kinds(lines[no_product])) if len(no_product) else kinds


def _no_product_kinds(lines: pl.DataFrame) -> pl.Series:
    """What lines are whose code or name is that of no product."""
    code, name = pl.col("product_id").str.to_lowercase(), pl.col("product_name")
    named = [pl.when(name.str.contains(pattern)).then(pl.lit(kind)) for kind, pattern in _NAMES.items()]
    coded = [pl.when(code.is_in(list(codes))).then(pl.lit(kind)) for kind, codes in _CODES.items()]
    bad_debt = pl.when(pl.col("order_id").str.contains(_BAD_DEBT) & pl.coalesce(named).is_not_null())
    return lines.select(
        pl.coalesce(bad_debt.then(pl.lit("adjustment")), *coded, *named, pl.lit("adjustment"))
    ).to_series()
