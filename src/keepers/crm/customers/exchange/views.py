"""An import of people in five steps: files, what they hold, check, import, result; and the way back."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.customers.exchange import actions, queries
from keepers.crm.customers.exchange.forms import ColumnsForm, FilesForm, OwnersForm, TablesForm
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.reading.staging import is_whole
from keepers.crm.customers.exchange.recognising.layout import from_json
from keepers.crm.customers.exchange.recognising.tables import staging_of
from keepers.crm.customers.exchange.undo_rights import may_undo
from keepers.crm.customers.exchange.wording import NOUN_WORDS
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown
from keepers.crm.jobs.receiving import receiving
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb

MOST_SHOWN = 12

for_importers = needs(Verb.CREATE, Noun.CUSTOMERS)


@require_GET
@for_importers
def listing(request: HttpRequest) -> HttpResponse:
    """Every import of people that somebody may see."""
    settle_abandoned()
    found = queries.imports_for(user_of(request))
    rows = [{"brought": brought, "totals": queries.totals_of(queries.accounts_of(brought))} for brought in found[:100]]
    return render(request, "exchange/imports.html", {"rows": rows, "tab": "people"})


@for_importers
@receiving
def new(request: HttpRequest) -> HttpResponse:
    """Step 1: the files."""
    if request.method != "POST":
        return render(request, "exchange/files.html", {"form": FilesForm(), "step": 1})
    form = FilesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            brought = actions.begin(form.cleaned_data["documents"], by=user_of(request), at=timezone.now())
        except KeepersError as error:
            form.add_error("documents", str(error))
        else:
            return redirect("people_tables", brought.pk)
    return render(request, "exchange/files.html", {"form": form, "step": 1}, status=422)


@require_GET
@for_importers
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Whichever step the import is at; once it is in, what came of it."""
    settle_abandoned()
    brought = _found(request, pk)
    if brought.let_go_at is not None:
        return redirect("people_imports")
    if brought.landed_at is None and brought.undo_job is None:
        job = brought.landing_job
        if job is not None and (job.is_open or brought.began_at is not None):
            return redirect("people_landing", pk)
        if brought.check_job is None:
            return redirect("people_tables", pk)
        return redirect("people_check", pk)
    accounts = queries.accounts_of(brought)
    page = {
        "brought": brought,
        "step": 5,
        "accounts": accounts,
        "totals": queries.totals_of(accounts),
        "left_alone": brought.left_alone[:MOST_SHOWN],
        "more_left": max(0, len(brought.left_alone) - MOST_SHOWN),
        "may_undo": brought.undone_at is None and may_undo(user_of(request), brought),
        "undoing": shown(brought.undo_job) if brought.undo_job and brought.undo_job.state != Job.State.DONE else None,
    }
    return render(request, "exchange/import.html", page)


