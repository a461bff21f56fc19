"""What an address or a form says of where to go, read without trust: anybody may have written it."""

import re

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

_NUMBER = re.compile(r"[0-9]{1,9}")  # more than any list has rows


def number_in(text: str) -> int | None:
    """The whole number that the text is; None where it is none, or one that nothing here can have."""
    return int(text) if _NUMBER.fullmatch(text) else None


def back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that the form names in `next`, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(wanted if ours else "/")
