"""Keeping a list's views: each action one transaction."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from keepers.core.errors import KeepersError
from keepers.crm.lists.listing import View
from keepers.crm.lists.models import SavedView

LONGEST_NAME = 80


class ViewNameError(KeepersError):
    """A view cannot be called that."""


def views_seen_by(reader: AbstractBaseUser) -> QuerySet[SavedView]:
    """The views that a user keeps, and those that others share with them."""
    shared = Q(shared_with=SavedView.SharedWith.EVERYBODY)
    team = getattr(reader, "team_id", None)
    if team is not None:
        shared |= Q(shared_with=SavedView.SharedWith.TEAM, owner__team=team)
    return SavedView.objects.filter(Q(owner_id=reader.pk) | shared)


def kept_views(reader: AbstractBaseUser, noun: str) -> list[View]:
    """The views that a user keeps of a noun, then those that others share with them, the oldest first."""
    found = views_seen_by(reader).filter(noun=noun)
    views = [
        # PostgreSQL keeps JSON in an order of its own.
        View(
            each.name,
            dict(sorted(each.query.items())),
            each.pk,
            is_mine=each.owner_id == reader.pk,
            shared_with=each.shared_with,
        )
        for each in found
    ]
    return sorted(views, key=lambda view: not view.is_mine)


def share_view(view: SavedView, shared_with: str) -> None:
    """Put a view among the tabs of others too, or of nobody else any more.

    Raises:
        ViewNameError: there is nobody of that word to share with.
    """
    if shared_with not in SavedView.SharedWith.values:
        raise ViewNameError("A view is shared with nobody, with your team or with everybody. Choose one of these.")
    view.shared_with = shared_with
    view.save(update_fields=["shared_with"])


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
