"""A progress bar with rows a second, on standard error, only where somebody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from keepers.ingest.report import Progress as ReadProgress


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[ReadProgress], None]]:
    """A function that the reading calls now and then; it draws nothing when quiet or not on a terminal."""
    if quiet:
        yield _unseen
        return
    from rich.console import Console  # what draws is not loaded where nothing is drawn
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows · {task.fields[rate]:,.0f} rows/s"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("reading", total=None, rows=0, rate=0.0)

        def show(progress: ReadProgress) -> None:
            elapsed = bar.tasks[0].elapsed or 1e-9
            bar.update(
                task,
                description=progress.stage,
                completed=progress.bytes_read,
                total=progress.bytes_total or None,
                rows=progress.rows,
                rate=progress.rows / elapsed,
            )

        yield show


def _unseen(_: ReadProgress) -> None:
    """Nobody looks."""
