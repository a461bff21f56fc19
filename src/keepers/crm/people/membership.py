"""Who works here: inviting people, giving them a role and a team, letting them go. Each action one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from keepers.core.errors import KeepersError
from keepers.crm.people.actions import offer_invitation
from keepers.crm.people.audit import differences, record
from keepers.crm.people.models import AuditEntry, Team, User
from keepers.crm.people.rights import may_give, scope_of, teams_below
from keepers.crm.people.roles import Noun, Role, Scope, Verb


class MembershipError(KeepersError):
    """Somebody cannot be invited, or be given this role."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody new, and the token of the link that lets them in."""

    user: User
    token: str


def people_for(user: User, verb: Verb = Verb.SEE) -> QuerySet[User]:
    """The people to whose accounts a user may do this."""
    scope = scope_of(user, verb, Noun.PEOPLE)
    people = User.objects.select_related("team").order_by("-is_active", "name", "email")
    if scope == Scope.ALL:
        return people
    if scope == Scope.TEAM and user.team_id is not None:
        return people.filter(team__in=teams_below(user.team_id)) | people.filter(pk=user.pk)
    return people.filter(pk=user.pk) if scope else people.none()


def entries_for(user: User) -> QuerySet[AuditEntry]:
    """The audit log as far as a user may read it: of what was done by people whom they may see."""
    scope, found = scope_of(user, Verb.SEE, Noun.AUDIT), AuditEntry.objects.all()
    if scope < Scope.ALL:
        return found.filter(actor__in=people_for(user).values("pk")) if scope else found.none()
    return found


def invite(*, by: User, at: datetime, email: str, name: str, role: Role, team: Team | None) -> Invitation:
    """Somebody new, who comes in by a link.

    Raises:
        MembershipError: somebody has this address, or the role may do more than whoever invites.
    """
    _within(by, role)
    if User.objects.filter(email__iexact=email).exists():
        raise MembershipError(f"Somebody with the address {email} is here already. Change their account instead.")
    with transaction.atomic():
        user = User.objects.create_user(email, name=" ".join(name.split()), role=role, team=team)
        changes = {"role": [None, role], "team": [None, str(team or "")]}
        record(at=at, actor=by, verb="invite", noun=Noun.PEOPLE, thing=user, changes=changes)
        token = offer_invitation(user, at=at)
    return Invitation(user, token)


def renew_invitation(user: User, *, by: User, at: datetime) -> Invitation:
    """Another link for somebody who has not come in by theirs, or has lost their password.

    Raises:
        MembershipError: they may not sign in, or may do more than whoever asks.
    """
    _within(by, Role(user.role))
    if not user.is_active:
        raise MembershipError(f"{user} may not sign in. Let them in again first.")
    with transaction.atomic():
        record(at=at, actor=by, verb="invite", noun=Noun.PEOPLE, thing=user)
        token = offer_invitation(user, at=at)
    return Invitation(user, token)


def change_member(
    user: User, *, by: User, at: datetime, role: Role, team: Team | None, is_active: bool
) -> dict[str, list[Any]]:
    """Give somebody another role or team, or take away or give back that they may sign in; what changed.

    Raises:
        MembershipError: nobody would own the workspace, or the role may do more than whoever gives it.
    """
    _within(by, role)
    _within(by, Role(user.role))
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        before = {"role": user.role, "team": str(user.team or ""), "is_active": user.is_active}
        stays_owner = role == Role.OWNER and is_active
        others = User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=user.pk)
        if user.role == Role.OWNER and user.is_active and not stays_owner and not others.exists():
            raise MembershipError(f"{user} is the only owner. Make somebody else an owner first.")
        user.role, user.team, user.is_active = role, team, is_active
        user.save(update_fields=["role", "team", "is_active"])
        changed = differences(before, {"role": role, "team": str(team or ""), "is_active": is_active}, before)
        if changed:
            record(at=at, actor=by, verb="edit", noun=Noun.PEOPLE, thing=user, changes=changed)
    return changed


def _within(by: User, role: Role) -> None:
    if not may_give(by, role):
        raise MembershipError(f'The role "{role.label}" may do more than you. Ask an owner of the workspace.')
