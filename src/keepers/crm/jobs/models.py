"""Jobs: work that a page does not wait for."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """Work that a page does not wait for: who asked for it, how far it is, what came of it.

    A running job holds a lock file (`carrying_out.py`), which a dead process cannot hold.
    """

    class Kind(models.TextChoices):
        """What there is to do."""

        CHECK = "check", _("Check of files")
        LANDING = "landing", _("Import")
        RUN = "run", _("Valuation of the base")
        PLAN = "plan", _("Planning")
        SURVEY = "survey", _("Study of a survey")
        WALLETS = "wallets", _("Learning of shares of wallet")
        PREVIEW = "preview", _("Preview of other assumptions")
        PEOPLE_CHECK = "people-check", _("Check of people")
        PEOPLE_LANDING = "people-landing", _("Import of people")
        PEOPLE_UNDO = "people-undo", _("Undo of an import of people")
        PAIRS = "pairs", _("Search for duplicates")
        MERGES = "merges", _("Merging of duplicates")
        MERGES_UNDO = "merges-undo", _("Undo of a merging of duplicates")
        TAKEOUT = "takeout", _("File of all that is known of somebody")
        FORGETTING = "forgetting", _("Forgetting of somebody")
        APPROVAL = "approval", _("Acting on a step of the plan")
        BULK_EDIT = "bulk-edit", _("Change to many customers")
        BULK_UNDO = "bulk-undo", _("Undo of a change to many customers")

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        NOTHING = "nothing", _("nothing to do")
        FAILED = "failed", _("could not be done")
        CANCELLED = "cancelled", _("cancelled")
        ABANDONED = "abandoned", _("its process was stopped")

    OPEN: ClassVar = (State.WAITING, State.RUNNING)

    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_index=True)
    home = models.CharField(max_length=255, blank=True, default="", db_default="")  # address of the page that shows it
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
        return self.state in self.OPEN

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
