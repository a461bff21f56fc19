"""Read what was typed: days, mappings, choices. What cannot be read is a usage error (exit code 2)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import typer

from keepers.core.periods import InvalidPeriodError, Period, RenewalPeriod, TimeUnit

if TYPE_CHECKING:
    from keepers.ingest.report import ImportOptions

NOT_FOR_CONTRACTS = {
    "--by": "only customers without a contract can be told apart by what they ordered first.",
    "--spend": "a contract pays what it says, so there is no model of spend to choose.",
    "--cost-to-serve": "values of contracts are not made net of it. Pass --margin with what is left of a payment.",
    "--promotions": "contracts renew on their own days, whatever is put on.",
    "--months-out": "of contracts only the totals are forecast, not their months.",
}


def read_day(option: str, text: str | None) -> date | None:
    """A day as 2024-06-30."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{option}: "{text}" is not a day. Write it as 2024-06-30.') from None


def read_period(option: str, text: str) -> Period:
    """A length of time as 39w, 12m or 5y."""
    try:
        return Period.parse(text)
    except InvalidPeriodError as error:
        raise typer.BadParameter(f"{option}: {error}") from None


def read_holdout(text: str | None) -> int | None:
    """Days to hold out: None for the default, 0 for none."""
    if text is None:
        return None
    if text == "none":
        return 0
    days = int(read_period("--holdout", text).days)
    if days == 0:
        raise typer.BadParameter(f'--holdout: "{text}" is less than a day. Write 26w, or none for no backtest.')
    return days


def read_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """`column=header` pairs."""
    mapping = {}
    for pair in pairs:
        column, separator, header = pair.partition("=")
        if not separator or not column.strip() or not header.strip():
            raise typer.BadParameter(f'--map: "{pair}" is not column=header, such as ordered_at=Datum.')
        mapping[column.strip()] = header.strip()
    return mapping


def read_sheets(names: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """The sheets to read of each workbook; none where it is to be seen which holds what is looked for."""
    return {"": tuple(names)} if names else {}


def read_columns(mapping: Sequence[str] | None, sheets: Sequence[str] | None) -> "ImportOptions":
    """How order files are read that only a question is asked of."""
    from keepers.ingest.report import ImportOptions

    return ImportOptions(mapping=read_mapping(mapping or []), sheets=read_sheets(sheets))


def read_unit(unit: RenewalPeriod | None) -> TimeUnit:
    """The time unit of a fit of orders: a week where none was given."""
    if unit is None:
        return TimeUnit.WEEK
    if unit.value not in set(TimeUnit):
        raise typer.BadParameter(f"--unit: orders are counted by day, week or month; a {unit} is for --contract.")
    return TimeUnit(unit.value)


def check_model(model: str, known: Sequence[str], *, contract: bool) -> None:
    """Refuse a model of orders for contracts, and the other way round."""
    if model != "auto" and model not in known:
        kind = "contracts" if contract else "orders"
        raise typer.BadParameter(f"--model: {model} does not model {kind}. Choose auto, {' or '.join(known)}.")


def refuse_for_contracts(given: Mapping[str, object]) -> None:
    """Refuse options of orders that say nothing of contracts: by option, whether it was given."""
    for option, why in NOT_FOR_CONTRACTS.items():
        if given[option]:
            raise typer.BadParameter(f"{option}: {why}")
