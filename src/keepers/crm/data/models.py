"""Uploads on their way in, assumptions, and who did what."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from keepers.crm.jobs.models import Job


class Upload(models.Model):
    """Files that somebody uploaded, until they have landed as an import or were let go."""

    class Dates(models.TextChoices):
        """How 03/04 reads."""

        AUTO = "auto", _("As the whole column tells")
        DMY = "dmy", _("Day first: 31/12/2025")
        MDY = "mdy", _("Month first: 12/31/2025")
        YMD = "ymd", _("Year first: 2025-12-31")

    class Duplicates(models.TextChoices):
        """What happens to rows that repeat another exactly."""

        AUTO = "auto", _("Drop them where orders have numbers")
        DROP = "drop", _("Drop them")
        KEEP = "keep", _("Keep them")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField()
    heads: models.JSONField[Any, Any] = models.JSONField(default=list)
    source = models.CharField(_("Source"), max_length=60, default="orders")
    dates = models.CharField(_("Dates such as 03/04"), max_length=4, choices=Dates, default=Dates.AUTO)
    duplicates = models.CharField(_("Exact duplicates"), max_length=4, choices=Duplicates, default=Duplicates.AUTO)
    timezone = models.CharField(_("Time zone"), max_length=60, default="UTC")
    mapping: models.JSONField[Any, Any] = models.JSONField(default=dict)
    aside: models.JSONField[Any, Any] = models.JSONField(default=list)
    sheets: models.JSONField[Any, Any] = models.JSONField(default=dict)  # file → sheets that somebody chose
    joins = models.BooleanField(default=True)  # heads and lines of orders that stand in two tables
    check_job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="checked")
    landing_job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="landed")
    batch_id = models.CharField(max_length=64, blank=True)
    landed_at = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return ", ".join(head["name"] for head in self.heads)

    def get_absolute_url(self) -> str:
        """The step it is at."""
        return reverse("upload", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether its files still lie here."""
        return self.landed_at is None and self.let_go_at is None


class ImportAct(models.Model):
    """Who brought an import in, switched it off or on again, and when; what the command line did is not here."""

    class Act(models.TextChoices):
        """What was done."""

        LANDED = "landed", _("brought in")
        OFF = "off", _("switched off")
        ON = "on", _("switched on again")

    batch_id = models.CharField(max_length=64, db_index=True)
    act = models.CharField(max_length=6, choices=Act)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField()

    class Meta:
        """As it happened."""

        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.get_act_display()}"


class AssumptionSet(models.Model):
    """What valuations take for granted from a moment on; the newest row counts, older ones are the history."""

    margin = models.FloatField(_("Margin"), default=0.30)
    annual_discount = models.FloatField(_("Annual discount"), default=0.10)
    horizon = models.CharField(_("Horizon"), max_length=12, default="52w")
    value_cap = models.CharField(_("Value cap"), max_length=12, default="5y")
    unit = models.CharField(_("Time unit"), max_length=5, default="week")
    currency = models.CharField(_("Currency"), max_length=3, blank=True)
    model = models.CharField(_("Model"), max_length=20, default="auto")
    by: models.JSONField[Any, Any] = models.JSONField(_("Told apart by"), default=list)
    spend = models.CharField(_("Model of spend"), max_length=20, default="auto")
    cost_to_serve = models.FloatField(_("Cost to serve"), null=True)
    holdout = models.CharField(_("Hold-out"), max_length=12, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    set_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"assumptions of {self.set_at:%Y-%m-%d %H:%M}" if self.set_at else "assumptions"
