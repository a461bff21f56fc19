"""Dates in every common writing. Which of day and month stands first is decided by the whole column, never by a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.ingest.report import DateOrder

Orders = Mapping[str, str]

_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>[Zz]|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|[+-]\d{2}|[A-Z]{2,4})?)?"
)
_WEEKDAY = r"(?:\p{L}{2,10}\.?,?\s+)?"
_FAMILIES = {
    "year first": rf"^{_WEEKDAY}(?P<year>\d{{4}})[-/.年 ]\s?(?P<month>\d{{1,2}})[-/.月 ]\s?"
    rf"(?P<day>\d{{1,2}})[日.]?{_TIME}$",
    "digits": r"^(?P<year>(?:19|20)\d{2})(?P<month>[01]\d)(?P<day>[0-3]\d)"
    r"(?:T?(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?P<zone>[Zz])?)?$",
    "numeric": rf"^{_WEEKDAY}(?P<first>\d{{1,2}})(?P<mark>[-/.])\s?(?P<next>\d{{1,2}})[-/.]\s?"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TIME}$",
    "day name year": rf"^{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[-\s/]*(?:de\s+)?"
    rf"(?P<name>\p{{L}}{{3,}})\.?[-\s/,]*(?:de\s+)?(?P<year>\d{{4}}|\d{{2}}){_TIME}$",
    "name day year": rf"^(?:\p{{L}}+\.?,\s+)?(?P<name>\p{{L}}{{3,}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+"
    rf"(?P<year>\d{{4}}){_TIME}$",
}
_YEAR_FIRST = r"^[0-9]{4}-"  # no numeric date, which has a mark after two digits at most
_MAY_BE_NUMERIC = rf"^{_WEEKDAY}\d{{1,2}}[-/.]"
_LOOKED_AT = 2_000  # cells
_PLAIN = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
_PARTS = (
    "year",
    "month",
    "day",
    "first",
    "next",
    "mark",
    "name",
    "hour",
    "minute",
    "second",
    "fraction",
    "half",
    "zone",
)
_SERIAL, _EPOCH, _EPOCH_MS = r"^\d{5}(?:\.\d+)?$", r"^1\d{9}(?:\.0+)?$", r"^1\d{12}(?:\.0+)?$"
_DAYS = (20_000, 73_000)  # 1954 to 2099
_ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120,
    "EET": 120, "EEST": 180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "JST": 540, "AEST": 600, "AEDT": 660,
}  # fmt: skip
_MONTH_NAMES = (
    "january jan januar janner jaenner janvier janv enero ene gennaio gen januari",
    "february feb februar fevrier fevr fev febrero febbraio februari",
    "march mar marz maerz mars marzo marec maart mrz mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maj mei",
    "june jun juni juin junio giugno giu junij",
    "july jul juli juillet juil julio luglio lug julij",
    "august aug aout agosto ago avgust avg augustus",
    "september sep sept septembre septiembre settembre set",
    "october oct oktober okt octobre octubre ottobre ott",
    "november nov novembre noviembre",
    "december dec dezember dez decembre diciembre dic dicembre",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}


class AmbiguousDatesError(KeepersError):
    """The column does not tell whether day or month stands first, or says both."""


@dataclass(slots=True)
class DateEvidence:
    """What a column says of its order: rows that can only be day-first or month-first, by the mark between them."""

    day_first: dict[str, int] = field(default_factory=dict)
    month_first: dict[str, int] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=lambda: {"day": [], "month": []})
    example: str = ""

    @property
    def tells(self) -> bool:
        """Whether any value has day and month before the year."""
        return bool(self.day_first or self.month_first or self.open)

    @property
    def told(self) -> set[DateOrder]:
        """The orders that some rows can only have; none where all read both ways."""
        return {order for order, rows in (("dmy", self.day_first), ("mdy", self.month_first)) if rows}  # type: ignore[misc]

    @property
    def telling(self) -> int:
        """How many rows can only have one order."""
        return sum(self.day_first.values()) + sum(self.month_first.values())

    def add(self, column: pl.Series, line_numbers: pl.Series) -> None:
        """Take in one block of the column."""
        if column.dtype.is_temporal():
            return
        if column.dtype == pl.String and _each_once(column).str.contains(_YEAR_FIRST).all():
            return
        text = _text(column)
        counted = text.filter(text.str.contains(_MAY_BE_NUMERIC)).value_counts(name="rows")
        numeric = _extracted(counted[column.name], "numeric").with_columns(counted["rows"], text=counted[column.name])
        numeric = numeric.drop_nulls("first").with_columns(pl.col("first", "next").cast(pl.Int32))
        day, month = pl.col("first") > 12, pl.col("next") > 12
        for name, store, rule in (
            ("day", self.day_first, day & ~month),
            ("month", self.month_first, month & ~day),
            ("open", self.open, ~day & ~month & (pl.col("first") != pl.col("next"))),
        ):
            found = numeric.filter(rule)
            for mark, rows in found.group_by("mark").agg(pl.col("rows").sum()).iter_rows():
                store[mark] = store.get(mark, 0) + rows
            self._remember(name, found, column, line_numbers)

    def _remember(self, name: str, found: pl.DataFrame, column: pl.Series, line_numbers: pl.Series) -> None:
        if name == "open" and found.height and not self.example:
            self.example = str(column.filter(_text(column).is_in(found["text"].implode())).first())
        elif name in self.lines and len(self.lines[name]) < 3 and found.height:
            at = _text(column).is_in(found["text"].implode()).arg_true()
            self.lines[name] += line_numbers[at].head(3 - len(self.lines[name])).to_list()

    def orders(self, asked: DateOrder, header: str) -> Orders:
        """The order for each mark.

        Raises:
            AmbiguousDatesError: the column says both, or nothing at all.
        """
        if asked != "auto":
            return dict.fromkeys("/-.", asked)
        found = {mark: self._order_of(mark, header) for mark in "/-."}
        known = next((order for order in found.values() if order), None)
        for mark in "/-":
            if found[mark] is None and self.open.get(mark) and known is None:
                raise AmbiguousDatesError(
                    f'Column "{header}" does not tell whether day or month stands first: "{self.example}" and all '
                    f"{self.open[mark]:,} rows like it read both ways. "
                    "Pass --dates dmy (day first) or --dates mdy (month first)."
                )
        return {mark: order or known or "dmy" for mark, order in found.items()}

    def _order_of(self, mark: str, header: str) -> str | None:
        day, month = self.day_first.get(mark, 0), self.month_first.get(mark, 0)
        if day and month:
            few = "month" if month <= day else "day"
            lines = ("lines " if len(self.lines[few]) > 1 else "line ") + ", ".join(map(str, self.lines[few]))
            raise AmbiguousDatesError(
                f'Column "{header}" reads as day-first in {day:,} rows and month-first in {month:,} '
                f"({few}-first, for example, in {lines}). "
                f'Pass --map ordered_at="{header}" --dates {"dmy" if few == "month" else "mdy"}, or fix those lines.'
            )
        if mark == "." and not month:
            return "dmy" if self.open.get(mark) or day else None  # no country writes the month first with dots
        return "dmy" if day else "mdy" if month else None


def reads_as_date(text: pl.Series) -> pl.Series:
    """Which values are written as a date (a bare number only where it spells year, month and day)."""
    found = pl.Series([False]).new_from_index(0, len(text)) if len(text) else pl.Series([], dtype=pl.Boolean)
    for pattern in _FAMILIES.values():
        found = found | text.str.contains(pattern)
    return found


def reads_as_count(text: pl.Series) -> pl.Series:
    """Which values may be a spreadsheet's day number or seconds since 1970: dates only where a header says so."""
    days = text.str.contains(_SERIAL) & text.cast(pl.Float64, strict=False).is_between(*_DAYS)
    return days | text.str.contains(_EPOCH) | text.str.contains(_EPOCH_MS)


