"""What a firm says of its contacts on a page, kept in its costs file; what else stands there stays, notes among it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from keepers.decisions.terms.costs_file import read_terms, shipped_defaults
from keepers.decisions.terms.terms import LEVELS, InvalidTermsError

TOLD: Mapping[str, tuple[str, ...]] = {
    "mailing_cost": ("mailing", "cost"),
    "mailings_now": ("now", "mailings"),
    "level_now": ("now", "level"),
    **{f"{level}_cost": ("levels", level, "cost") for level in LEVELS[1:]},
    "offer_cost": ("offer", "cost"),
    "hour_cost": ("cost_of_an_hour",),
    "trial_share": ("trial", "share"),
    "trial_weeks": ("trial", "weeks"),
}
"""What may be said, by where it stands in the file."""
_CHOICES = ("mailing", "choices")


def told_in(path: Path | None) -> dict[str, Any]:
    """Of `TOLD`, what the file says; nothing where there is none.

    Raises:
        InvalidTermsError: it is no TOML.
    """
    return _told(b"" if path is None else path.read_bytes(), str(path))


def shipped() -> dict[str, Any]:
    """Of `TOLD`, what plans take for granted: costs as shares of a usual order."""
    return _told(shipped_defaults().encode(), "")


def tell(path: Path, said: Mapping[str, Any]) -> None:
    """Keep what is said, as a whole or not at all; None: what plans take for granted.

    Raises:
        InvalidTermsError: the file that is there cannot be read, or no plan could be made by it.
    """
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise InvalidTermsError(f"{path} is not TOML: {error}. Mend it first, or move it away.") from error
    for name, value in said.items():
        _put(document, TOLD[name], value)
    _offer(document, said.get("mailings_now"))
    part = path.with_name(f".{path.name}.part")
    part.write_text(tomlkit.dumps(document), encoding="utf-8")
    try:
        read_terms(part, usual_order_value=1.0)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _offer(document: Any, mailings: int | None) -> None:
    """A number of mailings that everybody gets today is one that plans may choose."""
    choices = _at(document, _CHOICES) or _at(tomllib.loads(shipped_defaults()), _CHOICES)
    if mailings is not None and mailings not in choices:
        _put(document, _CHOICES, sorted({*map(int, choices), mailings}))


def _told(text: bytes, name: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidTermsError(f"{name} is not TOML: {error}. Mend it first, or move it away.") from error
    found = {each: _at(document, place) for each, place in TOLD.items()}
    return {each: value for each, value in found.items() if value is not None}


def _at(document: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _put(document: Any, place: tuple[str, ...], value: Any) -> None:
    """Set it, or take it away with the tables that it leaves empty."""
    name, *rest = place
    if not rest:
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
        return
    if value is None and name not in document:
        return
    if name not in document:
        document[name] = tomlkit.table(is_super_table=len(rest) > 1)
    _put(document[name], tuple(rest), value)
    if not document[name]:
        document.pop(name)
