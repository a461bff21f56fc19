"""What the layout of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.people.models import User
from keepers.crm.people.rights import Permits, sees_all
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.queries import publication_of
from keepers.web.assets import stylesheet_url
from keepers.web.navigation import menu


def shell(request: HttpRequest) -> dict[str, Any]:
    """Menu, look and the run that the figures come from; strangers see neither menu nor figures."""
    shown = {"stylesheet_url": stylesheet_url(), "theme": User.Theme.SYSTEM, "provider": settings.OIDC}
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return shown
    return shown | {
        "menu": menu(request, user),
        "may": Permits(user),
        "hidden": SimpleLazyObject(lambda: hidden_of_customers(user)),
        "sees_everybody": sees_all(user, Noun.CUSTOMERS),
        "theme": user.theme,
        "publication": publication_of(request),
    }
