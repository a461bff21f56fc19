"""The list of tasks: a page of it, the whole of it as a file, one task beside it, and changes from it."""

from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.lists.changing import Cell, asked_of_many, cell_form, cell_told, done_and_back, ticked
from keepers.crm.lists.filters import DayField
from keepers.crm.lists.pages import list_file, list_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, one_of, people_seen_by
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.work import actions, many
from keepers.crm.work.listed import STAKE, matching, tasks_list
from keepers.crm.work.models import Task, TaskEdit
from keepers.crm.work.queries import last_contacts, tasks_seen_by

PROPERTIES = {"due_on": gettext_lazy("Due"), "owner": gettext_lazy("Who")}
"""What is changed of a task where it stands in the list."""


@needs(Verb.SEE, Noun.TASKS)
def tasks(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    user = user_of(request)

    def bar(shown: Any) -> dict[str, Any]:
        mine = allowed(user, Verb.EDIT, Noun.TASKS, Task.objects.filter(pk__in=shown, state=Task.State.OPEN))
        editable = frozenset(mine.values_list("pk", flat=True))
        form = ManyForm(people=_people(user), auto_id="bulk-%s") if editable else None
        return {"editable": editable, "last_bulk": TaskEdit.offered_to(user), "bulk_form": form}

    return list_page(request, tasks_list(user, _currency(request)), bar=bar)


@needs(Verb.EXPORT, Noun.TASKS)
def tasks_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns."""
    user = user_of(request)

    def taken(name: str) -> None:
        taken_away(user, Noun.TASKS, at=timezone.now(), what=name)

    return list_file(request, tasks_list(user, _currency(request)), ending, taken=taken)


@needs(Verb.SEE, Noun.TASKS)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """One task in short, beside the list."""
    user, is_part = user_of(request), "hx-request" in request.headers
    task = get_object_or_404(tasks_seen_by(user).select_related("made_by", "ended_by"), pk=pk)
    here = request.htmx.current_url_abs_path if is_part else task.get_absolute_url()  # type: ignore[attr-defined]
    context = {
        "task": task,
        "is_part": is_part,
        "next_here": here or reverse("tasks"),
        "tells_stake": STAKE not in hidden_of_customers(user),
        "last_contact": task.customer_id and last_contacts([task.customer_id]).get(task.customer_id),
        "may_do": allowed(user, Verb.EDIT, Noun.TASKS, Task.objects.filter(pk=pk)).exists(),
    }
    return render(request, "work/_panel.html" if is_part else "work/panel.html", context)


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.TASKS)
def change(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One property of a task: its form, and what it says afterwards."""
    user, task = user_of(request), _task(request, pk, name)
    form = PropertyForm(request.POST or None, name=name, task=task, people=_people(user))

    def write(value: Any) -> None:
        actions.edit_task(task, by=user, at=timezone.now(), changes={name: value})

    return cell_form(request, form, _cell(task, name), write=write, tell=partial(_told, request, task, name))


@needs(Verb.SEE, Noun.TASKS)
def tell(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """What a property says: for whoever lets its form be."""
    if name not in PROPERTIES:
        raise Http404(name)
    return _told(request, get_object_or_404(tasks_seen_by(user_of(request)), pk=pk), name)


@require_POST
@needs(Verb.EDIT, Noun.TASKS)
def change_many(request: HttpRequest) -> HttpResponse:
    """Write what was chosen for the tasks that are ticked, or for all that the list finds."""
    user = user_of(request)

    def write() -> str:
        field, value = asked_of_many(request, ManyForm(request.POST, people=_people(user)))
        edit = many.change(_meant(request, user), field, value, by=user, at=timezone.now())
        return (
            "" if edit.changed else _("Nothing was to be changed: they have it already, are ended, or are not yours.")
        )

    return done_and_back(request, write)


@require_POST
@needs(Verb.EDIT, Noun.TASKS)
def undo_many(request: HttpRequest, pk: int) -> HttpResponse:
    """Give each task back what it had before."""
    user = user_of(request)
    edit = get_object_or_404(TaskEdit, pk=pk, by=user)
    return done_and_back(request, lambda: many.undo(edit, by=user, at=timezone.now()).told_back)


class ManyForm(forms.Form):
    """A field each, called by its name."""

    due_on = DayField(label=gettext_lazy("Put off to"), required=False)
    owner = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Give to"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("End"),
        choices=[("", "–"), ("done", gettext_lazy("done")), ("dropped", gettext_lazy("let go"))],
        required=False,
    )

    def __init__(self, *args: Any, people: list[int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner"].queryset = _among(people)  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")


class PropertyForm(forms.Form):
    """One property of a task."""

    def __init__(self, data: Any, *, name: str, task: Task, people: list[int]) -> None:
        super().__init__(data, initial={"value": getattr(task, name)}, auto_id=f"{name}-%s")
        label = PROPERTIES[name]
        self.fields["value"] = (
            DayField(label=label, required=False)
            if name == "due_on"
            else forms.ModelChoiceField(_among(people), label=label, empty_label=None)
        )
        self.fields["value"].widget.attrs["class"] = "input"


def _among(people: list[int]) -> Any:
    return User.objects.filter(pk__in=people).order_by("name", "email")


def _people(user: User) -> list[int]:
    return [person.pk for person in people_seen_by(user, Noun.TASKS)]


def _currency(request: HttpRequest) -> str:
    publication = publication_of(request)
    return publication.currency if publication else ""


def _task(request: HttpRequest, pk: int, name: str) -> Task:
    if name not in PROPERTIES:
        raise Http404(name)
    tasks = Task.objects.select_related("owner", "customer")
    found = one_of(user_of(request), Verb.EDIT, Noun.TASKS, tasks, pk=pk)
    if found.state != Task.State.OPEN:
        raise PermissionDenied(_("This task has ended. Take it back first, then change it."))
    return found


def _written(task: Task, name: str) -> str:
    value = getattr(task, name)
    return "" if value is None else str(value)


def _cell(task: Task, name: str) -> Cell:
    return Cell(
        words=str(task),
        label=PROPERTIES[name],
        was=_written(task, name),
        now=_written(task, name),
        address=reverse("task_property", args=[task.pk, name]),
        text_address=reverse("task_property_text", args=[task.pk, name]),
        home=reverse("tasks"),
        guide="today",
    )


def _told(request: HttpRequest, task: Task, name: str) -> HttpResponse:
    still = Task.objects.filter(pk=task.pk, state=Task.State.OPEN)
    may_change = allowed(user_of(request), Verb.EDIT, Noun.TASKS, still).exists()
    value = getattr(task, name)
    return cell_told(request, _cell(task, name), value, may_change=may_change, is_day=name == "due_on")


def _meant(request: HttpRequest, user: User) -> Any:
    """Those that are ticked, or all that the list finds, of those that this user may change."""
    if "everything" in request.POST:
        return matching(user, request.POST.get("next", "").partition("?")[2])[1]
    chosen = ticked(request, _("Tick at least one task first."))
    return allowed(user, Verb.EDIT, Noun.TASKS, Task.objects.filter(pk__in=chosen))
