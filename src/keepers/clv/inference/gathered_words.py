"""The sentences of several fits to be read together: what several say alike is said once."""

from collections.abc import Sequence
from typing import TypeGuard

from keepers.core.told import Told, listed

BY_THEMSELVES = "Forecasts and their ranges allow for that; do not rely on these parameters by themselves."
HARDLY_TOLD = f"%(model)s: the data hardly tell %(names)s: %(reach)s fit about as well. {BY_THEMSELVES}"
HARDLY_TOLD_APART = (
    "%(model)s: the data hardly tell %(names)s apart: moved together, %(reach)s fit about as well. " + BY_THEMSELVES
)
NOT_TOLD = "%(model)s: the data do not tell %(names)s: the more extreme, the better they seem to fit. " + BY_THEMSELVES
OF_SOME = "Customers %(whom)s: %(told)s"


def of_some(whom: str, told: str) -> Told:
    """What is said of some customers only."""
    return Told.of(OF_SOME, whom=Told.of(whom), told=told)


def gathered(warnings: Sequence[str]) -> list[str]:
    """The same warnings, what is said of several groups of customers once, and all parameters hardly told as one."""
    found = [told for _, told in map(_parted, warnings) if _is_hardly_told(told)]
    if len(found) < 2:
        return _of_groups(warnings)
    models: dict[str, dict[str, None]] = {}
    for told in found:
        models.setdefault(told.figures["model"], {}).update(dict.fromkeys(told.figures["names"].split(" and ")))
    of_each = "; ".join(f"{model}: {', '.join(names)}" for model, names in models.items())
    others = [warning for warning in warnings if not _is_hardly_told(_parted(warning)[1])]
    some = Told.of(f"The data hardly tell some parameters (%(of_each)s). {BY_THEMSELVES}", of_each=of_each)
    return [*_of_groups(others), some]


def _of_groups(warnings: Sequence[str]) -> list[str]:
    """A sentence that differs only in whom it is about once, where it stood first."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for warning in warnings:
        whom, told = _parted(warning)
        groups.setdefault((told, bool(whom)), []).extend(whom)
    return [Told.of(OF_SOME, whom=listed(whom), told=told) if whom else told for (told, _), whom in groups.items()]


def _parted(warning: str) -> tuple[list[str], str]:
    """Whom a sentence is about where it is not about all, and what it says of them."""
    if isinstance(warning, Told) and warning.words == OF_SOME:
        return [warning.figures["whom"]], warning.figures["told"]
    return [], warning


def _is_hardly_told(told: str) -> TypeGuard[Told]:
    return isinstance(told, Told) and told.words in (HARDLY_TOLD, HARDLY_TOLD_APART, NOT_TOLD)
