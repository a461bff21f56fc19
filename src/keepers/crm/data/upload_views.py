"""An import in five steps: upload, columns, check, preview, done. Nothing counts before the last."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepers.core.errors import KeepersError
from keepers.core.told import WARNING, from_record
from keepers.crm.data import actions, folders, rejects
from keepers.crm.data.forms import ColumnsForm, UploadForm, received_files
from keepers.crm.data.heads import COLUMN_WORDS, sheets_to_choose
from keepers.crm.data.models import Upload
from keepers.crm.data.queries import current_assumptions
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown
from keepers.crm.jobs.receiving import receiving
from keepers.crm.jobs.wording import in_browser, in_words
from keepers.crm.lists.addresses import number_in
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.loop.imports.staged import first_lines, prepared_in

LINES_SHOWN, REJECTS_SHOWN, FEW_UNUSED = 8, 10, 4


@needs(Verb.SEE, Noun.DATA, writing=Verb.CREATE)
@receiving
def new(request: HttpRequest) -> HttpResponse:
    """Step 1: the files."""
    if request.method != "POST":
        return render(request, "data/upload.html", {"form": UploadForm(), "step": 1})
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "data/upload.html", {"form": form, "step": 1}, status=422)
    upload = actions.begin_upload(received_files(form), by=user_of(request), at=timezone.now())
    return redirect("upload_columns", upload.pk)


@require_GET
@needs(Verb.SEE, Noun.DATA)
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Whichever step the upload is at."""
    upload = get_object_or_404(Upload, pk=pk)
    if upload.landed_at is not None:
        return redirect("import", upload.batch_id)
    if upload.let_go_at is not None:
        return redirect("data")
    if upload.landing_job is not None and upload.landing_job.state != Job.State.CANCELLED:
        return redirect("upload_landing", pk)
    if upload.check_job is None:
        return redirect("upload_columns", pk)
    return redirect("upload_preview" if upload.check_job.state == Job.State.DONE else "upload_check", pk)


