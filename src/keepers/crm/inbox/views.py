"""What programs send in: who sends, what waits, what could not be taken, by which imports it came."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from keepers.crm.inbox import queries
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb

BATCHES_SHOWN, REFUSED_SHOWN = 50, 50


@require_GET
@needs(Verb.SEE, Noun.DATA)
def inbox(request: HttpRequest) -> HttpResponse:
    """The inbox; what was refused is shown to those who see everybody."""
    sees_rows = sees_all(user_of(request), Noun.CUSTOMERS)
    page = {
        "senders": queries.senders(),
        "batches": queries.batches()[:BATCHES_SHOWN],
        "refused": queries.refused()[:REFUSED_SHOWN] if sees_rows else [],
        "tab": "inbox",
    }
    return render(request, "inbox/inbox.html", page)
