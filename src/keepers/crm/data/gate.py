"""Who may change what comes in and how it is valued: administrators; everybody may look."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from keepers.crm.people.models import User

View = Callable[..., HttpResponseBase]


def administrators_only(view: View) -> View:
    """Let administrators through; others are told why not."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not user_of(request).is_administrator:
            raise PermissionDenied(
                _("Only administrators may import, undo, value the base or change assumptions. Ask one of them.")
            )
        return view(request, *args, **kwargs)

    return guarded


def user_of(request: HttpRequest) -> User:
    """Who is signed in; the sign-in middleware lets nobody else this far."""
    assert isinstance(request.user, User)
    return request.user