@for_importers
def tables(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: what each table is, and how all are brought in."""
    brought = _open(request, pk)
    form = TablesForm(request.POST or None, instance=brought)
    if request.method == "POST" and form.is_valid():
        try:
            decided = form.decided()
            actions.choose(brought, decided, form.settings(), by=user_of(request), at=timezone.now())
            return _after_tables(request, brought)
        except KeepersError as error:
            form.add_error("consent_source", str(error))
    status = 422 if request.method == "POST" else 200
    return render(request, "exchange/tables.html", {"brought": brought, "form": form, "step": 2}, status=status)


def _after_tables(request: HttpRequest, brought: PeopleImport) -> HttpResponse:
    """On to the check, or to the columns of a table if that was asked for."""
    wanted = request.POST.get("columns", "")
    if wanted.isdecimal() and int(wanted) < len(brought.tables):
        return redirect("people_columns", brought.pk, int(wanted))
    if not brought.tables:
        actions.let_go(brought, at=timezone.now())
        return redirect("new_people_import")
    actions.start_check(brought, by=user_of(request), at=timezone.now())
    return redirect("people_check", brought.pk)


@for_importers
def columns(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Step 2: which column of a table is which."""
    brought = _open(request, pk)
    known = from_json(brought.tables)
    if number >= len(known):
        raise Http404(_("There is no such table."))
    form = ColumnsForm(known[number], request.POST or None)
    if request.method == "POST" and form.is_valid():
        known[number] = form.decided()
        try:
            actions.choose(brought, known, {}, by=user_of(request), at=timezone.now())
        except KeepersError as error:
            form.add_error(None, str(error))
        else:
            return redirect("people_tables", pk)
    page = {"brought": brought, "form": form, "table": known[number], "noun": NOUN_WORDS[known[number].noun], "step": 2}
    return render(request, "exchange/columns.html", page, status=422 if request.method == "POST" else 200)


@for_importers
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: every row is read, then what importing would do."""
    brought = _open(request, pk)
    if request.method == "POST":
        actions.start_check(brought, by=user_of(request), at=timezone.now())
        return redirect("people_check", pk)
    settle_abandoned()
    job = brought.check_job
    if job is None:
        return redirect("people_tables", pk)
    job.refresh_from_db()
    if job.state != Job.State.DONE or not is_whole(staging_of(brought)):
        return render(request, "exchange/check.html", shown(job) | {"brought": brought, "step": 3})
    accounts = queries.accounts_of(brought)
    unmatched = [name for name, pk in brought.owners.items() if pk is None]
    page: dict[str, Any] = {
        "brought": brought,
        "step": 3,
        "accounts": accounts,
        "totals": queries.totals_of(accounts),
        "reasons": _reasons(brought),
        "owners": OwnersForm(brought.owners) if brought.owners else None,
        "unmatched": len(unmatched),
    }
    return render(request, "exchange/preview.html", page)


@require_POST
@for_importers
def owners(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: who the owners are that the files name."""
    brought = _open(request, pk)
    form = OwnersForm(brought.owners, request.POST)
    if form.is_valid():
        actions.choose_owners(brought, form.decided())
        messages.info(request, _("The owners are kept."))
    return redirect("people_check", pk)


@for_importers
def landing(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: the rows are brought in."""
    brought = _found(request, pk)
    if request.method == "POST":
        with suppress(NothingToDoError):  # not checked, or taken back: the page of its step tells
            actions.start_landing(brought, by=user_of(request), at=timezone.now())
            return redirect("people_landing", pk)
        return redirect("people_import", pk)
    settle_abandoned()
    brought.refresh_from_db()
    if brought.landed_at is not None or brought.landing_job is None:
        return redirect("people_import", pk)
    return render(request, "exchange/landing.html", shown(brought.landing_job) | {"brought": brought, "step": 4})


@require_POST
@for_importers
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    brought = _found(request, pk)
    try:
        forced = request.POST.get("forced") == "1"
        actions.start_undo(brought, by=user_of(request), at=timezone.now(), forced=forced)
    except (BusyError, NothingToDoError) as error:
        messages.warning(request, str(error))
    return redirect("people_import", pk)


@require_GET
@for_importers
def refused_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every refused row with its reason."""
    brought = _found(request, pk)
    response = StreamingHttpResponse(queries.refused_as_csv(brought), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{pk}.csv"'
    return response


@require_POST
@for_importers
def let_go(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an import of which nothing came in."""
    actions.let_go(_open(request, pk), at=timezone.now())
    messages.info(request, _("The files were removed; nothing was imported."))
    return redirect("people_imports")


def _reasons(brought: PeopleImport) -> list[tuple[str, int, str, str]]:
    """The first refused rows."""
    found = []
    for row in queries.refused_rows(brought):
        found.append(row)
        if len(found) == MOST_SHOWN:
            break
    return found


def _found(request: HttpRequest, pk: int) -> PeopleImport:
    return get_object_or_404(queries.imports_for(user_of(request)), pk=pk)


def _open(request: HttpRequest, pk: int) -> PeopleImport:
    return get_object_or_404(queries.imports_for(user_of(request)), pk=pk, began_at=None, let_go_at=None)
