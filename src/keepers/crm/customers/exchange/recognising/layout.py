"""What a table of another system is, and which of its columns is which: as recognised, or as somebody decided."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from typing import Any

PEOPLE = ("organisations", "people", "leads")  # tables whose rows become customers, in the order they come in
KEPT_IN_ORDER = (
    "campaigns", "products", "deals", "orders", "lines", "tickets", "tasks", "activities", "members", "other",
)  # fmt: skip
WITH_CUSTOMERS = ("deals", "orders", "tickets")  # what other rows may be about: they are of the same customers
WITH_PEOPLE = ("deals", "tickets", "tasks", "activities", "orders")
NOUNS = ("users", *PEOPLE, "relations", *KEPT_IN_ORDER)
OF_FILES = "file"  # under which ids are known that no system gave away as its own
ASIDE = ""
NEW_FIELD, OLD_FIELD = (
    "new:",
    "field:",
)  # before the kind of a custom field to be made, and the key of one that is there
REFUSED = "refused:"  # before the channel that somebody refuses whose cell is the row by which they do
_NESTED = frozenset({"columns", "notes", "joins", "splits", "pair"})


@dataclass(frozen=True, slots=True)
class Link:
    """The column that a column's cells point to: a table of the same import and one of its headers.

    beside: the header whose cells stand behind those, where a name is put together of two; else empty
    """

    table: str
    header: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    role: what it was taken for; `new:<kind>` makes a custom field, `field:<key>` fills one, empty leaves it aside
    cells: some of its cells
    why: why it was taken for that, in words
    link: where its cells point
    """

    header: str
    role: str = ASIDE
    cells: tuple[str, ...] = ()
    why: str = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """A column that a table has only by way of another one, which names rows of both or adds to its rows.

    header: what the column is called here
    key: the column here that the other table points to
    through: the other table; here, there: its column that points here, and the one that is wanted or points on
    to, at, wanted: the table that it points on to, the column pointed to, and the one that is wanted; empty: none
    several: whether all that is told of a row counts, or one alone
    place: which one: 0 is the first
    by_rows: whether the rows that tell are counted, of which each may say nothing, and not what they say
    field, only: the column of the other table, and the cell in it, that its rows have which tell this; empty: all do
    refuses: the channel that somebody refuses by a row of the other table, which is told whole; empty: one cell is told
    by_state: whether such rows say themselves whether somebody refuses or agrees
    """

    header: str
    key: str
    through: str
    here: str
    there: str
    to: str = ""
    at: str = ""
    wanted: str = ""
    several: bool = False
    place: int = 0
    field: str = ""
    only: str = ""
    by_rows: bool = False
    refuses: str = ""
    by_state: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A column of those cells of another that point to one kind of thing, where a third says to which kind each does.

    header: what it is called; as the other, where all of its cells are of one kind
    cells: the column whose cells it has
    kinds: the column that says of which kind they are
    kind: the kind, as it stands there
    mark: what stands between the kind and the rest, where one cell says both; else empty
    """

    header: str
    cells: str
    kinds: str
    kind: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an import.

    name: tells it from the others of the import
    file, sheet: where it lies
    noun: what its rows are, one of `NOUNS`
    identity: the role of the column that tells its rows apart; empty where none does
    key: by which known customers are found: that of `identity`, or another role
    joins: the columns that other tables of the import add to it
    splits: the columns that it has by the kinds of what one of its own points to
    before: what its name begins with as those of most others of the import do, which tells nothing of it
    beside: whether another table of the import is called by what stands before the last word of its name
    refuses: the channels that everybody refuses who is in it, with blanks between them
    by_state: whether its rows say themselves who refuses those, and who agrees
    pair: the two columns that say of whom and to whom, where its rows are relations of two by any kind; else nothing
    apart: the name of its ids, where another table of the same noun has the same numbers for others; else empty
    """

    name: str
    file: str
    sheet: str = ""
    format: str = ""
    size: int = 0
    noun: str = "other"
    system: str = ""
    columns: tuple[Column, ...] = ()
    identity: str = ""
    key: str = ""
    notes: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    splits: tuple[Split, ...] = ()
    apart: str = ""
    before: str = ""
    beside: bool = False
    refuses: str = ""
    by_state: bool = False
    pair: tuple[str, ...] = ()

    @property
    def known_as(self) -> str:
        """What tells its ids from those of other tables of the import."""
        return f"{self.noun}:{self.apart}" if self.apart else self.noun

    @property
    def split_columns(self) -> frozenset[str]:
        """The columns that are split by kind, and so point nowhere themselves."""
        return frozenset(split.cells for split in self.splits if split.cells != split.header)

    @property
    def is_people(self) -> bool:
        """Whether its rows become customers."""
        return self.noun in PEOPLE

    @property
    def signature(self) -> str:
        """The same for every file with these headers."""
        return self.signature_with("")

    def signature_with(self, name: str) -> str:
        """The same for every file with these headers and this name."""
        headers = "\n".join(column.header for column in self.columns)
        return sha256(f"{headers}\n\n{name}".encode() if name else headers.encode()).hexdigest()

    def header_of(self, role: str) -> str | None:
        """The header of the column with this role."""
        return next((column.header for column in self.columns if column.role == role), None)

    def column(self, header: str) -> Column | None:
        """The column with this header."""
        return next((column for column in self.columns if column.header == header), None)


def as_json(tables: Iterable[Table]) -> list[dict[str, Any]]:
    """The tables as an import keeps them."""
    return [asdict(table) for table in tables]


def from_json(kept: Iterable[Mapping[str, Any]]) -> list[Table]:
    """The tables that an import keeps."""
    return [_table(table) for table in kept]


def without_cells(tables: Iterable[Table]) -> list[Table]:
    """The tables without what stood in them: what a landed import keeps."""
    return [replace(table, columns=tuple(replace(column, cells=()) for column in table.columns)) for table in tables]


def in_order(tables: Iterable[Table]) -> list[tuple[int, Table]]:
    """The tables with their places, in the order in which they come in: whatever others point to comes first.

    Who refuses to be reached, and is told by an address, may be anybody in the others.
    """

    def order(numbered: tuple[int, Table]) -> tuple[int, bool, int]:
        place, table = numbered
        return NOUNS.index(PEOPLE[-1] if table.refuses else table.noun), bool(table.refuses), place

    return sorted(enumerate(tables), key=order)


def source_of(source: str, known_as: str) -> str:
    """The name under which ids of a table are known: systems number people and organisations each for themselves."""
    return f"{source}:{known_as}"


def _table(kept: Mapping[str, Any]) -> Table:
    known = {each.name for each in fields(Table)}
    columns = tuple(_column(column) for column in kept["columns"])
    rest = {name: value for name, value in kept.items() if name in known and name not in _NESTED}
    joins = tuple(Join(**join) for join in kept.get("joins", ()))
    splits = tuple(Split(**split) for split in kept.get("splits", ()))
    notes, pair = tuple(kept.get("notes", ())), tuple(kept.get("pair", ()))
    return Table(**rest, columns=columns, notes=notes, joins=joins, splits=splits, pair=pair)


def _column(kept: Mapping[str, Any]) -> Column:
    link = kept.get("link")
    return Column(
        header=kept["header"],
        role=kept["role"],
        cells=tuple(kept.get("cells", ())),
        why=kept.get("why", ""),
        link=Link(**link) if link else None,
    )
