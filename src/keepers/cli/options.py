"""The options that several verbs share, each in one place."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from keepers.core.periods import RenewalPeriod, TimeUnit

Map = Annotated[list[str] | None, typer.Option("--map", help="column=header, once a column: --map ordered_at=Datum")]
Sheets = Annotated[
    list[str] | None,
    typer.Option("--sheet", help="Sheet of a workbook to read instead; repeatable, to read several as one."),
]
Join = Annotated[
    bool, typer.Option("--join/--no-join", help="Put heads and lines of orders that stand in two tables together.")
]
Dates = Annotated[Literal["auto", "dmy", "mdy", "ymd"], typer.Option(help="How 03/04 reads.")]
Duplicates = Annotated[Literal["auto", "drop", "keep"], typer.Option(help="Exact duplicate rows.")]
Zone = Annotated[str, typer.Option("--timezone", help="The firm's time zone.")]
Rejects = Annotated[Path | None, typer.Option(help="Write the rows that could not be used: .parquet or .csv.")]

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Last known day, inclusive; else the last order that has come.")
]
Unit = Annotated[TimeUnit, typer.Option(help="Time unit of the fit. It only rescales.")]
Horizon = Annotated[str, typer.Option(help="How far expected orders and period value look: 39w, 12m, 1y.")]
ValueCap = Annotated[str, typer.Option(help="How far residual value looks.")]
Discount = Annotated[float, typer.Option(min=0, max=10, help="What money loses in a year of waiting.")]
Margin = Annotated[float, typer.Option(min=0.0001, max=1, help="Share of revenue earned, where orders have no cost.")]
Currency = Annotated[str | None, typer.Option(help="Reporting currency, such as EUR. Otherwise the orders' own.")]
PromotionsFile = Annotated[
    Path | None, typer.Option("--promotions", help="CSV of name, first_day, last_day, expected: past and planned ones.")
]
Rates = Annotated[Path | None, typer.Option(help="CSV of date, currency, rate to the reporting currency.")]
Model = Annotated[
    Literal["auto", "pareto-nbd", "mbg-nbd", "bg-nbd", "mbg-cnbd-k"],
    typer.Option(help="How people order and leave."),
]
Contract = Annotated[
    bool, typer.Option("--contract", help="The files are tables of contracts: customer, start, end (or tenure, churn).")
]
PeriodUnit = Annotated[
    RenewalPeriod | None,
    typer.Option("--unit", help="Time unit of the fit, else a week. Of contracts: their renewal period."),
]
AnyModel = Annotated[
    Literal["auto", "pareto-nbd", "mbg-nbd", "bg-nbd", "mbg-cnbd-k", "shifted-beta-geometric", "beta-discrete-weibull"],
    typer.Option("--model", help="How people order and leave; the last two are for contracts."),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        help="Tell customers apart by acquisition_source, segment, channel, payment_method, location or first_order; "
        "repeatable.",
    ),
]
CostToServe = Annotated[
    float | None, typer.Option(min=0, help="What serving a customer costs a year; values are net of it.")
]
SpendChoice = Annotated[
    Literal["auto", "gamma-gamma", "log-normal"],
    typer.Option("--spend", help="What an order is worth: how customers' amounts scatter."),
]
PosteriorChoice = Annotated[
    Literal["auto", "surrogate", "importance", "nuts"],
    typer.Option(
        "--posterior", help="How the parameters' uncertainty is drawn; auto: the first that passes its check."
    ),
]
Holdout = Annotated[str | None, typer.Option(help="Hold-out of the backtest: 26w or none; else a third, at most 52w.")]

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network of this machine.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output and nothing else there.")]
