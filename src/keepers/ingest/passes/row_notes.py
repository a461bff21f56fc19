"""What the account of an import says of its rows in sentences."""

from collections.abc import Iterator
from datetime import date

from keepers.core.told import Told
from keepers.ingest.passes.reading import Staged

_WORDS_SHOWN = 5
_SAID_RETURN = (
    '%(rows)s row says "%(word)s" in column "%(header)s": taken as a return.',
    '%(rows)s rows say "%(word)s" in column "%(header)s": taken as returns.',
)
_UNKNOWN_STATUS = (
    'Column "%(header)s" holds a word that is not known as a status: %(words)s. Taken as sold.',
    'Column "%(header)s" holds words that are not known as a status: %(words)s. Taken as sold.',
)
_GO_BY_IT = "To go by it, choose it for the customer."
_CHOOSE_IT = 'On the command line: --map customer_id="%(header)s".'
_ONLY_NAMED = (
    f'Of the rows as read %(rows)s names no customer but has a "%(header)s". {_GO_BY_IT}',
    f'Of the rows as read %(rows)s name no customer but have a "%(header)s". {_GO_BY_IT}',
)
_TELL_APART = "If a column numbers the orders, choose it."
_CHOOSE_ORDERS = "On the command line: --map order_id=HEADER, or --duplicates drop."
_MAY_REPEAT = (
    f"%(rows)s row is like another and counts: no order number tells whether it is a repeat. {_TELL_APART}",
    f"%(rows)s rows are like others and count: no order number tells whether they are repeats. {_TELL_APART}",
)
_BLANK = ("%(lines)s blank line was passed over.", "%(lines)s blank lines were passed over.")
_AHEAD = (
    "%(rows)s row is of a day to come, up to %(last)s. It counts once its day has come, unless the day is mistyped.",
    "%(rows)s rows are of days to come, up to %(last)s. Each counts once its day has come, unless the day is mistyped.",
)
_SHORTENED = (
    "WARNING: %(ids)s ids stand in E-notation (1.2345E+04), as spreadsheets write long numbers. Those with all their "
    "digits were undone; the others were rejected or, for orders, replaced by customer and day. Export the "
    "column as text."
)


def row_notes(staged: Staged, *, may_repeat: bool) -> Iterator[str]:
    """The sentences; `may_repeat` is whether rows that are exactly alike were kept for want of order numbers."""
    for (header, word), rows in staged.said_returns.most_common():
        yield Told.of(*_SAID_RETURN, rows, rows=f"{rows:,}", word=word, header=header)
    yield from _unknown_statuses(staged)
    for header, rows in staged.only_named.items():
        yield Told.of(*_ONLY_NAMED, rows, rows=f"{rows:,}", header=header).on_terminals(_CHOOSE_IT)
    if staged.repeats and may_repeat:
        yield Told.of(*_MAY_REPEAT, staged.repeats, rows=f"{staged.repeats:,}").on_terminals(_CHOOSE_ORDERS)
    if staged.blank_lines:
        yield Told.of(*_BLANK, staged.blank_lines, lines=f"{staged.blank_lines:,}")
    if staged.shortened_ids:
        yield Told.of(_SHORTENED, ids=f"{staged.shortened_ids:,}")


def rows_ahead(rows: int, last: date | None) -> Iterator[str]:
    """The sentence on rows whose moment is still to come, up to the last day of all."""
    if rows and last is not None:
        yield Told.of(*_AHEAD, rows, rows=f"{rows:,}", last=last.isoformat())


def _unknown_statuses(staged: Staged) -> Iterator[str]:
    for header in dict.fromkeys(header for header, _ in staged.unknown_statuses):
        words = [(word, rows) for (of, word), rows in staged.unknown_statuses.most_common() if of == header]
        told = ", ".join(f'"{word}" ({rows:,})' for word, rows in words[:_WORDS_SHOWN])
        more = f" + {len(words) - _WORDS_SHOWN:,}" if len(words) > _WORDS_SHOWN else ""
        yield Told.of(*_UNKNOWN_STATUS, len(words), header=header, words=told + more)
