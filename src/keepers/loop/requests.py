"""What a user asks of a run; apart from the run, so that whoever only asks does not load what values."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from keepers.valuation.assumptions import Assumptions


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the user asked.

    as_of: last day that is known; None: the last order.
    again: run even if nothing changed since the last run.
    """

    assumptions: Assumptions
    as_of: date | None = None
    holdout_days: int | None = None
    rates: Path | None = None
    again: bool = False
