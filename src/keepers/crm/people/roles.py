"""What each role may do until an owner decides otherwise."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody is here."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    REP = "rep", _("Representative")
    AGENT = "agent", _("Service agent")
    MARKETER = "marketer", _("Marketer")
    ANALYST = "analyst", _("Analyst")
    READ_ONLY = "read-only", _("Reader")


class Noun(models.TextChoices):
    """What rights are given on."""

    CUSTOMERS = "customers", _("Customers")
    TOUCHES = "touches", _("Timeline")
    TASKS = "tasks", _("Tasks")
    DEALS = "deals", _("Deals")
    TICKETS = "tickets", _("Tickets")
    CAMPAIGNS = "campaigns", _("Campaigns")
    PRODUCTS = "products", _("Products")
    INSIGHT = "insight", _("Insight")
    DATA = "data", _("Imports and runs")
    SETTINGS = "settings", _("Settings")
    PEOPLE = "people", _("People and roles")
    AUDIT = "audit", _("Audit log")
    PRIVACY = "privacy", _("Being forgotten")


class Verb(models.TextChoices):
    """What is done."""

    SEE = "see", _("See")
    EDIT = "edit", _("Change")
    CREATE = "create", _("Create")
    DELETE = "delete", _("Delete")
    EXPORT = "export", _("Take away")


class Scope(models.IntegerChoices):
    """On whose things: each includes those before it."""

    NONE = 0, _("nobody's")
    OWN = 1, _("their own")
    TEAM = 2, _("their team's and those below")
    ALL = 3, _("everybody's")


WORK = (Noun.CUSTOMERS, Noun.TOUCHES, Noun.TASKS, Noun.DEALS, Noun.TICKETS)
_NOTHING = dict.fromkeys(Verb, Scope.NONE)
_EVERYTHING = dict.fromkeys(Verb, Scope.ALL)
_LOOKING = _NOTHING | {Verb.SEE: Scope.ALL}
_TAKING = _LOOKING | {Verb.EXPORT: Scope.ALL}


def _of(nouns: tuple[Noun, ...], verbs: dict[Verb, Scope]) -> dict[Noun, dict[Verb, Scope]]:
    return dict.fromkeys(nouns, verbs)


_WORK_OF_A_TEAM = dict.fromkeys(Verb, Scope.TEAM)
_WORK_OF_ONE = {Verb.SEE: Scope.OWN, Verb.EDIT: Scope.OWN, Verb.CREATE: Scope.OWN}
_WORK_FOR_ALL = {Verb.SEE: Scope.ALL, Verb.EDIT: Scope.ALL, Verb.CREATE: Scope.ALL}
_COMMON = _of((Noun.PRODUCTS, Noun.DATA, Noun.SETTINGS), _LOOKING)

DEFAULTS: dict[Role, dict[Noun, dict[Verb, Scope]]] = {
    Role.OWNER: _of(tuple(Noun), _EVERYTHING),
    Role.MANAGER: _COMMON
    | _of(WORK, _WORK_OF_A_TEAM)
    | _of((Noun.CAMPAIGNS,), _EVERYTHING)
    | _of((Noun.INSIGHT,), _TAKING)
    | _of((Noun.PEOPLE, Noun.AUDIT), _NOTHING | {Verb.SEE: Scope.TEAM}),
    Role.REP: _COMMON | _of(WORK, _NOTHING | _WORK_OF_ONE),
    Role.AGENT: _COMMON | _of(WORK, _NOTHING | _WORK_FOR_ALL),
    Role.MARKETER: _COMMON
    | _of(WORK, _LOOKING)
    | _of((Noun.CUSTOMERS, Noun.INSIGHT), _TAKING)
    | _of((Noun.CAMPAIGNS,), _EVERYTHING),
    Role.ANALYST: _COMMON | _of((*WORK, Noun.CAMPAIGNS, Noun.INSIGHT), _TAKING),
    Role.READ_ONLY: _COMMON | _of((*WORK, Noun.CAMPAIGNS, Noun.INSIGHT), _LOOKING),
}


def default_scope(role: Role, noun: Noun, verb: Verb) -> Scope:
    """On whose things a role may do something until an owner decides otherwise."""
    return DEFAULTS[role].get(noun, _NOTHING)[verb]
