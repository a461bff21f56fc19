"""The command line: one verb a stage, in the order of the loop."""

import json
import os
import sys
from typing import Annotated

import typer

from keepers.cli.acquire import acquire
from keepers.cli.demo.command import demo
from keepers.cli.doctor import doctor
from keepers.cli.drivers import drivers
from keepers.cli.experiment import experiment
from keepers.cli.export import export
from keepers.cli.forget import forget
from keepers.cli.imports import import_orders, list_imports
from keepers.cli.insight import insight
from keepers.cli.leaving import leave_at_once
from keepers.cli.next_products import next_products
from keepers.cli.people import import_people
from keepers.cli.plan import plan
from keepers.cli.promote import promote
from keepers.cli.reading import read_day
from keepers.cli.run import run
from keepers.cli.serve import serve, web, worker
from keepers.cli.stock import stock
from keepers.cli.value import value
from keepers.cli.wallet import wallet
from keepers.core.errors import KeepersError, NothingToDoError

app = typer.Typer(
    name="keepers",
    help="Knows what every customer is worth, how sure it is of that, and what to do about it next.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class OptionBeforeCommandError(KeepersError):
    """An option stands before the command that it is meant for."""


AsOf = Annotated[str | None, typer.Option("--as-of", help="State of the workspace up to this day.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output and nothing else there.")]


@app.callback(invoke_without_command=True)
def keepers(context: typer.Context, as_of: AsOf = None, as_json: Json = False) -> None:
    """Which customers are worth keeping? Without a verb: the loop and where each stage stands."""
    if context.invoked_subcommand is None:
        from keepers.cli.status import show_status

        show_status(as_of=read_day("--as-of", as_of), as_json=as_json)
        return
    if as_of is not None or as_json:
        option = "--as-of" if as_of is not None else "--json"
        raise OptionBeforeCommandError(
            f"Write {option} after the command, as in keepers {context.invoked_subcommand} {option}."
        )


app.command("value")(value)
app.command("insight")(insight)
app.command("plan")(plan)
app.command("acquire")(acquire)
app.command("next")(next_products)
app.command("promote")(promote)
app.command("drivers")(drivers)
app.command("stock")(stock)
app.command("wallet")(wallet)
app.add_typer(experiment, name="experiment")
app.command("demo")(demo)
app.command("import")(import_orders)
app.command("imports")(list_imports)
app.command("import-people")(import_people)
app.command("run")(run)
app.command("serve")(serve)
app.command("web")(web)
app.command("worker")(worker)
app.command("export")(export)
app.command("forget")(forget)
app.command("doctor")(doctor)


def main() -> None:
    """Run the command line; an error of ours is one sentence, never a traceback, and with `--json` an object too."""
    # the engine's matrices are tiny: threads of the linear algebra only wait for each other
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except SystemExit as ended:
        if not ended.code:
            leave_at_once()
        raise
    except NothingToDoError as nothing:
        _tell(nothing)
        sys.exit(3)
    except KeepersError as error:
        _tell(error)
        sys.exit(1)


def _tell(error: KeepersError) -> None:
    """The sentence for people, and with `--json` the object for programs."""
    sys.stderr.write(f"{error}\n")
    if "--json" in sys.argv and not error.in_answer:
        sys.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False) + "\n")
