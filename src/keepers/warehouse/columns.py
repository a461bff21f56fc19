"""What a table of the warehouse is: columns with type, unit and meaning, who writes it, who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from keepers.core.errors import KeepersError

MONEY = pa.decimal128(18, 4)
STAMP = pa.timestamp("us", tz="UTC")
FACTS_FROM = frozenset({"ingest", "CRM", "forgetting"})


class ContractError(KeepersError):
    """Rows do not fit the contract of the table they were written to."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, Arrow type, unit ("" for none) and meaning in the reader's words."""

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is, its columns, which stage writes it and which read it."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    written_by: str
    read_by: tuple[str, ...]

    @property
    def is_derived(self) -> bool:
        """Whether it can be computed again from the facts, which ingest and the desks write."""
        return self.written_by not in FACTS_FROM

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema in the order of the columns."""
        return pa.schema([pa.field(column.name, column.type, nullable=not column.required) for column in self.columns])

    def conform(self, rows: pa.Table) -> pa.Table:
        """The same rows in the contract's column order and types; columns that are missing become null.

        A dictionary whose values have the contract's type stays one.

        Raises:
            ContractError: a column is unknown or required and missing, or a value does not fit its type.
        """
        known = {column.name for column in self.columns}
        if unknown := sorted(set(rows.column_names) - known):
            raise ContractError(f"Table {self.name} has no column {', '.join(unknown)}. See warehouse/tables.")
        missing = {column.type for column in self.columns if column.name not in rows.column_names}
        nothing = {kind: pa.chunked_array([pa.nulls(rows.num_rows, kind)]) for kind in missing}  # once for each type
        arrays = [self._column_of(rows, column, nothing) for column in self.columns]
        fields = [field.with_type(array.type) for field, array in zip(self.schema, arrays, strict=True)]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def _column_of(
        self, rows: pa.Table, column: Column, nothing: Mapping[pa.DataType, pa.ChunkedArray]
    ) -> pa.ChunkedArray:
        if column.name not in rows.column_names:
            if column.required:
                raise ContractError(f"Table {self.name} needs the column {column.name}; the rows do not have it.")
            return nothing[column.type]
        values = rows[column.name]
        if column.required and values.null_count:
            raise ContractError(
                f"Table {self.name} needs {column.name} in every row; {values.null_count} rows lack it."
            )
        if pa.types.is_dictionary(values.type) and values.type.value_type == column.type:
            return values
        try:
            return values.cast(column.type)
        except pa.ArrowInvalid as error:
            raise ContractError(f"Column {column.name} of {self.name} does not fit {column.type}: {error}") from error


def figure(name: str, meaning: str, unit: str) -> Column:
    """A column of numbers that may be undefined."""
    return Column(name, pa.float64(), meaning, unit)
