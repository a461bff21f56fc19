"""Tasks, cadences that make them, and how people want to be reminded."""

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.timeline.queries import ICONS
from keepers.crm.lists.models import ManyChanged
from keepers.crm.people.models import Team


class Cadence(models.Model):
    """Contact this group at least every so many days: a rule that makes tasks."""

    class Kind(models.TextChoices):
        """How they are contacted."""

        CALL = "call", _("Call")
        EMAIL = "e-mail", _("E-mail")
        VISIT = "visit", _("Visit")
        LETTER = "letter", _("Letter")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CALL)
    query: models.JSONField[Any, Any] = models.JSONField(default=dict)  # filters of the list of customers: who is meant
    every_days = models.PositiveSmallIntegerField(_("at least every … days"), default=14)
    a_day = models.PositiveSmallIntegerField(_("most a day and person"), default=8)
    people: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+"
    )  # who takes those without an owner, in turn
    is_active = models.BooleanField(_("makes tasks"), default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    planned_on = models.DateField(null=True)

    class Meta:
        """By name."""

        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("cadence", args=[self.pk])


class Task(models.Model):
    """Something that somebody is to do, most often with a customer."""

    class Kind(models.TextChoices):
        """What it is."""

        CALL = "call", _("Call")
        EMAIL = "e-mail", _("E-mail")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("Meeting")
        LETTER = "letter", _("Letter")
        TO_DO = "to do", _("To do")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CALL)
    title = models.CharField(_("what"), max_length=255, blank=True)
    note = models.TextField(_("note"), blank=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks")
    due_on = models.DateField(_("due"), null=True, blank=True)
    starts_at = models.DateTimeField(_("at"), null=True, blank=True)  # an appointment
    reason = models.CharField(max_length=255, blank=True)  # why now, in words
    stake = models.FloatField(null=True)  # the customer's residual value as the pages show it
    cadence = models.ForeignKey(Cadence, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks")
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    touch = models.ForeignKey(Touch, on_delete=models.SET_NULL, null=True, related_name="+")  # the act it became
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    is_made_up = models.BooleanField(default=False)  # by the demo

    class Meta:
        """What is at stake first."""

        ordering: ClassVar[list[Any]] = [models.F("stake").desc(nulls_last=True), "due_on", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "state", "due_on"], name="tasks_of_a_person"),
            models.Index(fields=["state", "due_on"], name="tasks_by_day"),
            models.Index(fields=["cadence", "state"], name="tasks_of_a_cadence"),
            models.Index(fields=["due_on", "id"], name="tasks_when_due"),
            models.Index(fields=["stake", "id"], name="tasks_at_stake"),
            models.Index(fields=["ended_at", "id"], name="tasks_when_ended"),
            models.Index(fields=["state", "stake"], name="tasks_at_stake_by_state"),
            models.Index(fields=["state", "ended_at"], name="tasks_ended_by_state"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} {self.customer or ''}".strip()

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("task", args=[self.pk])

    @property
    def icon(self) -> str:
        """Name of the picture beside it."""
        return ICONS.get(self.kind, ICONS[Touch.Kind.TASK])

    def is_overdue(self, today: date) -> bool:
        """Whether its day is gone by."""
        return self.state == self.State.OPEN and self.due_on is not None and self.due_on < today


class TaskEdit(ManyChanged):
    """One field of many tasks changed at once."""

    @property
    def told(self) -> str:
        """What was done, in a sentence."""
        told = ngettext("%(all)s task changed (%(says)s).", "%(all)s tasks changed (%(says)s).", self.changed)
        return told % {"all": number_format(self.changed, force_grouping=True), "says": self.says}

    @property
    def told_back(self) -> str:
        """What its undoing did, in a sentence."""
        back = self.changed - self.left
        told = ngettext("Undone for %(back)d task.", "Undone for %(back)d tasks.", back) % {"back": back}
        return f"{told} {self.left_in_words}".rstrip()


class TaskEditRow(models.Model):
    """What a task had before such a change and after it."""

    edit = models.ForeignKey(TaskEdit, on_delete=models.CASCADE, related_name="rows")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    before: models.JSONField[Any, Any] = models.JSONField()
    after: models.JSONField[Any, Any] = models.JSONField()

    class Meta:
        """As they were written."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.before} → {self.after}"


class Reminders(models.Model):
    """How somebody wants to be told of their work."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders")
    by_mail = models.BooleanField(_("every working morning by e-mail"), default=False)
    sent_on = models.DateField(null=True)
    feed_hash = models.CharField(max_length=64, blank=True, db_index=True)  # of the calendar's secret address

    def __str__(self) -> str:
        return f"reminders of {self.user}"
