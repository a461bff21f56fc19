"""What a line is: a sale, a return, or no product at all (postage, fee, adjustment), where code or name tell."""

import re

import polars as pl

_CODES = {
    "postage": (
        "post",
        "dot",
        "shipping",
        "shipment",
        "postage",
        "delivery",
        "freight",
        "versand",
        "porto",
        "frachtkosten",
    ),
    "fee": (
        "bank charges",
        "bankcharges",
        "amazonfee",
        "amazon fee",
        "cruk",
        "fee",
        "fees",
        "handling",
        "gebuehr",
        "gebühr",
    ),
    "adjustment": ("adjust", "adjust2", "test001", "test002", "tip", "giftcard", "gift card", "gift_card", "discount"),
}
_NAMES = {
    "postage": r"(?i)^(?:dotcom )?(?:postage|shipping|carriage|delivery|freight|porto|versand|versandkosten|p&p|postage (?:and|&) packing|"
    r"(?:shipping|delivery|postage|carriage|freight)[ -](?:charges?|costs?|fees?|and handling|& handling)|frais de (?:port|livraison)|"
    r"livraison|envío|gastos de envío|poštnina|stroški dostave|spedizione|spese di spedizione|verzendkosten|"
    r"(?:standard|express|free|priority) (?:shipping|delivery))$",
    "fee": r"(?i)^(?:(?:bank|service|handling|booking|transaction|payment|processing|amazon|paypal)[ -]?(?:charges?|fees?)|fees?|"
    r"bearbeitungsgebühr|gebühr|frais de dossier|comisión|cruk commission)$",
    "adjustment": r"(?i)^(?:manual|discount|rabatt|remise|descuento|adjust(?:ment)?(?: bad debt| by .*)?|samples?|bad debt|gift ?(?:card|voucher|certificate)s?|"
    r"(?:dotcomgiftshop )?gift voucher.*|gutschein|geschenkgutschein|carte cadeau|tarjeta regalo|darilni bon|tips?|donation|this is a test product\.?|rounding(?: adjustment)?)$",
}
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
