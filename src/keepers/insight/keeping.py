"""An answer as a run keeps it: plain JSON out, and the same answer back, dates, decimals, nulls and all."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.core.told import Record, as_record, from_record
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Band, Bars, BarsAgainst, Curve, Flow, Grid, Picture, Scatter, Waterfall

Json = dict[str, Any]
WHO = "customer_id"  # the column that says which customer is meant
NAMELESS = "(forgotten)"

_PICTURES = {kind.__name__: kind for kind in (Bars, BarsAgainst, Curve, Band, Grid, Waterfall, Scatter, Flow)}
_TYPES = {
    str(kind): kind for kind in (pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.bool_(), pa.date32(), pa.null())
}
_WRITE: Mapping[type, Callable[[Any], Any]] = {
    date: date.isoformat,
    datetime: datetime.isoformat,
    Decimal: str,
    float: lambda figure: figure if isfinite(figure) else str(figure),  # JSON has no word for what is not a number
}
_READ: Mapping[str, Callable[[str], Any]] = {"date32[day]": date.fromisoformat, "double": float}


class UnreadableAnswerError(KeepersError):
    """What was kept is no answer that this version knows."""


def kept(answer: Answer) -> Json:
    """The whole answer in values that JSON has; `restored` gives it back."""
    return {
        "finding": as_record(answer.finding),
        "definition": as_record(answer.definition),
        "currency": answer.currency,
        "notes": list(map(as_record, answer.notes)),
        "left_out": as_record(answer.left_out),
        "rows": _table(answer.rows),
        "shown": None if answer.shown is None else _table(answer.shown),
        "drawn": None if answer.drawn is None else _table(answer.drawn),
        "picture": {"kind": type(answer.picture).__name__} | asdict(answer.picture),
    }


def restored(found: Mapping[str, Any]) -> Answer:
    """The answer that was kept.

    Raises:
        UnreadableAnswerError: another version kept it in a form that this one does not know.
    """
    try:
        return Answer(
            finding=from_record(found["finding"]),
            definition=from_record(found["definition"]),
            rows=_rows(found["rows"]),
            picture=_picture(found["picture"]),
            currency=found["currency"],
            shown=None if found["shown"] is None else _rows(found["shown"]),
            drawn=None if found["drawn"] is None else _rows(found["drawn"]),
            notes=tuple(map(from_record, found["notes"])),
            left_out=from_record(found["left_out"]),
        )
    except (KeyError, TypeError) as error:
        raise UnreadableAnswerError(
            f"A kept insight cannot be read ({error}): another version of Keepers kept it. Run: keepers run --again",
        ) from error


def naming(found: Mapping[str, Any], customers: Collection[str]) -> bool:
    """Whether a kept answer names one of these customers."""
    wanted = set(customers)
    return any(not wanted.isdisjoint(cells) for cells in _named_in(found))


def unnamed(found: Mapping[str, Any], customers: Collection[str]) -> Json:
    """The same answer in which these customers have no name."""
    answer: Json = json.loads(json.dumps(found))
    for cells in _named_in(answer):
        cells[:] = [NAMELESS if cell in customers else cell for cell in cells]
    answer["finding"] = _without_names(answer["finding"], customers)
    answer["notes"] = [_without_names(note, customers) for note in answer["notes"]]
    return answer


def _without_names(record: Record, customers: Collection[str]) -> Record:
    """A sentence as it was kept; without its words where it names one of these customers."""
    text = told = str(from_record(record))
    for customer in customers:
        text = re.sub(rf"\bcustomer {re.escape(customer)}(?!\w)", lambda _: "a customer who was forgotten", text)
    return record if text == told else text


def _named_in(found: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The cells of each table that say which customer is meant."""
    for table in (found["rows"], found["shown"], found["drawn"]):
        for (name, _kind), cells in zip(table["columns"], table["values"], strict=True) if table else ():
            if name == WHO:
                yield cells


def _table(rows: pa.Table) -> Json:
    return {
        "columns": [[field.name, str(field.type)] for field in rows.schema],
        "values": [[_written(value) for value in column.to_pylist()] for column in rows.columns],
    }


def _written(value: Any) -> Any:
    write = _WRITE.get(type(value))
    return value if write is None else write(value)


def _rows(found: Mapping[str, Any]) -> pa.Table:
    names = [name for name, _ in found["columns"]]
    arrays = [_array(values, kind) for values, (_, kind) in zip(found["values"], found["columns"], strict=True)]
    return pa.Table.from_arrays(arrays, names=names)


def _array(values: list[Any], kind: str) -> pa.Array:
    if kind.startswith("decimal128"):
        precision, scale = kind.removeprefix("decimal128(").removesuffix(")").split(",")
        numbers = [None if value is None else Decimal(value) for value in values]
        return pa.array(numbers, pa.decimal128(int(precision), int(scale)))
    read = _READ.get(kind)
    if read is not None:
        values = [read(value) if isinstance(value, str) else value for value in values]
    return pa.array(values, _TYPES[kind])


def _picture(found: Mapping[str, Any]) -> Picture:
    given = {name: _tuples(value) for name, value in found.items() if name != "kind"}
    picture: Picture = _PICTURES[found["kind"]](**given)
    return picture


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list | tuple) else value
