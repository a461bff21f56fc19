"""Settings: what was done, by whom, to what; a page of it, and all of it as a file."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from keepers.crm.people.audit import record
from keepers.crm.people.forms import AuditForm
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.membership import entries_for
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun, Verb
from keepers.loop.exports import risky_in_spreadsheets

ROWS = 50
HEAD = ("at", "actor", "via", "verb", "noun", "thing", "thing_name", "changes")


@needs(Verb.SEE, Noun.AUDIT)
def audit_log(request: HttpRequest) -> HttpResponse:
    """The newest first, narrowed by person, noun, verb, day or thing."""
    form = AuditForm(request.GET or None)
    entries = _entries(user_of(request), form)
    page = Paginator(entries, ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "entries": page, "query": query.urlencode(), "tab": "audit"}
    return render(request, "people/audit.html", context)


@needs(Verb.EXPORT, Noun.AUDIT)
def audit_file(request: HttpRequest) -> HttpResponseBase:
    """The same as CSV; that it was taken away is told in the log."""
    user = user_of(request)
    entries = _entries(user, AuditForm(request.GET or None))
    record(at=timezone.now(), actor=user, verb="export", noun=Noun.AUDIT, changes={"rows": entries.count()})
    answer = StreamingHttpResponse(_lines(entries), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def _entries(user: User, form: AuditForm) -> QuerySet[AuditEntry]:
    found = entries_for(user)
    if not form.is_valid():
        return found
    asked = form.cleaned_data
    plain = {"actor_name__icontains": "person", "noun": "noun", "verb__icontains": "verb", "thing": "thing"}
    found = found.filter(**{lookup: asked[name] for lookup, name in plain.items() if asked[name]})
    if asked["day"]:
        begin = timezone.make_aware(datetime.combine(asked["day"], time()))
        found = found.filter(at__gte=begin, at__lt=begin + timedelta(days=1))
    return found


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    yield _line(HEAD)
    for entry in entries.iterator(2_000):
        changes = json.dumps(entry.changes, ensure_ascii=False) if entry.changes else ""
        told = (entry.actor_name, entry.via, entry.verb, entry.noun, entry.thing, entry.thing_name, changes)
        yield _line((entry.at.isoformat(), *told))


def _line(cells: tuple[Any, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([f"'{cell}" if risky_in_spreadsheets(cell) else cell for cell in cells])
    return written.getvalue()
