"""Sign-in by the firm's own identity provider (OpenID Connect), for those who were invited or of a domain."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from requests import RequestException

from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun
from keepers.crm.people.sign_in.identity import Provider

LOG = logging.getLogger(__name__)


class Invited(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """The provider says who somebody is; whether they may come in is Keepers' to say."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Never by themselves."""
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **what: Any) -> None:  # noqa: ARG002 - as above
        """Keep why, for whoever looks after the settings: the page does not tell strangers."""
        _keep("", str(what.get("exception") or what.get("error") or _("The provider said no more.")))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whose account it is.

        Raises:
            ImmediateHttpResponse: nobody's.
        """
        if sociallogin.is_existing:
            return
        claims = {**sociallogin.account.extra_data, **sociallogin.account.extra_data.get("userinfo", {})}
        address = str(claims.get("email") or "").strip().lower()
        provider: Provider | None = settings.OIDC
        assert provider is not None, "without one there is no way here"
        if not address or not (provider.trusts_addresses or claims.get("email_verified") is True):
            raise _turned_away(request, address, _("Your provider does not vouch for your e-mail address."))
        user = User.objects.filter(email__iexact=address, is_active=True).first() or _comer(address, claims, provider)
        if user is None:
            raise _turned_away(request, address, _("Nobody has invited %(email)s. Ask an owner.") % {"email": address})
        sociallogin.connect(request, user)


def asking_the_provider(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """The view, with a page in words where the provider cannot be asked."""

    @wraps(view)
    def answered(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except RequestException as error:
            LOG.warning("The identity provider could not be asked: %s", error)
            _keep("", str(error))
            why = _("Your provider cannot be asked just now. Try again, or sign in with your password.")
            return render(request, "socialaccount/authentication_error.html", {"why": why}, status=503)

    return answered


def _comer(address: str, claims: dict[str, Any], provider: Provider) -> User | None:
    """Somebody new of the domain that may come."""
    if not provider.domain or not address.endswith(f"@{provider.domain.lower()}"):
        return None
    if User.objects.filter(email__iexact=address).exists():
        return None  # they may no longer sign in
    with transaction.atomic():
        user = User.objects.create_user(address, name=str(claims.get("name") or "")[:150], role=provider.role)
        changes = {"role": [None, provider.role.value]}
        via = AuditEntry.Via.SIGN_IN
        record(at=timezone.now(), actor=user, verb="join", noun=Noun.PEOPLE, thing=user, changes=changes, via=via)
    return user


def _turned_away(request: HttpRequest, address: str, why: str) -> ImmediateHttpResponse:
    _keep(address, why)
    return ImmediateHttpResponse(render(request, "people/turned_away.html", {"why": why}, status=403))


def _keep(address: str, why: str) -> None:
    changes, via = {"e-mail": address, "why": why}, AuditEntry.Via.SIGN_IN
    record(at=timezone.now(), actor=None, verb="failed sign-in", noun=Noun.PEOPLE, changes=changes, via=via)
