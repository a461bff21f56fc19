"""Uploads on their way in, jobs that a page does not wait for, assumptions, and who did what."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """Work that a page does not wait for: who asked for it, how far it is, what came of it.

    A running job holds a lock file (`jobs.py`), which a dead process cannot hold.
    """

    class Kind(models.TextChoices):
        """What there is to do."""

        CHECK = "check", _("Check of files")
        LANDING = "landing", _("Import")
        RUN = "run", _("Valuation of the base")
        PREVIEW = "preview", _("Preview of other assumptions")

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        NOTHING = "nothing", _("nothing to do")
        FAILED = "failed", _("could not be done")
        CANCELLED = "cancelled", _("cancelled")
        ABANDONED = "abandoned", _("its process was stopped")

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    asked: models.JSONField[Any, Any] = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="jobs")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=20, blank=True)
    stage_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    error_kind = models.CharField(max_length=80, blank=True)
    result: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        """The newest first."""

        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done or being done."""
        return self.state in {self.State.WAITING, self.State.RUNNING}

    @property
    def may_start_again(self) -> bool:
        """Whether it ended without its result."""
        return self.state in {self.State.FAILED, self.State.CANCELLED, self.State.ABANDONED}

    @property
    def share(self) -> int:
        """How much of the stage's bytes are read, of 100."""
        return round(100 * self.bytes_read / self.bytes_total) if self.bytes_total else 0

    @property
    def rows_per_second(self) -> float | None:
        """How fast the stage reads."""
        if not self.rows or self.stage_at is None or self.told_at is None:
            return None
        seconds = (self.told_at - self.stage_at).total_seconds()
        return self.rows / seconds if seconds > 0 else None


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
