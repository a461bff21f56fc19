"""`keepers drivers SURVEY --brand OURS`: what makes people choose a brand, what it is worth, what improving pays."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepers.cli.options import Currency, Discount, Json, Map, Margin
from keepers.cli.reading import read_mapping, read_period
from keepers.core.periods import DAYS_PER_YEAR

if TYPE_CHECKING:
    from keepers.loop.market.drivers import Studied

Survey = Annotated[Path | None, typer.Argument(help="The survey: a row a respondent, or a row a respondent and brand.")]
Brand = Annotated[str | None, typer.Option(help="Our brand, as the survey calls it.")]
Population = Annotated[float | None, typer.Option(min=1, help="People in the market. Else told by the workspace.")]
Horizon = Annotated[str, typer.Option(help="How far lifetime values look: 3y.")]
Step = Annotated[float, typer.Option(min=0.001, help="By how many points of the scale an improvement raises a rating.")]
TopRating = Annotated[float | None, typer.Option("--top-rating", help="End of the scale. Else the highest given.")]
Costs = Annotated[list[str] | None, typer.Option("--cost", help="DRIVER=MONEY that a step costs in all; repeatable.")]
Sizes = Annotated[list[str] | None, typer.Option("--segment-size", help="SEGMENT=PEOPLE of the market; repeatable.")]
Often = Annotated[float | None, typer.Option("--usual-purchases", min=0.001, help="A year, of who did not say.")]
Spend = Annotated[float | None, typer.Option("--usual-spend", min=0.001, help="A purchase, of who did not say.")]
Out = Annotated[Path | None, typer.Option(help="Write what each respondent is worth to each brand: .csv or .parquet.")]
SwitchingOut = Annotated[
    Path | None, typer.Option("--switching-out", help="Write how people switch: .csv or .parquet.")
]
Example = Annotated[bool, typer.Option("--example", help="Print a made-up survey, to see what one looks like.")]


def drivers(
    survey: Survey = None,
    brand: Brand = None,
    population: Population = None,
    horizon: Horizon = "3y",
    annual_discount: Discount = 0.10,
    margin: Margin = 0.30,
    step: Step = 1.0,
    top_rating: TopRating = None,
    costs: Costs = None,
    segment_sizes: Sizes = None,
    usual_purchases: Often = None,
    usual_spend: Spend = None,
    currency: Currency = None,
    mapping: Map = None,
    out: Out = None,
    switching_out: SwitchingOut = None,
    example: Example = False,
    as_json: Json = False,
) -> None:
    """Say from a survey why people choose, what each brand is worth, and what improving a driver returns."""
    if example:
        _print_example()
        return
    if survey is None or brand is None:
        raise typer.BadParameter("Name the survey and our brand: keepers drivers survey.csv --brand Alder")
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.decisions.drivers.findings import lifetimes, switches
    from keepers.decisions.drivers.lifetimes import Outlook
    from keepers.decisions.drivers.market import Question
    from keepers.loop.market.drivers import SurveyFile, sized_by, study_file
    from keepers.loop.workspace import Workspace

    for path in (out, switching_out):
        if path is not None:
            check_writable(path)
    years = read_period("--horizon", horizon).days / DAYS_PER_YEAR
    question = Question(brand, Outlook(years, annual_discount, margin), population, None, step, top_rating)
    if population is None:
        question = sized_by(question, Workspace.named_by(os.environ))
    question = replace(  # once the size is known: what may be asked of costs depends on it
        question,
        costs=_figures("--cost", "DRIVER=MONEY, such as price=20000", costs or []),
        segment_sizes=_figures("--segment-size", "SEGMENT=PEOPLE, such as town=60000", segment_sizes or []),
    )
    studied = study_file(SurveyFile(survey, read_mapping(mapping or []), usual_purchases, usual_spend), question)
    if out is not None:
        write_table(lifetimes(studied.market), out)
    if switching_out is not None:
        write_table(switches(studied.market), switching_out)
    if as_json:
        typer.echo(json.dumps(studied.as_json(), allow_nan=False, ensure_ascii=False))
        return
    _tell(studied, currency)


def _figures(option: str, form: str, pairs: list[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        name, separator, figure = pair.rpartition("=")
        try:
            found[name.strip()] = float(figure)
        except ValueError:
            separator = ""
        if not separator or not name.strip():
            raise typer.BadParameter(f'{option}: "{pair}" is not {form}.')
    return found


def _print_example() -> None:
    import csv

    from keepers.decisions.drivers.made_up import made_up_survey

    csv.writer(sys.stdout, lineterminator="\n").writerows(made_up_survey())


def _tell(studied: "Studied", currency: str | None) -> None:
    from keepers.cli.stories.drivers import tell_drivers  # what draws on a terminal is not needed for JSON

    tell_drivers(studied, currency)