@needs(Verb.SEE, Noun.DATA, writing=Verb.EDIT, everybodys=Noun.CUSTOMERS)
def columns(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Step 2: which column is which."""
    upload = _open(pk)
    if request.method == "POST":
        return _choose(request, upload)
    return _columns_page(request, upload, ColumnsForm(instance=upload))


def _choose(request: HttpRequest, upload: Upload) -> HttpResponse:
    form = ColumnsForm(request.POST, instance=upload)
    if not form.is_valid():
        return _columns_page(request, upload, form, status=422)
    actions.choose_columns(upload, form.chosen, form.answers, at=timezone.now())
    actions.start_check(upload, by=user_of(request), at=timezone.now())
    return redirect("upload_check", upload.pk)


def _columns_page(request: HttpRequest, upload: Upload, form: ColumnsForm, *, status: int = 200) -> HttpResponse:
    heads = [
        head
        | {"problem": in_browser(head["problem"]) if head["problem"] else ""}
        | _notes_apart(map(from_record, head["notes"]))
        | {"sheets": sheets_to_choose(head), "chosen": bool(upload.sheets.get(head["name"]))}
        for head in upload.heads
    ]
    rows = _column_rows(form)
    unused = [row for row in rows if not row["field"].value()]
    made = [(COLUMN_WORDS.get(column, column), of) for column, of in (form.head["made"] if form.head else ())]
    page = {
        "upload": upload,
        "form": form,
        "heads": heads,
        "head": form.head,
        "has_joined": any(head["holds"] == "heads" for head in upload.heads),
        "used": [row for row in rows if row["field"].value()],
        "unused": unused,
        "open_unused": len(unused) <= FEW_UNUSED or (form.head is not None and form.head["holds"] != "orders"),
        "made": made,
        "zones": sorted(available_timezones()),
        "step": 2,
    }
    return render(request, "data/columns.html", page, status=status)


def _notes_apart(notes: Iterable[str]) -> dict[str, list[str]]:
    """Notes and warnings in the reader's language."""
    told: dict[str, list[str]] = {"notes": [], "warnings": []}
    for note in notes:
        told["warnings" if note.startswith(WARNING) else "notes"].append(in_words(note))
    return told


def _column_rows(form: ColumnsForm) -> list[dict[str, Any]]:
    """Each header with its cells, what it seems to be, and the field that decides."""
    if form.head is None:
        return []
    fields = {header: form[name] for name, header in form.headers.items()}
    return [column | {"field": fields[column["header"]]} for column in form.head["columns"]]


@require_POST
@needs(Verb.EDIT, Noun.DATA)
def sheets(request: HttpRequest, pk: int) -> HttpResponse:
    """Read another sheet of a workbook, or those that were recognised."""
    upload, name = _open(pk), request.POST.get("name", "")
    choices = [names for head in upload.heads if head["name"] == name for names, _read in sheets_to_choose(head)]
    number = number_in(request.POST.get("sheets", ""))
    if number is None or number < len(choices):
        actions.choose_sheets(upload, name, () if number is None else choices[number], at=timezone.now())
    return redirect("upload_columns", pk)


@require_POST
@needs(Verb.EDIT, Noun.DATA)
def joining(request: HttpRequest, pk: int) -> HttpResponse:
    """Put heads and lines of orders together, or read each table by itself."""
    actions.choose_joining(_open(pk), joins="joins" in request.POST, at=timezone.now())
    return redirect("upload_columns", pk)


@require_POST
@needs(Verb.EDIT, Noun.DATA)
def leave_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file out of the upload."""
    upload = _open(pk)
    actions.leave_file_out(upload, request.POST.get("name", ""), at=timezone.now())
    if not upload.heads:
        actions.let_go(upload, at=timezone.now())
        return redirect("new_import")
    return redirect("upload_columns", pk)


@needs(Verb.SEE, Noun.DATA, writing=Verb.EDIT)
def check(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Step 3: everything is read."""
    upload = _open(pk)
    if request.method == "POST":
        return _check_again(request, upload)
    settle_abandoned()
    job = upload.check_job
    if job is None:
        return redirect("upload_columns", pk)
    job.refresh_from_db()
    if job.state == Job.State.DONE:
        return redirect("upload_preview", pk)
    page = shown(job) | {"upload": upload, "step": 3, "rejected": folders.rejects_of(upload) is not None}
    return render(request, "data/check.html", page)


def _check_again(request: HttpRequest, upload: Upload) -> HttpResponse:
    actions.start_check(upload, by=user_of(request), at=timezone.now())
    return redirect("upload_check", upload.pk)


@require_GET
@needs(Verb.SEE, Noun.DATA, everybodys=Noun.CUSTOMERS)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: what importing would do."""
    upload = _open(pk)
    try:
        prepared = prepared_in(folders.staging_of(upload))
    except KeepersError as error:
        messages.warning(request, str(error))
        return redirect("upload_columns", pk)
    path, after = folders.rejects_of(upload), _place(request)
    page = {
        "upload": upload,
        "step": 4,
        "input": prepared.input,
        "report": prepared.imported.report,
        "revenue": [(currency, float(money)) for currency, money in prepared.imported.report.revenue.items()],
        "no_currency": None in prepared.imported.report.revenue and not current_assumptions().currency,
        "files": [file.path.name for file in prepared.imported.report.files],
        "effect": prepared.effect,
        **_notes_apart(prepared.imported.report.notes),
        "mapping": [(COLUMN_WORDS.get(each.column, each.column), each) for each in prepared.imported.report.mapping],
        "lines": first_lines(prepared, rows=LINES_SHOWN),
        "rejects": None if path is None else rejects.page_of(path, after=after, rows=REJECTS_SHOWN),
    }
    return render(request, "data/preview.html", page)


@needs(Verb.SEE, Noun.DATA, writing=Verb.CREATE)
def landing(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Step 5: the lines are brought in."""
    upload = get_object_or_404(Upload, pk=pk)
    if request.method == "POST" and upload.is_open:
        return _land(request, upload)
    settle_abandoned()
    upload.refresh_from_db()
    if upload.landed_at is not None:
        return redirect("import", upload.batch_id)
    if upload.landing_job is None:
        return redirect("upload", pk)
    return render(request, "data/landing.html", shown(upload.landing_job) | {"upload": upload, "step": 5})


def _land(request: HttpRequest, upload: Upload) -> HttpResponse:
    actions.start_landing(upload, by=user_of(request), at=timezone.now())
    return redirect("upload_landing", upload.pk)


@require_GET
@needs(Verb.EXPORT, Noun.DATA, everybodys=Noun.CUSTOMERS)
def rejects_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that the check could not use."""
    path = folders.rejects_of(_open(pk))
    if path is None:
        raise Http404(_("Every row could be used."))
    taken_away(user_of(request), Noun.DATA, at=timezone.now(), what=f"rejected-{pk}.csv")
    return rejects.as_csv(path, f"rejected-{pk}.csv")


@require_POST
@needs(Verb.EDIT, Noun.DATA)
def let_go(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an upload."""
    actions.let_go(_open(pk), at=timezone.now())
    messages.info(request, _("The files were removed; nothing was imported."))
    return redirect("data")


def _open(pk: int) -> Upload:
    return get_object_or_404(Upload, pk=pk, landed_at=None, let_go_at=None)


def _place(request: HttpRequest) -> int:
    return number_in(request.GET.get("rejects-after", "")) or 0