def to_moments(column: pl.Series, *, orders: Orders, timezone: str, plain: pl.Series | None = None) -> pl.Series:
    """The moments in UTC; null where the value is no date. Values without a zone are in `timezone`.

    `plain` is what `plainly_written` gives, where somebody has asked it already.
    """
    if column.dtype == pl.Date:
        return _in_utc(column.cast(pl.Datetime("us")), timezone)
    if isinstance(column.dtype, pl.Datetime):
        return _typed_moments(column, column.dtype, timezone)
    moments = _in_utc(plainly_written(column) if plain is None else plain, timezone)
    left = moments.is_null() & column.is_not_null()
    if not left.any():
        return moments
    text = _text(column.filter(left))
    known = text.unique().drop_nulls()
    table = pl.DataFrame({"text": known, "moment": _parsed(known, orders, timezone)})
    found = text.to_frame("text").join(table, on="text", how="left", maintain_order="left")["moment"]
    return moments.scatter(left.arg_true(), found)


def plainly_written(column: pl.Series) -> pl.Series:
    """The local moments of a column in the commonest writings, all with the year first, told by its first value.

    The quick way for most files; null where the writing is another.
    """
    nothing = pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, len(column))
    first = column.drop_nulls().first() if column.dtype == pl.String else None
    if not isinstance(first, str):
        return nothing
    for form in _PLAIN:
        if pl.Series([first]).str.to_datetime(form, strict=False)[0] is not None:
            if (column.str.len_bytes() == len(first)).all() and (moments := _in_full(column)) is not None:
                return moments
            return column.str.to_datetime(form, strict=False, time_unit="us")
    return nothing


