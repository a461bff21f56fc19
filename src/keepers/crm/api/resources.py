"""One shape for every noun: a list by pages, one thing with its tag, and the ways in which things change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from keepers.crm.api.paging import BEYOND, Page, Paged, only, page_of, tagged, unchanged
from keepers.crm.entrance import for_everybody
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import hidden_fields, locked_fields
from keepers.crm.people.roles import Noun, Verb

Thing = TypeVar("Thing", bound=Model)
View = TypeVar("View", bound=Callable[..., Any])
Told = dict[str, Any]
Narrowed = Callable[[User, QuerySet[Any], Any], QuerySet[Any]]


@dataclass(frozen=True)
class Resource(Generic[Thing]):
    """How the API tells and changes the things of one kind, at `/things` and `/things/7`.

    router: to which its routes are added
    one, many: what the things are called; the address is made of it
    noun: whose rights count; None for what everybody has of their own
    told: the shape in which a thing is told, with an example
    tell: a thing as a user may see it
    among: the things to which a user may do something
    field: the field of customers that all of a thing belongs to; who does not see that sees none
    """

    router: Router
    one: str
    many: str
    noun: Noun | None
    told: type[Schema]
    tell: Callable[[User, Any], Told]
    among: Callable[[User, Verb], QuerySet[Thing]]
    field: str = ""

    @property
    def at(self) -> str:
        """The address of the list."""
        return f"/{_slug(self.many)}"

    def lists(self, wanted: type[Paged] = Paged, narrowed: Narrowed | None = None) -> None:
        """All of them that the key may see, a page at a time, and each of them.

        Args:
            wanted: what the list can be narrowed to.
            narrowed: the things that are left.
        """
        many, detail = _slug(self.many), _slug(self.one)

        @self.router.get(
            self.at, response=Page[self.told], exclude_unset=True, url_name=many, operation_id=f"list-{many}",  # type: ignore[name-defined]
            summary=f"{self.many.capitalize()} that the key may see",
        )  # fmt: skip
        @self._needs(Verb.SEE)
        def things(request: HttpRequest, wanted: Query[wanted]) -> Told:  # type: ignore[valid-type]
            """The oldest first, or the newest."""
            only(request, type(wanted))
            user = self._reader(request)
            found = self.among(user, Verb.SEE)
            found = found if narrowed is None else narrowed(user, found, wanted)
            return page_of(found, lambda thing: self.tell(user, thing), wanted)

        @self.router.get(
            f"{self.at}/{{int:pk}}", response=self.told, exclude_unset=True, url_name=detail,
            operation_id=f"get-{detail}", summary=f"One {self.one}",
        )  # fmt: skip
        @self._needs(Verb.SEE)
        def thing(request: HttpRequest, pk: int) -> HttpResponse:
            """With the tag of its state."""
            only(request)
            user = self._reader(request)
            return tagged(self.tell(user, self.found(user, pk)))

    def creates(
        self, given: type[Schema], make: Callable[[HttpRequest, Told], Thing], *, verb: Verb = Verb.CREATE
    ) -> None:
        """New ones.

        Args:
            given: what is written of one.
            make: does it.
            verb: the right that it needs.
        """
        detail = _slug(self.one)

        @self.router.post(
            self.at, response={201: self.told}, url_name=f"new-{detail}", operation_id=f"create-{detail}",
            summary=f"New {self.one}",
        )  # fmt: skip
        @self._needs(verb)
        def new(request: HttpRequest, given: given) -> HttpResponse:  # type: ignore[valid-type]
            """Told as it is from then on."""
            only(request)
            user = self._writer(request)
            made = make(request, given.dict(exclude_unset=True))  # type: ignore[attr-defined]
            where = reverse(f"api:{detail}", args=[made.pk])
            return tagged(self.tell(user, self._anew(user, made)), status=201, location=where)

    def changes(
        self, given: type[Schema], change: Callable[[HttpRequest, Any, Told], object], *, verb: Verb = Verb.EDIT
    ) -> None:
        """Of a thing only what is sent; with If-Match only if it is still what was seen.

        Args:
            given: what can be written anew.
            change: does it.
            verb: the right that it needs.
        """
        detail = _slug(self.one)

        @self.router.patch(
            f"{self.at}/{{int:pk}}", response=self.told, url_name=f"change-{detail}", operation_id=f"change-{detail}",
            summary=f"Change one {self.one}",
        )  # fmt: skip
        @self._needs(verb)
        def changed(request: HttpRequest, pk: int, given: given) -> HttpResponse:  # type: ignore[valid-type]
            """What is left out stays as it is."""
            user, found = self._to_write(request, pk, verb)
            change(request, found, given.dict(exclude_unset=True))  # type: ignore[attr-defined]
            return tagged(self.tell(user, self._anew(user, found)))

    def removes(
        self, remove: Callable[[HttpRequest, Any], object], *, verb: Verb = Verb.DELETE, asked: Verb | None = None
    ) -> None:
        """Things can go.

        Args:
            remove: does it.
            verb: what they must be allowed to be done to.
            asked: the right that whoever asks must have on some of them; `verb` where it is left out.
        """
        detail = _slug(self.one)

        @self.router.delete(
            f"{self.at}/{{int:pk}}", response={204: None}, url_name=f"remove-{detail}", operation_id=f"remove-{detail}",
            summary=f"Remove one {self.one}",
        )  # fmt: skip
        @self._needs(asked or verb)
        def removed(request: HttpRequest, pk: int) -> HttpResponse:
            """With If-Match only if it is still what was seen."""
            _user, found = self._to_write(request, pk, verb)
            remove(request, found)
            return HttpResponse(status=204)

    def does(
        self,
        deed: str,
        do: Callable[[HttpRequest, Any, Told], object],
        *,
        summary: str,
        given: type[Schema] | None = None,
        answer: type[Schema] | None = None,
        verb: Verb = Verb.EDIT,
    ) -> None:
        """What is done with a thing beside writing its fields, at `/things/7/deed`.

        Args:
            deed: what is done, as the address says it.
            do: does it.
            summary: the same in words.
            given: what it needs to know; None for nothing.
            answer: the shape of what `do` returns, which is told instead of the thing.
            verb: the right that it needs.
        """
        name = f"{deed}-of-{_slug(self.one)}"

        def done(request: HttpRequest, pk: int, told: Told) -> HttpResponse:
            user, found = self._to_write(request, pk, verb)
            outcome = do(request, found, told)
            return tagged(self.tell(user, self._anew(user, found)) if answer is None else cast("Told", outcome))

        route = self.router.post(
            f"{self.at}/{{int:pk}}/{deed}",
            response=answer or self.told,
            url_name=name,
            operation_id=name,
            summary=summary,
        )
        if given is None:

            @route
            @self._needs(verb)
            def plainly(request: HttpRequest, pk: int) -> HttpResponse:
                """Told as it is afterwards."""
                return done(request, pk, {})

            return

        @route
        @self._needs(verb)
        def knowing(request: HttpRequest, pk: int, given: given) -> HttpResponse:  # type: ignore[valid-type]
            """Told as it is afterwards."""
            return done(request, pk, given.dict(exclude_unset=True))  # type: ignore[attr-defined]

    def found(self, user: User, pk: int, verb: Verb = Verb.SEE) -> Thing:
        """The thing of this number.

        Raises:
            Http404: there is none, or none that the user may see.
            PermissionDenied: they see it, and may not do this to it.
        """
        number = min(pk, BEYOND)
        found = self.among(user, verb).filter(pk=number).first()
        if found is None:
            if verb != Verb.SEE and self.among(user, Verb.SEE).filter(pk=number).exists():
                raise PermissionDenied(_("Your role may do this to others of its kind, not to this one."))
            raise Http404(_("There is no %(one)s of this number, or none that this key may see.") % {"one": self.one})
        return found

    def readable(self, request: HttpRequest, pk: int) -> Thing:
        """The thing of this number, for a route of the desk's own.

        Raises:
            Http404: there is none, or none that whoever asks may see.
            PermissionDenied: they do not see such things.
        """
        return self.found(self._reader(request), pk)

    def _needs(self, verb: Verb) -> Callable[[View], View]:
        return for_everybody if self.noun is None else needs(verb, self.noun)

    def _reader(self, request: HttpRequest) -> User:
        user = user_of(request)
        if self.field and self.noun is not None and self.field in hidden_fields(user, self.noun):
            raise PermissionDenied(_("Your role does not see these. Ask an owner of the workspace."))
        return user

    def _writer(self, request: HttpRequest) -> User:
        user = self._reader(request)
        if self.field and self.noun is not None and self.field in locked_fields(user, self.noun):
            raise PermissionDenied(_("Your role may not change this field. Ask an owner of the workspace."))
        return user

    def _to_write(self, request: HttpRequest, pk: int, verb: Verb) -> tuple[User, Thing]:
        only(request)
        user = self._writer(request)
        found = self.found(user, pk, verb)
        unchanged(request, self.tell(user, found))
        return user, found

    def _anew(self, user: User, thing: Thing) -> Thing:
        """As it is now, with all that telling it needs; as it was made, where its maker does not see it any more."""
        return self.among(user, Verb.SEE).filter(pk=thing.pk).first() or thing


def _slug(words: str) -> str:
    return words.replace(" ", "-")
