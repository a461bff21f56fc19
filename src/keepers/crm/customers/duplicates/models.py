"""Pairs who may be one customer, merges, and what the warehouse is to learn of them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models import Customer


class Pair(models.Model):
    """Two customers who may be one, with the reasons, until somebody decides."""

    class State(models.TextChoices):
        """What was decided."""

        OPEN = "open", _("open")
        MERGED = "merged", _("merged")
        APART = "apart", _("not the same")

    one = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    probability = models.FloatField()
    reasons: models.JSONField[Any, Any] = models.JSONField(default=dict)  # field → 2 the same, 1 alike, 0 different
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        """The likeliest first; a pair is kept once, the older customer first."""

        ordering: ClassVar[list[str]] = ["-probability", "pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "-probability"], name="pairs_to_decide")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["one", "other"], name="one_pair"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="the_older_first"),
        ]

    def __str__(self) -> str:
        return f"{self.one} = {self.other}?"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("pair", args=[self.pk])


class Merge(models.Model):
    """One customer was found to be another, with all that is needed to part them again."""

    kept = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges")
    absorbed = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    moved: models.JSONField[Any, Any] = models.JSONField(default=dict)  # "app.Model.field" → primary keys
    before: models.JSONField[Any, Any] = models.JSONField(default=dict)  # of the kept one, in fields that were filled
    consents: models.JSONField[Any, Any] = models.JSONField(default=list)  # consents that no longer counted
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.absorbed} into {self.kept}"


class KeyChange(models.Model):
    """A merge, or its undoing, on its way to the warehouse: rows of `customer_keys`, in batches that land once.

    rows: the versions of keys that it adds; found once, before the batch lands
    """

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="key_changes")
    is_undoing = models.BooleanField(default=False)
    batch = models.CharField(max_length=40, blank=True, db_index=True)
    rows: models.JSONField[Any, Any] = models.JSONField(null=True)
    landed_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """As they were decided."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"keys of {self.merge}"