def _in_full(column: pl.Series) -> pl.Series | None:
    """The moments of cells that are all written with two digits a part, by Arrow, which takes no others."""
    try:
        moments = pl.from_arrow(column.to_arrow().cast(pa.timestamp("us")))
    except pa.ArrowInvalid:
        return None
    assert isinstance(moments, pl.Series)
    return moments.alias(column.name)


def _each_once(column: pl.Series) -> pl.Series:
    """The writings of a column, each once where they repeat."""
    return column.unique() if _repeat(column) else column


def _repeat(column: pl.Series) -> bool:
    """Whether some thousand cells hold so few writings that it pays to tell them apart first."""
    return len(column) >= _LOOKED_AT and column.head(_LOOKED_AT).n_unique() <= _LOOKED_AT // 2


def _typed_moments(column: pl.Series, kind: pl.Datetime, timezone: str) -> pl.Series:
    if kind.time_zone:
        return column.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    return _in_utc(column.cast(pl.Datetime("us")), timezone)


def _text(column: pl.Series) -> pl.Series:
    text = column if column.dtype == pl.String else column.cast(pl.String, strict=False)
    return text.str.strip_chars(" \t\n\u00a0'\"")


def _in_utc(moments: pl.Series, timezone: str) -> pl.Series:
    """Local moments in UTC; one that the clock skipped in spring is taken an hour later."""
    if timezone == "UTC":
        return moments.dt.replace_time_zone("UTC")
    local = moments.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    later = moments.dt.offset_by("1h").dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return local.fill_null(later).dt.convert_time_zone("UTC")


def _parsed(known: pl.Series, orders: Orders, timezone: str) -> pl.Series:
    moments = pl.Series([None], dtype=pl.Datetime("us", "UTC")).new_from_index(0, len(known))
    for name in _FAMILIES:
        left = moments.is_null()
        if not left.any():
            return moments
        moments = moments.scatter(left.arg_true(), _family(known.filter(left), name, orders, timezone))
    left = moments.is_null()
    return moments.scatter(left.arg_true(), _numbered(known.filter(left), timezone)) if left.any() else moments


def _extracted(text: pl.Series, family: str) -> pl.DataFrame:
    groups = text.to_frame("text").select(pl.col("text").str.extract_groups(_FAMILIES[family])).unnest("text")
    absent = [pl.lit(None, pl.String).alias(part) for part in _PARTS if part not in groups.columns]
    return groups.with_columns(absent)


