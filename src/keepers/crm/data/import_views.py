"""The imports: which there are, what each brought, and switching one off and on again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepers.core.errors import NothingToDoError
from keepers.crm.data import actions, queries, rejects
from keepers.crm.data.heads import COLUMN_WORDS
from keepers.crm.data.models import Upload
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.wording import in_browser
from keepers.crm.lists.addresses import number_in
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.warehouse.lock import WriterBusyError

REJECTS_SHOWN = 25


@require_GET
@needs(Verb.SEE, Noun.DATA)
def listing(request: HttpRequest) -> HttpResponse:
    """Every import, and the uploads that are on their way."""
    settle_abandoned()
    found = queries.imports()
    page = {
        "imports": found,
        "uploads": Upload.objects.filter(landed_at=None, let_go_at=None).select_related("by", "check_job"),
        "active": sum(each["active"] for each in found),
        "rows": sum(each["rows_accepted"] for each in found if each["active"]),
        "tab": "imports",
    }
    return render(request, "data/imports.html", page)


@require_GET
@needs(Verb.SEE, Noun.DATA)
def show(request: HttpRequest, batch_id: str) -> HttpResponse:
    """One import: what it brought, what it could not use, who did what to it."""
    found = _found(batch_id)
    path = found["rejects"] if sees_all(user_of(request), Noun.CUSTOMERS) else None
    after = number_in(request.GET.get("rejects-after", "")) or 0
    page = {
        "import": found,
        "mapping": [(COLUMN_WORDS.get(each["column"], each["column"]), each) for each in found["mapping"]],
        "rejects": None if path is None else rejects.page_of(path, after=after, rows=REJECTS_SHOWN),
        "run_job": queries.open_job(Job.Kind.RUN),
        "is_valued": any(batch_id in run["batches"] for run in queries.runs()[:1]),
    }
    return render(request, "data/import.html", page)


@require_GET
@needs(Verb.EXPORT, Noun.DATA, everybodys=Noun.CUSTOMERS)
def rejects_csv(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """The rows that the import could not use."""
    path = _found(batch_id)["rejects"]
    if path is None:
        raise Http404(_("Every row could be used."))
    taken_away(user_of(request), Noun.DATA, at=timezone.now(), what=f"rejected-{batch_id}.csv")
    return rejects.as_csv(path, f"rejected-{batch_id}.csv")


@require_POST
@needs(Verb.EDIT, Noun.DATA)
def switch(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Undo an import, or take the undo back."""
    active = request.POST.get("active") == "1"
    try:
        actions.switch_import(batch_id, active=active, by=user_of(request), at=timezone.now())
    except (NothingToDoError, WriterBusyError) as error:
        messages.warning(request, in_browser(str(error)))
        return redirect("import", batch_id)
    if active:
        messages.info(request, _("The import counts again. Value the base to see it in the figures."))
    else:
        messages.info(
            request,
            _(
                "The import no longer counts, and what it had replaced counts again. Value the base to see it in the "
                "figures."
            ),
        )
    return redirect("import", batch_id)


def _found(batch_id: str) -> dict[str, Any]:
    found = queries.import_of(batch_id)
    if found is None:
        raise Http404(_("There is no such import."))
    return found
