"""The rooms of the house as the menu shows them: in the order of the loop, those that stand."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the menu.

    address: name of its first page
    below: beginning of the addresses of its pages
    """

    label: str | Promise
    address: str
    below: str
    icon: str
    apart: bool = False


ROOMS = (
    Room(_("Today"), "today", "/work/", "sun"),
    Room(_("Customers"), "customers", "/customers/", "users"),
    Room(_("Insight"), "insights", "/insight/", "chart-no-axes-combined"),
    Room(_("Data"), "data", "/data/", "database", apart=True),
    Room(_("Settings"), "assumptions", "/settings/", "sliders-horizontal"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A room in this request's menu."""

    room: Room
    url: str
    current: bool


def menu(request: HttpRequest) -> list[Entry]:
    """The menu, with the room that the page is in."""
    return [Entry(room, reverse(room.address), _is_in(request.path, room)) for room in ROOMS]


def _is_in(path: str, room: Room) -> bool:
    return path == reverse(room.address) or path.startswith(room.below)
