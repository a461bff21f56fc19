"""The contracts of the warehouse's tables: name, grain, columns with type and unit, who writes, who reads.

What was told is in `facts` and `customers`, what was made of it in `runs`, what to do and what that brought in `plans`
and `experiments`. They are the truth: `ARCHITECTURE.md`'s stage table is generated from them, and a test holds the
glossary against them.
"""

from collections.abc import Iterable

from keepers.warehouse.columns import ContractError, Table
from keepers.warehouse.tables.customers import CUSTOMER_ATTRIBUTES, CUSTOMER_KEYS, TOMBSTONES
from keepers.warehouse.tables.experiments import ASSIGNMENTS, EFFECTS, MEASUREMENTS
from keepers.warehouse.tables.facts import BATCHES, EXCHANGE_RATES, INTERACTIONS, ORDER_LINES, PRODUCTS
from keepers.warehouse.tables.plans import NEXT_PRODUCTS, PLAN_LINES, PLANS, WALLETS
from keepers.warehouse.tables.runs import CUSTOMER_LINES, CUSTOMER_SUMMARY, CUSTOMER_VALUES, FITS, INSIGHTS, RUNS

__all__ = [
    "ASSIGNMENTS",
    "BATCHES",
    "CUSTOMER_ATTRIBUTES",
    "CUSTOMER_KEYS",
    "CUSTOMER_LINES",
    "CUSTOMER_SUMMARY",
    "CUSTOMER_VALUES",
    "EFFECTS",
    "EXCHANGE_RATES",
    "FITS",
    "INSIGHTS",
    "INTERACTIONS",
    "MEASUREMENTS",
    "NEXT_PRODUCTS",
    "ORDER_LINES",
    "PLANS",
    "PLAN_LINES",
    "PRODUCTS",
    "RUNS",
    "TOMBSTONES",
    "WALLETS",
    "all_tables",
    "table_named",
]

_TABLES = (
    BATCHES,
    ORDER_LINES,
    PRODUCTS,
    CUSTOMER_ATTRIBUTES,
    CUSTOMER_KEYS,
    EXCHANGE_RATES,
    INTERACTIONS,
    TOMBSTONES,
    CUSTOMER_SUMMARY,
    FITS,
    CUSTOMER_VALUES,
    CUSTOMER_LINES,
    NEXT_PRODUCTS,
    ASSIGNMENTS,
    EFFECTS,
    MEASUREMENTS,
    INSIGHTS,
    RUNS,
    PLAN_LINES,
    PLANS,
    WALLETS,
)


def all_tables() -> Iterable[Table]:
    """Every table of the warehouse, in the order of the loop."""
    return _TABLES


def table_named(name: str) -> Table:
    """The contract of one table.

    Raises:
        ContractError: no table has this name.
    """
    for table in _TABLES:
        if table.name == name:
            return table
    raise ContractError(f'There is no table "{name}". Tables are: {", ".join(table.name for table in _TABLES)}.')
