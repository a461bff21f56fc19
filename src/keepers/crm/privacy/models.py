"""Files of all that is known of somebody, and who was forgotten: that it was done, when, by whom, and what went."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from keepers.crm.customers.models import Customer
from keepers.crm.jobs.models import Job


class Takeout(models.Model):
    """Everything that both stores hold of a customer, as one file in the workspace's `takeouts`."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="takeouts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    stored_as = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"customer-{self.customer_id}-{self.at:%Y-%m-%d}.zip"


class Forgetting(models.Model):
    """Somebody is forgotten; until it is done the row knows who, so that it can go on where a process died."""

    number = models.PositiveBigIntegerField()  # the customer's, which nobody gets again
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    keep_orders = models.BooleanField(default=False)
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    who: models.JSONField[Any, Any] = models.JSONField(default=dict)  # empty once it is done
    gone: models.JSONField[Any, Any] = models.JSONField(default=dict)  # what → how many
    left: models.JSONField[Any, Any] = models.JSONField(default=dict)  # what stays → how many
    done_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return _("customer %(number)s") % {"number": self.number}

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("forgetting", args=[self.pk])
