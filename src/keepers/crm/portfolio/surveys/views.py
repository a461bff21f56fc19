"""Insight › Equity drivers: surveys that are kept, one with its answers, another look at it, its charts and files."""

import csv
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from keepers.core.errors import KeepersError
from keepers.crm.jobs import handed_in
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown as job_shown
from keepers.crm.jobs.receiving import receiving
from keepers.crm.jobs.wording import in_browser
from keepers.crm.lists.tables import csv_response
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.insight.charts import chart_response
from keepers.crm.portfolio.insight.reading import answer_read
from keepers.crm.portfolio.insight.tables import table_of
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.portfolio.surveys import actions
from keepers.crm.portfolio.surveys.forms import StudyForm, UploadForm
from keepers.crm.portfolio.surveys.models import Survey
from keepers.crm.portfolio.surveys.studying import rows_of
from keepers.decisions.drivers.made_up import made_up_survey
from keepers.insight.answers import Answer
from keepers.insight.drawings.heights import height_of
from keepers.insight.drawings.theme import WIDE
from keepers.loop.market.driver_answers import ANSWERS
from keepers.loop.market.drivers import customers_of


@require_http_methods(["GET", "POST"])
@needs(Verb.SEE, Noun.INSIGHT, writing=Verb.CREATE)
@receiving
def surveys(request: HttpRequest) -> HttpResponse:
    """All of them, and a new one."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(_added(request, form))
        except KeepersError as error:
            form.add_error("file", in_browser(str(error)))
    found = Survey.objects.select_related("made_by").defer("rows", "told")
    page = {"surveys": found, "form": form}
    return render(request, "surveys/surveys.html", page, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Verb.SEE, Noun.INSIGHT, writing=Verb.EDIT)
def survey(request: HttpRequest, pk: int) -> HttpResponse:
    """What one says, and another look at it."""
    found = get_object_or_404(Survey.objects.select_related("made_by", "studied_by"), pk=pk)
    form = _form(request, found) if found.rows else None
    if request.method == "POST" and form is None:
        return _read_again(request, found)
    if form is not None and form.is_valid():
        try:
            asked = found.asked | form.asked | {"customers": _customers(request)}
            actions.study(found, asked, by=user_of(request), at=timezone.now())
            return redirect(found)
        except BusyError as busy:
            messages.warning(request, str(busy))
            return redirect(found)
        except KeepersError as error:
            form.add_error(None, in_browser(str(error)))
    page = {
        "survey": found,
        "form": form,
        "has_file": handed_in.file_of(found.handed_in) is not None,
        **_under_way(found),
    }
    if found.told:
        page["stories"] = [_story(request, name, answer_read(found.answers[name])) for name in ANSWERS]
        page["matrix"] = _matrix(found.told["market"]["switching"], request.GET.get("segment", ""))
    return render(request, "surveys/survey.html", page, status=422 if form is not None and form.errors else 200)


@require_POST
@needs(Verb.DELETE, Noun.INSIGHT)
def removal(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a survey."""
    actions.remove_survey(get_object_or_404(Survey, pk=pk), by=user_of(request), at=timezone.now())
    return redirect("surveys")


@require_GET
@needs(Verb.SEE, Noun.INSIGHT)
def chart(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A picture, in the look that the page asks for."""
    found, answer = _answer(pk, name)
    return chart_response(request, answer, run_id=found.drawn_as, key=name)


@require_GET
@needs(Verb.EXPORT, Noun.INSIGHT)
def rows_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The rows behind a picture."""
    found, answer = _answer(pk, name)
    file = f"survey-{found.pk}-{name}"
    taken_away(user_of(request), Noun.INSIGHT, at=timezone.now(), what=f"{file}.csv")
    return csv_response(answer.rows, file)


@require_GET
@needs(Verb.SEE, Noun.INSIGHT)
def example(request: HttpRequest) -> HttpResponse:
    """A made-up survey, to see what one looks like."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="made-up-survey.csv"'
    csv.writer(answer).writerows(made_up_survey())
    return answer


def _added(request: HttpRequest, form: UploadForm) -> Survey:
    publication = publication_of(request)
    asked = form.asked | {"brand": form.cleaned_data["brand"], "customers": _customers(request)}
    currency = publication.currency if publication else ""
    file = form.cleaned_data["file"]
    return actions.add_survey(file, asked, currency=currency, by=user_of(request), at=timezone.now())


def _form(request: HttpRequest, found: Survey) -> StudyForm:
    rows = rows_of(found)
    drivers = [row["driver"] for row in found.told["market"]["importance"]] if found.told else []
    return StudyForm(
        request.POST or None, brands=rows.brands, drivers=drivers, segments=rows.segments, asked=found.asked
    )


def _read_again(request: HttpRequest, found: Survey) -> HttpResponse:
    """Have the worker go on where it did not come to read the file."""
    try:
        actions.study(found, found.asked, by=user_of(request), at=timezone.now())
    except KeepersError as error:
        messages.warning(request, in_browser(str(error)))
    return redirect(found)


def _under_way(found: Survey) -> dict[str, Any]:
    """The study that the page waits for, or that came to nothing."""
    settle_abandoned()
    job = Job.objects.filter(kind=Job.Kind.SURVEY, home=found.get_absolute_url()).first()
    return {} if job is None or job.state == Job.State.DONE else job_shown(job)


def _customers(request: HttpRequest) -> float | None:
    publication = publication_of(request)
    return customers_of(publication.run["base"]) if publication and "base" in publication.run else None


def _answer(pk: int, name: str) -> tuple[Survey, Answer]:
    found = get_object_or_404(Survey.objects.defer("rows", "told"), pk=pk)
    if name not in found.answers:
        raise Http404(name)
    return found, answer_read(found.answers[name])


def _story(request: HttpRequest, name: str, answer: Answer) -> dict[str, Any]:
    titles = {"equity": _("What brands are worth"), "importance": _("Why people choose")}
    return {
        "name": name,
        "title": titles.get(name, _("What a step would return")),
        "answer": answer,
        "table": table_of(user_of(request), answer),
        "width": WIDE,
        "height": height_of(answer, narrow=False),
        "narrow_height": height_of(answer, narrow=True),
    }


def _matrix(rows: list[dict[str, Any]], segment: str) -> dict[str, Any]:
    """How people of a segment switch: a row a brand bought last; of everybody where no such segment is told."""
    segments = list(dict.fromkeys(row["segment"] for row in rows))
    shown = segment if segment in segments else segments[0]
    own = [row for row in rows if row["segment"] == shown]
    brands = list(dict.fromkeys(row["to_brand"] for row in own))
    lines = [(start, [row for row in own if row["from_brand"] == start]) for start in brands]
    return {"segments": segments, "segment": shown, "brands": brands, "lines": lines}
