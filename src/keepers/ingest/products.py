"""The products that an import names: from its lines, and from a product table that lies beside them."""

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from keepers.ingest.cells.identifiers import to_ids
from keepers.ingest.opening import open_source
from keepers.ingest.passes.reading import Staged
from keepers.ingest.recognising.layouts import Layouts
from keepers.ingest.recognising.recognition import recognise
from keepers.ingest.report import ImportOptions
from keepers.ingest.sources import Source, sample_of
from keepers.warehouse.tables import PRODUCTS

_TEXTS = ("product_name", "category", "brand")


def products_of(layouts: Layouts, staged: Staged, options: ImportOptions) -> pa.Table:
    """One row a product that was sold, in the PRODUCTS contract."""
    sold = staged.products
    if not sold.height:
        return PRODUCTS.schema.empty_table()
    for table, mapping in _tables(layouts):
        known = _table_of_products(table, mapping).rename({name: f"known {name}" for name in _TEXTS})
        sold = sold.join(known, on="product_id", how="left").with_columns(
            [pl.coalesce(name, f"known {name}").alias(name) for name in _TEXTS]
        )
        sold = sold.select("product_id", *_TEXTS)
    rows = sold.select(
        "product_id",
        "category",
        "brand",
        name="product_name",
        source=pl.lit(layouts.source),
        batch_id=pl.lit(options.batch_id),
    )
    return PRODUCTS.conform(rows.to_arrow())


def _tables(layouts: Layouts) -> list[tuple[Source, Mapping[str, str]]]:
    """Product tables among the files, and those that a preset expects in the folder of the orders."""
    presets = [layout.preset for layout in layouts.orders if layout.preset and layout.preset.products_beside]
    mapping = presets[0].products_mapping if presets else {}
    found = {table.description.path.resolve(): table for table in layouts.product_tables}
    for layout in layouts.orders:
        name = layout.preset.products_beside if layout.preset else None
        for path in sorted(layout.source.description.path.resolve().parent.glob(f"{name}.*")) if name else ():
            if path.suffix in {".parquet", ".csv"} and path not in found:
                found[path] = open_source(path)
    return [(table, mapping) for table in found.values()]


def _table_of_products(table: Source, mapping: Mapping[str, str]) -> pl.DataFrame:
    headers = {choice.column: choice.header for choice in recognise(sample_of(table), {})} | dict(mapping)
    absent = pl.lit(None, pl.String)
    rows = pl.concat([block.rows for block in table.blocks()])
    known = rows.select(
        to_ids(rows[headers["product_id"]]).alias("product_id"),
        *[
            (pl.col(headers[name]).cast(pl.String) if headers.get(name) in rows.columns else absent).alias(name)
            for name in _TEXTS
        ],
    )
    return known.unique("product_id", keep="first", maintain_order=True)
