"""Who may come to a view, written above it. A view of ours that does not say so answers nobody."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase

View = TypeVar("View", bound=Callable[..., Any])
_DECLARED_AS = "keepers_need"
OF_OTHERS = ("allauth.", "django.views.static", "ninja.")  # guarded by their own means


class Need(Protocol):
    """What is asked of whoever comes."""

    def check(self, request: HttpRequest) -> None:
        """Refuse whoever may not come."""


class Nothing:
    """Nothing is asked beyond what the sign-in middleware asks."""

    def check(self, request: HttpRequest) -> None:
        """Let in."""


SIGNED_IN, ANYBODY = Nothing(), Nothing()


def for_everybody(view: View) -> View:
    """The view is for whoever is signed in, and shows or changes what is theirs or nobody's."""
    return declared(view, SIGNED_IN)


def for_strangers(view: View) -> View:
    """The view is for anybody at all."""
    return login_not_required(declared(view, ANYBODY))


def declared(view: View, need: Need) -> View:
    """The view with what it asks, which is checked before each call."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        need.check(request)
        return view(request, *args, **kwargs)

    setattr(guarded, _DECLARED_AS, need)
    return guarded  # type: ignore[return-value]  # the view's own signature


def need_of(view: Callable[..., Any]) -> Need | None:
    """What a view asks; None where it does not say."""
    found: Need | None = getattr(view, _DECLARED_AS, None)
    return found


class Entrance:
    """Middleware: refuses to call a view that does not say who may come."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        return self.get_response(request)

    def process_view(self, _: HttpRequest, view: Callable[..., Any], __: tuple[Any, ...], ___: dict[str, Any]) -> None:
        """Look at what the view declares.

        Raises:
            ImproperlyConfigured: it declares nothing.
        """
        if need_of(view) is None and not view.__module__.startswith(OF_OTHERS):
            raise ImproperlyConfigured(
                f"{view.__module__}.{view.__qualname__} does not say who may come. Put @needs(verb, noun) of "
                "keepers.crm.people.gate above it, or @for_everybody or @for_strangers of keepers.crm.entrance."
            )
