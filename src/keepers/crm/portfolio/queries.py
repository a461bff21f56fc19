"""What the pages show: which publication, and what it says."""

from django.http import HttpRequest

from keepers.crm.portfolio.insight.reading import answer_read
from keepers.crm.portfolio.models import CurrentPublication, CustomerValue, Publication, PublishedInsight
from keepers.insight.answers import Answer

_KEPT_AS = "_keepers_publication"


def publication_of(request: HttpRequest) -> Publication | None:
    """The publication that this request's page shows, the same throughout the request."""
    if not hasattr(request, _KEPT_AS):
        setattr(request, _KEPT_AS, current_publication())
    found: Publication | None = getattr(request, _KEPT_AS)
    return found


def show(request: HttpRequest, publication: Publication) -> None:
    """Let this request's page show a publication that is no longer the current one, throughout."""
    setattr(request, _KEPT_AS, publication)


def current_publication() -> Publication | None:
    """The publication that the pages show now; None before the first."""
    current = CurrentPublication.objects.select_related("publication").first()
    return None if current is None else current.publication


def publication_shown(request: HttpRequest, run_id: str) -> Publication | None:
    """The publication of the run that a page shows, for the files it names; the current one where that is gone."""
    shown = publication_of(request)
    if shown is None or not run_id or shown.run_id == run_id:
        return shown
    return Publication.objects.filter(run_id=run_id, finished_at__isnull=False).first() or shown


def value_of(publication: Publication | None, customer: int) -> CustomerValue | None:
    """What a publication knows of a customer."""
    if publication is None:
        return None
    return CustomerValue.objects.filter(pk=CustomerValue.number(publication.pk, customer)).first()


def published_answer(publication: Publication, name: str, by: str | None = None) -> Answer | None:
    """An insight as the publication's run answered it; None where its history could not."""
    found = PublishedInsight.objects.filter(publication=publication, name=name, by=by or "").first()
    return None if found is None else answer_read(found.answer)
