"""Customers who by lot do without something, so that what it brings can be measured."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from keepers.core.percent import percent
from keepers.crm.customers.models import Customer


class Hold(models.Model):
    """A customer who does without a part of an action until a day; a copy of the warehouse's lots.

    experiment: empty for the control group, which does without everything
    part: a level of care, `mailing`, `offer` or another action's words; empty: everything
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="held_out_of")
    experiment = models.CharField(max_length=120, blank=True)
    part = models.CharField(max_length=200, blank=True)
    until = models.DateField(null=True)

    class Meta:
        """A customer is held out once by an experiment."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["customer", "experiment", "part"], name="one_hold_an_experiment")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["part", "until"], name="holds_by_part")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.part or 'everything'}"


class HeldReached(models.Model):
    """Somebody who was held out and was reached all the same, because a person said so, and why."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="reached_though_held")
    experiment = models.CharField(max_length=120, blank=True, db_index=True)
    kind = models.CharField(max_length=20)
    reason = models.CharField(max_length=255)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.experiment or 'the control group'}: {self.reason}"


class ControlGroup(models.Model):
    """The share of customers whom nothing of ours reaches; the latest row counts, none means nobody."""

    share = models.FloatField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """The latest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return percent(self.share, 1)


class Trial(models.Model):
    """A standing trial of an action: by lot some customers get it until a day, and as many do without.

    action: the part of a plan that is tried: a level of care, `mailing`, `offer`
    told: what those who get it get, in a plan's words
    treated, held: how many the lots let have it, and how many do without, whether they are still here or not
    """

    experiment = models.CharField(max_length=120, unique=True)
    action = models.CharField(max_length=200)
    told = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField()
    held_until = models.DateField(null=True)
    treated = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-starts_on", "-pk"]

    def __str__(self) -> str:
        return self.experiment

    def get_absolute_url(self) -> str:
        """The page of who is on it."""
        return reverse("trial", args=[self.pk])


class TrialLot(models.Model):
    """A customer on trial: whether the lot gives them the action."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="lots", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="trials")
    gets_it = models.BooleanField()
    cost = models.FloatField(null=True)  # of the action with them, within the window

    class Meta:
        """A customer has one lot a trial; those who get it are read in the order of their numbers."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["trial", "customer"], name="one_lot_a_trial")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["trial", "gets_it", "id"], name="lots_of_a_trial")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.trial_id}: {'gets it' if self.gets_it else 'does without'}"
