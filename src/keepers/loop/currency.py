"""One reporting currency a run: the file's own, or several converted by a dated rate table."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from keepers.core.errors import KeepersError
from keepers.loop.naming import name_of
from keepers.warehouse.store import Store

if TYPE_CHECKING:  # the values of a file need no workspace
    from keepers.warehouse.delta import DeltaStore


class SeveralCurrenciesError(KeepersError):
    """The lines are in more than one currency and some cannot be converted."""


class InvalidRatesError(KeepersError):
    """A rate table cannot be read."""


def reporting_currency(store: Store, *, asked: str | None, rates: Path | None, as_of: date) -> str | None:
    """The currency that all money is counted in; None where neither the lines nor the user name one.

    With `rates`, lines in other currencies are converted at the latest rate on or before their day.

    Raises:
        SeveralCurrenciesError: nobody named the one to report in, or lines in another currency have no rate.
        InvalidRatesError: the rate table is not date, currency, rate, converts the reporting currency itself, or
            converts to another one.
    """
    if rates is not None:
        store.append("exchange_rates", read_rates(rates, to=asked))
    used = [row for row in store.query("currencies", as_of=as_of).to_pylist() if row["currency"] is not None]
    target = rates_convert_to(store)
    if asked is None and used:
        if len(used) == 1 and not used[0]["lines_converted"]:
            return str(used[0]["currency"])
        if target is None:
            raise SeveralCurrenciesError(_name_one(used))
    asked = asked or target
    _must_convert_to(asked, target, used)
    for row in used:
        if row["currency"] != asked and row["lines_without_rate"]:
            raise SeveralCurrenciesError(_add_a_rate(row, asked))
        if row["currency"] == asked and row["lines_converted"]:
            raise InvalidRatesError(
                f"The rate table converts lines in {asked}, but {asked} is the currency to report in. Name the "
                f"table's own currency with --currency, or take the rows of {asked} out of the table."
            )
    return asked


def rates_convert_to(store: Store) -> str | None:
    """The currency that the kept rates convert to; None where there are none, or nobody said."""
    kept = store.query("current_rates")["converts_to"]
    return kept[0].as_py() if len(kept) else None


def read_rates(path: Path, *, to: str | None) -> pa.Table:
    """A CSV of date, currency and rate (units of the currency `to` for one unit) as `exchange_rates`.

    Raises:
        InvalidRatesError: the file is missing, or a column or value is not as it must be.
    """
    types = {"date": pa.date32(), "currency": pa.string(), "rate": pa.float64()}
    try:
        table = pa_csv.read_csv(path, convert_options=pa_csv.ConvertOptions(column_types=types)).select(list(types))
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise InvalidRatesError(
            f"The rate table {path} cannot be read ({error}). It must be a CSV with the columns date "
            "(2024-01-31), currency (USD) and rate (reporting currency for one unit).",
        ) from error
    if pc.any(pc.invert(pc.greater(table["rate"], 0))).as_py():
        raise InvalidRatesError(f"The rate table {path} has a rate that is not above zero. Mend it and run again.")
    named = table.rename_columns(["rated_on", "currency", "rate"])
    return with_version(named.append_column("converts_to", pa.array([to] * table.num_rows, pa.string())), 1)


def keep_rates(store: "DeltaStore", path: Path, *, to: str | None) -> str:
    """Keep a rate table once; its name is its content's hash.

    A table that converts to another currency than those kept before takes their place.

    Raises:
        InvalidRatesError: it cannot be read as date, currency, rate, or nobody said what it converts to.
        WriterBusyError: another process is writing.
    """
    rates = read_rates(path, to=to)
    if to is None:
        raise InvalidRatesError(
            f"Nobody said which currency {path.name} converts to. Name it with --currency, or in Settings."
        )
    before = store.query("current_rates").slice(0, 1).to_pylist()
    version = next(((row["version"] or 0) + (row["converts_to"] != to) for row in before), 1)
    rates = with_version(rates, version)
    name = name_of(rates.to_pylist())
    store.append("exchange_rates", rates, transaction=name)
    return name


def with_version(rates: pa.Table, version: int) -> pa.Table:
    """The rates with the version under which they are kept: one more than those to another currency before them."""
    others = rates.drop_columns(["version"]) if "version" in rates.column_names else rates
    return others.append_column("version", pa.array([version] * rates.num_rows, pa.int64()))


def _must_convert_to(asked: str | None, target: str | None, used: list[dict[str, Any]]) -> None:
    """Refuse rates to another currency, where any line would be converted by them."""
    converted = any(row["currency"] != asked or row["lines_converted"] for row in used)
    if converted and target is not None and asked != target:
        raise InvalidRatesError(
            f"The exchange rates convert to {target}, but the report is to be in {asked}. Bring a table of rates to "
            f"{asked} (--currency {asked} --rates FILE, or in Settings), or report in {target}."
        )


def _name_one(used: list[dict[str, object]]) -> str:
    found = ", ".join(f"{row['currency']} ({row['lines']:,} lines)" for row in used)
    if len(used) == 1:
        return f"The rate table converts the lines in {found}. Name the currency it converts to with --currency."
    return (
        f"The lines are in several currencies: {found}. Name the one to report in with --currency "
        "and give a rate table with --rates FILE (a CSV of date, currency, rate)."
    )


def _add_a_rate(without: dict[str, object], asked: str | None) -> str:
    return (
        f"{without['lines_without_rate']:,} lines in {without['currency']} have no rate to {asked}, the first on "
        f"{without['first_day_without_rate']}. Add a rate on or before that day to the table given with --rates."
    )
