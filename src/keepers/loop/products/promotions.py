"""Promotions by the orders of a store: what offering each product is expected to bring, and to whom."""

from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from keepers.decisions.next_product.promoting import Promoting, by_category
from keepers.decisions.terms.costs_file import read_terms, usual_order
from keepers.decisions.terms.doing import category_promoted, promoted
from keepers.decisions.terms.terms import check_terms
from keepers.loop.currency import SeveralCurrenciesError, reporting_currency
from keepers.loop.products.next_products import WITHIN, last_day, lifts_of, offers_in
from keepers.warehouse.store import Store

SUMS = ("cost", "expected_gain", "expected_gain_low", "expected_gain_high")


@dataclass(frozen=True, slots=True)
class PromoteRequest:
    """What the user asked; a discount or cost given here counts before the costs file's."""

    product: str | None
    discount: float | None
    cost: float | None
    margin: float
    costs: Path | None
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Promotions:
    """Whom to offer what: `offers` a row a product and customer, `products` and `categories` in all, the best first.

    Of a category each customer is told of the one of its products that should bring most.
    """

    offers: pa.Table
    products: pa.Table
    categories: pa.Table

    def sentence(self) -> str:
        """What comes of it, in words."""
        if not self.products.num_rows:
            return "No product is worth offering to anybody at this cost: nobody's chance to buy rises enough."
        best = self.products.slice(0, 1).to_pylist()[0]
        return (
            f"{best['name'] or best['product_id']}, offered to {best['people']:,}, is expected to add "
            f"{best['expected_gain']:,.2f} within {WITHIN} days ({best['expected_gain_low']:,.2f} to "
            f"{best['expected_gain_high']:,.2f}); that is {best['evidence']}."
        )

    def as_json(self) -> dict[str, Any]:
        """The object of `--json` without the single offers."""
        told = {"products": self.products, "categories": self.categories}
        return {"within_days": WITHIN} | {name: table.to_pylist() for name, table in told.items()}


def promotions_in(store: Store, request: PromoteRequest) -> Promotions:
    """Whom to offer what, by a store's orders.

    Raises:
        KeepersError: the history is too short, names no products, is in several currencies, or the costs cannot be
            used.
    """
    as_of = last_day(store, request.as_of)
    currency = _one_currency(store, as_of)
    usual = usual_order(store.query("customer_summary", as_of=as_of, run_id=""))
    usual = 0.0 if isnan(usual) else usual  # where nobody paid, no product has a price, and none is offered
    terms = read_terms(request.costs, usual_order_value=usual, currency=currency)
    given = {name: amount for name in ("discount", "cost") if (amount := getattr(request, name)) is not None}
    terms = check_terms(replace(terms, promotion=replace(terms.promotion, **given)))
    asked = Promoting(terms.promotion, request.margin, lifts_of(store, promoted), request.product)
    offers = offers_in(store, asked, as_of=as_of)
    gathered = by_category(offers, store.query("product_names"), lifts_of(store, category_promoted))
    return Promotions(offers, _summed(offers, "product_id", "name"), _summed(gathered, "category"))


def _one_currency(store: Store, as_of: date) -> str | None:
    try:
        return reporting_currency(store, asked=None, rates=None, as_of=as_of)
    except SeveralCurrenciesError as error:
        raise SeveralCurrenciesError(f"{error} Do so with keepers run, whose rates promotions then use too.") from error


def _summed(offers: pa.Table, *by: str) -> pa.Table:
    """The ends of ranges add up: all offers share one doubt."""
    rows = pl.DataFrame(offers).group_by(*by, "evidence", maintain_order=True)
    together = rows.agg(
        people=pl.len(), chance=pl.col("chance").mean(), chance_offered=pl.col("chance_offered").mean(),
        **{name: pl.col(name).sum() for name in SUMS},
    )  # fmt: skip
    return together.sort("expected_gain", descending=True).to_arrow()
