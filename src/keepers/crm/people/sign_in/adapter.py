"""How sign-in differs from allauth's own ways."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.roles import Noun

LONGEST_ADDRESS = 254


class ClosedDoor(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody makes an account by themselves; who came in and who could not is told in the audit log."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Never: people are let in by a link."""
        return False

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> Any:
        """Somebody came in."""
        _tell("sign-in", actor=user)
        return super().post_login(request, user, **more)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Somebody could not."""
        address = str(credentials.get("email") or credentials.get("username") or "")[:LONGEST_ADDRESS]
        _tell("failed sign-in", changes={"e-mail": address, "from": self.get_client_ip(request)})
        super().authentication_failed(request, **credentials)


def _tell(verb: str, **more: Any) -> None:
    actor = more.pop("actor", None)
    via = AuditEntry.Via.SIGN_IN
    record(at=timezone.now(), actor=actor, verb=verb, noun=Noun.PEOPLE, thing=actor, via=via, **more)
