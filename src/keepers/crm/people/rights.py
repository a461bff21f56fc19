"""Who may do what to which things: the one place that pages, API, search, files and charts ask."""

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from keepers.crm.people.models import FieldRule, Grant, Team, User
from keepers.crm.people.roles import Noun, Role, Scope, Verb, default_scope

Thing = TypeVar("Thing", bound=Model)
OWNER, TEAM = "owner", "team"


def scope_of(user: User, verb: Verb, noun: Noun) -> Scope:
    """On whose things a user may do this; those of a user are read once."""
    if not user.is_active:
        return Scope.NONE
    decided = _decided(user)
    return decided.get((noun, verb), default_scope(Role(user.role), noun, verb))


def may(user: User, verb: Verb, noun: Noun) -> bool:
    """Whether a user may do this to anything at all."""
    return scope_of(user, verb, noun) > Scope.NONE


def belongs(user: User, verb: Verb, noun: Noun, path: str = "") -> Q:
    """The condition that a user may do this to a thing with an owner and a team.

    Args:
        user: who asks.
        verb: what they want to do.
        noun: what kind of thing it is.
        path: the lookup that leads to the thing that has the owner, such as `customer__`.
    """
    scope = scope_of(user, verb, noun)
    if scope == Scope.ALL:
        return Q()
    if scope == Scope.NONE:
        return Q(pk__in=[])
    own = Q(**{f"{path}{OWNER}": user.pk})
    if scope == Scope.OWN or user.team_id is None:
        return own
    teams = teams_below(user.team_id)
    return own | Q(**{f"{path}{TEAM}__in": teams}) | Q(**{f"{path}{OWNER}__team__in": teams})


def allowed(user: User, verb: Verb, noun: Noun, things: QuerySet[Thing], path: str = "") -> QuerySet[Thing]:
    """The things among these to which a user may do this."""
    return things.filter(belongs(user, verb, noun, path))


def require(user: User, verb: Verb, noun: Noun) -> None:
    """Refuse whoever may not do this to anything.

    Raises:
        PermissionDenied: their role does not allow it.
    """
    if not may(user, verb, noun):
        raise PermissionDenied(
            _('Your role "%(role)s" may not do this (%(verb)s: %(noun)s). Ask an owner of the workspace.')
            % {"role": user.get_role_display(), "verb": verb.label, "noun": noun.label}
        )


def hidden_fields(user: User, noun: Noun) -> frozenset[str]:
    """Fields of a noun that a user does not see."""
    return _fields(user, noun, {FieldRule.Access.HIDDEN})


def locked_fields(user: User, noun: Noun) -> frozenset[str]:
    """Fields of a noun that a user does not change; the hidden ones among them."""
    return _fields(user, noun, {FieldRule.Access.HIDDEN, FieldRule.Access.READ})


def teams_below(team: int) -> list[int]:
    """A team and all the teams below it."""
    below: dict[int | None, list[int]] = {}
    for pk, parent in Team.objects.values_list("pk", "parent_id"):
        below.setdefault(parent, []).append(pk)
    found, waiting = [], [team]
    while waiting:
        found.append(waiting.pop())
        waiting += below.get(found[-1], [])
    return found


def _decided(user: User) -> dict[tuple[str, str], Scope]:
    """What owners decided on this user's role, read once a request: a user is loaded anew with each."""
    known: dict[tuple[str, str], Scope] | None = user.__dict__.get("_grants")
    if known is None:
        rows = Grant.objects.filter(role=user.role).values_list("noun", "verb", "scope")
        known = {(noun, verb): Scope(scope) for noun, verb, scope in rows}
        user.__dict__["_grants"] = known
    return known


def _fields(user: User, noun: Noun, accesses: set[str]) -> frozenset[str]:
    known: list[FieldRule] | None = user.__dict__.get("_field_rules")
    if known is None:
        known = list(FieldRule.objects.filter(role=user.role))
        user.__dict__["_field_rules"] = known
    return frozenset(rule.field for rule in known if rule.noun == noun and rule.access in accesses)
