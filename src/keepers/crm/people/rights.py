"""Who may do what to which things: the one place that pages, API, search, files and charts ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from keepers.crm.people.models import FieldRule, Grant, Team, User
from keepers.crm.people.roles import Noun, Role, Scope, Verb, default_scope

Thing = TypeVar("Thing", bound=Model)
OWNER, TEAM = "owner", "team"
_CEILING, _DECISIONS, _GRANT, _FIELD = "_ceiling", "_decisions", "grant", "field"
_ALL_DECIDED = (
    f"SELECT '{_GRANT}', role, noun, verb, CAST(scope AS text) FROM {Grant._meta.db_table} WHERE role IN ({{marks}}) "  # noqa: S608 - our names
    f"UNION ALL SELECT '{_FIELD}', role, noun, field, access FROM {FieldRule._meta.db_table} WHERE role IN ({{marks}})"
)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that somebody may do who comes by a token of theirs: they may do what both allow."""

    role: Role
    nouns: frozenset[str]
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Decided:
    """What owners decided on some roles."""

    grants: dict[tuple[str, str, str], Scope]
    fields: frozenset[tuple[str, str, str]]


def below(user: User, ceiling: Ceiling) -> User:
    """The user, who may do no more than the ceiling from here on."""
    user.__dict__[_CEILING] = ceiling
    user.__dict__.pop(_DECISIONS, None)
    return user


def ceiling_as_json(user: User) -> dict[str, Any] | None:
    """What keeps the user down just now, for work that is done later; None where nothing does."""
    ceiling = _ceiling_of(user)
    if ceiling is None:
        return None
    nouns, verbs = sorted(ceiling.nouns), sorted(ceiling.verbs)
    return {"role": ceiling.role, "nouns": nouns, "verbs": verbs, "came_by": user.came_by}


def below_json(user: User, kept: Mapping[str, Any] | None) -> User:
    """The user as they asked for work that is done now."""
    if kept is None:
        return user
    user.came_by = kept["came_by"]
    return below(user, Ceiling(Role(kept["role"]), frozenset(kept["nouns"]), frozenset(kept["verbs"])))


def scope_of(user: User, verb: Verb, noun: Noun) -> Scope:
    """On whose things a user may do this; those of a user are read once."""
    if not user.is_active:
        return Scope.NONE
    ceiling = _ceiling_of(user)
    if ceiling and (noun not in ceiling.nouns or verb not in ceiling.verbs):
        return Scope.NONE
    decided = _decided(user).grants
    return min(decided.get((role, noun, verb), default_scope(role, noun, verb)) for role in _roles(user))


def may(user: User, verb: Verb, noun: Noun) -> bool:
    """Whether a user may do this to anything at all."""
    return scope_of(user, verb, noun) > Scope.NONE


def belongs(user: User, verb: Verb, noun: Noun, path: str = "", *, few: bool = False) -> Q:
    """The condition that a user may do this to a thing with an owner and a team.

    Args:
        user: who asks.
        verb: what they want to do.
        noun: what kind of thing it is.
        path: the lookup that leads to the thing that has the owner, such as `customer__`.
        few: whether those that belong are looked up by their owners, rather than the owner of each thing looked at.
    """
    return within(user, scope_of(user, verb, noun), path, few=few)


def within(user: User, scope: Scope, path: str = "", *, few: bool = False) -> Q:
    """The condition that a thing with an owner and a team is within a scope of the user's.

    Args:
        user: whose.
        scope: how far it goes.
        path: the lookup that leads to the thing that has the owner.
        few: as of `belongs`.
    """
    if scope == Scope.ALL:
        return Q()
    if scope == Scope.NONE:
        return Q(pk__in=[])
    own = Q(**{f"{path}{OWNER}": user.pk})
    if scope == Scope.OWN or user.team_id is None:
        return own
    teams = teams_below(user.team_id)
    theirs = Q(**{f"{path}{OWNER}__team__in": teams})
    if few:
        owners = User.objects.filter(team__in=teams).order_by().values_list("pk", flat=True)
        theirs = Q(**{f"{path}{OWNER}__in": list(owners)})  # asked first: beside an "or" no index serves a subquery
    return own | Q(**{f"{path}{TEAM}__in": teams}) | theirs


def allowed(user: User, verb: Verb, noun: Noun, things: QuerySet[Thing], path: str = "") -> QuerySet[Thing]:
    """The things among these to which a user may do this."""
    return things.filter(belongs(user, verb, noun, path))


