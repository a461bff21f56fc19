"""Changes to many customers at once, and what is still to be computed or told of one."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from keepers.crm.customers.models.lives import Customer
from keepers.crm.lists.models import ManyChanged


class BulkEdit(ManyChanged):
    """One field of many customers changed at once; its rows know what was there before.

    wanted: what each is to have, by which a worker goes on with it
    among, query: the list that all of them were found by, and its address's query; empty where they were ticked
    reached, undone_to: the last customer who was written, the last row that was given back
    """

    wanted: models.JSONField[Any, Any] = models.JSONField(null=True)
    among = models.CharField(max_length=20, blank=True, default="")
    query = models.TextField(blank=True, default="")
    reached = models.BigIntegerField(default=0)
    undone_to = models.BigIntegerField(default=0)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")

    def get_absolute_url(self) -> str:
        """How far it is, and its undoing."""
        return reverse("bulk_edit", args=[self.pk])

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has it in hand, or is to."""
        return self.job is not None and self.job.is_open

    @property
    def told(self) -> str:
        """What was done, or is being done, in a sentence."""
        if self.is_under_way:
            return _("Many customers are being changed (%(says)s).") % {"says": self.says}
        told = ngettext("%(all)s customer changed (%(says)s).", "%(all)s customers changed (%(says)s).", self.changed)
        return told % {"all": number_format(self.changed, force_grouping=True), "says": self.says}

    @property
    def given_back(self) -> int:
        """How many have what they had before."""
        return self.rows.filter(pk__lte=self.undone_to).count() - self.left


class BulkEditRow(models.Model):
    """What a customer had before a bulk edit and after it."""

    edit = models.ForeignKey(BulkEdit, on_delete=models.CASCADE, related_name="rows")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    before: models.JSONField[Any, Any] = models.JSONField(null=True)
    after: models.JSONField[Any, Any] = models.JSONField(null=True)

    class Meta:
        """As they were written."""

        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.before} → {self.after}"


class StaleCustomer(models.Model):
    """Somebody of whom something changed since their formulas and roll-ups were computed."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="+", primary_key=True)

    def __str__(self) -> str:
        return str(self.pk)


class AcquisitionTold(models.Model):
    """How a customer came, on its way to the warehouse: a version each time it changes, in batches that land once."""

    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="+")
    told: models.JSONField[Any, Any] = models.JSONField()  # of `customer_attributes`; the primary key is its version
    batch = models.CharField(max_length=40, blank=True)
    landed_at = models.DateTimeField(null=True)

    class Meta:
        """As they were told. Those that wait or are on their way are found by their batch."""

        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["batch", "id"], condition=models.Q(landed_at=None), name="acquisitions_on_their_way")
        ]

    def __str__(self) -> str:
        return f"{self.told['external_id']} v{self.pk}"
