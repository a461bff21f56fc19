"""Views that ask for a right: `@needs(Verb.SEE, Noun.CUSTOMERS)` above each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest

from keepers.crm.entrance import declared
from keepers.crm.people.models import User
from keepers.crm.people.rights import require, require_all
from keepers.crm.people.roles import Noun, Verb

View = TypeVar("View", bound=Callable[..., Any])
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Right:
    """What somebody must be allowed to do with some things of a noun.

    writing: what is asked where the request changes something
    everybodys: things of this noun are shown whosever they are, so all of them must be theirs to see
    """

    verb: Verb
    noun: Noun
    writing: Verb
    everybodys: Noun | None = None

    def check(self, request: HttpRequest) -> None:
        """Refuse whoever may not.

        Raises:
            PermissionDenied: their role does not allow it.
        """
        user = user_of(request)
        require(user, self.verb if request.method in READING else self.writing, self.noun)
        if self.everybodys is not None:
            require_all(user, self.everybodys)


def needs(
    verb: Verb, noun: Noun, *, writing: Verb | None = None, everybodys: Noun | None = None
) -> Callable[[View], View]:
    """The view is for whoever may do this to some things of the noun; which things, the view asks of `rights`.

    Args:
        verb: what they do.
        noun: to what kind of thing.
        writing: what they do where the request is no GET; the same where it is left out.
        everybodys: a noun all of whose things they must see, because the view shows some whosever they are.
    """
    return lambda view: declared(view, Right(verb, noun, writing or verb, everybodys))


def user_of(request: HttpRequest) -> User:
    """Who is signed in; the sign-in middleware lets nobody else this far."""
    assert isinstance(request.user, User)
    return request.user
