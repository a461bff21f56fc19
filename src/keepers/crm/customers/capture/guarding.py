"""Who may send: the sites that a form names, not too often, and people rather than programs that fill every field."""

import hmac
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.capture.models import WebForm

HONEYPOT = "website"  # nobody sees it; programs fill it
QUICKEST, SLOWEST = 2, 12 * 3600  # seconds between the form and its answer
ANSWERS_AN_HOUR, VISITS_A_MINUTE, ALL_ANSWERS_AN_HOUR = 20, 60, 1_000


class TooOftenError(KeepersError):
    """Too much came from one address."""


class OldFormError(KeepersError):
    """The token of a form is none, was made a moment ago, or long ago."""


class ForeignSiteError(KeepersError):
    """Another site than those that the form names."""


def new_token(form: WebForm) -> str:
    """What a form carries to show that it was opened, and when; it counts once."""
    return _signer(form).sign(token_urlsafe(15))


def nonce_of(form: WebForm, token: str) -> str:
    """The part of a token that is once only.

    Raises:
        OldFormError: it is no token of this form, or was made too long ago or only just now.
    """
    try:
        found = _signer(form).unsign(token, max_age=SLOWEST)
    except BadSignature as wrong:
        raise OldFormError(_("The form was open for too long. Send it once more.")) from wrong
    if _was_just_made(form, token):
        raise OldFormError(_("That was quick. Wait a moment, then send it once more."))
    return found


def check_site(request: HttpRequest, form: WebForm) -> str:
    """The site that asks, where it is one that the form names; empty for our own pages.

    Raises:
        ForeignSiteError: it is another.
    """
    origin = request.headers.get("origin", "")
    if not origin or origin == f"{request.scheme}://{request.get_host()}":
        return ""
    if origin not in form.sites:
        raise ForeignSiteError(_("This site may not use the form. Its owner can allow it in Settings."))
    return origin


def count(request: HttpRequest, form: WebForm, what: str, *, at: datetime) -> None:
    """Count one more from this address. Addresses are kept for an hour at most, and as hashes.

    Raises:
        TooOftenError: it is too much.
    """
    most, seconds = (ANSWERS_AN_HOUR, 3600) if what == "answers" else (VISITS_A_MINUTE, 60)
    slot = int(at.timestamp()) // seconds
    _count(f"web-{what}-{form.pk}-{sender_of(request)}-{slot}", most, seconds)
    if what == "answers":
        _count(f"web-all-{form.pk}-{slot}", ALL_ANSWERS_AN_HOUR, seconds)


def sender_of(request: HttpRequest) -> str:
    """The address that a request comes from, as a hash: the same again can be told, and nobody can read it."""
    return hmac.new(settings.SECRET_KEY.encode(), _address(request).encode(), sha256).hexdigest()[:24]


def signature_of(form: WebForm, email: str) -> str:
    """By which a site shows that the person who is signed in there is who they are said to be."""
    return hmac.new(secret_of(form).encode(), email.strip().lower().encode(), sha256).hexdigest()


def is_signed(form: WebForm, email: str, signature: str) -> bool:
    """Whether this is the site's signature of an address."""
    return hmac.compare_digest(signature_of(form, email).encode(), signature.encode("utf-8", "replace"))


def secret_of(form: WebForm) -> str:
    """What the site's server signs with; it lies in no database."""
    return hmac.new(settings.SECRET_KEY.encode(), f"web form {form.salt}".encode(), sha256).hexdigest()


def is_origin(text: str) -> bool:
    """Whether this is the origin of a site: scheme, host, perhaps a port, and nothing behind it."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = f"{parts.scheme}://{parts.hostname or ''}{f':{port}' if port else ''}"
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and text == plain


def _signer(form: WebForm) -> TimestampSigner:
    return TimestampSigner(salt=f"keepers.web-form.{form.key}")


def _was_just_made(form: WebForm, token: str) -> bool:
    try:
        _signer(form).unsign(token, max_age=QUICKEST)
    except BadSignature:
        return False
    return True


def _count(key: str, most: int, seconds: int) -> None:
    """Processes count into one file without waiting for each other, so a few more may come in."""
    so_far = cache.get(key, 0) + 1
    cache.set(key, so_far, seconds + 60)
    if so_far > most:
        raise TooOftenError(_("Too much came from here just now. Try again later."))


def _address(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy the last address that it added."""
    behind_proxy = settings.SECURE_PROXY_SSL_HEADER is not None
    told = request.headers.get("x-forwarded-for", "") if behind_proxy else ""
    return told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
