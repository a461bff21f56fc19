"""Keeping a list's views: each action one transaction."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from keepers.core.errors import KeepersError
from keepers.crm.lists.listing import View
from keepers.crm.lists.models import SavedView

LONGEST_NAME = 80


class ViewNameError(KeepersError):
    """A view cannot be called that."""


def kept_views(owner: AbstractBaseUser, noun: str) -> list[View]:
    """The views that a user keeps of a noun, the oldest first."""
    found = SavedView.objects.filter(owner_id=owner.pk, noun=noun)
    return [View(name=each.name, query=each.query, pk=each.pk) for each in found]


def save_view(owner: AbstractBaseUser, noun: str, name: str, query: dict[str, list[str]]) -> SavedView:
    """Keep a list under a name; one of the same name is kept anew.

    Raises:
        ViewNameError: the name is empty or too long.
    """
    with transaction.atomic():
        view, _ = SavedView.objects.update_or_create(
            owner_id=owner.pk, noun=noun, name=_checked(name), defaults={"query": query}
        )
    return view


def rename_view(view: SavedView, name: str) -> None:
    """Give a view another name.

    Raises:
        ViewNameError: the name is empty, too long, or another view's.
    """
    wanted = _checked(name)
    others = SavedView.objects.filter(owner_id=view.owner_id, noun=view.noun).exclude(pk=view.pk)
    with transaction.atomic():
        if others.filter(name=wanted).exists():
            raise ViewNameError(f'Another view is called "{wanted}". Choose another name, or delete that view first.')
        view.name = wanted
        view.save(update_fields=["name"])


def remove_view(view: SavedView) -> None:
    """Forget a view; what it showed stays."""
    view.delete()


def _checked(name: str) -> str:
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > LONGEST_NAME:
        raise ViewNameError(f"Give the view a name of 1 to {LONGEST_NAME} letters.")
    return wanted
