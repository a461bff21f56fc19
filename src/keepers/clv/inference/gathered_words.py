"""The sentences of several fits to be read together: what several say alike is said once."""

import re
from collections.abc import Sequence

BY_THEMSELVES = "Forecasts and their ranges allow for that; do not rely on these parameters by themselves."
_HARDLY_TOLD = re.compile(
    r"(?:Customers [^:]+: )?(?P<model>[^:]+): the data (?:do not|hardly) tell (?P<names>.+?)(?: apart)?: "
    rf".*{re.escape(BY_THEMSELVES)}$"
)
_OF_SOME = re.compile(r"Customers (?P<whom>[^:]+): (?P<told>.+)")


def gathered(warnings: Sequence[str]) -> list[str]:
    """The same warnings, what is said of several groups of customers once, and all parameters hardly told as one."""
    found = [_HARDLY_TOLD.match(warning) for warning in warnings]
    if sum(match is not None for match in found) < 2:
        return _of_groups(warnings)
    models: dict[str, dict[str, None]] = {}
    for match in filter(None, found):
        models.setdefault(match["model"], {}).update(dict.fromkeys(match["names"].split(" and ")))
    of_each = "; ".join(f"{model}: {', '.join(names)}" for model, names in models.items())
    others = [warning for warning, match in zip(warnings, found, strict=True) if match is None]
    return [*_of_groups(others), f"The data hardly tell some parameters ({of_each}). {BY_THEMSELVES}"]


def _of_groups(warnings: Sequence[str]) -> list[str]:
    """A sentence that differs only in whom it is about once, where it stood first."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for warning in warnings:
        match = _OF_SOME.match(warning)
        told, whom = (warning, []) if match is None else (match["told"], [match["whom"]])
        groups.setdefault((told, bool(whom)), []).extend(whom)
    return [f"Customers {' and '.join(whom)}: {told}" if whom else told for (told, _), whom in groups.items()]
