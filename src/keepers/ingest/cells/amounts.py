"""Numbers and money as people write them: 1.234,50 €, (12.00), 5.00-, 1'200.50. The decimal mark is the column's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from keepers.ingest.recognising.vocabulary import NO_VALUE

_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "￥": "CNY", "元": "CNY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY",
          "zł": "PLN", "Kč": "CZK", "Fr.": "CHF", "US$": "USD", "A$": "AUD", "C$": "CAD", "R$": "BRL",
          "$": "USD"}  # fmt: skip
_CODES = (
    "EUR USD GBP CHF JPY CNY RMB SEK NOK DKK PLN CZK HUF RON BGN HRK TRY RUB AUD CAD NZD INR BRL MXN ZAR KRW SGD HKD "
    "THB ILS AED SAR SIT DEM ATS FRF ITL ESP"
)
_MONEY_WORD = "|".join(
    [re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)]
    + [rf"\b{code}\b|^{code}|{code}$" for code in _CODES.split()]
)
_SIMPLIFIED_CHINESE = re.compile("[订单户编额员类时购买销价币]")  # characters that Japanese writes otherwise
_NUMBER = r"^[-+−]?(?:\d[\d.,\s'’_\u00a0\u202f]*|[.,]\d+)(?:[eE][-+]?\d+)?-?$"
_DECIMAL = {
    mark: rf"(?:{other}.*{own}\d*|^\D*\d{{4,}}{own}\d{{3}}|^\D*0*{own}\d{{3}}|{own}(?:\d{{1,2}}|\d{{4,}}))\D*$"
    for mark, own, other in ((",", ",", r"\."), (".", r"\.", ","))
}


_GROUPED = r"^\D*[1-9]\d{0,2}(?:\.\d{3})+\D*$"
_FROM_POINT = 4  # bytes of a point and three digits
_SHORT, _LONG = r"^\D*\d{1,3}\D*$", r"^\D*\d{4,}\D*$"


@dataclass(slots=True)
class NumberEvidence:
    """How many rows of a column can only be read with a decimal comma, and how many only with a decimal point.

    Where no row tells, points that all part three digits (`grouped`) mark thousands beside whole numbers that are all
    `short`: were they decimals, some would end after one or two digits, and numbers over 999 would show no point.
    """

    comma: int = 0
    point: int = 0
    grouped: int = 0
    short: int = 0
    long: int = 0

    def add(self, column: pl.Series, numbers: pl.Series | None = None, *, counted: bool = True) -> None:
        """Take in one block of the column; `numbers` where it was read as numbers already.

        Unless the rows are to be counted, numbers as programs write them are passed over once a point parted decimals:
        they no longer change what the column says.
        """
        if column.dtype != pl.String:
            return
        numbers = column.cast(pl.Float64, strict=False) if numbers is None else numbers
        all_plain = numbers.null_count() == column.null_count()
        if all_plain and ((self.point and not counted) or self._add_plain(column)):
            return
        odd = column.filter(numbers.is_null()).str.strip_chars()
        pointed = ~column.str.contains(",", literal=True) & column.str.contains(r"\.\d")  # "n.v." has no decimals
        plain = column if not len(odd) else column.filter(pointed)
        # 1.234 reads both ways; every other number with one point has a decimal point
        self.point += int((plain.str.contains(".", literal=True) & (plain.str.slice(-4, 1) != ".")).sum())
        self.point += int((odd.str.contains(",", literal=True) & odd.str.contains(_DECIMAL["."])).sum())
        self.comma += int(odd.str.contains(_DECIMAL[","]).sum())
        self.comma += int(odd.str.contains(r"^[^,]*\.\d{3}\.\d{3}[^,]*$").sum())
        self.point += int(column.str.contains(r"^\D*0\.\d{3}\D*$").sum())
        self.grouped += int(column.str.contains(_GROUPED).sum())
        self.short += int(column.str.contains(_SHORT).sum())
        self.long += int(column.str.contains(_LONG).sum())

    def _add_plain(self, column: pl.Series) -> bool:
        """Take in numbers as programs write them, where no point parts three digits and so none reads both ways."""
        point = column.str.find(".", literal=True)
        if (column.str.len_bytes() - point == _FROM_POINT).any():
            return False
        points = len(point) - point.null_count()
        if points:  # once there is one, whole numbers tell nothing
            self.point += points
            return True
        whole = column.drop_nulls()
        if whole.cast(pl.Int64, strict=False).null_count():
            return False
        short = int((whole.str.strip_chars_start("+-").str.len_bytes() <= 3).sum())
        self.short += short
        self.long += len(whole) - short
        return True

    @property
    def tells(self) -> bool:
        """Whether any value speaks against points that part decimals."""
        return bool(self.comma or self.grouped)

    @property
    def decimal_mark(self) -> str:
        return "," if self.comma > self.point or self.points_part_thousands else "."

    @property
    def points_part_thousands(self) -> bool:
        """Whether only the column as a whole tells that its points mark thousands."""
        told = self.comma or self.point or self.long
        return bool(self.grouped > 1 and self.short and not told)

    @property
    def mixed(self) -> bool:
        return bool(self.comma and self.point)


def reads_as_number(text: pl.Series) -> pl.Series:
    """Which values are written as a number or as money."""
    return _bare(text).str.contains(_NUMBER)


def plain_numbers(column: pl.Series, numbers: pl.Series | None = None) -> pl.Series | None:
    """The numbers of texts that are all written as programs write them, with a point; `None` where one is not.

    `numbers` where the column was read so already.
    """
    if column.dtype != pl.String:
        return None
    numbers = column.cast(pl.Float64, strict=False) if numbers is None else numbers
    plain = numbers.null_count() == column.null_count() and numbers.is_finite().all()
    return numbers if plain else None


def to_numbers(column: pl.Series, *, decimal_mark: str = ".") -> pl.Series:
    """The numbers as float64; null where the value is none (infinities and NaN are none)."""
    if column.dtype.is_numeric():
        numbers = column.cast(pl.Float64)
        return numbers.set(~numbers.is_finite(), None)
    text = column.cast(pl.String, strict=False)
    numbers = (
        text.str.strip_chars().cast(pl.Float64, strict=False)
        if decimal_mark == "."
        else pl.Series([None], dtype=pl.Float64).new_from_index(0, len(text))
    )
    numbers = numbers.set(~numbers.is_finite(), None) if len(numbers) else numbers
    left = numbers.is_null() & text.is_not_null() & (text != "")
    if not left.any():
        return numbers
    known = text.filter(left).unique()
    table = pl.DataFrame({"text": known, "number": _spelled(known, decimal_mark)})
    found = text.filter(left).to_frame("text").join(table, on="text", how="left", maintain_order="left")["number"]
    return numbers.scatter(left.arg_true(), found)


def is_missing(column: pl.Series) -> pl.Series:
    """Which cells hold no value: null, blank, "n/a" and the like."""
    if column.dtype != pl.String:
        return column.is_null() | (column.is_nan() if column.dtype.is_float() else False)
    return column.is_null() | column.str.strip_chars().str.to_lowercase().is_in(NO_VALUE)


def currency_of_yen_sign(headers: Iterable[str], encoding: str | None) -> str:
    """What ¥ means in a file: yuan where it is encoded or headed in simplified Chinese, else yen."""
    chinese = encoding == "gb18030" or any(_SIMPLIFIED_CHINESE.search(header) for header in headers)
    return "CNY" if chinese else "JPY"


def currencies_in(column: pl.Series, *, yen_sign: str = "JPY") -> pl.Series:
    """The currency that stands beside each amount (ISO 4217); null where none does."""
    told = pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
    if column.dtype != pl.String:
        return told
    words = column.cast(pl.Float64, strict=False).is_null() & column.is_not_null()
    if not words.any():
        return told
    found = column.filter(words).str.extract(f"({_MONEY_WORD})", 1).replace({**_SIGNS, "¥": yen_sign, "RMB": "CNY"})
    return told.scatter(words.arg_true(), found)


def currency_named(header: str) -> str | None:
    """The currency that a header names, such as "Amount (GBP)" or "Betrag in €"; `None` where it names none."""
    found = re.search(rf"(?:^|[^A-Za-z])({_CODES.replace(' ', '|')})(?:$|[^A-Za-z])|([€£])", header)
    word = (found[1] or found[2]) if found else ""
    return {**_SIGNS, "RMB": "CNY"}.get(word, word) or None


def _bare(text: pl.Series) -> pl.Series:
    """Without currency, spaces at the ends, and with a minus sign in front for every way to write one."""
    bare = text.str.replace_all(_MONEY_WORD, "").str.strip_chars(" \t\u00a0\u202f%").str.replace("−", "-")
    bare = bare.str.replace(r"^([-+])\s+", "$1")
    negative = bare.str.contains(r"^\(.*\)$|-$")
    bare = bare.str.replace_all(r"^\(|\)$|-$", "").str.strip_chars(" \t\u00a0\u202f")
    return pl.select(pl.when(negative).then(pl.format("-{}", bare)).otherwise(bare)).to_series()


def _spelled(text: pl.Series, decimal_mark: str) -> pl.Series:
    """One number a text: both marks, the last is decimal; one mark twice, thousands; else the column's rule."""
    bare = _bare(text)
    frame = bare.set(~bare.str.contains(_NUMBER), None).to_frame("text")
    plain = frame.select(pl.col("text").str.replace_all(r"[\s'’_\u00a0\u202f]|^\+", "").str.replace(r"^-\+|^--", "-"))
    comma, point = (pl.col("text").str.contains(_DECIMAL[mark]) for mark in ",.")
    by_column = pl.col("text").str.contains(r"^\D*\d{1,3}" + (r"\." if decimal_mark == "." else ",") + r"\d{3}\D*$")
    mark = pl.when(comma).then(pl.lit(",")).when(point).then(pl.lit(".")).when(by_column).then(pl.lit(decimal_mark))
    spelled = (
        pl.when(mark == ",").then(pl.col("text").str.replace_all(r"\.", "").str.replace(",", "."))
        .when(mark == ".").then(pl.col("text").str.replace_all(",", "", literal=True))
        .otherwise(pl.col("text").str.replace_all(r"[.,]", ""))
    )  # fmt: skip
    numbers = plain.select(spelled.cast(pl.Float64, strict=False)).to_series()
    return numbers.set(~numbers.is_finite(), None)
