"""Workbooks as shops keep them: stock, customers and orders, each on a sheet of its own."""

from datetime import datetime, timedelta
from pathlib import Path

import openpyxl

HEADER: list[object] = ["Cliente", "Fecha", "Importe", "Nº pedido"]
STOCK: list[list[object]] = [
    ["Código", "Pieza", "Existencias"],
    *([f"A{n}", f"Pieza {n}", n] for n in range(300)),
]
PEOPLE: list[list[object]] = [["Cliente", "Nombre", "Ciudad"], *([f"C{n}", f"Ana {n}", "Vigo"] for n in range(9))]


def orders(year: int, rows: int) -> list[list[object]]:
    first = datetime(year, 1, 3)  # noqa: DTZ001  # a cell knows no zone
    return [HEADER, *([f"C{n % 7}", first + timedelta(days=5 * n), 10 + n, f"{year}-{n}"] for n in range(rows))]


def book(path: Path, **sheets: list[list[object]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path
