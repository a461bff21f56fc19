"""A step's text in Spark's SQL: sqlglot translates, and the few differences it does not know are mended here.

* a `$name` becomes a literal of its value's type; nothing of a value is ever read as SQL
* DuckDB divides and averages in DOUBLE, Spark would divide decimals in DECIMAL
* DuckDB's arg_max passes over rows whose argument is null, Spark's max_by does not
* DuckDB's date_trunc knows every unit, Spark's trunc of a date no day
* DuckDB's isodow begins with Monday as 1; sqlglot's translation does not
* a date part as a parameter is a word in Spark, not a text
* DuckDB unnests two lists side by side, Spark has one generator a SELECT
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlglot
from sqlglot import exp


def in_spark_sql(text: str, parameters: Mapping[str, object]) -> str:
    """A SELECT of DuckDB's dialect in Spark's, with the values of its parameters."""
    tree: Any = sqlglot.parse_one(text, read="duckdb")
    for kind, mend in _MENDED:
        for node in reversed(list(tree.find_all(*kind))):  # the innermost first
            node.replace(mend(node, parameters))
    sql: str = tree.sql("spark", comments=False)
    return sql


def _date_part(node: Any, parameters: Mapping[str, object]) -> Any:
    unit = node.args.get("unit")
    if isinstance(unit, _PARAMETER):
        node.set("unit", exp.var(str(parameters[unit.name]).upper()))
    return node


def _value(node: Any, parameters: Mapping[str, object]) -> Any:
    return _literal(parameters[node.name])


def _literal(value: object) -> Any:
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int):
        return exp.cast(exp.Literal.number(value), "BIGINT")
    if isinstance(value, float):
        return exp.cast(exp.Literal.string(repr(value)), "DOUBLE")
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat()), "TIMESTAMPTZ")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, (list, tuple)):
        return exp.Array(expressions=[_literal(one) for one in value])
    raise TypeError(f"a step takes no parameter of type {type(value).__name__}")


def _division(node: Any, _: Mapping[str, object]) -> Any:
    return exp.Div(this=_as_double(node.this), expression=_as_double(node.expression), typed=True, safe=False)


def _average(node: Any, _: Mapping[str, object]) -> Any:
    return exp.Avg(this=_as_double(node.this))


def _as_double(number: Any) -> Any:
    return exp.cast(number.copy(), "DOUBLE")


def _date_trunc(node: Any, _: Mapping[str, object]) -> Any:
    return exp.TimestampTrunc(this=node.this, unit=node.args["unit"])


def _day_of_week(node: Any, _: Mapping[str, object]) -> Any:
    return exp.paren(exp.Anonymous(this="WEEKDAY", expressions=[node.this]) + 1)


def _arg_max(node: Any, _: Mapping[str, object]) -> Any:
    held = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
    order = exp.Case(ifs=[exp.If(this=held, true=node.expression.copy())])
    return exp.Anonymous(this="MAX_BY", expressions=[node.this, order])


def _side_by_side(select: Any, _: Mapping[str, object]) -> Any:
    """Lists unnested beside each other, as the rows of one list of pairs."""
    if sum(_is_unnest(part) for part in select.expressions) < 2:
        return select
    lists = [part.this.expressions[0] if part.this.expressions else part.this.this for part in select.expressions]
    zipped = exp.Anonymous(this="ARRAYS_ZIP", expressions=lists)
    rows = exp.Aliases(
        this=exp.Anonymous(this="INLINE", expressions=[zipped]),
        expressions=[exp.to_identifier(part.alias) for part in select.expressions],
    )
    select.set("expressions", [rows])
    return select


def _is_unnest(part: Any) -> bool:
    return isinstance(part, exp.Alias) and isinstance(part.this, (exp.Unnest, exp.Explode))


_PARAMETER = (exp.Parameter, exp.Placeholder)
_MENDED = (
    ((exp.DateDiff,), _date_part),
    (_PARAMETER, _value),
    ((exp.Div,), _division),
    ((exp.Avg,), _average),
    ((exp.ArgMax,), _arg_max),
    ((exp.DayOfWeekIso,), _day_of_week),
    ((exp.DateTrunc,), _date_trunc),
    ((exp.Select,), _side_by_side),
)
