"""The currency of contracts: one, or several converted by a dated rate table at each contract's own beginning."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.loop.currency import SeveralCurrenciesError, read_rates


def in_one_currency(rows: pa.Table, *, asked: str | None, rates: Path | None) -> tuple[pa.Table, str | None]:
    """The rows with their amounts in one currency, and which; None where neither they nor the user name one.

    A contract's amounts are converted at the latest rate on or before its first day; of tenures without a day at the
    latest rate of all. What a contract pays in later years is then not moved by rates, as its price is not.

    Raises:
        SeveralCurrenciesError: there are several and no table of rates, nobody named the one to report in, or a
            contract begins before the first rate of its currency.
        InvalidRatesError: the rate table cannot be read.
    """
    found = sorted(name for name in pc.unique(rows["currency"]).to_pylist() if name)
    if len(found) <= 1 and (not found or asked in {None, found[0]}):
        return rows, asked or (found[0] if found else None)
    if asked is None or rates is None:
        raise SeveralCurrenciesError(
            f"The contracts are in {', '.join(found)}{f', not in {asked}' if asked else ''}. Name the currency to "
            "report in with --currency and give a rate table with --rates FILE (a CSV of date, currency, rate)."
        )
    factor = pa.array(_factors(rows, read_rates(rates, to=asked), asked))
    for name in ("amount", "total_amount"):
        place, kind = rows.column_names.index(name), rows.schema.field(name).type
        converted = pc.round(pc.multiply(rows[name].cast(pa.float64()), factor), 4).cast(kind)
        rows = rows.set_column(place, rows.schema.field(name), converted)
    return rows, asked


def _factors(rows: pa.Table, rates: pa.Table, asked: str) -> NDArray[np.float64]:
    """(n,) by what each row's amounts are multiplied."""
    last = pc.max(rates["rated_on"]).as_py()
    started = pc.fill_null(rows["started_on"], pa.scalar(last, pa.date32())).to_numpy().astype("datetime64[D]")
    currency = np.array(rows["currency"].to_pylist(), dtype=object)
    factors = np.ones(rows.num_rows)
    for name in sorted({str(each) for each in currency if each and each != asked}):
        here = np.flatnonzero(currency == name)
        own = rates.filter(pc.equal(rates["currency"], name)).sort_by("rated_on")
        days = own["rated_on"].to_numpy().astype("datetime64[D]")
        place = np.searchsorted(days, started[here], side="right") - 1
        if (place < 0).any():
            first = started[here[place < 0]].min()
            raise SeveralCurrenciesError(
                f"{int((place < 0).sum()):,} contracts in {name} have no rate to {asked}, the first from {first}. Add "
                "a rate on or before that day to the table given with --rates."
            )
        factors[here] = own["rate"].to_numpy()[place]
    return factors
