"""Workbooks of several sheets: the one that holds the orders is read, whichever is the tallest."""

from pathlib import Path

import pytest

from keepers.core.errors import KeepersError
from tests.integration.conftest import Read
from tests.integration.workbooks import PEOPLE, STOCK, book, orders


def test_the_sheet_with_the_orders_is_read_and_the_others_are_named(read: Read, tmp_path: Path) -> None:
    titled = [["Ventas de 2024"], [], *orders(2024, 20)]
    path = book(tmp_path / "negocio.xlsx", Almacén=STOCK, Clientes=PEOPLE, Ventas=titled)
    lines, got = read.paths(path)  # type: ignore[attr-defined]
    assert lines.height == 20
    told = 'negocio.xlsx: the sheet "Ventas" was read; it also holds "Almacén", "Clientes".'
    assert any(note.startswith(told) for note in got.report.notes)


def test_sheets_with_the_same_header_are_one_and_some_of_them_can_be_asked_for(read: Read, tmp_path: Path) -> None:
    years = {f"Año {year}": orders(year, 12) for year in (2022, 2023, 2024)}
    path = book(tmp_path / "ventas.xlsx", Almacén=STOCK, **years)
    lines, got = read.paths(path)  # type: ignore[attr-defined]
    assert lines.height == 36
    assert any(
        'the sheets "Año 2022", "Año 2023", "Año 2024" have the same columns' in note for note in got.report.notes
    )
    lines, _ = read.paths(path, sheets={"": ("año 2023", "Año 2024")})  # type: ignore[attr-defined]
    assert (lines.height, lines["ordered_on"].min().year) == (24, 2023)
    with pytest.raises(KeepersError, match=r'no sheet "2025" that holds a table. There are: "Almacén", "Año 2022"'):
        read.paths(path, sheets={"ventas.xlsx": ("2025",)})  # type: ignore[attr-defined]
    with pytest.raises(KeepersError, match="cannot be read as one, since their headers differ"):
        read.paths(path, sheets={"": ("Almacén", "Año 2023")})  # type: ignore[attr-defined]


def test_a_refusal_names_each_sheet_and_what_it_lacks(read: Read, tmp_path: Path) -> None:
    path = book(tmp_path / "nada.xlsx", Almacén=STOCK, Clientes=PEOPLE)
    with pytest.raises(KeepersError) as refused:
        read.paths(path)  # type: ignore[attr-defined]
    told = str(refused.value)
    assert 'nada.xlsx, "Clientes", shows no column for the date of an order.' in told
    assert 'Its other sheets: "Almacén" shows no column for the date of an order and the customer.' in told
    assert "--sheet NAME" in told
