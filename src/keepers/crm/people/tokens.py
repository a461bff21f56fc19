"""Keys by which programs act for somebody: made, found, ended. Only hashes are kept."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from keepers.core.errors import KeepersError
from keepers.crm.people.audit import record
from keepers.crm.people.models import ApiToken, User
from keepers.crm.people.rights import Ceiling, below, may_give
from keepers.crm.people.roles import Noun, Role, Verb

BEGINS = "kp_"
HINT = 8
USE_IS_TOLD = timedelta(minutes=1)  # the last use is written no more often


class TokenError(KeepersError):
    """A token cannot be like this."""


@dataclass(frozen=True, slots=True)
class Made:
    """A token and its text, which is shown this once."""

    token: ApiToken
    text: str


def make_token(
    user: User,
    *,
    at: datetime,
    name: str,
    role: Role,
    nouns: Collection[str],
    verbs: Collection[str],
    expires_at: datetime | None,
) -> Made:
    """A key for a program that acts for the user.

    Raises:
        TokenError: it has no name, may do nothing, ends before it begins, or its role may do more than the user's.
    """
    wanted = " ".join(name.split())[:80]
    if not wanted:
        raise TokenError("Give the token a name that says which program uses it.")
    if not may_give(user, role):
        raise TokenError(f'The role "{role.label}" may do more than yours. Choose one that may do less.')
    if not nouns or not verbs:
        raise TokenError("Choose at least one kind of thing and one thing to do with it.")
    if expires_at is not None and expires_at <= at:
        raise TokenError("The token would have ended already. Choose a later day.")
    text = f"{BEGINS}{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=wanted,
            role=role,
            nouns=sorted({Noun(noun).value for noun in nouns}),
            verbs=sorted({Verb(verb).value for verb in verbs}),
            token_hash=_hash(text),
            hint=text[:HINT],
            made_at=at,
            expires_at=expires_at,
        )
        changes = {"name": [None, wanted], "role": [None, role], "nouns": token.nouns, "verbs": token.verbs}
        record(at=at, actor=user, verb="create", noun="tokens", thing=token, changes=changes)
    return Made(token, text)


def end_token(token: ApiToken, *, by: User, at: datetime) -> None:
    """Let a token open nothing any more."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, ended_at=None).update(ended_at=at):
            record(at=at, actor=by, verb="delete", noun="tokens", thing=token)


def token_of(text: str, *, at: datetime) -> ApiToken | None:
    """The token that this is, if it still opens anything; its use is noted."""
    found = ApiToken.objects.select_related("user").filter(token_hash=_hash(text), ended_at=None, user__is_active=True)
    token = found.filter(Q(expires_at=None) | Q(expires_at__gt=at)).first()
    if token is not None and (token.last_used_at is None or at - token.last_used_at > USE_IS_TOLD):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def user_by(token: ApiToken) -> User:
    """Whoever the token acts for, with its rights and no more."""
    return below(token.user, Ceiling(Role(token.role), frozenset(token.nouns), frozenset(token.verbs)))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
