"""E-mail addresses, telephone numbers and web addresses as machines write them, or why they cannot be used."""

import re
from dataclasses import dataclass

import phonenumbers
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult
from phonenumbers.phonenumberutil import ndd_prefix_for_region

LONGEST = 254
_HIDDEN = re.compile("[*•…]")
_NAMED = re.compile(r".*<([^<>]+)>\s*")
_WEB = re.compile(r"(https?://)?[^\s/@]+\.[^\s/@]{2,}(/\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody is reached by.

    value: as machines write it, or as it was written where it is wrong
    problem: why it cannot be used, in words; empty where it can
    """

    value: str
    problem: str = ""


def email_of(text: str) -> Reach:
    """An address in small letters; "Ada <ada@example.com>" counts as the address within. No network is asked."""
    written = _trimmed(text)
    within = _NAMED.fullmatch(written)
    address = (within[1] if within else written).removeprefix("mailto:")
    if _HIDDEN.search(address):
        return Reach(written.lower(), _("Part of it is hidden, so it may be anybody's."))
    try:
        return Reach(validate_email(address, check_deliverability=False).normalized.lower())
    except EmailNotValidError as wrong:
        return Reach(written.lower(), str(wrong))


def phone_of(text: str, country: str) -> Reach:
    """A number in E.164, with its extension as `;ext=12`.

    Args:
        text: as it was written.
        country: of numbers without one, in two letters; empty where nobody has said.
    """
    written = _trimmed(text).removeprefix("tel:")
    try:
        number = phonenumbers.parse(written, country or None)
    except NumberParseException as wrong:
        return Reach(written, _why_not_read(wrong, country))
    if not phonenumbers.is_valid_number(number):
        return Reach(written, _why_not_valid(number))
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Reach(f"{plain};ext={number.extension}" if number.extension else plain)


def ways_to_dial(text: str, country: str) -> frozenset[str]:
    """A number in all the ways in which people write it, in digits; one that cannot be read as it was written.

    With its country's code, behind what is dialled for abroad, and as it is dialled at home where home may be meant.

    Args:
        text: as it was written.
        country: of numbers without one, in two letters; empty where nobody has said, so that any home may be meant.
    """
    found = phone_of(text, country)
    if found.problem or ";" in found.value:  # behind an extension others have the same number
        return frozenset({_trimmed(text), found.value})
    number = phonenumbers.parse(found.value)
    home, national = phonenumbers.region_code_for_number(number), phonenumbers.national_significant_number(number)
    before = ndd_prefix_for_region(home, strip_non_digits=True) or "" if home else ""
    abroad = found.value.removeprefix("+")
    ways = {_trimmed(text), abroad, f"00{abroad}", f"011{abroad}", f"{number.country_code}{before}{national}"}
    return frozenset(ways | {national, f"{before}{national}"} if home and country in {"", home} else ways)


def web_of(text: str) -> Reach:
    """A web address; https where it names no scheme."""
    written = _trimmed(text)
    if not _WEB.fullmatch(written):
        return Reach(written, _("This is no web address."))
    return Reach(written if "://" in written else f"https://{written}")


def phone_in_words(value: str) -> str:
    """A number as people write it between countries."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(value, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return value


def countries() -> list[tuple[str, str]]:
    """The countries whose numbers are known: two letters, and the same with the code that their numbers begin with."""
    known = sorted(phonenumbers.SUPPORTED_REGIONS)
    return [(letters, f"{letters} +{phonenumbers.country_code_for_region(letters)}") for letters in known]


def _trimmed(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _why_not_read(wrong: NumberParseException, country: str) -> str:
    if wrong.error_type == NumberParseException.INVALID_COUNTRY_CODE and not country:
        return _("The number names no country. Begin it with + and the country's code, or name the firm's country.")
    reasons = {
        NumberParseException.INVALID_COUNTRY_CODE: _("No country has this code."),
        NumberParseException.NOT_A_NUMBER: _("This is no telephone number."),
        NumberParseException.TOO_LONG: _("The number is too long."),
    }
    return reasons.get(wrong.error_type, _("The number is too short."))


def _why_not_valid(number: phonenumbers.PhoneNumber) -> str:
    reasons = {
        ValidationResult.TOO_SHORT: _("The number is too short."),
        ValidationResult.TOO_LONG: _("The number is too long."),
        ValidationResult.INVALID_COUNTRY_CODE: _("No country has this code."),
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: _("The number lacks its area code."),
    }
    return reasons.get(phonenumbers.is_possible_number_with_reason(number), _("Nobody can have this number there."))
