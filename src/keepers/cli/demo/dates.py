"""The demo's history, moved by whole weeks so that it ends now: who is slipping and whom to call is of today."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

WEEK = timedelta(weeks=1)


def moved(files: Sequence[Path], *, today: date, into: Path) -> list[Path]:
    """Copies of the demo's files, under their names, whose last order lies within the last week."""
    return [_MOVED[file.name](file, into / file.name, today) if file.name in _MOVED else file for file in files]


def _by(last: date, today: date) -> timedelta:
    return (today - last) // WEEK * WEEK


def _grocer(file: Path, copy: Path, today: date) -> Path:
    import polars as pl

    lines, when = pl.read_parquet(file), pl.col("transaction_timestamp")
    last = lines.select(when.max()).item().date()
    lines.with_columns(when + _by(last, today)).write_parquet(copy)
    return copy


def _record_shop(file: Path, copy: Path, today: date) -> Path:
    """A line of names, then lines of numbers between blanks; the second is the day, as 19970101."""
    names, *rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    days = {row[1]: date.fromisoformat(row[1]) for row in rows}
    by = _by(max(days.values()), today)
    moved_rows = [[row[0], f"{days[row[1]] + by:%Y%m%d}", *row[2:]] for row in rows]
    copy.write_text("".join(f"{' '.join(row)}\n" for row in (names, *moved_rows)), encoding="utf-8")
    return copy


_MOVED: Mapping[str, Callable[[Path, Path, date], Path]] = {
    "transactions.parquet": _grocer,
    "CDNOW_master.txt": _record_shop,
}
