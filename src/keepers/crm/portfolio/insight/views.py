"""The pages of Insight: the newspaper, a page a question, its chart and its rows as a file, from what a run kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from keepers.crm.lists.tables import csv_response
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.insight.chapters import (
    CHAPTERS,
    FIRST_VIEW,
    PERIODS,
    TITLES,
    Chapter,
    names_in_order,
    why_missing,
)
from keepers.crm.portfolio.insight.charts import chart_response
from keepers.crm.portfolio.insight.reading import answer_read
from keepers.crm.portfolio.insight.tables import table_of
from keepers.crm.portfolio.models import Publication, PublishedInsight
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import answer_for, look_of_names
from keepers.insight.answers import Answer
from keepers.insight.catalogue import insight_named
from keepers.insight.drawings.heights import height_of
from keepers.insight.drawings.theme import NARROW, WIDE

NOBODY_SEEN = gettext_lazy("None of the customers whom this names are among those whom you may see.")


@dataclass(frozen=True, slots=True)
class Story:
    """An insight as the newspaper or its own page shows it."""

    name: str
    by: str
    run_id: str
    answer: Answer
    is_wide: bool = True

    @property
    def title(self) -> str:
        """What it is called."""
        return str(TITLES[self.name])

    @property
    def url(self) -> str:
        """Its own page."""
        return reverse("insight", args=[self.name])

    @property
    def query(self) -> str:
        """The end of the address of its file: it is of the run and the view that the page shows."""
        return urlencode({"run": self.run_id} | ({"by": self.by} if self.by else {}))

    @property
    def chart_query(self) -> str:
        """The same for its chart, which names the run itself and is narrow in a column of the newspaper."""
        return (f"&by={self.by}" if self.by else "") + ("" if self.is_wide else "&narrow=1")

    @property
    def width(self) -> int:
        """Of its chart [px]."""
        return WIDE if self.is_wide else NARROW

    @property
    def height(self) -> int:
        """Of its chart [px]."""
        return height_of(self.answer, narrow=not self.is_wide)

    @property
    def narrow_height(self) -> int:
        """Of its chart on a phone [px]."""
        return height_of(self.answer, narrow=True)


@dataclass(frozen=True, slots=True)
class Page:
    """A chapter of the newspaper: its stories, and what the run could not answer."""

    chapter: Chapter
    stories: Sequence[Story]
    missing: Sequence[tuple[str, str]]


@needs(Verb.SEE, Noun.INSIGHT)
def insights(request: HttpRequest) -> HttpResponse:
    """The newspaper: every chapter with its findings and pictures."""
    publication = publication_of(request)
    if publication is None:
        return render(request, "portfolio/insight_front.html", {"publication": None})
    answers = _first_views(publication)
    pages = [_page(user_of(request), chapter, publication, answers) for chapter in CHAPTERS]
    equity = next((story for page in pages for story in page.stories if story.name == "equity"), None)
    context = {"publication": publication, "pages": pages, "equity": equity}
    return render(request, "portfolio/insight_front.html", context)


@needs(Verb.SEE, Noun.INSIGHT)
def insight(request: HttpRequest, name: str) -> HttpResponse:
    """One question: finding, picture, what the figures mean, and the table."""
    publication = publication_of(request)
    title = _title(name)
    if publication is None:
        return render(request, "portfolio/insight_page.html", {"publication": None, "title": title})
    views = _views(publication, name)
    by = request.GET.get("by") or FIRST_VIEW.get(name, "")
    shown = next((view for view in views if view.by == by), None)
    context: dict[str, Any] = {"publication": publication, "title": title, **_neighbours(name)}
    if shown is None:
        missing = context | {"why": why_missing(name)}
        return render(request, "portfolio/insight_missing.html", missing, status=404 if views else 200)
    answer = answer_for(user_of(request), answer_read(shown.answer))
    if answer is None:
        return render(request, "portfolio/insight_missing.html", context | {"why": NOBODY_SEEN})
    context |= {
        "story": Story(name, by, publication.run_id, answer),
        "question": insight_named(name).question,
        "table": table_of(user_of(request), answer),
        "tabs": [(PERIODS[period], period) for period in PERIODS if any(view.by == period for view in views)],
    }
    return render(request, "portfolio/insight_page.html", context)


@needs(Verb.SEE, Noun.INSIGHT)
def insight_chart(request: HttpRequest, name: str) -> HttpResponse:
    """The picture, in the look that the page asks for."""
    publication, by, answer = _asked(request, name)
    key = "-".join(filter(None, (name, by, look_of_names(answer))))
    return chart_response(request, answer, run_id=publication.run_id, key=key)


@needs(Verb.EXPORT, Noun.INSIGHT)
def insight_csv(request: HttpRequest, name: str) -> HttpResponse:
    """Every row that the run kept, as a file that a spreadsheet opens without running anything in it."""
    _, by, answer = _asked(request, name)
    file = f"{name}-{by}" if by else name
    taken_away(user_of(request), Noun.INSIGHT, at=timezone.now(), what=f"{file}.csv")
    return csv_response(answer.rows, file)


def _first_views(publication: Publication) -> dict[str, PublishedInsight]:
    kept = PublishedInsight.objects.filter(publication=publication, by__in=["", *FIRST_VIEW.values()])
    return {each.name: each for each in kept}


def _page(user: User, chapter: Chapter, publication: Publication, answers: dict[str, PublishedInsight]) -> Page:
    found = [answers[name] for name in chapter.names if name in answers]
    read = [(each, answer_for(user, answer_read(each.answer))) for each in found]
    stories = [
        Story(each.name, each.by, publication.run_id, answer, is_wide=each.name in chapter.wide)
        for each, answer in read
        if answer is not None
    ]
    missing = [(str(TITLES[name]), why_missing(name)) for name in chapter.names if name not in answers]
    return Page(chapter, stories, missing)


def _title(name: str) -> str:
    if name not in TITLES:
        raise Http404(name)
    return str(TITLES[name])


def _views(publication: Publication, name: str) -> list[PublishedInsight]:
    return list(PublishedInsight.objects.filter(publication=publication, name=name))


def _asked(request: HttpRequest, name: str) -> tuple[Publication, str, Answer]:
    """The answer of a file's address: of the run that the page shows, as long as it is published."""
    publication = publication_shown(request, request.GET.get("run", ""))
    by = request.GET.get("by") or FIRST_VIEW.get(name, "")
    found = PublishedInsight.objects.filter(publication=publication, name=name, by=by).first()
    answer = None if found is None else answer_for(user_of(request), answer_read(found.answer))
    if publication is None or answer is None:
        raise Http404(name)
    return publication, by, answer


def _neighbours(name: str) -> dict[str, tuple[str, str] | None]:
    """The stories before and after this one."""
    names = list(names_in_order())
    place = names.index(name)
    before = names[place - 1] if place > 0 else None
    after = names[place + 1] if place + 1 < len(names) else None
    return {
        "before": None if before is None else (str(TITLES[before]), reverse("insight", args=[before])),
        "after": None if after is None else (str(TITLES[after]), reverse("insight", args=[after])),
    }
