"""The rooms of the house as the menu shows them: in the order of the loop, those that stand."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the menu.

    address: name of its first page
    below: beginnings of the addresses of its pages
    noun: of what somebody must see some things to enter; None: everybody enters
    """

    label: str | Promise
    address: str
    below: tuple[str, ...]
    icon: str
    noun: Noun | None = None
    apart: bool = False


ROOMS = (
    Room(_("Today"), "today", ("/work/", "/tasks/", "/cadences/"), "sun"),
    Room(_("Customers"), "customers", ("/customers/", "/touches/", "/kept/", "/duplicates/"), "users", Noun.CUSTOMERS),
    Room(_("Insight"), "insights", ("/insight/",), "chart-no-axes-combined", Noun.INSIGHT),
    Room(_("Plan"), "plan", ("/plan/",), "route", Noun.CUSTOMERS),
    Room(_("Data"), "data", ("/data/",), "database", Noun.DATA, apart=True),
    Room(_("Settings"), "assumptions", ("/settings/",), "sliders-horizontal", Noun.SETTINGS),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A room in this request's menu."""

    room: Room
    url: str
    current: bool


def rooms_for(user: User) -> list[Room]:
    """The rooms that a user may enter."""
    return [room for room in ROOMS if room.noun is None or may(user, Verb.SEE, room.noun)]


def menu(request: HttpRequest, user: User) -> list[Entry]:
    """The user's menu, with the room that the page is in."""
    return [Entry(room, reverse(room.address), _is_in(request.path, room)) for room in rooms_for(user)]


def _is_in(path: str, room: Room) -> bool:
    return path == reverse(room.address) or path.startswith(room.below)
