"""Tasks: somebody's work, one task, and what became of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.lists.addresses import back, number_in
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, may, people_seen_by
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work import actions, many
from keepers.crm.work.forms import ChangesForm, TaskForm
from keepers.crm.work.listed import CHANGES
from keepers.crm.work.models import Task, TaskEdit
from keepers.crm.work.queries import last_contacts, tasks_seen_by, work_of

MOST = 50


@needs(Verb.SEE, Noun.TASKS)
def work(request: HttpRequest) -> HttpResponse:
    """Somebody's open tasks, or those that ended last."""
    user = user_of(request)
    people = people_seen_by(user, Noun.TASKS)
    whose = request.GET.get("whose", "")
    owner = number_in(whose)
    tasks = tasks_seen_by(user)
    if whose != "all":
        tasks = tasks.filter(owner=owner or user.pk)
    is_done = request.GET.get("state") == "ended"
    context = {
        "people": people,
        "whose": whose if whose == "all" else str(owner or user.pk),
        "is_done": is_done,
        "work": None if is_done else work_of(tasks, today=timezone.localdate(), most=MOST),
        "ended": tasks.exclude(state=Task.State.OPEN).order_by("-ended_at")[:MOST] if is_done else [],
        "outcomes": Touch.Outcome.choices,
        "may_do": may(user, Verb.EDIT, Noun.TASKS),
        "last_bulk": TaskEdit.offered_to(user),
        "changes": CHANGES,
    }
    return render(request, "work/work.html", context)


@require_http_methods(["GET", "POST"])
@needs(Verb.CREATE, Noun.TASKS)
def new_task(request: HttpRequest) -> HttpResponse:
    """Give somebody a task."""
    user = user_of(request)
    customer = _customer_asked(request, user)
    initial = {"owner": user.pk, "customer": customer, "kind": request.GET.get("kind", Task.Kind.CALL)}
    form = TaskForm(request.POST or None, people=_able(user), initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.make_task(by=user, at=timezone.now(), customer=customer, **form.cleaned_data)
        return redirect(customer.get_absolute_url() if customer else reverse("work"))
    return render(request, "work/task.html", {"form": form, "customer": customer})


@require_http_methods(["GET", "POST"])
@needs(Verb.SEE, Noun.TASKS, writing=Verb.EDIT)
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task."""
    user = user_of(request)
    found = get_object_or_404(tasks_seen_by(user), pk=pk)
    form = TaskForm(request.POST or None, people=_able(user), instance=found)
    if request.method == "POST":
        kept = _changeable(user, pk)  # as it is: the form writes into the other
        if form.is_valid():
            actions.edit_task(kept, by=user, at=timezone.now(), changes=form.cleaned_data)
            return redirect("work")
    context = {
        "form": form,
        "task": found,
        "customer": found.customer,
        "last_contact": found.customer_id and last_contacts([found.customer_id]).get(found.customer_id),
        "outcomes": Touch.Outcome.choices,
    }
    return render(request, "work/task.html", context)


@require_POST
@needs(Verb.EDIT, Noun.TASKS)
def completion(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what came of a task."""
    user = user_of(request)
    found = _changeable(user, pk)
    outcome = request.POST.get("outcome", "")
    outcome = outcome if outcome in Touch.Outcome.values else ""
    words = request.POST.get("words", "").strip()
    kept = actions.complete(found, by=user, at=timezone.now(), today=timezone.localdate(), outcome=outcome, words=words)
    if kept.state == Task.State.OPEN:
        messages.info(request, _("Kept on the timeline; it comes back on %(day)s.") % {"day": f"{kept.due_on:%-d %b}"})
    return back(request)


@require_POST
@needs(Verb.EDIT, Noun.TASKS)
def dropping(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a task go undone."""
    user = user_of(request)
    actions.drop(_changeable(user, pk), by=user, at=timezone.now(), reason=request.POST.get("reason", ""))
    return back(request)


@require_POST
@needs(Verb.EDIT, Noun.TASKS)
def reopening(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an ending back."""
    user = user_of(request)
    actions.reopen(_changeable(user, pk), by=user, at=timezone.now())
    return back(request)


@require_POST
@needs(Verb.EDIT, Noun.TASKS)
def changes(request: HttpRequest) -> HttpResponse:
    """Give several tasks to somebody else, or put them off; the next page can undo it, the last change first."""
    user = user_of(request)
    chosen = [pk for pk in map(number_in, request.POST.getlist("task")) if pk is not None]
    mine = allowed(user, Verb.EDIT, Noun.TASKS, Task.objects.filter(pk__in=chosen))
    form = ChangesForm(request.POST, people=_able(user))
    form.is_valid()  # what cannot be read changes nothing
    wanted = ((many.DUE, form.cleaned_data.get("day")), (many.OWNER, form.cleaned_data.get("owner")))
    edits = [
        many.change(mine, field, value, by=user, at=timezone.now()) for field, value in wanted if value is not None
    ]
    if not any(edit.changed for edit in edits):
        messages.info(request, _("Nothing was changed: tick open tasks of yours, and say to whom or until when."))
    return back(request)


def _customer_asked(request: HttpRequest, user: User) -> Customer | None:
    asked = number_in(request.GET.get("customer", "") or request.POST.get("customer", ""))
    if asked is None:
        return None
    return get_object_or_404(allowed(user, Verb.SEE, Noun.CUSTOMERS, Customer.objects.all()), pk=asked)


def _changeable(user: User, pk: int) -> Task:
    return get_object_or_404(allowed(user, Verb.EDIT, Noun.TASKS, Task.objects.select_related("customer")), pk=pk)


def _able(user: User) -> list[int]:
    """To whom a user may give a task."""
    return [person.pk for person in people_seen_by(user, Noun.TASKS)]
