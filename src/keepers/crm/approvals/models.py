"""Approved steps of plans, whom they reach, and what people said of single lines."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models import Customer
from keepers.crm.jobs.models import Job
from keepers.crm.work.models import Task
from keepers.decisions.terms.doing import parts_of

NAMES = "plan-{}"


class Approval(models.Model):
    """A step of a plan, or a part of it, that somebody said yes to; its members are an audience with a name.

    The worker draws lots, keeps the list and makes the tasks; `made_at` says that all of it is done.
    """

    class Way(models.TextChoices):
        """How the action reaches people."""

        CALL = "call", _("Call")
        VISIT = "visit", _("Visit")
        LETTER = "letter", _("Letter")
        EMAIL = "e-mail", _("E-mail")
        TO_DO = "to do", _("Something else")

    name = models.CharField(_("name"), max_length=120, unique=True)
    run_id = models.CharField(max_length=64)
    currency = models.CharField(max_length=3, blank=True)
    decision = models.CharField(max_length=40)
    action = models.CharField(max_length=200)
    chosen: models.JSONField[Any, Any] = models.JSONField(default=list)  # customers who were ticked; empty: the step
    gain_from = models.FloatField(null=True)  # only lines that are expected to add this much
    scope = models.PositiveSmallIntegerField()  # whose customers: those that whoever approved sees
    way = models.CharField(_("how"), max_length=10, choices=Way)
    makes_tasks = models.BooleanField(default=False)
    people: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+"
    )  # who takes customers without an owner, in turn
    a_day = models.PositiveSmallIntegerField(default=8)
    starts_on = models.DateField()
    held_until = models.DateField()  # last day of the window
    held_share = models.FloatField()
    proposed_share = models.FloatField(null=True)
    held_reason = models.CharField(max_length=255, blank=True)  # why another share than the proposed
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(null=True)
    reached = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    tasks_made = models.PositiveIntegerField(default=0)
    no_room = models.PositiveIntegerField(default=0)  # for whom nobody has time within the window
    cost = models.FloatField(null=True)  # of those reached, within the window
    passed_over: models.JSONField[Any, Any] = models.JSONField(default=dict)  # why → how many of the step

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["run_id"], name="approvals_of_a_run")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("approval", args=[self.pk])

    @property
    def experiment(self) -> str:
        """The name that its lots are kept under."""
        return NAMES.format(self.pk)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the action consists of."""
        return parts_of(self.action)

    @property
    def days(self) -> int:
        """How long its window is."""
        return (self.held_until - self.starts_on).days


class Member(models.Model):
    """A customer whom an approval reaches; `also_as` as of `ProductOffer`."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="members", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="audiences")
    probability = models.FloatField()  # that the lot had of reaching them
    cost = models.FloatField(null=True)
    expected_gain = models.FloatField(null=True)
    also_as = models.CharField(max_length=200, blank=True, default="", db_default="")
    task = models.ForeignKey(Task, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        """A customer is reached once by an approval."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["approval", "customer"], name="one_member_an_approval")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} of {self.approval_id}"


class Choice(models.Model):
    """What somebody said of a line of the plan; the latest that was not taken back counts until its day."""

    class Kind(models.TextChoices):
        """What they said."""

        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")
        SNOOZED = "snoozed", _("snoozed")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="plan_choices")
    run_id = models.CharField(max_length=64)
    decision = models.CharField(max_length=40)
    action = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=Kind)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    until = models.DateField()  # the last day on which it counts
    task = models.ForeignKey(Task, on_delete=models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["until"], condition=models.Q(undone_at=None), name="choices_that_count")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.kind}: {self.action}"
