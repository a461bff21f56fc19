"""What belongs to a customer: other customers, and files."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keepers.crm.customers.actions import attachments, relations
from keepers.crm.customers.asking import act_of, ask, next_of, to_change
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.forms import AttachmentForm, RelationForm
from keepers.crm.customers.models import Attachment, Customer, Relation
from keepers.crm.customers.queries import customer_for, customers_meant
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb

MOST_CANDIDATES = 12


@needs(Verb.EDIT, Noun.CUSTOMERS)
def relation(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a customer belong to another."""
    customer = to_change(request, pk, "relations")
    form = RelationForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        user = user_of(request)
        others = customers_meant(user, form.cleaned_data["other"], most=MOST_CANDIDATES)
        if len(others) == 1 and _related(request, customer, others[0], form):
            return next_of(request, customer.get_absolute_url())
        if not others:
            form.add_error("other", _("Nobody is called like this. Look them up, or create them first."))
        elif len(others) > 1:
            about = ("key",) if "email" in hidden_of_customers(user) else ("key", "email")
            form = RelationForm(initial=form.cleaned_data, candidates=others, told_apart_by=about)
    status = 422 if form.errors else 200
    title = _("Who %(name)s belongs to") % {"name": customer}
    return ask(request, title=title, form=form, verb=_("Save"), back=customer.get_absolute_url(), status=status)


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def end_relation(request: HttpRequest, pk: int, relation: int) -> HttpResponse:
    """They no longer belong together."""
    customer = to_change(request, pk, "relations")
    kept = get_object_or_404(Relation, pk=relation, customer=customer)
    relations.end_relation(act_of(request), kept, until=timezone.localdate())
    return next_of(request, customer.get_absolute_url())


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def remove_relation(request: HttpRequest, pk: int, relation: int) -> HttpResponse:
    """They never did."""
    customer = to_change(request, pk, "relations")
    relations.remove_relation(act_of(request), get_object_or_404(Relation, pk=relation, customer=customer))
    return next_of(request, customer.get_absolute_url())


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a file."""
    customer = to_change(request, pk, "attachments")
    form = AttachmentForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.warning(request, _("Choose a file first."))
        return next_of(request, customer.get_absolute_url())
    file = form.cleaned_data["file"]
    try:
        attachments.attach(act_of(request), customer, file.name, file)
    except attachments.TooLargeError as too_large:
        messages.warning(request, str(too_large))
    return next_of(request, customer.get_absolute_url())


@needs(Verb.SEE, Noun.CUSTOMERS)
def attachment(request: HttpRequest, pk: int, attachment: int) -> FileResponse:
    """The file, to be kept and not to be run: whatever it is, a browser only saves it."""
    user = user_of(request)
    kept = get_object_or_404(Attachment, pk=attachment, customer=customer_for(user, pk))
    if "attachments" in hidden_of_customers(user):
        raise Http404(kept.name)
    return sent(kept)


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def detach(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    """Remove it."""
    customer = to_change(request, pk, "attachments")
    attachments.detach(act_of(request), get_object_or_404(Attachment, pk=attachment, customer=customer))
    return next_of(request, customer.get_absolute_url())


def sent(kept: Attachment) -> FileResponse:
    """A file that browsers save and never run.

    Raises:
        Http404: it is not there any more.
    """
    path = attachments.place_of(kept.stored_as)
    if not path.is_file():
        raise Http404(kept.name)
    answer = FileResponse(
        path.open("rb"), as_attachment=True, filename=kept.name, content_type="application/octet-stream"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _related(request: HttpRequest, customer: Customer, other: Customer, form: RelationForm) -> bool:
    given = form.cleaned_data
    try:
        relations.relate(act_of(request), customer, given["kind"], other, note=given["note"], since=given["since"])
    except relations.RelationError as wrong:
        form.add_error("other", str(wrong))
        return False
    return True