def scopes_of(role: Role) -> dict[tuple[Noun, Verb], Scope]:
    """On whose things a role may do what, as decided or by default."""
    decided = _read({role}).grants
    return {
        (noun, verb): decided.get((role, noun, verb), default_scope(role, noun, verb)) for noun in Noun for verb in Verb
    }


def may_give(user: User, role: Role) -> bool:
    """Whether a role may do nothing that this user may not."""
    if _ceiling_of(user) is None and user.role == Role.OWNER:
        return True
    return all(scope <= scope_of(user, verb, noun) for (noun, verb), scope in scopes_of(role).items())


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


def one_of(user: User, verb: Verb, noun: Noun, things: QuerySet[Thing], path: str = "", **which: object) -> Thing:
    """The thing among these that the lookups name, to which the user may do this.

    Raises:
        Http404: there is none, or none that the user may see.
        PermissionDenied: they see it and may not do this to it.
    """
    seen = get_object_or_404(allowed(user, Verb.SEE, noun, things, path), **which)
    if verb != Verb.SEE and not allowed(user, verb, noun, things, path).filter(pk=seen.pk).exists():
        require(user, verb, noun)
        raise PermissionDenied(
            _('Your role "%(role)s" may do this (%(verb)s: %(noun)s) to other things, not to this one.')
            % {"role": user.get_role_display(), "verb": verb.label, "noun": noun.label}
        )
    return seen


def sees_all(user: User, noun: Noun) -> bool:
    """Whether a user sees everybody's things of a noun."""
    return scope_of(user, Verb.SEE, noun) == Scope.ALL


def require_all(user: User, noun: Noun) -> None:
    """Refuse whoever does not see everybody's things of a noun.

    Raises:
        PermissionDenied: their role shows them some or none.
    """
    if not sees_all(user, noun):
        raise PermissionDenied(
            _('Your role "%(role)s" does not show you everybody\'s things (%(noun)s). Ask an owner of the workspace.')
            % {"role": user.get_role_display(), "noun": noun.label}
        )


class Permits:
    """What a user may do, for templates: `{% if may.edit.data %}`."""

    def __init__(self, user: User) -> None:
        self._user = user

    def __getitem__(self, verb: str) -> "dict[str, bool]":
        return {noun.value: may(self._user, Verb(verb), noun) for noun in Noun}


def hidden_fields(user: User, noun: Noun) -> frozenset[str]:
    """Fields of a noun that a user does not see."""
    return _fields(user, noun, {FieldRule.Access.HIDDEN})


def locked_fields(user: User, noun: Noun) -> frozenset[str]:
    """Fields of a noun that a user does not change; the hidden ones among them."""
    return _fields(user, noun, {FieldRule.Access.HIDDEN, FieldRule.Access.READ})


def people_seen_by(user: User, noun: Noun) -> list[User]:
    """Those whose things of this kind a user may see, themselves first."""
    scope = scope_of(user, Verb.SEE, noun)
    people = User.objects.filter(is_active=True).exclude(pk=user.pk)
    if scope < Scope.TEAM or (scope == Scope.TEAM and user.team_id is None):
        people = people.none()
    elif scope == Scope.TEAM and user.team_id is not None:
        people = people.filter(team__in=teams_below(user.team_id))
    return [user, *people.order_by("name", "email")]


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


def _ceiling_of(user: User) -> Ceiling | None:
    found: Ceiling | None = user.__dict__.get(_CEILING)
    return found


def _roles(user: User) -> set[Role]:
    """Their own, and that of the token they come by."""
    ceiling = _ceiling_of(user)
    return {Role(user.role)} | ({ceiling.role} if ceiling else set())


def _decided(user: User) -> _Decided:
    """What owners decided on this user's roles, read once a request: a user is loaded anew with each."""
    known: _Decided | None = user.__dict__.get(_DECISIONS)
    if known is None:
        known = user.__dict__[_DECISIONS] = _read(_roles(user))
    return known


def _read(roles: set[Role]) -> _Decided:
    """Grants and rules of fields in one query, as every page asks: Django takes ten times as long to write it."""
    asked, marks = [role.value for role in roles], ", ".join(["%s"] * len(roles))
    with connection.cursor() as cursor:
        cursor.execute(_ALL_DECIDED.format(marks=marks), [*asked, *asked])
        found = cursor.fetchall()
    return _Decided(
        {(role, noun, verb): Scope(int(says)) for kind, role, noun, verb, says in found if kind == _GRANT},
        frozenset((noun, field, says) for kind, _, noun, field, says in found if kind == _FIELD),
    )


def _fields(user: User, noun: Noun, accesses: set[str]) -> frozenset[str]:
    return frozenset(field for of, field, access in _decided(user).fields if of == noun and access in accesses)
