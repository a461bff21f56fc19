"""The command line: one verb a stage, in the order of the loop."""

import sys

import typer

from keepers.cli.demo import demo
from keepers.cli.value import value
from keepers.core.errors import KeepersError, NothingToDoError

app = typer.Typer(
    name="keepers",
    help="Knows what every customer is worth, how sure it is of that, and what to do about it next.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def keepers() -> None:
    """Which customers are worth keeping?"""


app.command("value")(value)
app.command("demo")(demo)


def main() -> None:
    """Run the command line; an error of ours is one sentence, never a traceback."""
    try:
        app()
    except NothingToDoError as nothing:
        sys.stderr.write(f"{nothing}\n")
        sys.exit(3)
    except KeepersError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
