"""Everything that somebody may take away, as files: a page that says what there is, and the files."""

from collections.abc import Iterator, Mapping

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.exchange.leaving import LEAVING, Leaving, customers_of
from keepers.crm.customers.exchange.vcards import as_vcards
from keepers.crm.lists.exports import TooLongForSpreadsheetError, as_csv, as_xlsx
from keepers.crm.people.audit import record
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, require
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work.leaving import TASKS

KINDS: Mapping[str, Leaving] = LEAVING | {"tasks": TASKS}
VCARD = "vcf"


@require_GET
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def page(request: HttpRequest) -> HttpResponse:
    """What may be taken away."""
    user = user_of(request)
    kinds = [(name, kind.label) for name, kind in KINDS.items() if may(user, Verb.EXPORT, kind.noun)]
    return render(request, "web/leaving.html", {"kinds": kinds, "tab": "export"})


@require_GET
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def file(request: HttpRequest, what: str, ending: str) -> HttpResponseBase:
    """One kind of thing as one file."""
    kind, user, now = KINDS.get(what), user_of(request), timezone.now()
    if kind is None or ending not in {"csv", "xlsx", VCARD} or (ending == VCARD and what != "customers"):
        raise Http404(_("There is no such file."))
    require(user, Verb.EXPORT, kind.noun)
    record(at=now, actor=user, verb="export", noun=kind.noun, changes={"what": what, "as": ending})
    name = f"{what}-{now:%Y-%m-%d}.{ending}"
    if ending == "xlsx":
        return _as_xlsx(request, kind, user, name)
    pieces = _cards(user) if ending == VCARD else as_csv(kind.columns(user), kind.rows(user))
    media = "text/vcard" if ending == VCARD else "text/csv"
    disposition = f'attachment; filename="{name}"'
    return StreamingHttpResponse(
        pieces, content_type=f"{media}; charset=utf-8", headers={"Content-Disposition": disposition}
    )


def _cards(user: User) -> Iterator[bytes]:
    return as_vcards(customers_of(user), hidden=hidden_of_customers(user))


def _as_xlsx(request: HttpRequest, kind: Leaving, user: User, name: str) -> HttpResponseBase:
    try:
        written = as_xlsx(kind.columns(user), kind.rows(user), title=str(kind.label))
    except TooLongForSpreadsheetError as too_long:
        messages.warning(request, str(too_long))
        return redirect("people_export")
    return FileResponse(written, as_attachment=True, filename=name)