def _family(text: pl.Series, family: str, orders: Orders, timezone: str) -> pl.Series:
    parts = _extracted(text, family)
    if family == "numeric":
        parts = _placed(parts, orders)
    elif "name" in family:
        parts = parts.with_columns(month=_plain(pl.col("name")).replace_strict(_MONTHS, default=None).cast(pl.String))
    return _assembled(parts, timezone)


def _placed(parts: pl.DataFrame, orders: Orders) -> pl.DataFrame:
    order = pl.col("mark").replace_strict(orders, default="dmy")
    return parts.with_columns(
        day=pl.when(order == "dmy").then("first").when(order == "mdy").then("next").otherwise("year"),
        month=pl.when(order == "mdy").then("first").otherwise("next"),
        year=pl.when(order == "ymd").then("first").otherwise("year"),
    )


def _plain(names: pl.Expr) -> pl.Expr:
    return names.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def _assembled(parts: pl.DataFrame, timezone: str) -> pl.Series:
    number = {name: pl.col(name).cast(pl.Int32, strict=False) for name in ("year", "hour")}
    century = pl.when(pl.col("year").str.len_chars() > 2).then(0).when(number["year"] <= 68).then(2000).otherwise(1900)
    half = pl.col("half").str.to_lowercase().str.slice(0, 1)
    hour = (
        pl.when(half == "p").then(number["hour"] % 12 + 12).when(half == "a").then(number["hour"] % 12)
        .otherwise(number["hour"]).fill_null(0)
    )  # fmt: skip
    spelled = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        (number["year"] + century).cast(pl.String).str.zfill(4), _two("month"), _two("day"),
        hour.cast(pl.String).str.zfill(2), _two("minute"), _two("second"),
        pl.col("fraction").fill_null("0").str.slice(0, 6),
    )  # fmt: skip
    fields = parts.select(
        moment=spelled.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us"), zone="zone"
    )
    local = _in_utc(fields["moment"], timezone)
    shifted = fields.select(pl.col("moment").dt.replace_time_zone("UTC") - pl.duration(minutes=_offset(pl.col("zone"))))
    unknown = fields["zone"].is_not_null()
    return pl.select(pl.when(unknown).then(shifted["moment"]).otherwise(local)).to_series()


def _two(part: str) -> pl.Expr:
    return pl.col(part).fill_null("0").str.zfill(2)


def _offset(zone: pl.Expr) -> pl.Expr:
    """Minutes ahead of UTC; null where the zone is not known."""
    digits = zone.str.replace("UTC|GMT", "").str.replace(":", "", literal=True)
    sign = pl.when(digits.str.starts_with("-")).then(-1).otherwise(1)
    hours, minutes = (
        digits.str.slice(1, 2).cast(pl.Int64, strict=False),
        digits.str.slice(3, 2).cast(pl.Int64, strict=False),
    )
    named = zone.str.to_uppercase().replace_strict(_ZONES, default=None, return_dtype=pl.Int64)
    return named.fill_null(sign * (hours * 60 + minutes.fill_null(0)))


def _numbered(text: pl.Series, timezone: str) -> pl.Series:
    """Days as spreadsheets count them (44197 = 2021-01-01) and seconds or milliseconds since 1970."""
    frame = text.to_frame("text").with_columns(number=pl.col("text").cast(pl.Float64, strict=False))
    seconds = (
        pl.when(pl.col("text").str.contains(_EPOCH)).then(pl.col("number"))
        .when(pl.col("text").str.contains(_EPOCH_MS)).then(pl.col("number") / 1000)
    )  # fmt: skip
    serial = pl.when(pl.col("text").str.contains(_SERIAL) & pl.col("number").is_between(*_DAYS)).then(pl.col("number"))
    counted = frame.select(
        epoch=(seconds * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC")),
        serial=((serial - 25_569) * 86_400).round(0).cast(pl.Int64) * 1_000_000,
    )
    local = _in_utc(counted["serial"].cast(pl.Datetime("us")), timezone)
    return counted["epoch"].fill_null(local)
