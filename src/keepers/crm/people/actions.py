"""What changes users: each action one transaction."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import QuerySet

from keepers.core.errors import KeepersError
from keepers.crm.people.audit import record
from keepers.crm.people.models import User, WelcomeLink
from keepers.crm.people.roles import Noun, Role

LINK_LASTS = timedelta(days=1)
INVITATION_LASTS = timedelta(days=7)
DEMO_EMAIL = "demo@example.com"


class SpentLinkError(KeepersError):
    """A welcome link that was used, has expired, or never was."""


def offer_welcome(*, at: datetime, for_demo: bool = False) -> str:
    """A token for a link that lets in once, for a day; links offered before it are void."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        WelcomeLink.objects.filter(used_at=None, for_demo=for_demo, for_user=None).delete()
        WelcomeLink.objects.create(
            token_hash=_hash(token), for_demo=for_demo, created_at=at, expires_at=at + LINK_LASTS
        )
    return token


def offer_invitation(user: User, *, at: datetime) -> str:
    """A token for a link that lets somebody in who was invited; links offered to them before are void."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        WelcomeLink.objects.filter(used_at=None, for_user=user).delete()
        WelcomeLink.objects.create(
            token_hash=_hash(token), for_user=user, created_at=at, expires_at=at + INVITATION_LASTS
        )
    return token


def welcome_invited(token: str, *, name: str, password: str, at: datetime) -> User:
    """Somebody who was invited, by their link, which is spent with it.

    Raises:
        SpentLinkError: the link no longer lets in.
    """
    with transaction.atomic():
        link = _locked(token, at=at)
        user = link.for_user
        if user is None or not user.is_active:
            raise SpentLinkError("This link lets nobody in. Ask whoever invited you for a new one.")
        user.name = name
        user.set_password(password)
        user.save(update_fields=["name", "password"])
        _spend(link, user, at=at)
        record(at=at, actor=user, verb="join", noun=Noun.PEOPLE, thing=user)
    return user


def open_link(token: str, *, at: datetime) -> WelcomeLink:
    """The link of this token, if it still lets in.

    Raises:
        SpentLinkError: it was used, has expired, or never was.
    """
    return _found(WelcomeLink.objects.all(), token, at=at)


def welcome_administrator(token: str, *, email: str, name: str, password: str, at: datetime) -> User:
    """The first administrator, by their link, which is spent with it.

    Raises:
        SpentLinkError: the link no longer lets in.
    """
    with transaction.atomic():
        link = _locked(token, at=at)
        user = User.objects.create_user(email, name=name, password=password, role=Role.OWNER)
        record(at=at, actor=user, verb="join", noun=Noun.PEOPLE, thing=user, changes={"role": [None, Role.OWNER]})
        _spend(link, user, at=at)
    return user


def demo_visitor() -> User:
    """Whoever looks at the demo."""
    known = User.objects.filter(email=DEMO_EMAIL).first()
    return known or User.objects.create_user(DEMO_EMAIL, name="Demo visitor", role=Role.OWNER)


def welcome_visitor(token: str, *, at: datetime) -> User:
    """The demo's visitor, by their link: an administrator of a workspace that holds nobody's data.

    Raises:
        SpentLinkError: the link no longer lets in.
    """
    with transaction.atomic():
        link = _locked(token, at=at)
        user = demo_visitor()
        _spend(link, user, at=at)
    return user


def call_oneself(user: User, name: str, *, at: datetime) -> None:
    """Go by another name."""
    before, after = user.name, " ".join(name.split())[:150]
    if after == before:
        return
    with transaction.atomic():
        user.name = after
        user.save(update_fields=["name"])
        record(at=at, actor=user, verb="edit", noun=Noun.PEOPLE, thing=user, changes={"name": [before, after]})


def choose_theme(user: User, theme: str) -> None:
    """Keep how the user wants the pages to look."""
    user.theme = User.Theme(theme)
    user.save(update_fields=["theme"])


def end_sessions(user: User, sessions: QuerySet[UserSession], *, at: datetime) -> None:
    """Sign somebody out at these places."""
    with transaction.atomic():
        ended = list(sessions)
        for each in ended:
            each.end()
        if ended:
            changes = {"sessions": len(ended)}
            record(at=at, actor=user, verb="sign-out", noun=Noun.PEOPLE, thing=user, changes=changes)


def _locked(token: str, *, at: datetime) -> WelcomeLink:
    """The link, which nobody else spends meanwhile."""
    return _found(WelcomeLink.objects.select_for_update(), token, at=at)


def _found(links: QuerySet[WelcomeLink], token: str, *, at: datetime) -> WelcomeLink:
    link = links.filter(token_hash=_hash(token), used_at=None, expires_at__gt=at).first()
    if link is None:
        raise SpentLinkError(
            "This link was used already or has expired. Ask whoever gave it to you for a new one; starting Keepers "
            "again prints one where nobody has an account yet."
        )
    return link


def _spend(link: WelcomeLink, user: User, *, at: datetime) -> None:
    link.used_at, link.used_by = at, user
    link.save(update_fields=["used_at", "used_by"])


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
