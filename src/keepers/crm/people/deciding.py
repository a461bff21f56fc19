"""What owners decide on roles: on whose things each may do what, and which fields it does not see or change."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from keepers.core.errors import KeepersError
from keepers.crm.people.audit import record
from keepers.crm.people.models import FieldRule, Grant, User
from keepers.crm.people.rights import scopes_of
from keepers.crm.people.roles import Noun, Role, Scope, Verb, default_scope

OWNED = frozenset(
    {
        Noun.CUSTOMERS,
        Noun.TOUCHES,
        Noun.TASKS,
        Noun.DEALS,
        Noun.TICKETS,
        Noun.PEOPLE,
        Noun.AUDIT,
    }
)
"""Nouns whose things belong to somebody; of the others a role sees all or none."""

Decisions = Mapping[tuple[Noun, Verb], Scope]


class DecisionError(KeepersError):
    """A role cannot be decided on like this."""


def scopes_for(noun: Noun) -> list[Scope]:
    """The scopes that make sense for a noun."""
    return list(Scope) if noun in OWNED else [Scope.NONE, Scope.ALL]


def decide(role: Role, wanted: Decisions, *, by: User, at: datetime) -> None:
    """Let a role do this from now on; what equals the default needs no row.

    Raises:
        DecisionError: it is the owners' role, which always may do everything.
    """
    if role == Role.OWNER:
        raise DecisionError("Owners may do everything, so that somebody always can. Give people another role instead.")
    before = scopes_of(role)
    changed = {key: scope for key, scope in wanted.items() if before[key] != scope}
    with transaction.atomic():
        for (noun, verb), scope in changed.items():
            Grant.objects.filter(role=role, noun=noun, verb=verb).delete()
            if scope != default_scope(role, noun, verb):
                Grant.objects.create(role=role, noun=noun, verb=verb, scope=scope)
        if changed:
            told = {f"{noun}: {verb}": [before[noun, verb].name, scope.name] for (noun, verb), scope in changed.items()}
            record(at=at, actor=by, verb="edit", noun=Noun.PEOPLE, changes={"role": role.value, **told})


def back_to_default(role: Role, *, by: User, at: datetime) -> None:
    """Forget what was decided on a role, and its rules on fields."""
    with transaction.atomic():
        Grant.objects.filter(role=role).delete()
        FieldRule.objects.filter(role=role).delete()
        record(at=at, actor=by, verb="edit", noun=Noun.PEOPLE, changes={"role": role.value, "default": True})


def rule_fields(role: Role, noun: Noun, wanted: Mapping[str, str], *, by: User, at: datetime) -> None:
    """Say of fields whether the role sees and changes them.

    Args:
        role: whose.
        noun: of what.
        wanted: field → access of `FieldRule.Access`; empty: seen and changed like all others.
        by: who decides.
        at: when.

    Raises:
        DecisionError: it is the owners' role.
    """
    if role == Role.OWNER:
        raise DecisionError("Owners see everything, so that somebody always can. Give people another role instead.")
    before = dict(FieldRule.objects.filter(role=role, noun=noun).values_list("field", "access"))
    changed = {field: access for field, access in wanted.items() if before.get(field, "") != access}
    with transaction.atomic():
        FieldRule.objects.filter(role=role, noun=noun, field__in=changed).delete()
        FieldRule.objects.bulk_create(
            FieldRule(role=role, noun=noun, field=field, access=access) for field, access in changed.items() if access
        )
        if changed:
            told = {field: [before.get(field, ""), access] for field, access in changed.items()}
            record(at=at, actor=by, verb="edit", noun=Noun.PEOPLE, changes={"role": role.value, **told})
